# SPDX-License-Identifier: Apache-2.0
# attacks - races, bombs and floods, by what lives in a pod
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

teardown() {
	test -z "${hammer-}" || kill -KILL "$hammer" 2>/dev/null || :
	stale
}

# for_seconds N COMMAND...: runs it again and again; sets $rounds.
for_seconds() {
	local end=$((SECONDS + $1))
	shift
	rounds=0
	while test "$SECONDS" -lt "$end"; do
		"$@" || return
		((++rounds))
	done
}

# A pod whose second volume's target goes through its first, as "rkt run"
# would start it; it may fail, but with one line.
race_once() {
	local status=0
	prepare --volume "v,kind=host,source=$T/v" \
		--volume "w,kind=host,source=$T/w" example.com/app \
		--working-dir="$1" --mount volume=v,target=/data \
		--mount volume=w,target=/data/x/deep/er -- 'pwd >/dev/null'
	pod-enter "$pod" 2>"$T/stderr" || status=$?
	test "$status" = 0 || test "$status" = 125 || {
		echo "status $status"
		return 1
	}
	test "$(wc -l <"$T/stderr")" -le 1
	rm -rf "$RKT_DIR/pods/run/$pod" "$T/v/x/deep" "$T/v/y/deep" \
		2>/dev/null || :
}

@test "attacks: C5 C7 CVE-2021-30465 CVE-2024-45310 a target that is swapped" {
	local evil
	mkdir -p "$T/w" "$T/host/inner"
	: >"$T/w/mark"
	for evil in "$T/host" "../../../../../../../..$T/host" /proc/1/root; do
		echo "$evil"
		rm -rf "$T/v"
		mkdir -p "$T/v/x"
		ln -s "$evil" "$T/v/y"
		"$PROBE" swap "$T/v/x" "$T/v/y" 2>/dev/null &
		hammer=$!
		snapshot "$T/host" >"$T/before"
		grep -v "$RKT_RUN/mnt" /proc/self/mountinfo >"$T/mounts"
		for_seconds 4 race_once /data/x
		echo "$rounds rounds"
		test "$rounds" -ge 10
		kill -KILL "$hammer"
		wait "$hammer" || :
		snapshot "$T/host" | diff "$T/before" -
		grep -v "$RKT_RUN/mnt" /proc/self/mountinfo | diff "$T/mounts" -
	done
}

@test "attacks: C5 a pod that swaps a shared volume gets nowhere either" {
	mkdir -p "$T/v/x" "$T/w" "$T/host"
	ln -s /proc/1/root/etc "$T/v/y"
	prepare --detach --volume "v,kind=host,source=$T/v" example.com/app \
		--mount volume=v,target=/v -- \
		': >/ready; exec probe swap /v/x /v/y'
	pod-enter "$pod"
	wait_for has app ready
	init=$(init)
	snapshot "$T/host" /etc/passwd >"$T/before"
	for_seconds 4 race_once /data/x
	test "$rounds" -ge 10
	snapshot "$T/host" /etc/passwd | diff "$T/before" -
	kill -KILL "$init"
}

@test "attacks: C23 CVE-2020-15257 none of our sockets is abstract" {
	local before
	before=$(grep -c '@' /proc/net/unix || :)
	start ': >/ready; sleep 100'
	pod-enter --join "$pod" sh -c ': >/entered; sleep 100' &
	wait_for has app entered
	is "$before" "$(grep -c '@' /proc/net/unix || :)"
	# Nor has any a name at all that who lives in the pod could use.
	is '' "$(grep -E "$RKT_RUN|$RKT_DIR" /proc/net/unix || :)"
	is 700 "$(stat -c %a "$RKT_DIR/pods")"
	kill -KILL "$(init)"
}

@test "attacks: C24 CVE-2022-0185 an app looks into no other's memory, nor ours" {
	prepare example.com/app --name=one -- \
		'echo $$ >/dev/shm/pid; until test -e /dev/shm/end; do sleep 0.05; done' \
		--- example.com/app --name=two --user=1000 --group=1000 -- '
		until test -s /dev/shm/pid; do sleep 0.05; done
		for p in 1 $(cat /dev/shm/pid); do
			probe call 101 16 $p
			for f in mem maps environ fd/0 root/etc cwd/etc exe; do
				cat /proc/$p/$f >/dev/null 2>&1 && echo $p/$f
			done
		done
		# seccomp says it of these: fsconfig, syslog, perf, userfaultfd
		for n in 431 103 298 323; do probe call $n; done
		: >/dev/shm/end'
	run -0 --separate-stderr pod-enter "$pod"
	is "$(yes EPERM | head -n 6)"
	# With root's own uid pod-init is as far away.
	says 'EPERM' 'probe call 101 16 1'
}

@test "attacks: C26 what fills up is the pod's own" {
	says 'descriptors 1021
terminals 1024
dev 65536
core 0' '
	probe open /dev/null | sed "s/^/descriptors /"
	ulimit -n 4000; probe open /dev/ptmx | sed "s/^/terminals /"
	dd if=/dev/zero of=/dev/fill bs=1024 count=1000 2>/dev/null
	echo dev $(stat -c %s /dev/fill); rm /dev/fill
	(ulimit -c 1000) 2>/dev/null && echo core
	sh -c "kill -SEGV \$\$" 2>/dev/null; echo core $(ls | grep -c core)'
	test ! -e core
	# The host has terminals and descriptors as before.
	script -qec true /dev/null
}

@test "attacks: C26 a fork bomb ends with its pod, and the host answers" {
	start ': >/ready; bomb() { sleep 50 & bomb; }
		for i in $(seq 500); do sleep 50 & done; wait'
	wait_for eval "test \$(pgrep -x sleep | wc -l) -ge 400"
	SECONDS=0
	run -0 enter true
	test "$SECONDS" -le 5
	kill -KILL "$(init)"
	wait_for eval '! pgrep -x sleep'
}

@test "attacks: C27 no app takes more of the machine than it is given" {
	for user in 0 1000; do
		prepare example.com/app --user=$user -- '
		exec 2>/dev/null
		(echo -17 >/proc/self/oom_score_adj) && echo oom
		chrt -f 1 true && echo realtime
		ionice -c 1 true && echo io
		nice -n -5 true && echo nice
		probe call 141 0 0 -5; probe call 151 3
		ulimit -Hn 600000 && echo files
		hostname evil && echo name; hostname'
		run -0 --separate-stderr pod-enter "$pod"
		matches '^EACCES
(ENOMEM|EPERM)
rkt-'
	done
	run -64 --separate-stderr pod-prepare -q \
		--hostname="$(printf '%065d' 0)" example.com/app -- x
	matches 'longer than 64' "$stderr"
}

# pod_of JQ-FILTER...: prepares example.com/app with this exec, of any length.
pod_of() {
	jq -nc "{acKind: \"PodManifest\", acVersion: \"0.8.11\",
		apps: [{name: \"app\", image: {name: \"example.com/app\"},
		app: {user: \"0\", group: \"0\", exec: ($1),
			environment: (${2:-[]})}}]}" >"$T/pod.json"
	prepare --pod-manifest="$T/pod.json"
}

@test "attacks: C16 arguments and environment to the kernel's limits, for real" {
	local head='["/bin/sh", "-c", "echo $# ${#1} ${#V}", "sh"]'
	# One as long as one can be; the NUL counts.
	pod_of "$head + [\"x\" * 131071]" '[{name: "V", value: ("y" * 131069)}]'
	run -0 --separate-stderr pod-enter "$pod"
	is '1 131071 131069'
	for what in "$head + [\"x\" * 131072]" \
		"$head + [range(90000) | \"x\" * 30]"; do
		pod_of "$what"
		run -126 --separate-stderr pod-enter "$pod"
		is ''
		is 'pod-enter: app: /bin/sh: Argument list too long' "$stderr"
	done
	pod_of "$head + [range(60000) | \"argument\"]"
	run -0 --separate-stderr pod-enter "$pod"
	is '60000 8 0'
	pod_of "$head" '[range(1000) | {name: "V\(.)", value: ("z" * 128)}]'
	run -0 --separate-stderr pod-enter "$pod"
	is '0 0 0'
}
