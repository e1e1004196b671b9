# SPDX-License-Identifier: Apache-2.0
# restart - a pod that has ended runs again, and who waits for its end
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# once STATUS: the pod runs to its end, with this status.
once() {
	run "-$1" --separate-stderr rkt restart "$pod"
}

@test "restart: an ended pod runs again with what its apps wrote" {
	image 'echo image >kept; echo image >gone; mkdir dir; echo image >dir/below'
	prepare example.com/other -- 'echo run >>/kept; rm -f /gone
		if test -e /again; then rm -r /dir; mkdir /dir; fi
		: >/again; ls -A /dir; cat /kept; ls /gone 2>/dev/null; exit 3'
	run -3 pod-enter "$pod"
	is "$(printf '%s\n' below image run)"
	once 3
	is "$(printf '%s\n' image run run)"
	is '' "$stderr"
	once 3
	is "$(printf '%s\n' image run run run)"
	is 3 "$(cat "$(place "$pod")/status/other")"
	is 3 "$(cat "$(place "$pod")/lock")"
	test -d "$RKT_DIR/pods/run/$pod/other.lower.1"
	test ! -e "$RKT_DIR/pods/run/$pod/other.lower.2"
}

@test "restart: states, status files and the process are those of the new run" {
	prepare --detach example.com/app -- 'test -e /again && sleep 100; : >/again; exit 7'
	run -0 pod-enter "$pod"
	run -7 rkt wait "$pod"
	is 7
	read -r first <"$(place "$pod")/pid"
	run -0 rkt run-prepared "$pod"
	is "$pod"
	run -0 rkt status "$pod"
	matches '^state=running'
	is '' "$(cat "$(place "$pod")/status/app" "$(place "$pod")/lock")"
	read -r second <"$(place "$pod")/pid"
	test "$first" != "$second"
	# One that runs is not run twice; restart stops it before.
	run -254 --separate-stderr rkt run-prepared "$pod"
	is "rkt: pod \"$pod\" is not prepared" "$stderr"
	run -125 --separate-stderr pod-enter "$pod"
	is "pod-enter: pod $pod: running, not prepared" "$stderr"
	run -0 --separate-stderr rkt restart "$pod"
	is "$pod"
	read -r third <"$(place "$pod")/pid"
	test "$second" != "$third"
	kill -KILL "$(init)"
	run -137 rkt wait "$pod"
	is 137
}

@test "restart: the output of both runs is in the log" {
	prepare --detach example.com/app -- 'echo run; exit 0'
	for _ in 1 2 3; do
		run -0 rkt restart "$pod"
		run -0 rkt wait "$pod"
	done
	is "$(printf 'run\nrun\nrun')" "$(rkt logs "$pod")"
}

@test "restart: one that was killed at any point of it runs the next time" {
	prepare example.com/app -- 'echo run >>/runs; cat /runs'
	run -0 pod-enter "$pod"
	dir=$RKT_DIR/pods/run/$pod
	mv "$dir/app.upper" "$dir/app.lower.0"
	once 0
	is "$(printf 'run\nrun')"
	mv "$dir/app.upper" "$dir/app.lower.1"
	rm -r "$dir/app.work"
	once 0
	is "$(printf 'run\nrun\nrun')"
	mv "$dir/app.upper" "$dir/app.lower.2"
	rm -r "$dir/app.work" "$dir/pid"
	mkdir "$dir/app.upper"
	once 0
	is "$(printf 'run\nrun\nrun\nrun')"
}

@test "restart: C5 what an app left at /proc of its layer is refused" {
	prepare example.com/app -- true
	run -0 pod-enter "$pod"
	ln -s /tmp "$RKT_DIR/pods/run/$pod/app.upper/proc" ||
		{ rmdir "$RKT_DIR/pods/run/$pod/app.upper/proc" &&
		ln -s /tmp "$RKT_DIR/pods/run/$pod/app.upper/proc"; }
	once 254
	is "rkt: app: the image's /proc is no directory" "$stderr"
}

@test "restart: a pod that a gc has marked, or that is none, is not run" {
	prepare example.com/app -- true
	run -0 pod-enter "$pod"
	run -0 pod-gc --mark-only
	once 254
	is "rkt: pod $pod: exited garbage, not prepared" "$stderr"
	run -254 --separate-stderr rkt restart 0000
	is 'rkt: no matches found for "0000"' "$stderr"
}

@test "restart: a pod with a network of its own gets one again" {
	prepare --net=default example.com/app -- 'ip -o -4 address show eth0 | wc -l'
	run -0 rkt run-prepared "$pod"
	is 1
	once 0
	is 1
}

@test "restart: two at once run it once" {
	prepare --detach example.com/app -- 'test -e /again && sleep 100; : >/again'
	run -0 pod-enter "$pod"
	run -0 rkt wait "$pod"
	for i in 1 2 3 4; do
		rkt run-prepared "$pod" >"$T/out.$i" 2>/dev/null &
	done
	wait
	is "$pod" "$(cat "$T"/out.*)"
	kill -KILL "$(init)"
}

@test "wait: prints the status of each, and ends as the first that failed" {
	for status in 0 5 6; do
		prepare --detach example.com/app -- "sleep 0.3; exit $status"
		pod-enter "$pod" >>"$T/pods"
	done
	# shellcheck disable=SC2046
	run -5 --separate-stderr rkt wait $(cat "$T/pods")
	is "$(printf '0\n5\n6')"
	is '' "$stderr"
	prepare --detach example.com/app --name=one -- 'sleep 0.5; exit 8' \
		--- example.com/app --name=two -- 'exit 9'
	pod-enter "$pod"
	run -9 rkt wait "$pod"
	is 9
	run -254 rkt wait 0000
	run -254 --separate-stderr rkt wait
	matches '^Usage: rkt wait UUID…' "$stderr"
}

@test "wait: is told of the end, and does not ask" {
	prepare --detach example.com/app -- 'until test -e /end; do sleep 0.02; done; exit 4'
	pod-enter "$pod"
	# (What looks for leaks cannot, under strace.)
	ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -e trace=poll,nanosleep,clock_nanosleep \
		-o "$T/trace" rkt wait "$pod" >"$T/out" &
	wait_for grep -q poll "$T/trace"
	: >"/proc/$(init)/root/end"
	status=0
	wait $! || status=$?
	is 4 "$status"
	is '' "$(grep -E 'poll\(.*, [1-9][0-9]{0,4}\)' "$T/trace" || :)"
	is '' "$(grep nanosleep "$T/trace" || :)"
}

@test "restart: what is exported is of all runs" {
	prepare example.com/app -- 'echo run >>"/run-$(ls / | grep -c run-)"'
	run -0 pod-enter "$pod"
	for _ in $(seq 20); do
		once 0
	done
	run -0 rkt export "$pod" "$T/all.aci"
	is 21 "$(bsdtar -tf "$T/all.aci" | grep -c rootfs/run-)"
}
