# SPDX-License-Identifier: Apache-2.0
# attach - the terminal or the streams of an app of a running pod
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# attachable COMMANDS OPTION...: a detached pod whose app has such streams.
attachable() {
	prepare --detach example.com/app "${@:2}" -- "$1"
	run -0 --separate-stderr pod-enter "$pod"
	is '' "$stderr"
}

# wrote TEXT: it is in the pod's logs.
wrote() {
	pod-logs "$pod" | grep -q "$1"
}

# counts NUMBER: so many lines the app has read.
counts() {
	test "$(cat "$(place "$pod")/app.upper/count")" = "$1"
}

@test "attach: a terminal of the app's own, left by ^P ^Q and found again" {
	attachable 'tty; echo "for $((1+1))"; while read x; do echo "got $x"; done' \
		--stdin=tty --stdout=tty --stderr=tty
	for round in one two; do
		in_terminal "set stty_init {rows 33 cols 77}
			spawn rkt attach $pod
			want {Press \^P \^Q to detach}
			send \"$round\r\"
			want {got $round}
			send \020\021
			finish"
		test "$status" = 0
	done
	run -0 rkt logs "$pod"
	matches '/dev/pts/0.*for 2.*got one.*got two'
	kill -KILL "$(init)"
}

@test "attach: streams are kept until somebody is attached, and have an end" {
	attachable 'echo early; echo bad >&2; cat; echo end; exit 3' \
		--stdin=stream --stdout=stream --stderr=stream
	rkt attach "$pod" >"$T/out" 2>"$T/err" < <(printf 'a\0b\n'; sleep 0.3; echo more)
	is "$(printf 'early\nab\nmore\nend')" "$(tr -d '\0' <"$T/out")"
	is bad "$(cat "$T/err")"
	run -3 rkt wait "$pod"
}

@test "attach: 1,000 leave nothing behind, also where inotify has no more for them" {
	attachable 'i=0; while read x; do i=$((i+1)); echo $i >/count; done' \
		--stdin=tty --stdout=stream
	before=$(ls "/proc/$(init)/fd" | wc -l)
	for round in 1 2 3 4 5; do
		pids=()
		for i in $(seq 200); do
			pod-attach "$pod" <<<"line $i" >"$T/out" 2>"$T/err.$round.$i" &
			pids+=($!)
		done
		wait_for -t 30 counts $((round * 200))
		kill -TERM "${pids[@]}"
		wait "${pids[@]}"
	done
	is '' "$(cat "$T"/err.*)"
	is "$before" "$(ls "/proc/$(init)/fd" | wc -l)"
	is 'app
app.1
app.seen' "$(ls "$(place "$pod")/log")"
	kill -KILL "$(init)"
}

@test "attach: the window of the terminal follows who is attached" {
	attachable 'trap "stty size" WINCH; stty size; while :; do sleep 0.05; done' \
		--stdin=tty --stdout=tty --stderr=tty
	wait_for wrote '24 80'
	in_terminal "set stty_init {rows 33 cols 77}
		spawn rkt attach $pod
		want {24 80}
		want {33 77}
		exec stty rows 20 cols 60 <\$spawn_out(slave,name)
		want {20 60}
		send \020\021
		finish"
	test "$status" = 0
	# One that has no size, as a serial console's, leaves what is there.
	in_terminal "set stty_init {rows 0 cols 0}
		spawn rkt attach $pod
		want {detach}
		exec stty rows 30 cols 0 <\$spawn_out(slave,name)
		exec stty rows 21 cols 61 <\$spawn_out(slave,name)
		want {21 61}
		send \020\021
		finish"
	test "$status" = 0
	wait_for wrote '21 61'
	is "24 80
33 77
20 60
21 61" "$(rkt logs "$pod" | tr -d '\r')"
	kill -KILL "$(init)"
}

@test "attach: a terminal that is lent comes back as it was, also when it dies" {
	# An ASan build would catch this itself.
	export ASAN_OPTIONS=handle_segv=0
	attachable 'echo up; cat' --stdin=tty --stdout=tty
	for end in 'send \020\021' 'exec kill -TERM [exec pgrep -x pod-attach]' \
		'exec kill -SEGV [exec pgrep -x pod-attach]'; do
		in_terminal "spawn sh -c {stty -a >$T/before; pod-attach $pod
			stty -a >$T/after; echo over}
			want detach
			send \020x\r
			want x
			$end
			want over
			finish"
		diff "$T/before" "$T/after"
	done
	in_terminal "spawn pod-attach $pod
		want detach
		close
		exit [lindex [wait] 3]"
	test "$status" = 0
	# A ^P that nothing of the kind follows is the app's.
	matches $'\020x' "$(rkt logs "$pod")"
	kill -0 "$(init)"
	kill -KILL "$(init)"
}

@test "attach: streams on a terminal: ^C leaves, ^D is the end of the app's stdin" {
	attachable 'while read x; do echo "got $x"; done; echo end; sleep 100' \
		--stdin=stream --stdout=stream
	in_terminal "spawn rkt attach $pod
		send one\r
		want {got one}
		send \003
		finish"
	in_terminal "spawn rkt attach $pod
		send two\r
		want {got two}
		send \004
		want end
		send \003
		finish"
	test "$status" = 0
	# There is nothing more to be told to it, but to be seen.
	timeout 1 pod-attach "$pod" <<<three || test $? = 124
	is "$(printf '%s\n' 'got one' 'got two' end)" "$(rkt logs "$pod")"
	kill -KILL "$(init)"
}

@test "attach: one that stops reading holds up nobody, and goes on where it was" {
	attachable 'while read x; do seq 20000; : >/seen; done; echo end' \
		--stdin=stream --stdout=stream
	mkfifo "$T/in" "$T/out"
	exec {keys}<>"$T/in" {reader}<>"$T/out"
	echo go >&"$keys"
	pod-attach "$pod" >"$T/out" <"$T/in" &
	slow=$!
	wait_for has app seen
	timeout 5 pod-logs "$pod" | cmp - <(seq 20000)
	kill -TERM "$slow"
	wait "$slow"
	exec {late}<"$T/out" {reader}<&- {keys}<&-
	cat <&"$late" >"$T/begin"
	pod-attach "$pod" </dev/null >"$T/rest"
	# What was written in part comes once more, and nothing is left out.
	(seq 20000; echo end) >"$T/whole"
	cmp -n "$(stat -c %s "$T/begin")" "$T/begin" "$T/whole"
	cmp <(tail -c "$(stat -c %s "$T/rest")" "$T/whole") "$T/rest"
	both=$(cat "$T/begin" "$T/rest" | wc -c)
	whole=$(stat -c %s "$T/whole")
	test "$both" -ge "$whole"
	test "$both" -lt $((whole + 16384))
}

@test "attach: what is typed in arrives whole, however slowly it is read" {
	attachable 'sleep 1; md5sum; cat' --stdin=stream --stdout=stream
	# A little more than a pipe holds.
	seq 13000 >"$T/in"
	run -0 timeout 20 pod-attach "$pod" <"$T/in"
	is "$(md5sum <"$T/in")"
	run -0 rkt wait "$pod"
}

@test "attach: each app has an end of its own; a stdin alone can be attached to" {
	prepare --detach example.com/app --name=one --stdin=stream --stdout=stream -- 'cat; echo over' --- \
		example.com/app --name=two --stdin=stream --stdout=null --stderr=null -- 'cat >/got; sleep 100'
	run -0 pod-enter "$pod"
	run -254 --separate-stderr rkt attach "$pod"
	is "rkt: pod contains multiple apps:
	one
	two
rkt: specify app using \"rkt attach --app= ...\"" "$stderr"
	timeout 20 pod-attach --app=two "$pod" <<<two &
	two=$!
	timeout 20 pod-attach --app=one "$pod" <<<one >"$T/out" &
	one=$!
	wait_for grep -q over "$T/out"
	wait_for has two got
	wait_for grep -q two "$(place "$pod")/two.upper/got"
	is "$(printf 'one\nover')" "$(cat "$T/out")"
	kill -KILL "$(init)"
	wait "$one" "$two"
}

@test "attach: to a pod in a user namespace, and to one that runs again" {
	prepare --detach --private-net --private-users example.com/app --stdin=tty --stdout=tty -- \
		'cat /proc/self/uid_map; while read x; do test "$x" != end || exit 0; echo "got $x"; done'
	run -0 pod-netns "$pod" pod-enter "$pod"
	wait_for wrote 65536
	for word in one two; do
		in_terminal "spawn rkt attach $pod
			want {Press \^P \^Q to detach}
			send \"$word\r\"
			want {got $word}
			send \"end\r\"
			finish"
		test "$status" = 0
		run -0 rkt wait "$pod"
		run -0 rkt restart "$pod"
	done
	# It goes on where the last run was left.
	in_terminal "spawn rkt attach $pod
		expect {
			{got} { exit 9 }
			{65536} {}
		}
		send \020\021
		finish"
	test "$status" = 0
	kill -KILL "$(init)"
}

@test "attach: --stdin=interactive is --interactive, and stream wants no terminal" {
	prepare example.com/app --stdin=interactive -- 'read x; echo "got $x"'
	is 'got it' "$(pod-enter "$pod" <<<it)"
	run -64 --separate-stderr pod-prepare example.com/app --stdin=interactive example.com/app
	is 'pod-prepare: interactive option only supports one image' "${stderr%%$'\n'*}"
	run -64 --separate-stderr pod-prepare example.com/app --stdin=stream --stderr=tty
	is 'pod-prepare: --stdin=stream does not go with a terminal' "${stderr%%$'\n'*}"
	run -64 --separate-stderr pod-prepare example.com/app --stdin=log
	matches 'is none of null, tty, stream and interactive' "$stderr"
}

@test "attach: a pod without streams, or that does not run, is refused" {
	attachable 'sleep 100' --stdout=null --stderr=null
	run -254 --separate-stderr rkt attach "$pod"
	is "rkt: pod $pod: app was given neither a terminal nor streams" "$stderr"
	kill -KILL "$(init)"
	run -0 pod-list --exit-status "$pod"
	run -254 --separate-stderr rkt attach "$pod"
	is "rkt: pod \"$pod\" isn't currently running" "$stderr"
}
