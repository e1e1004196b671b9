# SPDX-License-Identifier: Apache-2.0
# pod-netns - the network of a pod, and the chain
# shellcheck disable=SC2154,SC2016
load helpers
load pods

NONE=00000000-0000-4000-8000-000000000001

teardown() {
	stale
	end_networks
}

@test "pod-netns: becomes PROG in the host's network when told so" {
	uuid=$(pod_dir prepared host)
	run -0 --separate-stderr pod-netns "$uuid" \
		readlink /proc/self/ns/net
	is "$(readlink /proc/self/ns/net)"
	is '' "$stderr"
	is run "$(place_of "$uuid")"
	run -1 test -e "$RKT_DIR/pods/run/$uuid/net.json"
}

@test "pod-netns: a pod without a word about networks has the host's" {
	uuid=$(pod_dir prepared host)
	echo '{"interactive":false}' >"$RKT_DIR/pods/prepared/$uuid/run.json"
	run -0 pod-netns "$uuid" readlink /proc/self/ns/net
	is "$(readlink /proc/self/ns/net)"
}

@test "pod-netns: the network none has lo alone, and it is up" {
	uuid=$(pod_dir prepared none)
	run -0 pod-netns "$uuid" ip -br link
	matches '^lo +UNKNOWN [^
]*$'
	matches 'LOWER_UP'
}

@test "pod-netns: PROG's exit status is its own, and 128+n stays a signal" {
	for want in 0 1 7 125; do
		uuid=$(pod_dir prepared none)
		run "-$want" pod-netns "$uuid" sh -c "exit $want"
	done
}

@test "pod-netns: PROG gets 0 to 3, and 5 if it left the host's network" {
	exec 4</dev/null 6</dev/null 9</dev/null
	for line in 'host 0 1 2 3' 'none 0 1 2 3 5' 'default 0 1 2 3 5'; do
		uuid=$(pod_dir prepared "${line%% *}")
		# shellcheck disable=SC2016
		run -0 pod-netns "$uuid" sh -c 'ls /proc/$$/fd
			readlink /proc/$$/fd/3 /proc/$$/fd/5 || :'
		want=${line#* }$'\n'$RKT_DIR/pods/run/$uuid/lock
		test "${line%% *}" = host ||
			want+=$'\n'$(readlink /proc/self/ns/net)
		is "${want// /$'\n'}"
	done
	exec 4<&- 6<&- 9<&-
}

@test "pod-netns: no such pod, no pod at all, one that runs: one line, 125" {
	run -125 --separate-stderr pod-netns "$NONE" true
	is "pod-netns: pod $NONE: no such pod" "$stderr"
	run -125 --separate-stderr pod-netns ../../etc true
	is 'pod-netns: pod ../../etc: not a UUID' "$stderr"
	run -125 --separate-stderr pod-netns $'\e[2J' true
	is 'pod-netns: pod \x1b[2J: not a UUID' "$stderr"
	uuid=$(pod_dir prepared host)
	run_pod "$uuid"
	run -125 --separate-stderr pod-netns "$uuid" true
	is "pod-netns: pod $uuid: running, not prepared" "$stderr"
	run -254 --separate-stderr pod-netns --fail-status=254 "$uuid" true
	end_pod "$uuid"
	# One that has ended runs again.
	run -0 pod-netns "$uuid" true
}

@test "pod-netns: a PROG that is not there is 127, one that cannot run 126" {
	run -127 --separate-stderr pod-netns "$(pod_dir prepared none)" nope
	is 'pod-netns: nope: No such file or directory' "$stderr"
	run -126 --separate-stderr pod-netns "$(pod_dir prepared none)" /etc
	is 'pod-netns: /etc: Permission denied' "$stderr"
}

@test "pod-netns: a wrong --fail-status or no PROG is wrong usage" {
	for status in 0 256 -1 x '' 1x; do
		run -125 --separate-stderr pod-netns "--fail-status=$status" \
			"$NONE" true
		is 'pod-netns: --fail-status: not a number from 1 to 255' \
			"$stderr"
	done
	run -9 --separate-stderr pod-netns --fail-status=9 "$NONE"
	matches '^usage: pod-netns ' "$stderr"
}

@test "pod-netns: who is not root is told, without leaving anything" {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || :
	uuid=$(pod_dir prepared default)
	chown -R 1000:1000 "$RKT_DIR"
	run -125 --separate-stderr setpriv --reuid=1000 --regid=1000 \
		--clear-groups pod-netns "$uuid" true
	is 'pod-netns: a network of its own: must be run as root' "$stderr"
	is '' "$(ip -o link | grep rkt- || :)"
}

@test "pod-netns: chains: pod-netns POD pod-netns POD PROG keeps the lock" {
	uuid=$(pod_dir prepared host)
	# shellcheck disable=SC2016
	run -0 pod-netns "$uuid" pod-netns "$uuid" sh -c 'ls /proc/$$/fd/3'
	run_pod "$uuid"
	run -125 --separate-stderr pod-netns "$(pod_dir prepared host)" \
		pod-netns "$uuid" true
	matches "pod $uuid: running, not prepared\$" "$stderr"
}

