# SPDX-License-Identifier: Apache-2.0
# terminal - a pod's foreground on terminals that change, end, die or stop
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# ended: the pod has, and its lock has the status.
ended() {
	test -s "$(place "$pod")/lock"
}

# more APP NUMBER: it has counted further than that by now, in its /count.
more() {
	local now
	now=$(cat "$(place "$pod")/$1.upper/count")
	test "${now:-0}" -gt $(($2 + 20))
}

# ticks PID: of a processor, that it has had.
ticks() {
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

@test "terminal: a window that changes is passed on, to the pod and to who enters it" {
	shows='trap "stty size" WINCH; stty size; echo up; while :; do sleep 0.05; done'
	prepare --interactive example.com/app -- "$shows"
	in_terminal "set stty_init {rows 33 cols 77}
		spawn pod-enter $pod
		want {33 77.*up}
		exec stty rows 20 cols 60 <\$spawn_out(slave,name)
		want {20 60}
		send \035\035\035
		finish"
	test "$status" = 137
	start ': >/ready; sleep 100'
	in_terminal "set stty_init {rows 33 cols 77}
		spawn pod-enter --join $pod sh -c {$shows}
		want {33 77.*up}
		exec stty rows 20 cols 60 <\$spawn_out(slave,name)
		want {20 60}
		send \003
		finish"
	test "$status" = 130
	kill -KILL "$(init)"
}

@test "terminal: one that does not know its size, 0x0, is taken for 80 columns and 24 lines" {
	prepare --interactive example.com/app -- 'trap "stty size" WINCH; stty size; echo up
		while :; do sleep 0.05; done'
	in_terminal "set stty_init {rows 0 cols 0}
		spawn pod-enter $pod
		want {24 80.*up}
		exec stty rows 0 cols 70 <\$spawn_out(slave,name)
		exec stty rows 9999 cols 9999 <\$spawn_out(slave,name)
		want {9999 9999}
		exec stty rows 0 cols 0 <\$spawn_out(slave,name)
		exec stty rows 21 cols 61 <\$spawn_out(slave,name)
		want {21 61}
		send \035\035\035
		finish"
	test "$status" = 137
	! grep -q 'rkt\|pod-enter:' <<<"$output"
}

@test "terminal: C25 its mode is back after each signal that can be caught, and the pod stops" {
	# An ASan build would catch these itself.
	export ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_abort=0
	start ': >/ready; sleep 100'
	joined=$pod
	for signal in SEGV ABRT BUS XCPU SYS QUIT ALRM USR1 IO 34 64; do
		prepare --interactive example.com/app -- 'stty -echo -icrnl; echo up; sleep 100'
		in_terminal "spawn sh -c {stty -a >$T/before; pod-enter $pod
			stty -a >$T/after; echo over}
			want up
			exec kill -$signal [exec pgrep -x pod-enter]
			want over
			finish"
		diff "$T/before" "$T/after"
		wait_for -t 15 ended
	done
	for signal in SEGV TERM HUP; do
		in_terminal "spawn sh -c {stty -a >$T/before; pod-enter --join $joined sh -c {stty raw; echo up; exec sleep 100}
			stty -a >$T/after; echo over}
			want up
			exec kill -$signal [exec pgrep -x pod-enter]
			want over
			finish"
		diff "$T/before" "$T/after"
	done
}

@test "terminal: one that hangs up stops the pod in good order" {
	for interactive in '' --interactive; do
		# shellcheck disable=SC2086
		prepare $interactive example.com/app -- 'trap "echo bye; : >/stopped; exit 5" TERM
			echo up; while :; do sleep 0.05; done'
		in_terminal "spawn pod-enter $pod
			want up
			close
			exit [lindex [wait] 3]"
		test "$status" = 5
		has app stopped
		is 5 "$(cat "$(place "$pod")/lock")"
	done
}

@test "terminal: when SIGHUP is ignored the pod goes on without it, unheard" {
	for interactive in '' --interactive; do
		# shellcheck disable=SC2086
		prepare $interactive example.com/app -- 'i=0; echo up
			while :; do i=$((i+1)); echo "line $i"; echo $i >/count; sleep 0.01; done'
		in_terminal "spawn sh -c {trap '' HUP; exec pod-enter $pod 2>$T/err}
			want {line 2}
			close
			exit 0"
		test "$status" = 0
		wait_for -t 20 more app "$(cat "$(place "$pod")/app.upper/count")"
		# Who carries the bytes sleeps, and does not look again and again.
		pid=$(pgrep -x pod-enter)
		before=$(ticks "$pid")
		sleep 1
		test $(($(ticks "$pid") - before)) -lt 20
		kill -KILL "$(pgrep -P "$(init)")"
		wait_for ended
		is 137 "$(cat "$(place "$pod")/lock")"
	done
}

@test "terminal: one whose reader stops holds up its app alone, and loses nothing" {
	prepare example.com/app --name=app -- 'seq 30000; echo end; sleep 0.2; exit 7' --- \
		example.com/app --name=other --stdout=null -- \
		'i=0; while :; do i=$((i+1)); echo $i >/count; sleep 0.01; done'
	# A terminal of script's, which nobody reads from for as long as we like.
	mkfifo "$T/out"
	script -qefc "pod-enter $pod" /dev/null </dev/null >"$T/out" 2>/dev/null &
	exec {reader}<"$T/out"
	wait_for has other count
	sleep 1
	wait_for -t 20 more other "$(cat "$(place "$pod")/other.upper/count")"
	tr -d '\r' <&"$reader" >"$T/read"
	exec {reader}<&-
	cmp <(seq 30000; echo end) <(grep -v '^Press' "$T/read")
	wait_for ended
	is 7 "$(cat "$(place "$pod")/lock")"
}

@test "terminal: when nobody reads from it the pod can be stopped, and one line tells what is lost" {
	prepare example.com/app -- 'echo up; exec seq 10000000'
	in_terminal "spawn sh -c {exec pod-enter $pod 2>$T/err}
		want up
		after 500
		exec kill -TERM [exp_pid]
		exit [lindex [wait] 3]"
	test "$status" = 143
	is "Press ^] three times to kill container
pod-enter: terminal: nobody reads from it: the end of the output is lost" "$(cat "$T/err")"
}
