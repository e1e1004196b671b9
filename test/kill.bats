# SPDX-License-Identifier: Apache-2.0
# kill - a tool killed at any point leaves nothing that the same command minds
load helpers
load web
load layouts

# Points of a tool's life at which it is killed: its calls of the kernel, of
# which this many are drawn by lot.
POINTS=10

setup() {
	fresh
	BEFORE=$("$TEST/residue")
	PATH=$T/victim:$PATH
	mkdir "$T/victim"
	# An ASan build looks for leaks by ptrace(2), which strace has.
	export ASAN_OPTIONS=detect_leaks=0
}

teardown() {
	web_stop
	stale
}

# victim TOOL OPTION...: from now on TOOL runs under strace.
victim() {
	rm -f "$T"/victim/*
	printf '#!/bin/sh\nexec strace -qq %s %s "$@"\n' "${*:2}" "$BIN/$1" \
		>"$T/victim/$1"
	chmod +x "$T/victim/$1"
}

# points TOOL COMMAND: some of the calls of the kernel that TOOL makes in
# COMMAND, of those that leave a trace outside of it, each as CALL:when=N.
points() {
	victim "$1" -o "$T/calls"
	"$2" >/dev/null
	rm "$T/victim/$1"
	sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' "$T/calls" |
		awk '{ print $1 ":when=" ++count[$1] }' |
		grep -vE '^(mmap|munmap|mprotect|brk|pread64|futex|rt_sig.*):' |
		shuf -n "$POINTS"
}

fetch_pipe() {
	aci-discover example.com/app:1.0 | aci-fetch | aci-verify | cas-put -q
}

run_chain() {
	local pod
	pod=$(cas-store get example.com/app:1.0 | pod-prepare --records -q \
		--private-net example.com/app:1.0 --exec /bin/true) &&
		pod-netns "$pod" "$(command -v pod-enter)" "$pod"
}

# Kills TOOL at one call after the other of a command, and runs that again.
killed_and_again() {
	local tool=$1 command=$2 undo=$3 at status
	for at in $(points "$tool" "$command"); do
		"$undo"
		echo "$tool is killed at $at"
		victim "$tool" -o /dev/null -e "trace=${at%%:*}" \
			-e "inject=$at:signal=KILL"
		status=0
		timeout 20 bash -c "$command" >"$T/out" 2>&1 || status=$?
		test "$status" != 124
		rm "$T/victim/$tool"
		"$command"
	done
	"$undo"
}

forget_image() {
	cas-store rm example.com/app:1.0 || test "$?" = 1
}

image_of_somebody() {
	busybox_aci "$T/app.aci" -n example.com/app
	sign somebody "$T/app.aci"
	trust_key somebody example.com/app
}

# example.com serves that image under its name.
web_image() {
	web_start example.com
	cp "$T"/app.aci* "$WEB/example.com"
	web_page example.com/app "$(web_tag ac-discovery example.com/app \
		'https://example.com/app.{ext}')"
}

# Nothing is left: no pod, no file of the pipe, nothing in the kernel.
all_is_clean() {
	rkt gc --grace-period=0s --expire-prepared=0s
	rkt gc --grace-period=0s
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR/cas/tmp" -mindepth 1)"
	is '' "$(find "$RKT_DIR/pods" -mindepth 2 -maxdepth 2 2>/dev/null)"
	is "$BEFORE" "$("$TEST/residue")"
}

@test "each tool of the fetch pipe is killed at ten points" {
	image_of_somebody
	web_image
	BEFORE=$("$TEST/residue")
	export -f fetch_pipe
	for tool in aci-discover aci-fetch aci-verify cas-put; do
		killed_and_again "$tool" fetch_pipe forget_image
	done
	all_is_clean
}

# An image out of an archive, from the tool that aci-fetch becomes.
archive_pipe() {
	echo "{\"v\":1,\"image\":\"docker-archive:$T/d.tar\"}" |
		aci-local --no-signature | aci-convert |
		cas-put -q --insecure
}

@test "what a killed pipe of rkt's left goes at once, and a living one's stays" {
	local program
	mksaved "$T/saved"
	tar -cf "$T/d.tar" -C "$T/saved" .
	mkfifo "$T/go"
	# As rkt has it; each program stands still before it does anything.
	whole_pipe() {
		{ archive_pipe; } 9<>"$(cas-store urls)" 3>&- || return
	}
	for program in aci-convert cas-put; do
		printf '#!/bin/sh\necho $$ >%s\nread -r _ <%s\nexec %s "$@"\n' \
			"$T/pid" "$T/go" "$BIN/$program" >"$T/victim/$program"
		chmod +x "$T/victim/$program"
		for end in KILL go; do
			echo "$program $end"
			whole_pipe >"$T/out" 2>"$T/err" &
			wait_for compgen -G "$RKT_DIR/cas/tmp/pipe-*"
			exec 8<>"$T/go"
			before=$(ls "$RKT_DIR/cas/tmp")
			cas-store gc
			is "$before" "$(ls "$RKT_DIR/cas/tmp")"
			if test $end = KILL; then
				kill -KILL "$(cat "$T/pid")"
				wait "$!" || :
				wait_for nothing_after_gc
				is '' "$(cas-store ls)"
			else
				echo >&8
				wait "$!"
				is "$(cat "$T/out")" "$(cas-store ls -q)"
				is '' "$(ls "$RKT_DIR/cas/tmp")"
				forget_image
			fi
			exec 8>&-
		done
		rm "$T/victim/$program"
	done
	all_is_clean
}

# Though nothing is old.
nothing_after_gc() {
	cas-store gc && test -z "$(ls "$RKT_DIR/cas/tmp")"
}

export_image() {
	aci-export --overwrite example.com/app:1.0 "$T/out.aci" &&
		aci-export --overwrite --format=oci-archive \
			example.com/app:1.0 "$T/out.tar"
}

@test "each tool of the pipe for an archive is killed at ten points" {
	mksaved "$T/saved"
	tar -cf "$T/d.tar" -C "$T/saved" .
	export T
	export -f archive_pipe
	for tool in aci-local aci-convert cas-put; do
		killed_and_again "$tool" archive_pipe forget_image
	done
	all_is_clean
}

@test "aci-export is killed at ten points, and leaves a whole file or none" {
	mksaved "$T/saved"
	tar -cf "$T/d.tar" -C "$T/saved" .
	archive_pipe
	export_image
	cp "$T/out.aci" "$T/whole.aci"
	export T
	export -f export_image
	no_export() {
		test ! -e "$T/out.aci" || cmp "$T/whole.aci" "$T/out.aci"
		rm -f "$T/out.aci" "$T/out.tar"
	}
	killed_and_again aci-export export_image no_export
	forget_image
	all_is_clean
}

@test "each tool of the run chain is killed at ten points" {
	busybox_aci "$T/app.aci" -n example.com/app
	put_aci "$T/app.aci"
	run_chain
	export -f run_chain
	for tool in cas-store pod-prepare pod-netns pod-enter; do
		killed_and_again "$tool" run_chain true
	done
	forget_image
	all_is_clean
}

@test "pid 1 of a pod is killed at ten moments of its life" {
	busybox_aci "$T/app.aci" -n example.com/app
	put_aci "$T/app.aci"
	run_chain
	for ((i = 0; i < POINTS; i++)); do
		pod=$(pod-prepare -q --private-net example.com/app:1.0 \
			-- 'sleep 0.05')
		pod-netns "$pod" pod-enter "$pod" &
		wait_for test -s "$RKT_DIR/pods/run/$pod/pid"
		sleep "0.0$((RANDOM % 60 + 10))"
		read -r pid rest <"$RKT_DIR/pods/run/$pod/pid"
		kill -KILL "$pid" || :
		wait "$!" || test "$?" = 137
		run_chain
	done
	forget_image
	all_is_clean
}

@test "the collector is killed at ten points" {
	busybox_aci "$T/app.aci" -n example.com/app
	put_aci "$T/app.aci"
	collect() {
		rkt gc --grace-period=0s
		pod-gc --grace-period=0s
	}
	export -f collect
	run_chain
	killed_and_again pod-gc collect run_chain
	forget_image
	all_is_clean
}
