# SPDX-License-Identifier: Apache-2.0
# sandbox - what the programs that meet hostile bytes may still do
#
# Each is caught at its work, and /proc is asked.
load helpers
load web

setup_file() {
	web_start example.com
	# This one takes the request and never answers.
	ip address replace 192.0.2.81/32 dev lo
	printf '192.0.2.81 mute.example\n' >>"$WEB/etc/hosts"
	web_certificate mute.example
}

teardown_file() {
	web_end
}

setup() {
	fresh
	tool=''
}

teardown() {
	local pid
	for pid in $tool; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	web_uncan
	stale
}

# mute PORT: there, mute.example listens, and says nothing.
mute() {
	WEB_ADDRESS=192.0.2.81 web_canned mute.example "$1" ''
}

# seccomp_on PID: is its filter loaded?  It is the last thing to be done.
seccomp_on() {
	grep -qx $'Seccomp:\t2' "/proc/$1/status"
}

# child_of PID: the process that does its work.
child_of() {
	pgrep -P "$1"
}

has_threads() {
	set -- /proc/"$1"/task/*
	test $# -gt 1
}

# powerless PID [UID GID]: each of its threads has no right left.
powerless() {
	local uid=${2-65534} gid=${3-${2-65534}} task
	for task in /proc/"$1"/task/*; do
		is "Uid: $uid $uid $uid $uid
Gid: $gid $gid $gid $gid
Groups:
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000000
CapAmb: 0000000000000000
NoNewPrivs: 1
Seccomp: 2" "$(awk '/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):/ {
			$1 = $1; print }' "$task/status")"
	done
	matches 'Max core file size +0 +0 ' "$(cat "/proc/$1/limits")"
}

# closed PID: nobody but root may look into it (it is not dumpable).
closed() {
	is 0 "$(stat -c %u "/proc/$1/maps")"
}

# has_open PID WANT: this and no more it has open above 2, each with its count.
has_open() {
	is "$2" "$(find "/proc/$1/fd" -mindepth 1 -printf '%f %l\n' |
		awk '$1 > 2 { sub(/:.*/, "", $2); print $2 }' |
		sed "s,$RKT_DIR/,,; s,$RKT_RUN/,run/,; s,#[0-9]*,#N," | sort | uniq -c |
		awk '{ print $1, $2 }')"
}

@test "G17 aci-discover: asks without a right, and with its sockets alone" {
	mute 443
	aci-discover mute.example 3>&- 4>&- 7</etc/shadow &
	tool=$!
	wait_for seccomp_on "$tool"
	powerless "$tool"
	closed "$tool"
	wait_for has_open "$tool" '3 socket'
}

@test "G17 aci-fetch: asks without a right, and has one file to write in" {
	local child
	mute 8443
	aci-fetch --no-signature https://mute.example:8443/x.aci \
		3>&- 4>&- 7</etc/shadow &
	tool=$!
	wait_for child_of "$tool"
	child=$(child_of "$tool")
	wait_for seccomp_on "$child"
	closed "$child"
	wait_for has_threads "$child"
	powerless "$child"
	# What the store remembers of URLs, and the lock on this one.
	wait_for has_open "$child" '1 cas
1 cas/tmp/#N
1 run/urls
4 socket' || has_open "$child" ''
}

# A stand-in for gpg, which tries what a gpg in a stranger's hands would, and
# then waits to be looked at.  What came of it is in its home.
hostile_gpg() {
	mkdir -p /usr/lib/hostile
	cat >/usr/lib/hostile/gpg <<-'END'
	#!/usr/bin/python3
	import ctypes, errno, os, socket, time
	libc = ctypes.CDLL(None, use_errno=True)
	def call(result):
	    if result < 0:
	        raise OSError(ctypes.get_errno(), '')
	attempts = [
	    ('a secret', lambda: open('/etc/shadow')),
	    ('what all may read', lambda: open('/var/lib/planted')),
	    ('the store', lambda: os.listdir('/var/lib')),
	    ('a new file', lambda: open('/var/tmp/new', 'w')),
	    ('a server', lambda: socket.create_connection(('127.0.0.1', 443))),
	    ('a local one', lambda: socket.socket(socket.AF_UNIX)),
	    ('the parent', lambda: os.kill(os.getppid(), 9)),
	    ('its memory', lambda: open(f'/proc/{os.getppid()}/mem')),
	    ('a namespace', lambda: call(libc.unshare(0x10000000))),
	    ('a mount', lambda: call(libc.mount(b'/', b'/tmp', None, 4096, None))),
	    ('root', lambda: os.setuid(0)),
	    ('a file of its own', lambda: open('/tmp/own', 'w')),
	]
	with open('/tmp/tried', 'w') as out:
	    for name, attempt in attempts:
	        try:
	            attempt()
	            said = 'done'
	        except OSError as e:
	            said = errno.errorcode[e.errno]
	        print(f'{name}: {said}', file=out)
	os.rename('/tmp/tried', '/tmp/result')
	time.sleep(100)
	END
	chmod 755 /usr/lib/hostile/gpg
	echo readable >/var/lib/planted
	chmod 644 /var/lib/planted
	PATH=/usr/lib/hostile:$PATH
}

# $gpg is the one that works for the tool, done with its tries.
caught_gpg() {
	gpg=$(pgrep -u nobody -x gpg) &&
		test -s "/proc/$gpg/root/tmp/result"
}

tried='a secret: EACCES
what all may read: EACCES
the store: EACCES
a new file: EACCES
a server: ENOSYS
a local one: ENOSYS
the parent: ENOSYS
its memory: EACCES
a namespace: ENOSYS
a mount: ENOSYS
root: ENOSYS
a file of its own: done'

# Of the gpg that was caught, and of the worker that started it.
gpg_is_confined() {
	local worker
	worker=$(ps -o ppid= -p "$gpg" | tr -d ' ')
	is "$tried" "$(cat "/proc/$gpg/root/tmp/result")"
	powerless "$gpg"
	powerless "$worker"
	closed "$worker"
	for kind in net mnt pid; do
		test "$(readlink "/proc/$gpg/ns/$kind")" != \
			"$(readlink "/proc/self/ns/$kind")"
	done
	is '' "$(grep -vE '^ *(face|Inter|lo:)' "/proc/$gpg/net/dev")"
}

@test "G17 aci-verify: gpg works without a right, a network, or a file" {
	head -c 1000 /dev/urandom >"$T/app.aci"
	sign alice "$T/app.aci"
	trust_key alice example.com/app
	jq -nc --arg aci "$T/app.aci" '{v: 1, image: "x", fetch: {aci: $aci,
		asc: ($aci + ".asc")}, discover: {name: "example.com/app"}}' \
		>"$T/record"
	hostile_gpg
	aci-verify <"$T/record" >"$T/out" 2>&1 3>&- 7</etc/shadow &
	tool=$!
	wait_for caught_gpg
	gpg_is_confined
}

@test "G17 aci-trust: so it does when somebody is asked for trust" {
	cp "$(key_file alice)" "$T/key"
	hostile_gpg
	aci-trust --prefix example.com/app "$T/key" </dev/null \
		>"$T/out" 2>&1 3>&- 7</etc/shadow &
	tool=$!
	wait_for caught_gpg
	gpg_is_confined
}

@test "G17 the user _rkt is taken where there is one" {
	mute 443
	cp /etc/passwd "$T/passwd"
	echo '_rkt:x:471:472::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
	aci-discover mute.example 3>&- &
	tool=$!
	wait_for seccomp_on "$tool"
	cp "$T/passwd" /etc/passwd
	powerless "$tool" 471 472
}

# as_user COMMAND [ARG...]: without root's rights, in $user, with its own store.
as_user() {
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all \
		env PATH="$user/bin:$PATH" HOME="$user" RKT_DIR="$user/lib" \
		RKT_RUN="$user/run" RKT_CONF="$user/etc" \
		RKT_SYSTEM_CONF="$user/system" "$@"
}

# Where a user can get at everything: $T lies below what is root's alone.
make_user() {
	user=$(mktemp -d "$RKT_WORLD/tmp/user.XXXXXX")
	mkdir "$user/bin"
	cp "$BIN"/{aci-*,cas-*} "$user/bin"
	trust_key alice example.com/app
	cp -r "$RKT_CONF" "$user/etc"
	chown -R 1000:1000 "$user"
}

# unprivileged PID: of a user that was no root before.
unprivileged() {
	is "Uid: 1000 1000 1000 1000
CapInh: 0000000000000000
CapPrm: 0000000000000000
CapEff: 0000000000000000
NoNewPrivs: 1
Seccomp: 2" "$(awk '/^(Uid|CapInh|CapPrm|CapEff|NoNewPrivs|Seccomp):/ {
		$1 = $1; print }' "/proc/$1/status")"
}

# $child is the one that does the work.
fetch_of_user() {
	child=$(pgrep -n -u 1000 -x aci-fetch) && seccomp_on "$child"
}

# One that has nothing of its own to write to, and stays.
slow_gpg() {
	mkdir -p /usr/lib/slow
	printf '#!/bin/sh\nexec sleep 100\n' >/usr/lib/slow/gpg
	chmod 755 /usr/lib/slow/gpg
	PATH=/usr/lib/slow:$PATH
}

# $child is what gpg became.
gpg_of_user() {
	child=$(pgrep -u 1000 -x sleep) && seccomp_on "$child"
}

@test "without root the tools do the same, with what that user has" {
	local user child
	make_user
	busybox_aci "$T/app.aci" -n example.com/app
	sign alice "$T/app.aci"
	cp "$T"/app.aci* "$WEB/example.com"
	web_page example.com/app "$(web_tag ac-discovery example.com/app \
		'https://example.com/app.{ext}')"
	run -0 --separate-stderr as_user bash -c 'set -o pipefail
		aci-discover example.com/app:1.0 | aci-fetch | aci-verify |
			cas-put -q'
	is "$(as_user cas-store ls -q)"
	is '' "$(ls -A "$user/lib/cas/tmp")"
	mute 8443
	as_user aci-fetch --no-signature https://mute.example:8443/x.aci 3>&- &
	tool=$!
	wait_for fetch_of_user
	unprivileged "$child"
	pkill -u 1000 -x aci-fetch
	wait "$tool" || :
	slow_gpg
	as_user aci-fetch https://example.com/app.aci >"$T/record"
	as_user aci-verify <"$T/record" >"$T/out" 2>&1 3>&- &
	tool=$!
	wait_for gpg_of_user
	unprivileged "$child"
	kill "$tool"
	wait "$tool" || :
	rm -rf "$user"
}

@test "a worker that is killed is reported, and nothing is left of it" {
	local child status=0
	mute 8443
	aci-fetch --no-signature https://mute.example:8443/x.aci \
		>"$T/out" 2>"$T/err" 3>&- &
	tool=$!
	wait_for child_of "$tool"
	child=$(child_of "$tool")
	wait_for seccomp_on "$child"
	kill -KILL "$child"
	wait "$tool" || status=$?
	is 71 "$status"
	is '{"v":1,"error":{"step":"fetch","status":71}}' "$(cat "$T/out")"
	is 'aci-fetch: the process that does the work: Killed' \
		"$(tail -n 1 "$T/err")"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "a keeper that is killed takes its worker along, and its files" {
	local child
	mute 8443
	aci-fetch --no-signature https://mute.example:8443/x.aci \
		>"$T/out" 2>&1 3>&- &
	tool=$!
	wait_for child_of "$tool"
	child=$(child_of "$tool")
	wait_for seccomp_on "$child"
	kill -KILL "$tool"
	wait "$tool" || test "$?" = 137
	wait_for test ! -d "/proc/$child"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

# cas-put of an image, in which each process waits half a second before it writes;
# $child is the first of its own, the decoder.
slow_put() {
	mkdir -p "$T/root" "$RKT_DIR/cas/tmp"
	head -c 200000 /dev/urandom >"$T/root/file"
	mkaci "$T/root" "$T/a.aci"
	cp "$T/a.aci" "$RKT_DIR/cas/tmp/fetch-1"
	jq -nc --arg aci "$RKT_DIR/cas/tmp/fetch-1" \
		'{v: 1, image: "x", fetch: {aci: $aci}}' >"$T/record"
	ASAN_OPTIONS=detect_leaks=0 strace -fqqo /dev/null -e trace=write \
		-e inject=write:delay_enter=500000 cas-put --insecure -q \
		<"$T/record" >"$T/out" 2>"$T/err" 3>&- 4>&- 7</etc/shadow &
	tool=$!
	wait_for pgrep -P "$tool" -x cas-put
	put=$(pgrep -P "$tool" -x cas-put)
	tool="$tool $put"
	wait_for child_of "$put"
	child=$(child_of "$put")
	wait_for seccomp_on "$child"
}

@test "G17 cas-put: the decoder has a pipe, the end of a file, and no right" {
	slow_put
	powerless "$child"
	closed "$child"
	has_open "$child" '1 cas/tmp/#N
2 pipe'
	is '' "$(find "/proc/$child/fd" -name '[012]')"
	# To the end alone, whatever it does (O_APPEND).
	matches 'flags:.*02[0-9]{3}$' "$(grep -h ^flags: "/proc/$child/fdinfo/"* |
		grep 02...\$)"
}

@test "G17 cas-put: the reader of an archive has two files, and no right" {
	slow_put
	wait_for test ! -d "/proc/$child"
	wait_for child_of "$put"
	child=$(child_of "$put")
	wait_for seccomp_on "$child"
	powerless "$child"
	closed "$child"
	has_open "$child" '2 cas/tmp/#N
1 pipe'
	is '' "$(find "/proc/$child/fd" -name '[012]')"
}

@test "B15 cas-put: a decoder that is killed is reported, and nothing is left" {
	local status=0
	slow_put
	kill -KILL "$child"
	wait "${tool% *}" || status=$?
	is 71 "$status"
	# strace has its own word to say at times.
	is 'cas-put: x: the process that unpacks it: Killed' \
		"$(grep -v ^strace: "$T/err")"
	is '' "$(cat "$T/out")"
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
}

@test "B15 cas-put: a decoder that is stopped and goes on is waited for" {
	slow_put
	kill -STOP "$child"
	sleep 0.5
	kill -CONT "$child"
	wait "${tool% *}"
	is "$(cas-store ls -q)" "$(cat "$T/out")"
}

# peak COMMAND [ARG...]: its memory at most, in KiB, whatever its status.
peak() {
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

@test "B10 json: a manifest of 4 MiB takes no more than 64 MiB of memory" {
	local value limit=65536
	! readelf -dW "$BIN/cas-put" | grep -qF libasan || limit=1048576
	mkdir "$T/root"
	for value in 1 '{}' '[]' '""' '{"a":{}}'; do
		python3 -c 'import sys
value = sys.argv[1]
head = "{\"acKind\":\"ImageManifest\",\"acVersion\":\"0.8.11\"," \
    "\"name\":\"example.com/a\",\"annotations\":["
room = 4 * 1024 * 1024 - len(head) - 2
print(head + ",".join([value] * (room // (len(value) + 1))) + "]}", end="")' \
			"$value" >"$T/manifest"
		mkaci -M "$T/manifest" "$T/root" "$T/a.aci"
		run -0 --separate-stderr peak bash -c 'aci-fetch --no-signature "$1" |
			cas-put --insecure -q' bash "$T/a.aci"
		matches 'a.aci: manifest: too many values' "$stderr"
		echo "$value: $output KiB"
		test "$output" -lt "$limit"
	done
}
