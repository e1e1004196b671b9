# SPDX-License-Identifier: Apache-2.0
# pod-enter-terminal - the terminal of a pod, and the caller's
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

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
	in_terminal "spawn pod-enter --join $pod sh -c {(trap '' HUP; while :; do echo y; done)& sleep 0.2; exit 3}
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
