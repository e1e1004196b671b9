# SPDX-License-Identifier: Apache-2.0
# pod-stop - asking pods to end
# shellcheck disable=SC2154,SC2016
load helpers
load pods

UNKNOWN=00000000-0000-4000-8000-000000000001

teardown() {
	stale
	end_networks
}

# stop [OPTION...] UUID...: what is done with it within the time is in $output.
stop() {
	run "$1" --separate-stderr pod-stop "${@:2}"
}

@test "pod-stop: asks the pod's first process to end, and waits until it has" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid" sh -c 'trap "sleep 0.3; : >$1; exit" TERM
		: >$1.ready; while :; do sleep 0.05; done' sh "$T/asked"
	wait_for test -e "$T/asked.ready"
	stop -0 "$uuid"
	is "\"$uuid\""
	is '' "$stderr"
	test -e "$T/asked"
	run -1 kill -0 "$(pid_of "$uuid")"
}

@test "pod-stop: --force kills what does not listen" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid" sh -c 'trap "" TERM; while :; do sleep 0.05; done'
	stop -1 --wait=200ms "$uuid"
	is "\"$uuid\""
	is "pod-stop: pod \"$uuid\" has not ended yet
pod-stop: failed to stop 1 pod(s)" "$stderr"
	stop -0 --wait=0s "$uuid"
	is "\"$uuid\""
	is '' "$stderr"
	kill -0 "$(pid_of "$uuid")"
	stop -0 --force "$uuid"
	is "\"$uuid\""
	run -1 kill -0 "$(pid_of "$uuid")"
}

@test "pod-stop: has ended means that the lock is free too" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid" sh -c 'sleep 0.5 <&3 & exec sleep 1000'
	stop -1 --wait=50ms "$uuid"
	matches "has not ended yet" "$stderr"
	# The pod is running, but has no process any more that could be told.
	wait_for pod-stop "$uuid"
	stop -0 "$uuid"
	is "pod-stop: pod \"$uuid\" is already stopped" "$stderr"
}

@test "pod-stop: several pods, all asked before the first is waited for" {
	uuids=()
	for _ in 1 2 3; do
		uuid=$(pod_dir prepared)
		run_pod "$uuid" sh -c 'trap "sleep 1; exit" TERM
			: >$1; while :; do sleep 0.05; done' sh "$T/$uuid"
		wait_for test -e "$T/$uuid"
		uuids+=("$uuid")
	done
	begin=$(date +%s%N)
	stop -0 "${uuids[@]}"
	test $(($(date +%s%N) - begin)) -lt 2500000000
	is "$(printf '"%s"\n' "${uuids[@]}")"
}

@test "pod-stop: any beginning of the UUID will do" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid"
	stop -0 "${uuid:0:8}"
	is "\"$uuid\""
}

@test "pod-stop: a pod that has ended is no failure, one that never ran is" {
	uuid=$(pod_dir prepared)
	pod-netns "$uuid" true
	stop -0 "$uuid"
	is ''
	is "pod-stop: pod \"$uuid\" is already stopped" "$stderr"
	pod-gc
	stop -0 "$uuid"
	is "pod-stop: pod \"$uuid\" is already stopped" "$stderr"
	for place in embryo prepare prepared garbage; do
		uuid=$(pod_dir "$place")
		stop -1 "$uuid"
		is "pod-stop: pod \"$uuid\" is not running
pod-stop: failed to stop 1 pod(s)" "$stderr"
	done
}

@test "pod-stop: goes on after a pod that it cannot stop" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid"
	stop -1 "$UNKNOWN" "$uuid" $'\e[0m'
	is "\"$uuid\""
	is "pod-stop: no matches found for \"$UNKNOWN\"
pod-stop: no matches found for \"\x1b[0m\"
pod-stop: failed to stop 2 pod(s)" "$stderr"
}

@test "pod-stop: a pod that is starting is waited for" {
	uuid=$(pod_dir prepared)
	pod-netns "$uuid" sleep 1000 3>&- &
	process=$!
	wait_for test -d "$RKT_DIR/pods/run/$uuid"
	stop -1 --wait=50ms "$uuid"
	is "pod-stop: pod \"$uuid\" has not started yet
pod-stop: failed to stop 1 pod(s)" "$stderr"
	pod-stop "$uuid" >"$T/out" 2>&1 3>&- &
	sleep 0.2
	echo "$process $(cut -d ' ' -f 22 "/proc/$process/stat")" \
		>"$RKT_DIR/pods/run/$uuid/pid"
	wait "$!"
	is "\"$uuid\"" "$(cat "$T/out")"
}

@test "pod-stop: C22 pid-reuse: never signals a process that is another's" {
	uuid=$(pod_dir prepared)
	pod-netns "$uuid" sleep 1000 3>&- &
	holder=$!
	sleep 1000 3>&- &
	# The number is right, the start time is not.
	echo "$! 12345" >"$T/pid"
	wait_for test -d "$RKT_DIR/pods/run/$uuid"
	cp "$T/pid" "$RKT_DIR/pods/run/$uuid/pid"
	stop -1 --force --wait=100ms "$uuid"
	kill -0 "$!"
	kill -0 "$holder"
	for pid in '-1 1' '0 0' "$! " "$!" 'x y' '99999999999 1'; do
		echo "$pid" >"$RKT_DIR/pods/run/$uuid/pid"
		stop -1 --force --wait=10ms "$uuid"
	done
	kill -0 "$!"
	rm "$RKT_DIR/pods/run/$uuid/pid"
}

@test "pod-stop: wrong usage is 64" {
	run -64 --separate-stderr pod-stop
	is ''
	matches '^usage: pod-stop ' "$stderr"
	run -64 --separate-stderr pod-stop --wait=soon "$UNKNOWN"
	is 'pod-stop: --wait: "soon" is not a duration such as 15s' "$stderr"
}

@test "pod-stop: --uuid-file names a pod, as well" {
	a=$(pod_dir prepared) b=$(pod_dir prepared)
	run_pod "$a"
	run_pod "$b"
	echo "$b" >"$T/uuid"
	stop -0 "$a" --force --uuid-file="$T/uuid"
	is "\"$a\"
\"$b\""
	stop -0 --uuid-file="$T/uuid"
	is "pod-stop: pod \"$b\" is already stopped" "$stderr"
	echo "${b::8}" >"$T/uuid"
	stop -1 --uuid-file="$T/uuid"
	is "pod-stop: uuid file $T/uuid: holds no UUID
pod-stop: failed to stop 1 pod(s)" "$stderr"
}
