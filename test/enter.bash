# SPDX-License-Identifier: Apache-2.0
# enter - pods of one small image, for the tests of pod-enter
#
# A file that loads this has setup_file() and setup(): the image of most tests
# is a shell and the probe, its archive is made once a file.
# shellcheck shell=bash disable=SC2154,SC2034

setup_file() {
	export PROBE=$BATS_FILE_TMPDIR/probe
	gcc -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$PROBE" \
		"$BATS_TEST_DIRNAME/probe/probe.c"
}

# The image of most tests: a shell, and the probe.  Its archive is made once.
setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" || {
		busybox_root "$BATS_FILE_TMPDIR/root"
		cp "$PROBE" "$BATS_FILE_TMPDIR/root/bin/probe"
		mkaci -n example.com/app -x '["/bin/sh","-c"]' -z none \
			"$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/image.aci"
	}
	put_aci "$BATS_FILE_TMPDIR/image.aci" >"$T/key"
}

# image COMMANDS [MKACI-OPTION...]: the same, changed by COMMANDS in its root;
# called example.com/other.
image() {
	rm -rf "$T/root"
	cp -a "$BATS_FILE_TMPDIR/root" "$T/root"
	(cd "$T/root" && eval "$1")
	mkaci -n example.com/other -x '["/bin/sh","-c"]' -z none "${@:2}" \
		"$T/root" "$T/other.aci"
	put_aci "$T/other.aci" >"$T/key"
}

# prepare ARG...: a pod of example.com/app; sets $pod to its UUID.
prepare() {
	pod=$(pod-prepare -q "$@")
}

# edit FILTER [JQ-OPTION...]: changes the pod's manifest, as no image could
# have it changed.
edit() {
	local file=$RKT_DIR/pods/prepared/$pod/pod
	jq -c "${@:2}" "$1" "$file" >"$T/edited" && cat "$T/edited" >"$file"
}

# app COMMANDS [EDIT]: runs them as an app's shell would.
app() {
	prepare example.com/app -- "$1"
	test $# -lt 2 || edit "$2"
	status=0
	output=$(pod-enter "$pod" 2>"$T/stderr") || status=$?
	stderr=$(cat "$T/stderr")
}

# says TEXT COMMANDS [EDIT]: that is all that the app says, and it succeeds.
says() {
	app "${@:2}"
	is '' "$stderr"
	is "$1"
	test "$status" = 0
}

# start COMMANDS [EDIT]: a pod that stays, once it has written /ready.
start() {
	prepare --detach example.com/app -- "$1"
	test $# -lt 2 || edit "$2"
	run -0 --separate-stderr pod-enter "$pod"
	is "$pod"
	is '' "$stderr"
	wait_for has app ready
}

# has APP FILE: it has made this in its root.
has() {
	test -e "$(place "$pod")/$1.upper/$2"
}

place() {
	echo "$RKT_DIR"/pods/*/"$1"
}

# The process of pod-init.
init() {
	read -r pid rest <"$(place "$pod")/pid"
	echo "$pid"
}

enter() {
	pod-enter --join "$pod" "$@"
}

# in_terminal SCRIPT: an expect script, in which $pod is the pod.
in_terminal() {
	cat >"$T/expect" <<-END
	set timeout 20
	log_user 0
	proc want {what} {
		expect -re \$what {} timeout { puts "no: \$what"; exit 99 } \
			eof { puts "end before: \$what"; exit 98 }
	}
	proc finish {} {
		catch { expect eof {} timeout { puts "no end"; exit 97 } }
		exit [lindex [wait] 3]
	}
	END
	printf '%s\n' "$1" >>"$T/expect"
	run timeout 60 expect "$T/expect"
	echo "$output"
}
