# SPDX-License-Identifier: Apache-2.0
# logs - what the apps of a pod wrote: how it is kept, and rkt logs
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# detached COMMANDS [ARG...]: a detached pod of them; ARGs before the image.
detached() {
	prepare --detach "${@:2}" example.com/app -- "$1"
	run -0 --separate-stderr pod-enter "$pod"
	is "$pod"
	is '' "$stderr"
}

ended() {
	test ! -d "/proc/$(init)"
}

# over COMMANDS [ARG...]: the same, and it has ended.
over() {
	detached "$@"
	wait_for ended
}

@test "pod-logs: a detached pod's output is kept, stdout and stderr apart" {
	over 'printf "a\0\r\nb"; sleep 0.1; printf "\033c\n" >&2; sleep 0.1; echo d'
	pod-logs "$pod" >"$T/out" 2>"$T/err"
	is '6100 0d0a 6264 0a' "$(xxd -p "$T/out" | fold -w 4 | paste -sd ' ')"
	is '1b63 0a' "$(xxd -p "$T/err" | fold -w 4 | paste -sd ' ')"
}

@test "pod-init: asks for no memory once it has started, whatever is written" {
	detached 'until test -e /go; do sleep 0.05; done
		dd if=/dev/zero bs=64k count=100 2>/dev/null; : >/written; sleep 1000'
	wait_for test -s "$(place "$pod")/pid"
	wait_for eval 'pgrep -P "$(init)"'
	memory=$(grep -E "^Vm(Size|Data|Stk)" "/proc/$(init)/status")
	strace -qq -o "$T/calls" -p "$(init)" 3>&- &
	wait_for grep -q '^TracerPid:.*[1-9]' "/proc/$(init)/status"
	: >"/proc/$(init)/root/go"
	wait_for has app written
	kill $!
	wait $! || :
	is "$memory" "$(grep -E "^Vm(Size|Data|Stk)" "/proc/$(init)/status")"
	grep -q ^read "$T/calls"
	run -1 grep -E '^(brk|mmap|mremap|clone|fork)' "$T/calls"
}

@test "pod-logs: ten megabytes come back as they went, from both streams" {
	head -c 10000000 /dev/urandom >"$T/data"
	prepare --detach --volume "v,kind=host,source=$T/data,readOnly=true" \
		--mount volume=v,target=/data example.com/app -- \
		'cat /data >&2 & cat /data; wait'
	run -0 pod-enter "$pod"
	wait_for ended
	pod-logs "$pod" >"$T/out" 2>"$T/err"
	cmp "$T/data" "$T/out"
	cmp "$T/data" "$T/err"
}

@test "pod-logs: a log keeps its bound, of which the oldest half goes first" {
	over 'i=0; while test $i -lt 20000; do echo "line $i of the output"; i=$((i+1)); done' \
		--log-size=256Ki
	size=$(cat "$(place "$pod")"/log/app* | wc -c)
	test "$size" -le 262144
	test "$size" -ge 131072
	pod-logs "$pod" >"$T/out"
	first=$(sed -n '2{s/line \([0-9]*\) .*/\1/p;q}' "$T/out")
	seq "$first" 19999 | sed 's/.*/line & of the output/' >"$T/want"
	tail -n +2 "$T/out" | cmp - "$T/want"
	run -64 --separate-stderr pod-prepare --detach --log-size=1000 example.com/app
	matches 'is less than 128Ki' "$stderr"
}

@test "pod-logs: --tail, --since, --timestamps and --app choose" {
	over 'seq 5; sleep 2.2; echo six >&2; sleep 0.2; printf seven'
	is "$(printf '%s\n' 5 six seven)" "$(pod-logs "$pod" --tail=3 2>&1)"
	is '' "$(pod-logs --tail=0 "$pod" 2>&1)"
	is "$(seq 5; printf 'six\nseven')" "$(pod-logs --tail 100 "$pod" 2>&1)"
	began=$(stat -c %Y "$(place "$pod")/pid")
	is "$(printf 'six\nseven')" "$(pod-logs --since="@$((began + 2))" "$pod" 2>&1)"
	is "$(printf 'six\nseven')" \
		"$(pod-logs --since="$(date -u -d "@$((began + 2))" +%FT%TZ)" "$pod" 2>&1)"
	is '' "$(pod-logs --since=2100-01-01 "$pod" 2>&1)"
	is 5 "$(pod-logs --since=1h "$pod" 2>/dev/null | wc -l)"
	run -0 --separate-stderr pod-logs --timestamps --tail=1 "$pod"
	matches '^[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\.[0-9]{9}Z seven$'
	run -66 --separate-stderr pod-logs --app=other "$pod"
	is "pod-logs: pod $pod: no log of an app called other" "$stderr"
	run -64 --separate-stderr pod-logs --since=soon "$pod"
	matches 'is no time' "$stderr"
	run -64 --separate-stderr pod-logs --tail=-1 "$pod"
	matches 'is no number of lines' "$stderr"
}

@test "pod-logs: --timestamps of one app's line is not the next one's" {
	prepare --detach example.com/app --name=one -- 'printf a; sleep 0.4; echo c' \
		--- example.com/app --name=two -- 'sleep 0.2; echo b'
	run -0 pod-enter "$pod"
	wait_for ended
	run -0 pod-logs --timestamps "$pod"
	is 'T aT b
c' "$(sed -E 's/[0-9-]{10}T[0-9:.]{18}Z/T/g' <<<"$output")"
}

@test "pod-logs: several apps are shown in the order of time, or one of them" {
	prepare --detach example.com/app --name=one -- 'echo 1; sleep 0.4; echo 3' \
		--- example.com/app --name=two -- 'sleep 0.2; echo 2; sleep 0.4; echo 4'
	run -0 pod-enter "$pod"
	wait_for ended
	is "$(seq 4)" "$(pod-logs "$pod")"
	is "$(printf '2\n4')" "$(pod-logs --app=two "$pod")"
}

@test "pod-logs: -f waits for more, and ends with the pod" {
	detached 'echo one; until test -e /more; do sleep 0.05; done; echo two'
	pod-logs -f "$pod" >"$T/out" &
	wait_for grep -q one "$T/out"
	: >"/proc/$(init)/root/more"
	wait $!
	is "$(printf 'one\ntwo')" "$(cat "$T/out")"
	# Of one that has ended it is the same as without.
	is "$(printf 'one\ntwo')" "$(pod-logs -f "$pod")"
}

@test "pod-logs: -f ends when nobody reads any more" {
	detached 'echo one; sleep 100'
	timeout 5 bash -c 'pod-logs -f "$1" | head -n 1' bash "$pod" >"$T/out"
	is one "$(cat "$T/out")"
	kill -KILL "$(init)"
}

@test "pod-logs: who stops reading blocks nobody, and is told what is gone" {
	detached 'echo begin; until test -e /go; do sleep 0.05; done
		i=0; while test $i -lt 30000; do echo "line $i of the output"; i=$((i+1)); done
		: >/done; sleep 100' --log-size=128Ki
	mkfifo "$T/slow"
	pod-logs -f "$pod" >"$T/slow" 2>"$T/err" &
	logs=$!
	exec 8<"$T/slow"
	read -r line <&8
	is begin "$line"
	: >"/proc/$(init)/root/go"
	wait_for -t 30 has app 'done'
	cat <&8 >"$T/rest" &
	exec 8<&-
	wait_for grep -q 'line 29999' "$T/rest"
	kill -KILL "$(init)"
	wait "$logs"
	is 'pod-logs: app: read too slowly: some of the output is gone' "$(cat "$T/err")"
}

@test "pod-logs: a log on a full disk: the pod goes on, and what is lost is told" {
	prepare --detach example.com/app -- 'head -c 3000000 /dev/zero; echo said >/said
		until test -e /go; do sleep 0.05; done; echo again; exit 3'
	mount -t tmpfs -o size=1m,mode=700 tmpfs "$(place "$pod")/log"
	run -0 pod-enter "$pod"
	wait_for has app said
	run -0 --separate-stderr pod-logs "$pod"
	matches '^pod-logs: app: log: No space left on device: [0-9]+ bytes of the output are lost$' "$stderr"
	lost=$(sed 's/.*: \([0-9]*\) bytes.*/\1/' <<<"$stderr")
	is 3000000 "$(($(pod-logs "$pod" 2>/dev/null | wc -c) + lost))"
	mount -o remount,size=8m "$(place "$pod")/log"
	: >"/proc/$(init)/root/go"
	wait_for ended
	is again "$(pod-logs "$pod" 2>/dev/null | tr -d '\0')"
	is 3 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-logs: a disk that is full from the start ends no pod either" {
	prepare --detach example.com/app -- 'echo unheard; exit 4'
	mount -t tmpfs -o size=4k tmpfs "$(place "$pod")/log"
	head -c 4096 /dev/zero >"$(place "$pod")/log/x" || :
	run -0 pod-enter "$pod"
	wait_for ended
	is 4 "$(cat "$(place "$pod")/status/app")"
}

@test "pod-logs: a pod without a log is told in one line" {
	prepare example.com/app -- 'echo out'
	run -1 --separate-stderr pod-logs "$pod"
	is "pod-logs: pod \"$pod\" has not been run" "$stderr"
	pod-enter "$pod"
	run -66 --separate-stderr pod-logs "$pod"
	is "pod-logs: pod $pod: no log: what its apps write goes to who ran it" "$stderr"
	run -66 --separate-stderr pod-logs 0000
	is 'pod-logs: no matches found for "0000"' "$stderr"
	over 'echo out' --log=none
	run -66 pod-logs "$pod"
}

@test "pod-logs: a user other than root may open /dev/stdout and /dev/stderr" {
	prepare --detach example.com/app --user=1000 --group=1001 -- \
		'echo out >/dev/stdout; echo err >/dev/stderr'
	run -0 pod-enter "$pod"
	wait_for ended
	is out "$(pod-logs "$pod" 2>/dev/null)"
	is err "$(pod-logs "$pod" 2>&1 >/dev/null)"
}

@test "pod-logs: pod-init stays small, and is the one process more" {
	detached 'while :; do echo words; sleep 0.01; done'
	wait_for eval 'pod-logs "$pod" | grep -q words'
	rss=$(awk '$1 == "VmRSS:" { print $2 }' "/proc/$(init)/status")
	echo "$rss KiB"
	test "$rss" -lt 200
	is '' "$(pgrep -x pod-enter || :)"
	kill -KILL "$(init)"
}

@test "pod-enter: --log=journald gives each stream to the journal" {
	prepare --detach --log=journald example.com/app -- 'echo out; echo err >&2'
	run -125 --separate-stderr pod-enter "$pod"
	is 'pod-enter: app: /run/systemd/journal/stdout: No such file or directory' "$stderr"
	mkdir -p /run/systemd/journal
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind("/run/systemd/journal/stdout")
s.listen()
for i in "12":
    c = s.accept()[0]
    open(sys.argv[1] + i, "w").write(c.makefile().read())' "$T/journal" &
	wait_for test -S /run/systemd/journal/stdout
	prepare --detach --log=journald example.com/app -- 'echo out; echo err >&2'
	run -0 pod-enter "$pod"
	wait $!
	is "$(printf '%s\n' "$pod/app" '' 6 0 0 0 0 out)" "$(cat "$T/journal1")"
	is "$(printf '%s\n' "$pod/app" '' 4 0 0 0 0 err)" "$(cat "$T/journal2")"
	rm -r /run/systemd/journal
}
