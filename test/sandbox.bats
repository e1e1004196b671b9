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

# powerless PID [UID GID]: each of its threads has no right left.
powerless() {
	local uid=${2-65534} gid=${3-65534} task
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
	# What is not dumpable belongs to root, whoever it is.
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
	powerless "$child"
	wait_for test "$(ls "/proc/$child/task" | wc -l)" -gt 1
	powerless "$child"
	# What the store remembers of URLs, and the lock on this one.
	wait_for has_open "$child" '1 cas
1 cas/tmp/#N
1 run/urls
4 socket' || has_open "$child" ''
}
