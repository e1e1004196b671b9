# SPDX-License-Identifier: Apache-2.0
# pod-enter-apps - apps: what they start with, handlers, how they end
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

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

@test "pod-enter: pod-init reaps what the apps leave behind" {
	says 0 'for i in 1 2 3 4 5 6; do (sleep 0.05 &); done; sleep 0.5
		cat /proc/[0-9]*/status | grep -c "State:.Z"; :'
}

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

@test "pod-enter: C19 a failed pre-start ends the others, and runs no post-stop" {
	prepare example.com/app -- 'echo ran' \
		--- example.com/app --name=other -- 'sleep 100'
	edit '.apps[0].app.eventHandlers = [
		{name: "pre-start", exec: ["/bin/sh", "-c", "sleep 0.2; kill -KILL $$"]},
		{name: "post-stop", exec: ["/bin/sh", "-c", "echo post"]}]'
	run -137 --separate-stderr pod-enter "$pod"
	is ''
	is 137 "$(cat "$(place "$pod")/status/app")"
	is 143 "$(cat "$(place "$pod")/status/other")"
	is '' "$(pgrep -x sleep)"
}

@test "pod-enter: several apps start side by side, none waits for another" {
	prepare example.com/app --name=one -- \
		': >/dev/shm/one; until test -e /dev/shm/two; do sleep 0.05; done' \
		--- example.com/app --name=two -- \
		': >/dev/shm/two; until test -e /dev/shm/one; do sleep 0.05; done'
	run -0 --separate-stderr timeout 10 pod-enter "$pod"
	is '' "$stderr"
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
	local how want
	while IFS=: read -r how want; do
		echo "$how"
		prepare example.com/app -- "$how" \
			--- example.com/app --name=other -- \
			'until test -e /dev/shm/fail; do sleep 0.05; done; exit 7'
		edit '.apps[0].app.eventHandlers = [
			{name: "post-stop", exec: ["/bin/sh", "-c",
			"echo post >/post; : >/dev/shm/fail; exit 9"]}]'
		run "-$want" pod-enter "$pod"
		# The other one's failure came first in the last row.
		case $how in
		touch*) is 143 "$(cat "$(place "$pod")/status/app")" ;;
		*) is "$want" "$(cat "$(place "$pod")/status/app")" ;;
		esac
		is post "$(cat "$(place "$pod")/app.upper/post")"
	done <<-"END"
	exit 5:5
	kill -KILL $$:137
	kill -SEGV $$:139
	exec /missing:127
	touch /dev/shm/fail; sleep 100:7
	END
}

@test "pod-enter: post-stop runs whichever signal ends the pod" {
	local signal
	for signal in TERM HUP INT 'INT INT'; do
		echo "$signal"
		prepare example.com/app -- \
			'trap "" TERM; trap "exit 3" HUP; : >/ready
			while :; do sleep 0.05; done'
		test "$signal" = 'INT INT' || edit '.apps[0].app.exec[2] =
			": >/ready; sleep 100"'
		edit '.apps[0].app.eventHandlers = [
			{name: "post-stop", exec: ["/bin/sh", "-c", "echo post"]}]'
		env --default-signal=INT pod-enter "$pod" >"$T/out" &
		wait_for has app ready
		for number in $signal; do
			kill "-$number" $!
			sleep 0.3
		done
		wait $! || :
		is post "$(cat "$T/out")"
	done
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
