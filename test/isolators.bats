# SPDX-License-Identifier: Apache-2.0
# isolators - how much of the machine apps and pods may use, and what they may do
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter
load hierarchies

# isolate NAME VALUE...: an edit of the first app's isolators; pod_isolate: of
# the whole pod's.
isolate() {
	printf '.apps[0].app.isolators = %s' "$(isolators "$@")"
}

pod_isolate() {
	printf '.isolators = %s' "$(isolators "$@")"
}

isolators() {
	while test $# -gt 0; do
		jq -nc --arg name "$1" --argjson value "$2" \
			'{name: $name, value: $value}'
		shift 2
	done | jq -sc .
}

# refused LINE EDIT: the pod does not run, and that is why.
refused() {
	app 'echo ran' "$2"
	is '' "$output"
	is "pod-enter: $1" "$stderr"
	test "$status" = 125
}

# group CONTROLLER [APP]: the directory of the pod's or the app's group.
group() {
	echo "/sys/fs/cgroup/$1/rkt.slice/$pod${2+/$2}"
}

stop() {
	local pid
	pid=$(init)
	kill -TERM "$pid"
	wait_for eval "! kill -0 $pid"
}

### Memory

# Takes 100 MiB at once; without a limit that is nothing.
HOG='dd if=/dev/zero of=/dev/null bs=100M count=1 2>/dev/null'

@test "isolators: C26 an app above its memory limit is killed, its sibling lives" {
	hybrid
	prepare example.com/app --name=hog -- "exec $HOG" --- example.com/app \
		--name=sibling -- 'trap "echo lives; exit 0" TERM
			while :; do sleep 0.1; done'
	edit "$(isolate resource/memory '{"limit": "32Mi"}')"
	status=0
	output=$(timeout 60 pod-enter "$pod") || status=$?
	is lives
	is 137 "$status"
	is 137 "$(cat "$(place "$pod")/status/hog")"
	is 0 "$(cat "$(place "$pod")/status/sibling")"
	says lives "$HOG && echo lives"
}

@test "isolators: memory is limited by the argument, in the image's place" {
	hybrid
	image : -m '.app.isolators = [
		{name: "resource/memory", value: {limit: "1G"}}]'
	for memory in '' --memory=48M; do
		# shellcheck disable=SC2086
		prepare --detach example.com/other $memory -- 'sleep 100'
		pod-enter "$pod" >"$T/uuid"
		cat "$(group memory other)/memory.limit_in_bytes" >>"$T/limits"
		stop
	done
	# Of whole pages.
	is '999997440
47996928' "$(cat "$T/limits")"
}

@test "isolators: a limit of memory is of what is written to /dev/shm, too" {
	hybrid
	app 'dd if=/dev/zero of=/dev/shm/x bs=1M count=64 2>/dev/null; echo $?' \
		"$(isolate resource/memory '{"limit": "16Mi"}')"
	is 137
}

### Processors

@test "isolators: cpu and cpu-shares are the group's quota and shares" {
	hybrid
	prepare --detach example.com/app --cpu=20m --cpu-shares=512 -- \
		': >/ready; while :; do :; done'
	pod-enter "$pod" >"$T/uuid"
	wait_for has app ready
	is 2000 "$(cat "$(group cpu app)/cpu.cfs_quota_us")"
	is 100000 "$(cat "$(group cpu app)/cpu.cfs_period_us")"
	is 512 "$(cat "$(group cpu app)/cpu.shares")"
	# It wants a whole one, and is made to wait.
	wait_for grep -qE '^nr_throttled [1-9]' "$(group cpu app)/cpu.stat"
	stop
}

@test "isolators: a request is no limit, less than the least is the least" {
	hybrid
	start ': >/ready; sleep 100' "$(isolate resource/cpu '{"request": "1"}' \
		resource/memory '{"request": "8Ki"}')"
	test ! -d "$(group cpu)"
	test ! -d "$(group memory)"
	stop
	start ': >/ready; sleep 100' "$(isolate resource/cpu '{"limit": "1u"}')"
	is 1000 "$(cat "$(group cpu app)/cpu.cfs_quota_us")"
	stop
}

### Processes

@test "isolators: C26 a fork bomb has no more than its limit, its sibling may fork" {
	hybrid
	prepare example.com/app --name=bomb -- 'probe forks' --- example.com/app \
		--name=sibling -- 'sleep 1; probe call 39'
	edit "$(isolate os/linux/pids-limit 20)"
	run -0 pod-enter "$pod"
	# The probe itself is one of them.
	is '19 EAGAIN
0'
}

@test "isolators: C26 a pod without a limit has 4096 processes, the machine more" {
	before=$(cat /proc/sys/kernel/pid_max)
	app 'probe forks'
	matches '^40[0-9][0-9] EAGAIN$'
	is "$before" "$(cat /proc/sys/kernel/pid_max)"
}

@test "isolators: the pod's limits bound the sum of its apps'" {
	hybrid
	prepare example.com/app --name=a -- 'probe forks & wait' --- \
		example.com/app --name=b -- 'probe forks & wait'
	edit "$(pod_isolate os/linux/pids-limit 30 resource/cpu '{"limit": "2"}' \
		resource/memory '{"limit": "64Mi"}')"
	run -0 pod-enter "$pod"
	is 2 "$(grep -c ' EAGAIN$' <<<"$output")"
	sum=$(awk '{ sum += $1 } END { print sum }' <<<"$output")
	test "$sum" -ge 25 && test "$sum" -lt 60
	is 30 "$(cat "$(group pids)/pids.max")"
	is 67108864 "$(cat "$(group memory)/memory.limit_in_bytes")"
	is 200000 "$(cat "$(group cpu)/cpu.cfs_quota_us")"
	test ! -d "$(group pids a)"
	# No app gets more than the pod has.
	app "$HOG; echo \$?" "$(pod_isolate resource/memory '{"limit": "32Mi"}') |
		$(isolate resource/memory '{"limit": "1G"}')"
	is 137
}

### Groups

@test "isolators: C1 CVE-2019-10147 who enters has the app's limits" {
	hybrid
	prepare --detach example.com/app --memory=32M --cpu=500m -- \
		'cat /proc/self/cgroup >/groups; : >/ready; sleep 100'
	edit '.apps[0].app.isolators += [{name: "os/linux/pids-limit", value: 50}]'
	pod-enter "$pod" >"$T/uuid"
	wait_for has app ready
	run -0 enter cat /proc/self/cgroup
	is "$(cat "$(place "$pod")/app.upper/groups")"
	is 3 "$(grep -cE ':(cpu|memory|pids):/app$' <<<"$output")"
	grep -q '^0::/app$' <<<"$output"
	run -137 enter sh -c "exec $HOG"
	run enter probe forks
	matches '^4[0-9] EAGAIN$'
	stop
}

@test "isolators: C14 CVE-2023-25809 no group can be made or changed inside" {
	hybrid
	app 'cat /proc/self/cgroup | grep -cE ":/app$"
	exec 2>/dev/null
	mkdir /sys/fs/cgroup/x && echo made
	for f in $(find /sys/fs/cgroup -type f); do
		(echo 1 >$f) && echo $f
	done
	mkdir /tmp/x
	for c in memory pids devices cpu; do
		mount -t cgroup -o $c none /tmp/x && echo mounted
	done
	mount -t cgroup2 none /tmp/x && echo mounted
	mount -o remount,rw /sys/fs/cgroup && echo remounted
	:' "$(isolate resource/memory '{"limit": "32Mi"}' os/linux/pids-limit 50 \
		resource/cpu '{"limit": "1"}')"
	# In each that has a limit of it, and in that of v2.
	is 4
}

@test "isolators: C13 CVE-2022-0492 no release agent, with every capability" {
	hybrid
	app 'mkdir /tmp/x; exec 2>/dev/null
	unshare -C true && echo unshared
	for c in memory pids devices cpu; do
		mount -t cgroup -o $c none /tmp/x || continue
		(echo /evil >/tmp/x/release_agent) && echo written
		umount /tmp/x
	done
	echo end' "$(isolate os/linux/capabilities-retain-set \
		'{"set": ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"]}')"
	is end
}

@test "isolators: gc removes the groups of every hierarchy" {
	hybrid
	prepare example.com/app --memory=32M --cpu=1 -- true
	edit '.isolators = [{name: "os/linux/pids-limit", value: 50}]'
	pod-enter "$pod"
	for controller in unified cpu memory pids; do
		test -d "$(group "$controller")"
	done
	# One that somebody is still in keeps the pod.
	sleep 100 3>&- &
	sleeper=$!
	echo $sleeper >"$(group memory app)/cgroup.procs"
	run -1 --separate-stderr pod-gc --remove "$pod"
	is "pod-gc: pod \"$pod\": control group, left: Device or resource busy
pod-gc: failed to remove one or more pods" "$stderr"
	test -d "$RKT_DIR/pods/run/$pod"
	kill $sleeper
	wait $sleeper || :
	pod-gc --remove "$pod"
	for controller in unified cpu memory pids; do
		test ! -e "$(group "$controller")"
	done
	test ! -e "$RKT_DIR/pods/run/$pod"
}

@test "isolators: a pod without limits makes no group but that of v2" {
	hybrid
	prepare example.com/app -- true
	pod-enter "$pod"
	test -d "$(group unified)"
	for controller in $CONTROLLERS; do
		test ! -e "$(group "$controller")"
	done
}

### Devices

# What a pod finds that may mount a file system without nodev.
NODES='mkdir /tmp/d; mount -t devtmpfs none /tmp/d
	for n in null zero full random urandom; do
		test -c /tmp/d/$n && head -c 0 /tmp/d/$n || echo $n; done
	for n in kmsg loop-control loop0; do
		dd if=/tmp/d/$n bs=1 count=1 2>&1 | grep -o "$n.*"; done
	mknod /tmp/n b 7 0 2>&1 | grep -o "/tmp.*"
	echo end'

@test "isolators: C14 a pod with power has the devices of its /dev, no others" {
	hybrid
	prepare example.com/app --caps-retain=CAP_SYS_ADMIN,CAP_MKNOD \
		--seccomp=mode=retain,@appc.io/all -- "$NODES"
	for tree in unified devices; do
		run pod-enter "$pod"
		is "kmsg': Operation not permitted
loop-control': Operation not permitted
loop0': Operation not permitted
/tmp/n: Operation not permitted
end"
		test -d "$(group $tree)"
		# The same once more, where there is no cgroup v2.
		test "$tree" = unified || break
		umount /sys/fs/cgroup/unified
		prepare example.com/app --caps-retain=CAP_SYS_ADMIN,CAP_MKNOD \
			--seccomp=mode=retain,@appc.io/all -- "$NODES"
	done
}

### Rights

@test "isolators: the arguments' capabilities are the bounding set" {
	hybrid
	prepare example.com/app --caps-retain=CAP_CHOWN,CAP_KILL -- \
		'grep CapBnd /proc/self/status'
	run -0 pod-enter "$pod"
	is 'CapBnd:	0000000000000021'
	prepare example.com/app --caps-remove=CAP_CHOWN,CAP_MKNOD -- \
		'grep CapBnd /proc/self/status'
	run -0 pod-enter "$pod"
	is 'CapBnd:	00000000a00425fa'
}

@test "isolators: each set of system calls has its calls, by the errno told" {
	local mode set call want rows=0
	# Of x86-64: 39 getpid, 41 socket, 156 _sysctl, 163 acct, 165 mount,
	# 172 iopl, 227 clock_settime.
	while read -r mode set call want; do
		((++rows))
		prepare example.com/app "--seccomp=mode=$mode,errno=EXDEV,$set" \
			-- "exec probe call $call"
		run -0 pod-enter "$pod"
		is "$want" "$output"
	done <<-END
	retain @rkt/default-whitelist 165 EXDEV
	retain @rkt/default-whitelist 39 0
	retain @docker/default-whitelist 165 EXDEV
	retain @systemd/default-whitelist 227 EXDEV
	remove @rkt/default-blacklist 165 EXDEV
	remove @rkt/default-blacklist 39 0
	remove @docker/default-blacklist 163 EXDEV
	remove @systemd/clock 227 EXDEV
	remove @systemd/mount 165 EXDEV
	remove @systemd/network-io 41 EXDEV
	remove @systemd/obsolete 156 EXDEV
	remove @systemd/privileged 163 EXDEV
	remove @systemd/raw-io 172 EXDEV
	remove @systemd/raw-io,getpid 39 EXDEV
	remove @appc.io/empty 165 EPERM
	END
	is 15 "$rows"
	# A set that is all is no filter; without an errno the call is the last.
	prepare example.com/app --seccomp=mode=retain,@appc.io/all -- \
		'grep ^Seccomp: /proc/self/status'
	run -0 pod-enter "$pod"
	is 'Seccomp:	0'
	prepare example.com/app --seccomp=mode=remove,@systemd/process -- 'ls /'
	run -159 pod-enter "$pod"
	prepare example.com/app --seccomp=mode=retain,@appc.io/empty -- true
	run -159 pod-enter "$pod"
}

@test "isolators: C27 no priority above others', no memory that stays" {
	app 'probe real-time; cat /proc/self/oom_score_adj'
	is 'SCHED_FIFO EPERM
nice EACCES
ioprio EPERM
mlock ENOMEM
0'
}

@test "isolators: C27 an image is not to be spared when memory ends" {
	image : -m '.app.isolators = [
		{name: "os/linux/oom-score-adj", value: -1000}]'
	run -0 --separate-stderr pod-prepare -q example.com/other -- \
		'cat /proc/self/oom_score_adj'
	pod=$output
	is 'pod-prepare: app other: os/linux/oom-score-adj: -1000 is for the operator to give (--oom-score-adj): 0' \
		"$stderr"
	run -0 pod-enter "$pod"
	is 0
	prepare example.com/other --oom-score-adj=-500 -- true
	is -500 "$(jq '.apps[0].app.isolators[0].value' "$(place "$pod")/pod")"
	# Nor for who may not give it.
	run -125 --separate-stderr setpriv --bounding-set -sys_resource \
		pod-enter "$pod"
	is 'pod-enter: other: oom_score_adj: Permission denied' "$stderr"
	image : -m '.app.isolators = [
		{name: "os/linux/oom-score-adj", value: 700}]'
	prepare example.com/other -- 'cat /proc/self/oom_score_adj'
	run -0 pod-enter "$pod"
	is 700
}

@test "isolators: C26 descriptors, terminals, locks and core files have an end" {
	app 'ulimit -n; ulimit -c; ulimit -Hc; ulimit -l
	mount | grep -o "devpts.*max=1024" | wc -l'
	is '1024
0
0
64
1'
}

### Kernel settings

@test "isolators: a sysctl is the pod's, and not the machine's" {
	before=$(cat /proc/sys/{kernel/shm_rmid_forced,kernel/sem,fs/mqueue/msg_max,net/ipv4/ip_default_ttl})
	prepare --net=none example.com/app -- 'cd /proc/sys
		cat kernel/shm_rmid_forced kernel/sem fs/mqueue/msg_max \
			net/ipv4/ip_default_ttl net/ipv4/conf/lo/rp_filter'
	edit '.isolators = [{name: "os/unix/sysctl", value: {
		"kernel.shm_rmid_forced": "1", "kernel/sem": "100\t3200\t50\t64",
		"fs.mqueue.msg_max": "77", "net.ipv4.ip_default_ttl": "33",
		"net.ipv4.conf.lo.rp_filter": "2"}}]'
	run -0 --separate-stderr pod-netns "$pod" pod-enter "$pod"
	is '1
100	3200	50	64
77
33
2'
	is '' "$stderr"
	is "$before" "$(cat /proc/sys/{kernel/shm_rmid_forced,kernel/sem,fs/mqueue/msg_max,net/ipv4/ip_default_ttl})"
}

@test "isolators: C13 a sysctl of the whole machine is refused" {
	local key why
	while read -r key why; do
		refused "pod: isolator os/unix/sysctl: $key: $why" \
			"$(pod_isolate os/unix/sysctl "{\"$key\": \"1\"}")"
	done <<-'END'
	kernel.core_pattern it is the whole machine's
	kernel/core_pattern it is the whole machine's
	kernel.shm it is the whole machine's
	kernel.semi it is the whole machine's
	kernel.modprobe it is the whole machine's
	kernel.pid_max it is the whole machine's
	vm.swappiness it is the whole machine's
	fs.file-max it is the whole machine's
	fs.mqueue it is the whole machine's
	fs.mqueuex.a it is the whole machine's
	net it is the whole machine's
	netx.ipv4 it is the whole machine's
	kernel.hostname the name is the pod's own already: use --hostname
	kernel.domainname the name is the pod's own already: use --hostname
	net.ipv4.ip_forward the network is the host's: use --net
	net/ipv4/ip_forward the network is the host's: use --net
	END
	refused 'pod: isolator os/unix/sysctl: fs.mqueue.none: No such file or directory' \
		"$(pod_isolate os/unix/sysctl '{"fs.mqueue.none": "1"}')"
	refused 'pod: isolator os/unix/sysctl: kernel.shmmni: Invalid argument' \
		"$(pod_isolate os/unix/sysctl '{"kernel.shmmni": "many"}')"
}

### What is not applied

@test "isolators: what cannot be applied is refused by name" {
	unified
	refused 'app: isolator resource/memory: there is no controller "memory"' \
		"$(isolate resource/memory '{"limit": "1G"}')"
	refused 'pod: isolator resource/cpu: there is no controller "cpu"' \
		"$(pod_isolate os/linux/cpu-shares 100)"
	refused 'app: isolator os/linux/pids-limit: there is no controller "pids"' \
		"$(isolate os/linux/pids-limit 100)"
	refused 'app: isolator os/linux/apparmor-profile: AppArmor is not supported' \
		"$(isolate os/linux/apparmor-profile '{"profile": "x"}')"
	refused 'app: isolator os/linux/selinux-context: SELinux is not supported' \
		"$(isolate os/linux/selinux-context \
			'{"user": "u", "role": "r", "type": "t", "level": "s0"}')"
	refused 'app: isolator os/unix/sysctl: is for the pod, not for an app' \
		"$(isolate os/unix/sysctl '{"fs.mqueue.msg_max": "77"}')"
	refused 'pod: isolator os/linux/no-new-privileges: is for apps, not for the pod' \
		"$(pod_isolate os/linux/no-new-privileges true)"
	refused 'app: isolator resource/memory: its limit is too low: 4096 bytes are the least' \
		"$(isolate resource/memory '{"limit": "1"}')"
	refused 'app: isolator resource/cpu: its limit is no amount of processors' \
		"$(isolate resource/cpu '{"limit": "0"}')"
	for pid in 0 -1 1.5 '"7"' 4194305; do
		app true "$(isolate os/linux/pids-limit "$pid")"
		test "$status" = 125
		matches 'app.isolators\[0\].value: ' "$stderr"
	done
}

@test "isolators: what bounds devices and networks is reported, the app runs" {
	for name in resource/block-bandwidth resource/block-iops \
		resource/network-bandwidth; do
		app 'echo ran' "$(isolate "$name" '{"default": true, "limit": "1M"}')"
		is ran
		is "pod-enter: app: isolator $name not applied" "$stderr"
		app 'echo ran' \
			"$(pod_isolate "$name" '{"default": true, "limit": "1M"}')"
		is ran
		is "pod-enter: pod: isolator $name not applied" "$stderr"
	done
	app 'echo ran' "$(isolate example.com/own '{"anything": 1}')"
	is ran
	is 'pod-enter: app: isolator example.com/own not applied' "$stderr"
}
