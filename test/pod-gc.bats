# SPDX-License-Identifier: Apache-2.0
# pod-gc - the one destructor
# shellcheck disable=SC2154,SC2016,SC2001
load helpers
load pods

UNKNOWN=00000000-0000-4000-8000-000000000001

teardown() {
	stale
	end_networks
}

# gone UUID: there is no directory of it.
gone() {
	run ! compgen -G "$RKT_DIR/pods/*/$1"
}

# exited_pod [NET]: one that ran and has ended; prints its UUID.
exited_pod() {
	local uuid
	uuid=$(pod_dir prepared "${1:-host}")
	pod-netns "$uuid" true 3>&- && echo "$uuid"
}

# gc [OPTION...]: its stderr is the output; nothing may be on stdout.
gc() {
	run -0 --separate-stderr pod-gc "$@"
	is ''
	output=$stderr
}

@test "pod-gc: nothing to do is nothing to say, even without directories" {
	gc
	is ''
	rm -r "$RKT_DIR" "$RKT_RUN"
	gc --grace-period=0s
	is ''
}

@test "pod-gc: the first gc marks what has exited, the next one removes it" {
	uuid=$(exited_pod)
	gc --grace-period=0s
	is "Moving container \"$uuid\" to garbage"
	is exited-garbage "$(place_of "$uuid")"
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	gone "$uuid"
	gc --grace-period=0s
	is ''
}

@test "pod-gc: several at once, in the order of their UUIDs" {
	a=$(exited_pod) b=$(exited_pod) c=$(exited_pod)
	want=$(printf '%s\n' "$a" "$b" "$c" | sort)
	gc --grace-period=30m0s
	is "$(sed 's/.*/Moving container "&" to garbage/' <<<"$want")"
	gc --grace-period=30m0s
	is ''
	gc --grace-period=0s
	is "$(sed 's/.*/Garbage collecting container "&"/' <<<"$want")"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: the grace period is kept, and is 30m unless told" {
	uuid=$(exited_pod)
	gc
	gc
	is ''
	is exited-garbage "$(place_of "$uuid")"
	RKT_DEBUG=1 gc
	is "pod-gc: pod \"$uuid\" not removed: still within grace period (30m0s)"
	gc --grace-period=1s
	is ''
	sleep 1.1
	gc --grace-period=1s
	is "Garbage collecting container \"$uuid\""
}

@test "pod-gc: --mark-only marks, and removes nothing" {
	a=$(exited_pod)
	gc --mark-only
	is "Moving container \"$a\" to garbage"
	b=$(exited_pod)
	gc --mark-only --grace-period=0s
	is "Moving container \"$b\" to garbage"
	is exited-garbage "$(place_of "$a")"
}

@test "pod-gc: a pod that runs is left alone" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid"
	gc --grace-period=0s --expire-prepared=0s
	is ''
	is run "$(place_of "$uuid")"
	kill -0 "$(pid_of "$uuid")"
	end_pod "$uuid"
	gc --grace-period=0s
	is "Moving container \"$uuid\" to garbage"
}

@test "pod-gc: a pod whose lock is free but whose process lives has not ended" {
	uuid=$(pod_dir run)
	sleep 1000 3>&- &
	echo "$! $(cut -d ' ' -f 22 "/proc/$!/stat")" \
		>"$RKT_DIR/pods/run/$uuid/pid"
	gc --grace-period=0s
	is ''
	is run "$(place_of "$uuid")"
	kill "$!"
	wait "$!" || :
	gc --grace-period=0s
	is "Moving container \"$uuid\" to garbage"
}

@test "pod-gc: a pid that is somebody else's by now holds nothing" {
	uuid=$(pod_dir run)
	sleep 1000 3>&- &
	echo "$! 1" >"$RKT_DIR/pods/run/$uuid/pid"
	gc --grace-period=0s
	is "Moving container \"$uuid\" to garbage"
}

@test "pod-gc: a prepared pod waits 24h unless told" {
	uuid=$(pod_dir prepared)
	gc --grace-period=0s
	is ''
	gc --expire-prepared=0s
	is "Moving expired prepared container \"$uuid\" to garbage
Garbage collecting container \"$uuid\""
	gone "$uuid"
}

@test "pod-gc: a failed prepare goes at once, one under way stays" {
	failed=$(pod_dir prepare) busy=$(pod_dir prepare)
	python3 -c 'import fcntl, struct, sys, time
f = open(sys.argv[1], "r+")
fcntl.fcntl(f, 37, struct.pack("hhqqi", 1, 0, 0, 0, 0))
print("held", flush=True)
time.sleep(1000)' "$RKT_DIR/pods/prepare/$busy/lock" >"$T/held" 3>&- &
	wait_for test -s "$T/held"
	gc --mark-only
	is "Moving failed prepare \"$failed\" to garbage"
	failed=$(pod_dir prepare)
	rm -r "$RKT_DIR"/pods/garbage/*
	gc
	is "Moving failed prepare \"$failed\" to garbage
Garbage collecting container \"$failed\""
	gone "$failed"
	is prepare "$(place_of "$busy")"
	kill "$!"
}

@test "pod-gc: an embryo goes at once, unless some are being made" {
	locked=$(pod_dir embryo) bare=$(pod_dir embryo)
	rm "$RKT_DIR/pods/embryo/$bare/lock"
	run -0 flock --shared "$RKT_DIR/pods/embryo" pod-gc --grace-period=0s
	is ''
	is embryo "$(place_of "$bare")"
	gc
	matches "Moving failed prepare \"$locked\" to garbage"
	matches "Moving failed prepare \"$bare\" to garbage"
	gone "$bare"
}

@test "pod-gc: takes no pod from who is making it" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	busybox_aci "$T/image.aci" -z none
	put_aci "$T/image.aci"
	# Each step of a pod's birth, with a gc in the midst of it.  (Leaks are
	# looked for by ptrace(2), which strace has.)
	export ASAN_OPTIONS=detect_leaks=0
	for call in mkdirat openat fcntl renameat2; do
		strace -o "$T/calls" -e "trace=$call" \
			-e "inject=$call:delay_exit=20000" \
			pod-prepare -q example.com/busybox -- true >"$T/uuid" 3>&- &
		while kill -0 $! 2>/dev/null; do
			pod-gc --grace-period=0s
		done
		wait $!
		is prepared "$(place_of "$(cat "$T/uuid")")"
	done
}

@test "pod-gc: what is no pod in the directories is left alone" {
	mkdir -p "$RKT_DIR/pods"/{run,garbage,exited-garbage}/not-a-uuid
	: >"$RKT_DIR/pods/garbage/$UNKNOWN"
	before=$(snapshot "$RKT_DIR")
	gc --grace-period=0s
	is ''
	is "$before" "$(snapshot "$RKT_DIR")"
}

@test "pod-gc: D3 mount-in-pod: a directory mounted into a pod survives" {
	uuid=$(exited_pod)
	mkdir "$T/host"
	echo keep >"$T/host/sentinel"
	gc
	dir=$RKT_DIR/pods/exited-garbage/$uuid
	mkdir "$dir/volumes" "$dir/volumes/v"
	mount --bind "$T/host" "$dir/volumes/v"
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\"
pod-gc: pod \"$uuid\": something is mounted in it, left in garbage"
	is keep "$(cat "$T/host/sentinel")"
	umount "$RKT_DIR/pods/garbage/$uuid/volumes/v"
	gc
	is "Garbage collecting container \"$uuid\""
	gone "$uuid"
	is keep "$(cat "$T/host/sentinel")"
}

@test "pod-gc: D3 file-mounted-in-pod: a file mounted into a pod survives" {
	uuid=$(exited_pod)
	echo keep >"$T/sentinel"
	mount --bind "$T/sentinel" "$RKT_DIR/pods/run/$uuid/pod"
	gc
	gc --grace-period=0s
	matches 'something is mounted in it, left in garbage$'
	is keep "$(cat "$T/sentinel")"
	umount "$RKT_DIR/pods/garbage/$uuid/pod"
}

@test "pod-gc: D3 symlink-in-pod: what a link in a pod names survives" {
	uuid=$(exited_pod)
	mkdir "$T/host"
	echo keep >"$T/host/sentinel"
	ln -s "$T/host" "$RKT_DIR/pods/run/$uuid/a.upper/l"
	ln -s ../../../../../../.. "$RKT_DIR/pods/run/$uuid/a.upper/up"
	rm -r "$RKT_DIR/pods/run/$uuid/log"
	ln -s "$T/host" "$RKT_DIR/pods/run/$uuid/log"
	gc
	gc --grace-period=0s
	gone "$uuid"
	is keep "$(cat "$T/host/sentinel")"
}

@test "pod-gc: D3 pod-is-symlink: a link in a pod's place is not followed" {
	mkdir -p "$RKT_DIR/pods/run" "$RKT_DIR/pods/garbage" "$T/host"
	: >"$T/host/lock"
	ln -s "$T/host" "$RKT_DIR/pods/run/$UNKNOWN"
	ln -s "$T/host" "$RKT_DIR/pods/garbage/$UNKNOWN"
	gc --grace-period=0s
	is ''
	test -f "$T/host/lock"
}

@test "pod-gc: D3 deep: directories nested without end are removed" {
	uuid=$(exited_pod)
	python3 - "$RKT_DIR/pods/run/$uuid/a.upper" <<-'EOF'
		import os, sys
		os.chdir(sys.argv[1])
		for i in range(1500):
		    os.mkdir("d")
		    os.chdir("d")
	EOF
	gc
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	gone "$uuid"
}

# An ext4 of its own, where the test may set the change time of a directory.
clocked() {
	truncate -s 16M "$T/disk"
	mkfs.ext4 -q -O ^has_journal "$T/disk"
	mount -o loop "$T/disk" "$RKT_DIR"
}

# set_change UUID SECONDS: of a marked pod, as a clock set wrongly leaves it.
set_change() {
	local inode
	inode=$(stat -c %i "$RKT_DIR/pods/exited-garbage/$1")
	umount "$RKT_DIR"
	printf '%s\n' "set_inode_field <$inode> ctime @$2" |
		debugfs -w -f - "$T/disk" >/dev/null 2>&1
	mount -o loop "$T/disk" "$RKT_DIR"
}

@test "pod-gc: D10 clock-forward: ten years ahead removes nothing early" {
	clocked
	uuid=$(exited_pod)
	gc
	set_change "$uuid" $(($(date +%s) - 315360000))
	gc
	is ''
	# Another boot: the change time is all there is.
	sed -i '2s/^[^ ]*/00000000-0000-4000-8000-000000000001/' \
		"$RKT_DIR/pods/exited-garbage/$uuid/lock"
	set_change "$uuid" $(($(date +%s) - 315360000))
	gc
	is "Garbage collecting container \"$uuid\""
	umount "$RKT_DIR"
}

@test "pod-gc: D10 clock-back: a mark in the future is kept, and 0s removes" {
	clocked
	uuid=$(exited_pod)
	gc
	set_change "$uuid" $(($(date +%s) + 315360000))
	gc --grace-period=1ns
	is ''
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	umount "$RKT_DIR"
}

@test "pod-gc: D10 mark-broken: a mark that is none leaves the change time" {
	for mark in '' x "$(cat /proc/sys/kernel/random/boot_id) -1" \
		"$(cat /proc/sys/kernel/random/boot_id) 99999999999999999999"; do
		uuid=$(exited_pod)
		gc --mark-only
		printf '0\n%s\n' "$mark" \
			>"$RKT_DIR/pods/exited-garbage/$uuid/lock"
		gc --grace-period=0s
		is "Garbage collecting container \"$uuid\""
	done
}

@test "pod-gc: a duration that is none is wrong usage" {
	for option in --grace-period --expire-prepared; do
		for value in '' 1 -1s 1d 30 99999999999h $'\e1s'; do
			run -64 --separate-stderr pod-gc "$option=$value"
			is ''
			matches "^pod-gc: $option: \"[ -~]*\" is not a duration such as 30m\$" "$stderr"
		done
	done
	run -64 pod-gc x
	run -64 pod-gc --remove
	run -64 pod-gc --remove --mark-only "$UNKNOWN"
}

@test "pod-gc: gc at the same time as gc removes each pod once" {
	for _ in {1..30}; do
		exited_pod >>"$T/pods"
	done
	gc
	for _ in 1 2 3 4; do
		pod-gc --grace-period=0s 2>>"$T/said" 3>&- &
	done
	wait
	is "$(sort "$T/pods" | sed 's/.*/Garbage collecting container "&"/')" \
		"$(sort "$T/said")"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

# ended_pods COUNT: so many that ran and have ended; their UUIDs are in $T/pods.
ended_pods() {
	local i
	for ((i = 0; i < $1; i++)); do
		pod_dir run
	done >"$T/pods"
}

# each_once WORDS FILE: it has these words of each of the pods, once.
each_once() {
	is "$(sort "$T/pods" | sed "s/.*/$1/")" "$(sort "$2")"
}

@test "pod-gc: many pods are shared out to the processors, each removed once" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	ended_pods 40
	gc --mark-only
	each_once 'Moving container "&" to garbage' <(echo "$output")
	run -0 strace -f -qq -o "$T/calls" -e trace=clone,clone3,fork,prctl \
		pod-gc --grace-period=0s
	each_once 'Garbage collecting container "&"' <(echo "$output")
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
	test "$(nproc)" -gt 1 # else nobody is there to share with
	is 1 "$(grep -c PR_SET_PDEATHSIG "$T/calls")"
}

@test "pod-gc: on one processor, many pods are one process's" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	ended_pods 40
	run -0 taskset -c "$(taskset -cp $$ | grep -o '[0-9]*$')" \
		strace -f -qq -o "$T/calls" -e trace=clone,clone3,fork \
		pod-gc --grace-period=0s
	each_once 'Moving container "&" to garbage' <(echo "$output")
	is '' "$(cat "$T/calls")"
}

@test "pod-gc: those that share the pods do not tear each other's lines" {
	ended_pods 200
	gc
	RKT_DEBUG=1 gc
	is "$(sort "$T/pods" | sed 's/.*/pod-gc: pod "&" not removed: still within grace period (30m0s)/')" \
		"$(sort <<<"$output")"
}

@test "pod-gc: a share whose process is killed is said, and is the next gc's" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	test "$(nproc)" -gt 1 # else nobody is there to share with
	ended_pods 40
	gc
	run -74 strace -f -qq -o /dev/null -e inject=prctl:signal=KILL \
		pod-gc --grace-period=0s
	is "pod-gc: pods: Interrupted system call" \
		"$(grep -v '^Garbage collecting container' <<<"$output")"
	left=$(compgen -G "$RKT_DIR/pods/exited-garbage/*" | wc -l)
	test "$left" -gt 0
	test "$left" -lt 40
	gc --grace-period=0s
	is "$left" "$(grep -c '^Garbage collecting container' <<<"$output")"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: D4 the lock of a pod that somebody removed meanwhile is no lock" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	uuid=$(exited_pod)
	gc
	# It has opened the lock, and waits before it takes it.
	strace -o "$T/trace" -e inject=fcntl:delay_enter=500000 \
		pod-gc --grace-period=0s 2>"$T/late" 3>&- &
	wait_for grep -q '"lock"' "$T/trace"
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	wait $!
	is '' "$(cat "$T/late")"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: a full disk is no reason to leave pods on it" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	mkdir "$T/full"
	mount -t tmpfs -o size=256k tmpfs "$T/full"
	export RKT_DIR=$T/full
	uuid=$(pod_dir run)
	mkdir "$RKT_DIR"/pods/{exited-garbage,garbage}
	cat /dev/zero >"$RKT_DIR/filler" || :
	run ! sh -c 'echo x >"$1"' sh "$RKT_DIR/pods/run/$uuid/lock"
	gc
	is "Moving container \"$uuid\" to garbage"
	is exited-garbage "$(place_of "$uuid")"
	gc # without a mark, its grace begins with the move
	is ''
	# The next place may have no room for its name.
	run -0 strace -qq -o /dev/null -e inject=renameat2:error=ENOSPC \
		pod-gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	gone "$uuid"
	umount "$RKT_DIR"
}

@test "pod-gc: a caller that ignores the end of its children is no reason either" {
	ended_pods 40
	gc
	run -0 sh -c 'exec perl -e "\$SIG{CHLD} = q(IGNORE); exec @ARGV" "$@"' sh \
		pod-gc --grace-period=0s
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: killed at any moment, the next one goes on" {
	for try in {1..8}; do
		uuid=$(exited_pod)
		seq 100 | sed "s,^,$RKT_DIR/pods/run/$uuid/a.upper/etc/," |
			xargs touch
		pod-gc 2>/dev/null
		pod-gc --grace-period=0s 2>/dev/null 3>&- &
		sleep "0.00$try"
		kill -KILL $! && wait $! || :
	done
	pod-gc --grace-period=0s
	pod-gc --grace-period=0s
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: unmounts the images that no pod links, and only those" {
	uuid=$(exited_pod)
	mkdir -p "$RKT_RUN/mnt"
	: >"$RKT_RUN/mnt.lock"
	mount --bind "$RKT_RUN/mnt" "$RKT_RUN/mnt"
	mount --make-private "$RKT_RUN/mnt"
	for key in sha512-a sha512-b sha512-c; do
		mkdir "$RKT_RUN/mnt/$key"
		test "$key" = sha512-c || mount -t tmpfs none "$RKT_RUN/mnt/$key"
	done
	: >"$RKT_DIR/pods/run/$uuid/sha512-a.index"
	gc
	is sha512-a "$(ls "$RKT_RUN/mnt")"
	mountpoint -q "$RKT_RUN/mnt/sha512-a"
	mountpoint -q "$RKT_RUN/mnt"
	gc --grace-period=0s
	is '' "$(ls "$RKT_RUN/mnt")"
	run ! mountpoint -q "$RKT_RUN/mnt"
}

@test "pod-gc: without a look at all that is mounted, it unmounts nothing" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	mkdir -p "$RKT_RUN/mnt/a"
	: >"$RKT_RUN/mnt.lock"
	mount --bind "$RKT_RUN/mnt" "$RKT_RUN/mnt"
	mount -t tmpfs tmpfs "$RKT_RUN/mnt/a"
	run strace -qq -o "$T/calls" -P "$RKT_RUN/mnt" \
		-e inject=openat:error=EMFILE pod-gc
	is "pod-gc: $RKT_RUN/mnt: Too many open files"
	mountpoint "$RKT_RUN/mnt/a"
	gc
	run ! mountpoint -q "$RKT_RUN/mnt"
}

@test "pod-gc: a mount in use by a process goes from the table, not from it" {
	mkdir -p "$RKT_RUN/mnt/sha512-a"
	: >"$RKT_RUN/mnt.lock"
	mount -t tmpfs none "$RKT_RUN/mnt/sha512-a"
	echo data >"$RKT_RUN/mnt/sha512-a/file"
	exec 7<"$RKT_RUN/mnt/sha512-a/file"
	gc
	is '' "$(ls "$RKT_RUN/mnt")"
	is data "$(cat <&7)"
	exec 7<&-
}

@test "pod-gc: the rule of a network goes with its last pod, not before" {
	a=$(pod_dir prepared default)
	run_pod "$a"
	b=$(exited_pod default)
	gc
	gc --grace-period=0s
	is 1 "$(nft list ruleset | grep -c masquerade)"
	end_pod "$a"
	gc --grace-period=0s
	gc --grace-period=0s
	gone "$a"
	is '' "$(nft list ruleset)"
	is '' "$(ip -o link | grep rkt- || :)"
}

@test "pod-gc: the rule of a network with pods is made again if it is gone" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	before=$(nft list ruleset)
	nft flush ruleset
	gc
	is "$before" "$(nft list ruleset)"
}

@test "pod-gc: leaves other people's tables alone" {
	nft 'add table inet rkt-other; add table ip rkt-net-x; add table inet mine'
	before=$(nft list ruleset)
	gc
	is "$before" "$(nft list ruleset)"
}

@test "pod-gc: a pod is not gone before its interface is" {
	for _ in 1 2 3; do
		uuid=$(pod_dir prepared default)
		run_pod "$uuid"
		end_pod "$uuid"
		pod-gc --grace-period=0s
		pod-gc --grace-period=0s
		gone "$uuid"
		is '' "$(ip -o link | grep rkt- || :)"
		is '' "$(nft list ruleset)"
	done
}

@test "pod-gc: a pod whose network somebody holds is left, with a line" {
	uuid=$(pod_dir prepared default)
	run_pod "$uuid"
	nsenter --net="/proc/$(pid_of "$uuid")/ns/net" sleep 1000 3>&- &
	wait_for eval "test \"\$(readlink /proc/$!/ns/net)\" = \
		\"\$(readlink /proc/$(pid_of "$uuid")/ns/net)\""
	end_pod "$uuid"
	gc --grace-period=0s
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\"
pod-gc: pod \"$uuid\": interface rkt-${uuid:0:8}: something holds its network namespace, left"
	is exited-garbage "$(place_of "$uuid")"
	kill -KILL "$!"
	gc --grace-period=0s
	gone "$uuid"
}

@test "pod-gc: a pod whose networks cannot be read is left, one whose are broken is not" {
	export ASAN_OPTIONS=detect_leaks=0 # it cannot under strace
	uuid=$(exited_pod)
	gc
	for file in net.json cni.json; do
		echo '{' >"$RKT_DIR/pods/exited-garbage/$uuid/$file"
		run -0 strace -qq -o "$T/calls" -P $file \
			-e inject=openat:error=EIO pod-gc --grace-period=0s
		is "Garbage collecting container \"$uuid\"
pod-gc: pod \"$uuid\": $file: Input/output error"
	done
	gc --grace-period=0s
	gone "$uuid"
}

@test "pod-gc: removes a pod's control groups, and leaves a pod with a busy one" {
	uuid=$(exited_pod)
	group=/sys/fs/cgroup/rkt.slice/$uuid
	mkdir -p "$group/a" "$group/b/c"
	gc
	sleep 1000 3>&- &
	echo $! >"$group/b/c/cgroup.procs"
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\"
pod-gc: pod \"$uuid\": control group, left: Device or resource busy"
	is exited-garbage "$(place_of "$uuid")"
	kill "$!"
	wait "$!" || :
	gc --grace-period=0s
	is "Garbage collecting container \"$uuid\""
	gone "$uuid"
	run -1 test -e "$group"
}

@test "pod-gc: one pod that cannot be removed does not hold the others up" {
	a=$(exited_pod) b=$(exited_pod)
	gc
	for uuid in "$a" "$b"; do
		mkdir "$RKT_DIR/pods/exited-garbage/$uuid/x"
	done
	first=$(printf '%s\n' "$a" "$b" | sort | head -n 1)
	mount -t tmpfs none "$RKT_DIR/pods/exited-garbage/$first/x"
	gc --grace-period=0s
	is "$first" "$(basename "$RKT_DIR"/pods/*/????????-*)"
	umount "$RKT_DIR/pods/garbage/$first/x"
}

@test "pod-gc: --remove removes pods now, by any beginning of their UUIDs" {
	a=$(exited_pod) b=$(pod_dir prepared) c=$(pod_dir prepare)
	run -0 --separate-stderr pod-gc --remove "$a" "${b:0:8}" "${c:0:13}"
	is "\"$a\"
\"$b\"
\"$c\""
	is '' "$stderr"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2)"
}

@test "pod-gc: --remove refuses what runs, what is unknown and what is unclear" {
	uuid=$(pod_dir prepared)
	run_pod "$uuid"
	run -1 --separate-stderr pod-gc --remove "$uuid"
	is ''
	is "pod-gc: pod \"$uuid\" is currently running
pod-gc: failed to remove one or more pods" "$stderr"
	run -1 --separate-stderr pod-gc --remove $'nope\e'
	is 'pod-gc: no matches found for "nope\x1b"
pod-gc: failed to remove one or more pods' "$stderr"
	mkdir -p "$RKT_DIR"/pods/prepared/abcdef0{1,2}-0000-4000-8000-000000000000
	run -1 --separate-stderr pod-gc --remove abc
	is 'pod-gc: ambiguous uuid, 2 matches
pod-gc: failed to remove one or more pods' "$stderr"
	run -1 --separate-stderr pod-gc --remove '' ../.. "$UNKNOWN"
	matches 'no matches found for ""' "$stderr"
	matches 'no matches found for "\.\./\.\."' "$stderr"
	is run "$(place_of "$uuid")"
}

@test "pod-gc: --remove goes on after one that it cannot remove" {
	uuid=$(exited_pod)
	run -1 --separate-stderr pod-gc --remove "$UNKNOWN" "$uuid"
	is "\"$uuid\""
	gone "$uuid"
}

@test "pod-gc: --uuid-file names a pod to be removed, as well" {
	a=$(exited_pod) b=$(pod_dir prepared)
	echo "$a" >"$T/uuid"
	run -0 --separate-stderr pod-gc -remove -uuid-file "$T/uuid" "${b::8}"
	is "\"$a\"
\"$b\""
	run -1 --separate-stderr pod-gc --remove --uuid-file="$T/uuid"
	is "pod-gc: no matches found for \"$a\"
pod-gc: failed to remove one or more pods" "$stderr"
	run -1 --separate-stderr pod-gc --remove --uuid-file="$T/none"
	is "pod-gc: uuid file $T/none: No such file or directory
pod-gc: failed to remove one or more pods" "$stderr"
	run -64 pod-gc --uuid-file="$T/uuid"
}
