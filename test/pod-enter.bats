# SPDX-License-Identifier: Apache-2.0
# pod-enter - become a pod, and a process more in one
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers

setup_file() {
	export PROBE=$BATS_FILE_TMPDIR/probe
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$PROBE" \
		"$BATS_TEST_DIRNAME/probe/probe.c"
}

# The image of most tests: a shell, and the probe.  Its archive is made once.
setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" || {
		busybox_root "$BATS_FILE_TMPDIR/root"
		cp "$PROBE" "$BATS_FILE_TMPDIR/root/bin/probe"
		mkaci -n example.com/app -x '["/bin/sh","-c"]' -z none \
			"$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/image.aci"
	}
	put_aci "$BATS_FILE_TMPDIR/image.aci" >"$T/key"
}

# image COMMANDS [MKACI-OPTION...]: the same, changed by COMMANDS in its root;
# called example.com/other.
image() {
	rm -rf "$T/root"
	cp -a "$BATS_FILE_TMPDIR/root" "$T/root"
	(cd "$T/root" && eval "$1")
	mkaci -n example.com/other -x '["/bin/sh","-c"]' -z none "${@:2}" \
		"$T/root" "$T/other.aci"
	put_aci "$T/other.aci" >"$T/key"
}

# prepare ARG...: a pod of example.com/app; sets $pod to its UUID.
prepare() {
	pod=$(pod-prepare -q "$@")
}

# edit FILTER: changes the pod's manifest, as no image could have it changed.
edit() {
	local file=$RKT_DIR/pods/prepared/$pod/pod
	jq -c "$1" "$file" >"$T/edited" && cat "$T/edited" >"$file"
}

# app COMMANDS [EDIT]: runs them as an app's shell would.
app() {
	prepare example.com/app -- "$1"
	test $# -lt 2 || edit "$2"
	status=0
	output=$(pod-enter "$pod" 2>"$T/stderr") || status=$?
	stderr=$(cat "$T/stderr")
}

# says TEXT COMMANDS [EDIT]: that is all that the app says, and it succeeds.
says() {
	app "${@:2}"
	is '' "$stderr"
	is "$1"
	test "$status" = 0
}

# start COMMANDS [EDIT]: a pod that stays, once it has written /ready.
start() {
	prepare --detach example.com/app -- "$1"
	test $# -lt 2 || edit "$2"
	run -0 --separate-stderr pod-enter "$pod"
	is "$pod"
	is '' "$stderr"
	wait_for has app ready
}

# has APP FILE: it has made this in its root.
has() {
	test -e "$(place "$pod")/$1.upper/$2"
}

place() {
	echo "$RKT_DIR"/pods/*/"$1"
}

# The process of pod-init.
init() {
	read -r pid rest <"$(place "$pod")/pid"
	echo "$pid"
}

enter() {
	pod-enter --join "$pod" "$@"
}

### What an app is

@test "pod-enter: runs the app, and ends with its status" {
	for status in 0 1 7 255; do
		prepare example.com/app -- "exit $status"
		run "-$status" --separate-stderr pod-enter "$pod"
		is ''
		is '' "$stderr"
		is "$status" "$(cat "$(place "$pod")/status/app")"
	done
}

@test "pod-enter: ends with 128 and the signal that ended the app" {
	for signal in KILL:137 TERM:143 SEGV:139; do
		prepare example.com/app -- "kill -${signal%:*} \$\$"
		run "-${signal#*:}" pod-enter "$pod"
		is "${signal#*:}" "$(cat "$(place "$pod")/status/app")"
	done
}

@test "pod-enter: moves the pod to run, and records pod-init" {
	start ': >/ready; sleep 100'
	test -d "$RKT_DIR/pods/run/$pod"
	is pod-init "$(cat "/proc/$(init)/comm")"
	read -r pid begun <"$(place "$pod")/pid"
	is "$begun" "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20)"
	kill -TERM "$pid"
}

@test "pod-enter: passes on what the app writes, byte by byte" {
	prepare example.com/app -- 'printf "a\0\r\nb"; printf "\033c" >&2'
	pod-enter "$pod" >"$T/out" 2>"$T/err"
	is '61 00 0d 0a 62' "$(xxd -p "$T/out" | fold -w 2 | paste -sd ' ')"
	is '1b 63' "$(xxd -p "$T/err" | fold -w 2 | paste -sd ' ')"
}

@test "pod-enter: gives the app no input unless the pod is interactive" {
	prepare example.com/app -- cat
	run -0 pod-enter "$pod" <<<secret
	is ''
	prepare --interactive example.com/app -- cat
	run -0 pod-enter "$pod" <<<words
	is words
}

@test "pod-enter: the environment is the app's and the specification's" {
	export CANARY=1 LD_PRELOAD_=1 TERM=xterm
	says 'AC_APP_NAME=app
HOME=/root
LOGNAME=root
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PWD=/
SHELL=/bin/sh
SHLVL=1
USER=root
container=rkt' 'env | sort'
	says 'own:/bin:app:/home/x:me' \
		'echo $A:$PATH:$AC_APP_NAME:$HOME:$USER' '.apps[0].app.environment = [
		{name: "A", value: "own"}, {name: "PATH", value: "/bin"},
		{name: "AC_APP_NAME", value: "lie"},
		{name: "HOME", value: "/home/x"}, {name: "USER", value: "me"}]'
}

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

@test "pod-enter: starts in the working directory" {
	says /tmp pwd '.apps[0].app.workingDirectory = "/tmp"'
	app pwd '.apps[0].app.workingDirectory = "/missing"'
	test "$status" = 125
	is 'pod-enter: app: working directory: No such file or directory' \
		"$stderr"
}

@test "pod-enter: a command is searched for in the app's PATH" {
	says found 'true' '.apps[0].app.exec = ["echo", "found"]'
	app true '.apps[0].app.exec = ["echo"] |
		(.apps[0].app.environment[] | select(.name == "PATH")).value = "/x:/etc"'
	test "$status" = 127
	is 'pod-enter: app: echo: No such file or directory' "$stderr"
}

@test "pod-enter: a command that cannot be run is told in one line" {
	app true '.apps[0].app.exec = ["/no/such\u001b[31m"]'
	test "$status" = 127
	is 'pod-enter: app: /no/such\x1b[31m: No such file or directory' \
		"$stderr"
	is 127 "$(cat "$(place "$pod")/status/app")"
	app true '.apps[0].app.exec = ["/etc/passwd"]'
	test "$status" = 126
	is 'pod-enter: app: /etc/passwd: Permission denied' "$stderr"
	RKT_PROG=rkt app true '.apps[0].app.exec = ["/etc"]'
	test "$status" = 126
	is 'rkt: app: /etc: Permission denied' "$stderr"
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

@test "pod-enter: a read-only root is read-only, its volumes are not" {
	mkdir "$T/volume"
	prepare --volume "v,kind=host,source=$T/volume" example.com/app \
		--readonly-rootfs --mount volume=v,target=/data -- \
		'touch /x 2>/dev/null || touch /data/y && echo done'
	run -0 pod-enter "$pod"
	is 'done'
	is y "$(ls "$T/volume")"
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

### Who an app is

@test "pod-enter: users and groups by name, number and path" {
	local user group want
	while read -r user group want; do
		echo "$user $group"
		app 'echo $(id -u):$(id -g):$USER:$HOME:$SHELL' \
			".apps[0].app.user = \"$user\" |
			.apps[0].app.group = \"$group\""
		is '' "$stderr"
		is "$want"
	done <<-END
	0 0 0:0:root:/root:/bin/sh
	root root 0:0:root:/root:/bin/sh
	app app 1000:1001:app:/:/bin/sh
	1000 1001 1000:1001:app:/:/bin/sh
	4000 extra 4000:1002:4000:/:/bin/sh
	4294967294 4294967294 4294967294:4294967294:4294967294:/:/bin/sh
	/etc/passwd /etc/passwd 0:0:root:/root:/bin/sh
	END
	image 'rm -r etc'
	prepare example.com/other --user=root --group=root -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '0
0'
}

@test "pod-enter: a group called as the user, and in no file, is the user's" {
	image 'echo lone:x:33:34::/:/bin/sh >>etc/passwd'
	prepare example.com/other --user=lone --group=lone -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '33
34'
	# One that is in the file is that one.
	image 'echo lone:x:33:34::/:/bin/sh >>etc/passwd
		echo lone:x:35: >>etc/group'
	prepare example.com/other --user=lone --group=lone -- 'id -u; id -g'
	run -0 pod-enter "$pod"
	is '33
35'
	prepare example.com/other --user=root --group=lonely -- 'id -g'
	run -125 --separate-stderr pod-enter "$pod"
	matches 'group lonely: not in the image' "$stderr"
}

@test "pod-enter: C11 uid overflow: what is no id is refused, never root" {
	for user in 4294967295 4294967296 18446744073709551616 -1 0x0 +0 ' 0' \
		'0 ' 1000:0:0 ٠ nobody /missing /etc/../../missing 'x\n0'; do
		for member in user group; do
			echo "$member $user"
			app 'echo ran' ".apps[0].app.$member = \"$user\""
			test "$status" = 125
			is ''
			test "$(wc -l <<<"$stderr")" = 1
		done
	done
}

@test "pod-enter: C11 a name that is another's number is refused" {
	image 'echo 1000:x:0:0::/:/bin/sh >>etc/passwd
		echo big:x:4294967296:0::/:/bin/sh >>etc/passwd
		echo minus:x:-1:0::/:/bin/sh >>etc/passwd'
	for user in 1000 big minus; do
		prepare example.com/other --user=$user -- 'echo ran'
		run -125 --separate-stderr pod-enter "$pod"
		matches "^pod-enter: other: user $user: " "$stderr"
	done
}

@test "pod-enter: B17 /etc/passwd may be anything, and nothing hangs" {
	echo 'app:x:77:77::/:/bin/sh' >"$T/host-passwd"
	for trick in 'mkfifo etc/passwd' "ln -s '$T/host-passwd' etc/passwd" \
		'mkdir etc/passwd' 'truncate -s 2M etc/passwd' \
		'ln -s passwd etc/passwd' 'ln -s /proc/self/environ etc/passwd'; do
		echo "$trick"
		image "rm etc/passwd; $trick"
		prepare example.com/other --user=app -- 'id -u'
		run -125 --separate-stderr timeout 10 pod-enter "$pod"
		is ''
		test "$(wc -l <<<"$stderr")" = 1
	done
}

@test "pod-enter: C10 the groups are the manifest's, not the caller's" {
	prepare example.com/app -- 'id -G; grep Groups /proc/self/status'
	run -0 setpriv --groups 0,6,27,1234 pod-enter "$pod"
	matches $'^0\nGroups:[[:space:]]*$'
	prepare example.com/app --user=app --group=app \
		--supplementary-gids=1002,9 -- \
		'id -G; grep Groups /proc/self/status'
	run -0 setpriv --groups 0,6,27,1234 pod-enter "$pod"
	matches $'^1001 9 1002\nGroups:[[:space:]]9 1002 *$'
	# And what was given up is not to be had again.
	says 'EPERM
EPERM' 'probe call 105 0; probe call 116 0 0' \
		'.apps[0].app.user = "1000" | .apps[0].app.group = "1001"'
}

@test "pod-enter: C9 inheritable and ambient capabilities are none" {
	for user in 0 1000; do
		prepare example.com/app --user=$user -- 'grep Cap /proc/self/status'
		run -0 setpriv --inh-caps +chown,+kill,+sys_admin \
			--ambient-caps +chown,+kill \
			pod-enter "$pod"
		matches 'CapInh:.0000000000000000'
		matches 'CapAmb:.0000000000000000'
		matches 'CapBnd:.00000000a80425fb'
		case $user in
		0) matches 'CapEff:.00000000a80425fb' ;;
		*) matches 'CapEff:.0000000000000000' ;;
		esac
	done
}

@test "pod-enter: capability isolators decide the bounding set" {
	caps='.apps[0].app.isolators'
	says 'CapBnd:	0000000000000001' 'grep CapBnd /proc/self/status' \
		"$caps = [{name: \"os/linux/capabilities-retain-set\",
			value: {set: [\"CAP_CHOWN\"]}}]"
	says 'CapEff:	00000000a80425fa' 'grep CapEff /proc/self/status' \
		"$caps = [{name: \"os/linux/capabilities-remove-set\",
			value: {set: [\"CAP_CHOWN\"]}}]"
}

@test "pod-enter: no_new_privs and oom_score_adj are set if asked for" {
	says 'NoNewPrivs:	0' 'grep NoNewPrivs /proc/self/status'
	says 'NoNewPrivs:	1
-0' 'grep NoNewPrivs /proc/self/status; echo -$(cat /proc/self/oom_score_adj)' \
		'.apps[0].app.isolators = [
		{name: "os/linux/no-new-privileges", value: true}]'
	says 500 'cat /proc/self/oom_score_adj' '.apps[0].app.isolators = [
		{name: "os/linux/oom-score-adj", value: 500}]'
}

@test "pod-enter: an isolator that is not applied is reported" {
	app 'echo ran' '.apps[0].app.isolators = [{name: "resource/memory",
		value: {limit: "1G"}}]'
	is ran
	is 'pod-enter: app: isolator resource/memory not applied' "$stderr"
	app 'echo ran' '.apps[0].app.isolators = [
		{name: "os/linux/apparmor-profile", value: {profile: "x"}}]'
	test "$status" = 125
	is ''
	is 'pod-enter: app: isolator os/linux/apparmor-profile: cannot be applied' \
		"$stderr"
}

### What an app sees

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

@test "pod-enter: C12 what /proc and /sys tell of the host is masked" {
	# In the pod: a file says nothing, a directory has nothing in it.
	app '
	for f in /proc/kcore /proc/keys /proc/timer_list /proc/timer_stats \
		/proc/sched_debug /proc/kallsyms /proc/config.gz /proc/kmsg \
		/proc/pagetypeinfo /proc/slabinfo /proc/vmallocinfo \
		/proc/kpagecount /proc/kpageflags /proc/kpagecgroup \
		/proc/interrupts /proc/latency_stats \
		/proc/acpi /proc/asound /proc/scsi /sys/firmware \
		/sys/dev/block /sys/devices/virtual/powercap /sys/fs/selinux \
		/sys/kernel/debug /sys/kernel/tracing /sys/kernel/security \
		/sys/module /sys/hypervisor /sys/power \
		/sys/devices/system/cpu/cpu0/thermal_throttle; do
		test ! -e $f || test -z "$(head -c 1 $f 2>/dev/null | xxd; ls -A $f |
			grep -vx $f)" || echo $f is readable
		for i in x /x; do
		(echo x >$f$i) 2>/dev/null && echo $f$i is writable
		done
	done
	for f in /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern \
		/proc/sys/kernel/modprobe /proc/sys/vm/panic_on_oom \
		/proc/sys/net/ipv4/ip_forward /proc/sysrq-trigger \
		/proc/irq/default_smp_affinity /proc/fs/x /proc/bus/x \
		/proc/sys/fs/binfmt_misc/register /sys/kernel/uevent_helper \
		/sys/kernel/mm/transparent_hugepage/enabled /sys/fs/cgroup/x \
		/sys/fs/cgroup/cgroup.procs /sys/block/x /sys/class/net/lo/mtu \
		/sys/kernel/profiling /sys/bus/x; do
		(echo 0 >$f) 2>/dev/null && echo $f is writable
	done
	mkdir /sys/fs/cgroup/new 2>/dev/null && echo a new cgroup
	mount -o remount,rw /proc/sys 2>/dev/null && echo remounted
	umount /proc/keys 2>/dev/null && echo unmounted
	test $(wc -l </proc/meminfo) -gt 3 || echo no meminfo
	echo end'
	is end
	is '' "$stderr"
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

@test "pod-enter: volumes are mounted where the app wants them" {
	mkdir -p "$T/v/sub"
	echo file >"$T/v/file"
	prepare --volume "v,kind=host,source=$T/v" \
		--volume "f,kind=host,source=$T/v/file" \
		--volume "r,kind=host,source=$T/v,readOnly=true" \
		--volume 'e,kind=empty,mode=0750,uid=7,gid=8' example.com/app \
		--mount volume=v,target=/new/deep/dir \
		--mount volume=f,target=/etc/one/file \
		--mount volume=r,target=/ro --mount volume=e,target=/empty -- '
		cat /new/deep/dir/file /etc/one/file
		touch /new/deep/dir/made
		touch /ro/x 2>/dev/null || echo ro
		stat -c "%a %u:%g" /empty /new /new/deep /etc/one'
	run -0 pod-enter "$pod"
	is 'file
file
ro
750 7:8
755 0:0
755 0:0
755 0:0'
	test -f "$T/v/made"
}

@test "pod-enter: C20 a read-only volume is so to the last mount" {
	mkdir -p "$T/v/below"
	mount -t tmpfs tmpfs "$T/v/below"
	prepare --volume "v,kind=host,source=$T/v,readOnly=true" \
		example.com/app --mount volume=v,target=/v -- \
		'touch /v/x /v/below/x 2>/dev/null; ls /v /v/below'
	cp /proc/self/mountinfo "$T/before"
	run -0 pod-enter "$pod"
	is '/v:
below

/v/below:'
	# The pod's image has been mounted meanwhile, and nothing else.
	is '' "$(diff "$T/before" /proc/self/mountinfo | grep '^[<>]' |
		grep -v "$RKT_RUN/mnt")"
	touch "$T/v/below/x"
}

@test "pod-enter: C20 a volume whose source is a symbolic link is refused" {
	mkdir "$T/v"
	prepare --volume "v,kind=host,source=$T/v" example.com/app \
		--mount volume=v,target=/v -- true
	mv "$T/v" "$T/w"
	ln -s "$T/w" "$T/v"
	run -125 --separate-stderr pod-enter "$pod"
	is 'pod-enter: app: volume v: Too many levels of symbolic links' "$stderr"
}

@test "pod-enter: C5 a target behind the image's links stays in its root" {
	mkdir -p "$T/v" "$T/host/deep"
	echo seen >"$T/v/x"
	for link in "$T/host" "../../../../../../../..$T/host" /proc/1/root/tmp \
		/tmp /nowhere; do
		echo "$link"
		image "ln -s '$link' link"
		prepare --volume "v,kind=host,source=$T/v" example.com/other \
			--mount volume=v,target=/link/deep -- \
			'cat /link/deep/x'
		run --separate-stderr pod-enter "$pod"
		case $link in
		/tmp) is seen ;;
		*) test "$status" = 125 || is seen ;;
		esac
		is deep "$(ls -A "$T/host")"
		is '' "$(ls -A "$T/host/deep")"
	done
}

@test "pod-enter: C5 C12 nothing is mounted on / or in /proc and /sys" {
	mkdir "$T/v"
	for target in /proc /proc/sys /proc/self/attr /sys/fs/cgroup /sys / /root; do
		image 'rmdir root; ln -s / root'
		prepare --volume "v,kind=host,source=$T/v" example.com/other \
			--mount "volume=v,target=$target" -- 'echo ran'
		run -125 --separate-stderr pod-enter "$pod"
		is ''
		is "pod-enter: other: mount $target: not on /, nor in /proc or /sys" \
			"$stderr"
	done
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

### What an app may do

@test "pod-enter: C17 the default filter holds, and unknown calls are ENOSYS" {
	# mount umount2 pivot_root unshare setns ptrace-free bpf keyctl
	# add_key kexec_load init_module open_by_handle_at perf_event_open
	# userfaultfd io_uring_setup fsopen move_mount; clone with NEWUSER
	says "$(yes EPERM | head -n 17)" '
	for n in 165 166 155 272 308 321 250 248 246 175 304 298 323 425 430 429
	do probe call $n; done; probe call 56 0x10000000 0'
	says 'ENOSYS
ENOSYS
ENOSYS' 'probe call 999; probe call 435 0 0; probe call 5000'
	says 2 'grep -c Seccomp /proc/self/status'
}

@test "pod-enter: C15 the caller's keys are not the pod's" {
	says EPERM 'probe keys find'
	# Even without a filter.
	prepare example.com/app -- 'probe keys find; touch /ready; sleep 100'
	: >"$(place "$pod")/app.bpf"
	"$PROBE" keys add pod-enter "$pod" >"$T/out" &
	wait_for has app ready
	is ENOKEY "$(cat "$T/out")"
	is ENOKEY "$("$PROBE" keys add pod-enter --join "$pod" probe keys find)"
	kill -TERM "$(init)"
	wait
}

@test "pod-enter: C2 CVE-2019-5736 nothing in a pod can write its runtime" {
	sum=$(sha512sum "$BIN/pod-enter" "$BIN/pod-init")
	image 'printf "#!/proc/self/exe\n" >evil; chmod 755 evil
		cat >try <<-"END"
		#!/bin/sh
		while :; do
			for p in /proc/[0-9]*; do
				(echo x >$p/exe) && echo WROTE $p
				(exec 7<$p/exe && echo x >/proc/self/fd/7) && echo WROTE7
			done 2>/dev/null
			: >/ready
		done
		END
		chmod 755 try'
	prepare --detach example.com/other --exec=/try \
		--caps-retain=CAP_SYS_PTRACE,CAP_DAC_OVERRIDE
	pod-enter "$pod"
	wait_for has other ready
	for _ in 1 2 3 4 5; do
		run enter /evil
		run -0 enter /bin/true
	done
	kill -KILL "$(init)"
	is '' "$(grep -a WROTE "$(place "$pod")/log/other")"
	is "$sum" "$(sha512sum "$BIN/pod-enter" "$BIN/pod-init")"
}

@test "pod-enter: C3 CVE-2016-9962 nobody in a pod sees into who enters" {
	start '
	for i in 1 2; do while :; do
		for f in /proc/[0-9]*/fd/* /proc/[0-9]*/exe /proc/[0-9]*/root; do
			l=$(readlink $f 2>/dev/null) && echo "$f $l"
		done
		: >/ready
	done & done
	wait'
	for _ in $(seq 30); do
		run -0 enter true
	done
	kill -KILL "$(init)"
	# What it sees are its own processes, and those that have begun to be.
	sed -E 's/^[^ ]+ //' "$(place "$pod")/log/app" | sort -u >"$T/seen"
	grep -qx '/bin/busybox' "$T/seen"
	is '' "$(grep -vxE '/|/proc|/bin/busybox|/dev/null|pipe:.*|/proc/[0-9]+/fd|.*/log/app|/dev/pts/.*|.*/bats.*|socket:.*|anon_inode:.*' "$T/seen")"
	is '' "$(grep -E '^/proc/1/' "$(place "$pod")/log/app")"
}

@test "pod-enter: C4 CVE-2024-21626 no descriptor of the caller's gets in" {
	prepare --interactive example.com/app -- 'ls /proc/self/fd; readlink /proc/self/cwd'
	run -0 "$PROBE" fds 50 / pod-enter "$pod"
	# 3 is ls's own.
	is '0
1
2
3
/'
	start ': >/ready; sleep 100'
	run -0 "$PROBE" fds 50 / pod-enter --join "$pod" ls /proc/self/fd
	is '0
1
2
3'
	is '0 1 2 3 6 8 9 10' "$(ls "/proc/$(init)/fd" | sort -n | paste -sd ' ')"
	is '' "$(find -L "/proc/$(init)/fd" -maxdepth 1 -mindepth 1 -type d)"
	kill -KILL "$(init)"
}

@test "pod-enter: C4 a working directory behind a descriptor is refused" {
	for directory in /proc/self/fd/{3,5,6,7,8,9,12} /proc/1/root /proc/1/cwd \
		/proc/self/fd/../root /proc/self/cwd; do
		prepare example.com/app -- 'echo ran'
		edit ".apps[0].app.workingDirectory = \"$directory\""
		run -125 --separate-stderr "$PROBE" fds 12 / pod-enter "$pod"
		is ''
		matches '^pod-enter: app: working directory: ' "$stderr"
	done
}

@test "pod-enter: C4 a directory as a standard stream is refused" {
	prepare --interactive example.com/app -- 'echo ran'
	run -125 --separate-stderr pod-enter "$pod" </
	is 'pod-enter: descriptor 0: is a directory' "$stderr"
	test -d "$RKT_DIR/pods/prepared/$pod"
	start ': >/ready; sleep 100'
	run -125 --separate-stderr pod-enter --join "$pod" ls 0</
	is 'pod-enter: descriptor 0: is a directory' "$stderr"
	kill -TERM "$(init)"
}

@test "pod-enter: C18 the app's strings stay strings" {
	# shellcheck disable=SC2016
	for value in '$(touch /x)' '`x`' '%s%n' '+x' '\"' "'" '\\' '\u001b[2J' \
		'a\nB=c' ''; do
		says "$(jq -nr "\"$value\"" | xxd)" 'printf "%s\n" "$V" | xxd' \
			".apps[0].app.environment = [
			{name: \"V\", value: $(jq -n "\"$value\"")}]"
	done
	prepare example.com/app -- 'echo ${#V}'
	edit ".apps[0].app.environment = [{name: \"V\", value: (\"x\" * 100000)}]"
	run -0 pod-enter "$pod"
	is 100000
}

@test "pod-enter: a user who may not run the command does not" {
	image 'cp bin/busybox bin/secret; chmod 700 bin/secret; mkdir -m 700 own
		cp bin/busybox own/true'
	for command in /bin/secret /own/true; do
		prepare example.com/other --user=1000 --group=1000 \
			--exec="$command"
		run -126 --separate-stderr pod-enter "$pod"
		is "pod-enter: other: $command: Permission denied" "$stderr"
	done
	prepare example.com/other --user=0 --group=0 --exec=/own/true
	run -0 pod-enter "$pod"
}

@test "pod-enter: C25 signals ignored or blocked by the caller are the app's" {
	prepare example.com/app -- x
	edit '.apps[0].app.exec = ["/bin/probe", "signals"]'
	run -0 "$PROBE" ignore pod-enter "$pod"
	is ''
	start ': >/ready; sleep 100'
	run -0 "$PROBE" ignore pod-enter --join "$pod" probe signals
	is ''
	kill -TERM "$(init)"
}

@test "pod-enter: pod-init reaps what the apps leave behind" {
	says 0 'for i in 1 2 3 4 5 6; do (sleep 0.05 &); done; sleep 0.5
		cat /proc/[0-9]*/status | grep -c "State:.Z"; :'
}

### Several apps, handlers, ends

@test "pod-enter: several apps: each has its root, they share the rest" {
	prepare example.com/app --name=one -- \
		'echo one >/mine; echo shared >/dev/shm/s
		for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done \
			>/dev/shm/ns; : >/dev/shm/go; hostname; until test -e /dev/shm/end
		do sleep 0.05; done; exit 0' \
		--- example.com/app --name=two -- \
		'until test -e /dev/shm/go; do sleep 0.05; done; cat /dev/shm/s
		for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done |
			diff /dev/shm/ns -
		test ! -e /mine && echo apart; grep -c /dev/pts /proc/mounts
		touch /dev/shm/end'
	run -0 --separate-stderr pod-enter "$pod"
	is "$(printf '%s\n' 1 apart "rkt-$pod" shared | sort)" \
		"$(sort <<<"$output")"
	is 0 "$(cat "$(place "$pod")/status/one")"
	is 0 "$(cat "$(place "$pod")/status/two")"
}

@test "pod-enter: an app that fails ends the others, a clean end does not" {
	prepare example.com/app --name=a -- 'exit 0' \
		--- example.com/app --name=b -- 'sleep 0.3; exit 5' \
		--- example.com/app --name=c -- 'sleep 100; exit 6'
	SECONDS=0
	run -5 pod-enter "$pod"
	test "$SECONDS" -lt 5
	is '0 5 143' "$(cat "$(place "$pod")"/status/[abc] | paste -sd ' ')"
}

@test "pod-enter: handlers run before and after, in the app's sandbox" {
	prepare example.com/app -- 'echo main $(cat /tmp/x); exit 3'
	edit '.apps[0].app.eventHandlers = [
		{name: "pre-start", exec: ["/bin/sh", "-c",
			"echo pre $(id -u); grep CapBnd /proc/self/status; echo x >/tmp/x"]},
		{name: "post-stop", exec: ["/bin/sh", "-c", "echo post; exit 9"]}] |
		.apps[0].app.user = "1000" | .apps[0].app.group = "1001"'
	run -3 --separate-stderr pod-enter "$pod"
	is 'pre 1000
CapBnd:	00000000a80425fb
main x
post'
	is 'pod-enter: app: post-stop handler failed' "$stderr"
}

@test "pod-enter: C19 an app whose pre-start fails is not started" {
	app 'echo ran' '.apps[0].app.eventHandlers = [
		{name: "pre-start", exec: ["/bin/sh", "-c", "exit 4"]},
		{name: "post-stop", exec: ["/bin/sh", "-c", "echo post"]}]'
	test "$status" = 4
	is ''
	is 4 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-enter: SIGTERM, SIGINT and SIGHUP end the pod in good order" {
	for signal in TERM INT HUP QUIT; do
		echo "$signal"
		prepare example.com/app -- \
			'trap "echo stopping; exit 9" TERM; : >/ready
			while :; do sleep 0.05; done'
		"$PROBE" signals >/dev/null
		env --default-signal=INT,QUIT pod-enter "$pod" >"$T/out" &
		wait_for has app ready
		kill -$signal $!
		status=0
		wait $! || status=$?
		is 9 "$status"
		is stopping "$(cat "$T/out")"
	done
}

@test "pod-enter: post-stop runs however the app ended" {
	prepare example.com/app -- ': >/ready; sleep 100'
	edit '.apps[0].app.eventHandlers = [
		{name: "post-stop", exec: ["/bin/sh", "-c", "echo post"]}]'
	pod-enter "$pod" >"$T/out" &
	wait_for has app ready
	kill -TERM $!
	wait $! || :
	is post "$(cat "$T/out")"
}

@test "pod-enter: a signal that the caller ignores does not end the pod" {
	for signal in HUP INT TERM; do
		prepare example.com/app -- ': >/ready; sleep 1; exit 3'
		env --ignore-signal=$signal pod-enter "$pod" &
		wait_for has app ready
		kill -$signal $!
		status=0
		wait $! || status=$?
		is 3 "$status"
	done
}

@test "pod-enter: a second SIGINT does not wait for the app" {
	prepare example.com/app -- \
		'trap "" TERM; : >/ready; while :; do sleep 0.05; done'
	env --default-signal=INT pod-enter "$pod" &
	wait_for has app ready
	kill -INT $!
	sleep 0.3
	kill -0 $!
	kill -INT $!
	status=0
	wait $! || status=$?
	is 137 "$status"
	is 137 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-enter: an app that ignores SIGTERM is killed after ten seconds" {
	prepare example.com/app -- \
		'trap "" TERM; : >/ready; while :; do sleep 0.05; done'
	pod-enter "$pod" &
	wait_for has app ready
	SECONDS=0
	kill -TERM $!
	status=0
	wait $! || status=$?
	is 137 "$status"
	test "$SECONDS" -ge 9
	test "$SECONDS" -le 13
}

@test "pod-enter: when it is killed, a pod in the foreground stops" {
	prepare example.com/app -- 'trap "echo orderly >/end; exit" TERM
		: >/ready; while :; do sleep 0.05; done'
	pod-enter "$pod" &
	wait_for has app ready
	init=$(init)
	kill -KILL $!
	wait $! || :
	wait_for test ! -d "/proc/$init"
	is orderly "$(cat "$(place "$pod")/app.upper/end")"
}

@test "pod-enter: killed while the pod is made, it leaves no process" {
	for n in 1 2 3 4 5 6; do
		prepare example.com/app -- 'sleep 100'
		pod-enter "$pod" &
		sleep "0.00$n"
		kill -KILL $!
		wait $! 2>/dev/null || :
	done
	wait_for eval '! pgrep -x "pod-init|sleep"'
}

### Detached pods

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
err
/dev/null' "$(cat "$(place "$pod")/log/app")"
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

### Enter

@test "pod-enter: --join runs a command in the app, with its status" {
	start ': >/ready; sleep 100'
	run -3 --separate-stderr enter sh -c 'echo in $(hostname); cat; exit 3' \
		<<<words
	is "in rkt-$pod
words"
	is '' "$stderr"
	run -137 enter sh -c 'kill -KILL $$'
	run -127 --separate-stderr enter missing
	is 'pod-enter: app: missing: No such file or directory' "$stderr"
	# By the beginning of the UUID, too.
	run -0 pod-enter --join "${pod::8}" true
	kill -TERM "$(init)"
}

@test "pod-enter: --join asks which app, if there are several" {
	prepare --detach example.com/app --name=one -- ': >/one; sleep 100' \
		--- example.com/app --name=two -- ': >/two; sleep 100'
	pod-enter "$pod"
	wait_for has one one
	wait_for has two two
	run -125 --separate-stderr enter true
	is 'pod-enter: pod contains multiple apps:
	one
	two
pod-enter: specify app using "rkt enter --app= ..."' "$stderr"
	for app in one two; do
		run -0 pod-enter --join --app=$app "$pod" sh -c \
			'echo /[ot][nw][eo] $AC_APP_NAME; tail -n 1 /proc/self/cgroup'
		is "/$app $app
0::/$app"
	done
	run -125 --separate-stderr pod-enter --join --app=three "$pod" true
	is "pod-enter: pod $pod: no app called three" "$stderr"
	kill -TERM "$(init)"
}

@test "pod-enter: --join of a pod that does not run is refused" {
	prepare example.com/app -- true
	run -125 --separate-stderr enter true
	is "pod-enter: pod \"$pod\" isn't currently running" "$stderr"
	pod-enter "$pod"
	run -125 --separate-stderr enter true
	is "pod-enter: pod \"$pod\" isn't currently running" "$stderr"
	run -125 --separate-stderr pod-enter --join ffffffff true
	is 'pod-enter: no matches found for "ffffffff"' "$stderr"
}

@test "pod-enter: --join without a command is a shell" {
	image 'printf "#!/bin/sh\nexec sh\n" >bin/bash; chmod 755 bin/bash'
	prepare --detach example.com/other -- ': >/ready; sleep 100'
	pod-enter "$pod"
	wait_for has other ready
	run -0 --separate-stderr enter <<<'echo here $TERM'
	matches '^here '
	is 'pod-enter: no command specified, assuming "/bin/bash"' "$stderr"
	kill -TERM "$(init)"
}

# What C1 compares, of the process that runs it.
attributes='
	grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Sig(Blk|Ign|Cgt)|Umask|CapAmb)" /proc/self/status
	cat /proc/self/cgroup /proc/self/oom_score_adj
	for n in cgroup ipc mnt net pid user uts; do readlink /proc/self/ns/$n; done
	readlink /proc/self/root
	cut -d " " -f 5- /proc/self/mountinfo
	umask; probe limits; env | grep -vE "^(TERM|PWD|SHLVL)=" | sort
	readlink /proc/self/cwd'

@test "pod-enter: C1 CVE-2019-10144 -10145 -10147 who enters is as the app is" {
	for user in 0 1000; do
		prepare --detach example.com/app --user=$user --group=$user \
			--supplementary-gids=9 --working-dir=/tmp -- \
			"{ $attributes; } >/tmp/app; : >/tmp/ready; sleep 100"
		edit '.apps[0].app.isolators = [
			{name: "os/linux/capabilities-retain-set",
			 value: {set: ["CAP_CHOWN", "CAP_KILL"]}},
			{name: "os/linux/no-new-privileges", value: true}]'
		(ulimit -n 500 -s 4096 -u 3000; umask 077
			echo 300 >/proc/self/oom_score_adj; exec pod-enter "$pod")
		upper=$(place "$pod")/app.upper
		wait_for test -e "$upper/tmp/ready"
		CANARY=1 setpriv --inh-caps +chown,+sys_admin --groups 1,2,3 \
			pod-enter --join "$pod" sh -c "$attributes" >"$T/entered"
		diff "$upper/tmp/app" "$T/entered"
		test "$(wc -l <"$T/entered")" -gt 60
		grep -qx 'CapBnd:	0000000000000021' "$T/entered"
		grep -qx 'Seccomp:	2' "$T/entered"
		kill -TERM "$(init)"
	done
}

@test "pod-enter: --join ends what it runs when it is killed" {
	start ': >/ready; sleep 100'
	pod-enter --join "$pod" sh -c ': >/entered; exec sleep 99' &
	wait_for has app entered
	kill -KILL $!
	wait $! || :
	wait_for eval '! pgrep -f "^sleep 99"'
	pod-enter --join "$pod" sh -c 'rm /entered; trap "exit 8" TERM; : >/entered
		while :; do sleep 0.05; done' &
	wait_for has app entered
	sleep 0.2
	kill -TERM $!
	status=0
	wait $! || status=$?
	is 8 "$status"
	kill -TERM "$(init)"
}

### Terminals

# in_terminal SCRIPT: an expect script, in which $pod is the pod.
in_terminal() {
	cat >"$T/expect" <<-END
	set timeout 20
	log_user 0
	proc want {what} {
		expect -re \$what {} timeout { puts "no: \$what"; exit 99 } \
			eof { puts "end before: \$what"; exit 98 }
	}
	proc finish {} {
		catch { expect eof {} timeout { puts "no end"; exit 97 } }
		exit [lindex [wait] 3]
	}
	END
	printf '%s\n' "$1" >>"$T/expect"
	run timeout 60 expect "$T/expect"
	echo "$output"
}

@test "pod-enter: on a terminal three ^] within a second end the pod" {
	prepare example.com/app -- 'trap "" TERM; tty; echo up; while :; do sleep 0.05; done'
	in_terminal "spawn pod-enter $pod
		want {Press \^\] three times to kill container}
		want {not a tty}
		want up
		send \035\035x\035\035
		after 300
		send x\035
		sleep 1.2
		send \035\035
		sleep 1.2
		send \035
		after 100
		send \035
		after 100
		send \035
		finish"
	test "$status" = 137
	is 137 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-enter: any three ^] within a second are enough" {
	prepare example.com/app -- 'echo up; while :; do sleep 0.05; done'
	in_terminal "spawn pod-enter $pod
		want up
		send \035
		after 800
		send \035
		after 300
		send \035
		after 200
		send \035
		set timeout 4
		finish"
	test "$status" = 137
}

@test "pod-enter: as a shell's job it runs behind and in front" {
	prepare example.com/app -- 'echo up; while :; do sleep 0.05; done'
	in_terminal "spawn bash --norc -i
		send \"PS1=; echo be\\\\gin\r\"
		want begin
		send \"pod-enter $pod >$T/out &\r\"
		after 1000
		send \"echo wo\"
		after 300
		send \"rds; jobs -r >$T/jobs; echo do\\\\ne\r\"
		want done
		send \"fg\r\"
		after 1000
		send \035\035\035
		after 500
		send \"echo \\\$? >$T/status; exit\r\"
		finish"
	matches 'Running.*pod-enter' "$(cat "$T/jobs")"
	is 137 "$(cat "$T/status")"
}

@test "pod-enter: three ^] end an interactive pod, too" {
	prepare --interactive example.com/app -- 'stty raw; echo up; cat >/typed'
	in_terminal "spawn pod-enter $pod
		want up
		send \035\035
		sleep 1.2
		send \035\003x
		sleep 0.2
		send \035\035\035
		finish"
	test "$status" = 137
	is 1d1d1d0378 "$(head -c 5 "$(place "$pod")/app.upper/typed" | xxd -p)"
}

@test "pod-enter: Ctrl-C on a terminal stops the pod in good order" {
	prepare example.com/app -- 'trap "echo stopped; exit 4" TERM; echo up
		while :; do sleep 0.05; done'
	in_terminal "spawn pod-enter $pod
		want up
		send \003
		want stopped
		finish"
	test "$status" = 4
}

@test "pod-enter: --join does not wait for what its command leaves behind" {
	start ': >/ready; sleep 100'
	in_terminal "spawn pod-enter --join $pod sh -c {(trap {} HUP; while :; do echo y; done)& sleep 0.2; exit 3}
		set timeout 8
		finish"
	test "$status" = 3
	kill -KILL "$(init)"
}

@test "pod-enter: an interactive pod has the terminal, of its own devpts" {
	prepare --interactive example.com/app --user=1000 --group=1001 -- \
		'tty >/dev/stdout; stty size; echo $TERM; read x; echo "got $x"
		trap "echo interrupted; exit 6" INT; echo go; while :; do sleep 0.05; done'
	in_terminal "set env(TERM) vt220
		set stty_init {rows 33 cols 77}
		spawn pod-enter $pod
		want /dev/pts/0
		want {33 77}
		want vt220
		send words\r
		want {got words}
		want go
		send \003
		want interrupted
		finish"
	test "$status" = 6
}

@test "pod-enter: the caller's terminal is as it was, whatever happened" {
	for end in 'send x\n' 'exec kill -TERM [exp_pid]' \
		'exec kill -HUP [exp_pid]'; do
		prepare --interactive example.com/app -- 'stty -echo -icrnl; echo up; head -c 1 >/dev/null'
		in_terminal "spawn sh -c {stty -a >$T/before; pod-enter $pod
			stty -a >$T/after; echo over}
			want up
			$(sed "s/\[exp_pid\]/[exec pgrep -x pod-enter]/" <<<"$end")
			want over
			finish"
		diff "$T/before" "$T/after"
	done
}

@test "pod-enter: C8 CVE-2017-5226 nothing can be typed into the caller's terminal" {
	prepare --interactive example.com/app -- 'probe tiocsti; echo end; sleep 0.3'
	in_terminal "log_user 1
		spawn sh -c {pod-enter $pod; read -t 1 x; echo \"left:\$x:\"}
		want {TIOCSTI EPERM}
		want {TIOCSTI.1<<32 EPERM}
		want {TIOCLINUX EPERM}
		want {TIOCSETD EPERM}
		want {left::}
		finish"
	test "$status" = 0
	# The same for who enters, and with nothing but the terminal between.
	start ': >/ready; sleep 100'
	in_terminal "spawn pod-enter --join $pod sh -c {tty; probe tiocsti}
		want /dev/pts/0
		want {TIOCSTI EPERM}
		finish"
	test "$status" = 0
	kill -TERM "$(init)"
	prepare --interactive example.com/app -- 'probe tiocsti; echo end; sleep 0.3'
	: >"$(place "$pod")/app.bpf"
	in_terminal "spawn sh -c {pod-enter $pod; read -t 1 x; echo \"left:\$x:\"}
		want end
		want {left::}
		finish"
	test "$status" = 0
}

@test "pod-enter: no descriptor of a terminal gets in, whichever it is" {
	prepare example.com/app -- 'for i in 0 1 2; do readlink /proc/self/fd/$i; done'
	in_terminal "spawn sh -c {pod-enter $pod >$T/out; echo over}
		want /dev/pts
		want over
		finish"
	is "$T/out" "$(grep -a "^$T" "$T/out")"
	is '/dev/pts/0' "$(grep -a pts "$T/out")"
	start ': >/ready; sleep 100'
	in_terminal "spawn sh -c {pod-enter --join $pod sh -c \"readlink /proc/self/fd/0; readlink /proc/self/fd/1; readlink /proc/self/fd/2\" | cat; echo over}
		want /dev/pts/0
		want {pipe:.*\r\n}
		want /dev/pts/0
		want over
		finish"
	kill -TERM "$(init)"
}

### The chain

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
		matches '^usage: pod-enter' "$stderr"
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
