# SPDX-License-Identifier: Apache-2.0
# pod-enter-root - what an app sees: its root, /etc, /dev, /proc and /sys
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

@test "pod-enter: the host name is the pod's, in the kernel and in /etc" {
	prepare example.com/app -- 'hostname; cat /etc/hostname /etc/hosts'
	run -0 --separate-stderr pod-enter "$pod"
	is "rkt-$pod
rkt-$pod
127.0.0.1 localhost rkt-$pod
::1 localhost rkt-$pod"
	is world "$(hostname)"
}

@test "pod-enter: /etc gets what the image lacks, and keeps what it has" {
	echo 'nameserver 192.0.2.1' >/etc/resolv.conf
	says 'nameserver 192.0.2.1
../proc/self/mounts' 'cat /etc/resolv.conf; readlink /etc/mtab'
	image 'echo own | tee etc/resolv.conf etc/hosts >etc/hostname
		ln -s /nowhere etc/mtab'
	prepare example.com/other -- \
		'cat /etc/resolv.conf /etc/hosts /etc/hostname; readlink /etc/mtab'
	run -0 pod-enter "$pod"
	is 'own
own
own
/nowhere'
}

@test "pod-enter: an image without /etc gets one" {
	image 'rm -r etc'
	prepare example.com/other --user=0 --group=0 -- \
		'ls /etc; grep -c localhost /etc/hosts; stat -c %a:%u /etc'
	run -0 pod-enter "$pod"
	is 'hostname
hosts
resolv.conf
2
755:0'
}

@test "pod-enter: D7 what an image has for a file of /etc is not followed" {
	mkdir "$T/host"
	image "ln -s '$T/host/hosts' etc/hosts
		ln -s ../../../../../../../../../$T/host/name etc/hostname
		mkfifo etc/resolv.conf"
	prepare example.com/other -- true
	run -0 timeout 10 pod-enter "$pod"
	image "rm -r etc; ln -s '$T/host' etc"
	prepare example.com/other --user=0 --group=0 -- true
	run -0 pod-enter "$pod"
	is '' "$(ls "$T/host")"
}

@test "pod-enter: runs from an index, and from an unpacked tree" {
	prepare example.com/app -- 'echo ok >/tmp/x; cat /tmp/x'
	run -0 pod-enter "$pod"
	is ok
	test -d "$RKT_RUN/mnt/$(head -c 71 "$T/key")"
	grep -q "mnt/$(head -c 71 "$T/key").* erofs " /proc/self/mountinfo
	# Where no index can be mounted, the store keeps a tree.
	mkdir "$T/tmpfs"
	mount -t tmpfs tmpfs "$T/tmpfs"
	export RKT_DIR=$T/tmpfs
	put_aci "$BATS_FILE_TMPDIR/image.aci"
	prepare example.com/app -- 'echo ok >/tmp/x; cat /tmp/x'
	run -0 pod-enter "$pod"
	is ok
}

@test "pod-enter: every pod has a fresh writable root, the image none" {
	says '' 'rm -r /etc; echo x >/new'
	says 'root:x:0:0:root:/root:/bin/sh' 'head -n 1 /etc/passwd; ls /new 2>&-; :'
}

@test "pod-enter: the shared index is mounted once, by whoever needs it" {
	prepare example.com/app -- true
	umount "$RKT_RUN/mnt/$(head -c 71 "$T/key")" 2>/dev/null || :
	for _ in 1 2 3; do
		prepare example.com/app -- 'exit 0'
		pod-enter "$pod" &
	done
	wait
	is 1 "$(grep -c "run/mnt/$(head -c 71 "$T/key")" /proc/self/mountinfo)"
}

@test "pod-enter: an image unmounted by a gc while the pod is made is no end" {
	prepare example.com/app -- 'echo ran'
	pod-enter "$pod"
	prepare example.com/app -- 'echo ran'
	strace -o "$T/calls" -e trace=fsopen \
		-e inject=fsopen:delay_enter=1000000:when=1 \
		pod-enter "$pod" >"$T/out" 2>"$T/err" &
	wait_for test -d "$RKT_DIR/pods/run/$pod"
	wait_for grep -q 'fsopen("overlay"' "$T/calls"
	umount -l "$RKT_RUN"/mnt/*
	rmdir "$RKT_RUN"/mnt/*
	wait $!
	is ran "$(cat "$T/out")"
	is '' "$(cat "$T/err")"
	is 2 "$(grep -c 'fsopen("overlay"' "$T/calls")"
}

@test "pod-enter: /dev has the specification's devices, and works" {
	says 'console fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero
1:3 1:5 1:7 1:8 1:9 5:0
crw-rw-rw-
ok' 'echo $(ls /dev); for d in null zero full random urandom tty; do
		stat -c "$((0x$(stat -c %t /dev/$d))):$((0x$(stat -c %T /dev/$d)))" /dev/$d
		done | paste -sd " "
		ls -lL /dev/ptmx | cut -c 1-10
		head -c 9 /dev/urandom >/dev/shm/x && echo ok >/dev/stdout'
}

@test "pod-enter: C21 no device node works but ours, no volume is suid" {
	mkdir "$T/volume"
	prepare --volume "v,kind=host,source=$T/volume" example.com/app \
		--mount volume=v,target=/data -- '
		for d in / /dev /dev/shm /data /tmp; do
			mknod $d/n c 1 5 && cat $d/n; rm $d/n; done 2>&1
		grep -E " (/|/dev|/data) " /proc/self/mountinfo | cut -d " " -f 5,6'
	run -0 pod-enter "$pod"
	is 5 "$(grep -c 'Permission denied' <<<"$output")"
	matches $'\n/ rw,nodev'
	matches $'\n/dev rw,nosuid,nodev,noexec'
	matches $'\n/data rw,nosuid,nodev'
}

@test "pod-enter: C13 C14 the host's helpers and cgroups are as before" {
	before=$(cat /proc/sys/kernel/{core_pattern,modprobe} 2>/dev/null || :)
	says '' '
	exec 2>/dev/null
	for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe \
		/proc/sys/kernel/hotplug /sys/kernel/uevent_helper \
		/sys/fs/cgroup/release_agent; do
		(echo /evil >$f); done
	mkdir /tmp/cg /tmp/p
	mount -t cgroup2 none /tmp/cg && echo mounted
	mount -t proc none /tmp/p && echo mounted
	mount -t binfmt_misc none /tmp/p && echo mounted
	:'
	is "$before" \
		"$(cat /proc/sys/kernel/{core_pattern,modprobe} 2>/dev/null || :)"
}

@test "pod-enter: the processes seen are the pod's" {
	says '1 pod-init
2 sh' 'for p in /proc/[0-9]*; do read c <$p/comm; echo ${p#/proc/} $c; done'
}

@test "pod-enter: the namespaces are the pod's, but for the network" {
	says "$(readlink /proc/self/ns/net /proc/self/ns/user)" \
		'readlink /proc/self/ns/net; readlink /proc/self/ns/user'
	for space in pid mnt uts ipc cgroup; do
		app "readlink /proc/self/ns/$space"
		test "$output" != "$(readlink /proc/self/ns/$space)"
	done
}

@test "pod-enter: the app's cgroup is below the pod's, which is the root" {
	start ': >/ready; exec sleep 100'
	run -0 enter cat /proc/self/cgroup
	matches $'(^|\n)0::/app$'
	grep -q "rkt.slice/$pod/app$" "/proc/$(pgrep -P "$(init)")/cgroup"
	kill -TERM "$(init)"
}

@test "pod-enter: C5 C6 CVE-2026-41579 an image's /dev, /proc, /sys: no link" {
	mkdir "$T/host"
	snapshot "$T/host" >"$T/before"
	cp /proc/self/mountinfo "$T/mounts"
	for name in dev proc sys; do
		for what in "ln -s '$T/host' $name" "ln -s / $name" \
			"ln -s .. $name" "ln -s /proc/1/root $name" \
			"mkfifo $name" ": >$name" "ln -s /tmp $name"; do
			echo "$name: $what"
			image "$what"
			prepare example.com/other -- 'echo ran'
			run -125 --separate-stderr pod-enter "$pod"
			is ''
			is "pod-enter: other: the image's /$name is no directory" \
				"$stderr"
		done
	done
	snapshot "$T/host" | diff "$T/before" -
	is '' "$(diff "$T/mounts" /proc/self/mountinfo | grep '^[<>]' |
		grep -v "$RKT_RUN/mnt")"
}

@test "pod-enter: C6 what an image has in /dev is not looked at" {
	mkdir "$T/host"
	image "mkdir -p dev/pts; ln -s '$T/host' dev/shm
		ln -s '$T/host/null' dev/null; mkdir dev/console
		ln -s ../../../$T/host dev/mqueue"
	prepare example.com/other -- 'echo x >/dev/null; touch /dev/shm/x
		stat -c %F /dev/null /dev/console; wc -c </proc/kallsyms'
	run -0 pod-enter "$pod"
	is 'character special file
character special file
0'
	is '' "$(ls -A "$T/host")"
}
