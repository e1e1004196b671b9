# SPDX-License-Identifier: Apache-2.0
# pod-enter-join - a process more in an app of a running pod
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

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

# What C1 compares, of the process that runs it: a name and a value a line.
attributes='
	tr "\t" " " </proc/self/status | grep -E "^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters|Sig(Blk|Ign|Cgt)|Umask|Speculation_Store_Bypass|Cpus_allowed|Mems_allowed):"
	echo cgroup $(cat /proc/self/cgroup)
	echo oom_score_adj $(cat /proc/self/oom_score_adj)
	for n in /proc/self/ns/*; do echo $(readlink $n); done
	echo root $(readlink /proc/self/root)
	echo cwd $(readlink /proc/self/cwd)
	cut -d " " -f 5- /proc/self/mountinfo | sed "s/^/mount /"
	for n in 16 56,0x10000000 101 165 248 272 308 435 999; do
		echo call $n $(probe call ${n%,*} ${n#*,})
	done
	probe limits | sed "s/^/limit /"
	probe self
	env | grep -vE "^(TERM|PWD|SHLVL)=" | sort | sed "s/^/variable /"
	echo descriptors $(ls /proc/self/fd)
	echo hostname $(hostname)
	for d in /dev/*; do echo device $d $(stat -c "%F %t:%T %a %u:%g" $d); done'

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
			setarch --addr-no-randomize "$PROBE" fds 20 /etc \
			pod-enter --join "$pod" sh -c "$attributes" >"$T/entered"
		diff "$upper/tmp/app" "$T/entered"
		grep -qx 'CapBnd: 0000000000000021' "$T/entered"
		grep -qx 'Seccomp: 2' "$T/entered"
		# Of so many kinds; nearly all are of several lines.
		test "$(sed 's/[ :].*//' "$T/entered" | sort -u | wc -l)" -ge 40
		kill -TERM "$(init)"
	done
}

@test "pod-enter: C1 handlers are as the app is, too" {
	prepare example.com/app --user=1000 --group=1001 -- \
		"{ $attributes; } >/tmp/main"
	edit ".apps[0].app.eventHandlers = [
		{name: \"pre-start\", exec: [\"/bin/sh\", \"-c\", \$a + \">/tmp/pre\"]},
		{name: \"post-stop\", exec: [\"/bin/sh\", \"-c\", \$a + \">/tmp/post\"]}]" \
		--arg a "{ $attributes; }"
	run -0 --separate-stderr pod-enter "$pod"
	is '' "$stderr"
	upper=$(place "$pod")/app.upper/tmp
	diff "$upper/pre" "$upper/main"
	diff "$upper/main" "$upper/post"
	test "$(wc -l <"$upper/post")" -gt 60
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
