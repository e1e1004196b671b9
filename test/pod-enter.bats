# SPDX-License-Identifier: Apache-2.0
# pod-enter - become a pod: the chain, detached pods, what is refused
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

@test "pod-enter: a detached pod goes on without it, its output in files" {
	prepare --detach example.com/app -- \
		'echo out; echo err >&2; readlink /proc/self/fd/0; until test -e /end
		do sleep 0.05; done; exit 7'
	run -0 --separate-stderr timeout 5 pod-enter "$pod"
	is "$pod"
	is '' "$stderr"
	init=$(init)
	# Nobody is its parent: who adopts it is none of ours.
	test "$(ps -o ppid= -p "$init" | tr -d ' ')" != $$
	is '' "$(cat "$(place "$pod")/status/app")"
	: >"/proc/$init/root/end"
	wait_for test ! -d "/proc/$init"
	is 'out
/dev/null' "$(pod-logs "$pod" 2>/dev/null)"
	is err "$(pod-logs "$pod" 2>&1 >/dev/null)"
	is 7 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-enter: a detached pod that cannot be made is told" {
	image 'ln -s /tmp proc'
	prepare --detach example.com/other -- true
	run -125 --separate-stderr pod-enter "$pod"
	is "pod-enter: other: the image's /proc is no directory" "$stderr"
	prepare --detach example.com/app -- true
	edit '.volumes = [{name: "v", kind: "empty"}] |
		.apps[0].mounts = [{volume: "v", path: "/proc/x"}]'
	mkdir -p "$(place "$pod")/volumes/v"
	run -125 --separate-stderr pod-enter "$pod"
	matches '^pod-enter: app: mount /proc/x: ' "$stderr"
}

@test "pod-enter: a pod with a network of its own is not run on the host's" {
	for net in default none; do
		prepare --net=$net example.com/app -- 'echo ran'
		run -125 --separate-stderr pod-enter "$pod"
		is ''
		is "pod-enter: pod $pod: is to have a network of its own: start it with pod-netns" \
			"$stderr"
	done
}

@test "pod-enter: takes a pod once" {
	start ': >/ready; sleep 100'
	run -125 --separate-stderr pod-enter "$pod"
	is "pod-enter: pod $pod: running, not prepared" "$stderr"
	run -125 --separate-stderr pod-enter 01234567-89ab-4cde-8f01-23456789abcd
	is 'pod-enter: pod 01234567-89ab-4cde-8f01-23456789abcd: no such pod' \
		"$stderr"
	kill -TERM "$(init)"
}

@test "pod-enter: fails with the status that it is told" {
	run -254 --separate-stderr pod-enter --fail-status=254 x
	is 'pod-enter: pod x: not a UUID' "$stderr"
	for bad in 0 256 -1 x ''; do
		run -125 --separate-stderr pod-enter --fail-status="$bad" x
		is 'pod-enter: --fail-status: not a number from 1 to 255' "$stderr"
	done
}

@test "pod-enter: refuses a kernel that is too old" {
	prepare example.com/app -- true
	run -125 --separate-stderr setarch --uname-2.6 pod-enter "$pod"
	matches '^pod-enter: Linux 5\.15 or later is needed, and this is 2\.6\.' \
		"$stderr"
	test -d "$RKT_DIR/pods/prepared/$pod"
}

@test "pod-enter: goes on where there are no cgroups" {
	umount /sys/fs/cgroup
	prepare example.com/app -- 'echo ran'
	run -0 --separate-stderr pod-enter "$pod"
	is ran
	is '' "$stderr"
	prepare example.com/app -- 'echo ran'
	RKT_DEBUG=1 run -0 --separate-stderr pod-enter "$pod"
	is "pod-enter: pod $pod: no cgroup: No such file or directory" "$stderr"
}

@test "pod-enter: a manifest that is broken is refused by name" {
	prepare example.com/app -- true
	echo '{' >"$(place "$pod")/pod"
	run -125 --separate-stderr pod-enter "$pod"
	matches "^pod-enter: pod $pod: manifest: " "$stderr"
	prepare example.com/app -- true
	edit '.apps[0].app.exec = []'
	run -125 --separate-stderr pod-enter "$pod"
	is "pod-enter: pod $pod: manifest: apps[0].app.exec: is empty" "$stderr"
	prepare example.com/app -- true
	echo -n 123 >"$(place "$pod")/app.bpf"
	run -125 --separate-stderr pod-enter "$pod"
	is 'pod-enter: app: app.bpf: Invalid argument' "$stderr"
}

@test "pod-enter: nothing of an ended pod is left but its directory" {
	"$TEST/residue" >"$T/before" 2>/dev/null || :
	prepare example.com/app -- 'sleep 100 & true'
	pod-enter "$pod"
	is '' "$(pgrep -x 'pod-init|sleep')"
	is 0 "$(grep -c "$pod" /proc/self/mountinfo)"
	is unlocked "$(flock -n "$(place "$pod")/lock" echo unlocked)"
}

@test "pod-init: is for pod-enter only" {
	run -125 --separate-stderr pod-init </dev/null
	matches '^pod-init: not started by pod-enter: ' "$stderr"
}
