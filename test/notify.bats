# SPDX-License-Identifier: Apache-2.0
# notify - a pod that is a service of systemd's Type=notify
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

# systemd: stands in for it; each message is a line of $T/messages, with the
# number of the process that sent it.
systemd() {
	rm -f "$T/messages"
	python3 - "$1" >"$T/messages" 3>&- <<-"END" &
	import socket, struct, sys
	name = sys.argv[1]
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
	s.bind("\0" + name[1:] if name[0] == "@" else name)
	print("listening", flush=True)
	while True:
	    data, extra, _, _ = s.recvmsg(4096, 1024)
	    print(struct.unpack("iII", extra[0][2])[0],
	          data.decode().strip(), flush=True)
	END
	systemd=$!
	wait_for grep -qs listening "$T/messages"
	export NOTIFY_SOCKET=$1
}

teardown() {
	kill "$systemd"
	stale
}

# What came, without who listens.
messages() {
	sed 1d "$T/messages"
}

supports='.annotations = [{name: "appc.io/executor/supports-systemd-notify",
	value: "true"}]'

@test "notify: pod-enter tells when all the apps were started" {
	for name in "$T/socket" "@$T/abstract"; do
		systemd "$name"
		prepare example.com/app --name=one -- 'sleep 0.3' \
			--- example.com/app --name=two -- \
			'echo ${NOTIFY_SOCKET-none}; sleep 0.3'
		pod-enter "$pod" >"$T/out" &
		wait_for grep -q READY "$T/messages"
		is "$! READY=1" "$(messages)"
		wait $!
		is none "$(cat "$T/out")"
		is "$! READY=1" "$(messages)"
		kill "$systemd"
	done
	systemd "$T/last"
}

@test "notify: an app is not up before its pre-start handler has ended" {
	systemd "$T/socket"
	prepare example.com/app -- 'sleep 0.3'
	edit '.apps[0].app.eventHandlers = [{name: "pre-start", exec: ["/bin/sh",
		"-c", "until test -e /go; do sleep 0.05; done"]}]'
	pod-enter "$pod" &
	wait_for eval 'test -s "$(place "$pod")/pid"'
	sleep 0.5
	is '' "$(messages)"
	: >"/proc/$(pgrep -P "$(init)")/root/go"
	wait_for grep -q READY "$T/messages"
	wait $!
	# And one whose handler fails is never up.
	prepare example.com/app -- true
	edit '.apps[0].app.eventHandlers = [{name: "pre-start",
		exec: ["/bin/sh", "-c", "exit 3"]}]'
	run -3 pod-enter "$pod"
	is 1 "$(messages | wc -l)"
}

@test "notify: an app whose image can do so tells by itself" {
	systemd "$T/socket"
	gcc -static -o "$T/say" "$BATS_TEST_DIRNAME/probe/tell.c"
	image "cp '$T/say' bin/say" -m "$supports"
	prepare example.com/app --name=one -- 'echo one ${NOTIFY_SOCKET-none}' \
		--- example.com/other --name=two --readonly-rootfs -- \
		'sleep 0.5; say STATUS=well && say READY=1; echo two $NOTIFY_SOCKET'
	run -0 --separate-stderr pod-enter "$pod"
	is '' "$stderr"
	is 'one none
two /run/rkt-notify' "$(sort <<<"$output")"
	# By the app alone, and nobody else.
	is 'STATUS=well
READY=1' "$(messages | sed 's/^[0-9]* //')"
	# The manifest of a pod may say otherwise.
	prepare example.com/other \
		--annotation=appc.io/executor/supports-systemd-notify=false -- \
		'echo ${NOTIFY_SOCKET-none}'
	run -0 pod-enter "$pod"
	is none
	is 3 "$(messages | wc -l)"
}

@test "notify: where nobody listens the pod runs all the same" {
	systemd "$T/socket"
	prepare example.com/app -- 'sleep 0.2; echo ran'
	NOTIFY_SOCKET=$T/nobody run -0 --separate-stderr pod-enter "$pod"
	is ran
	is 'pod-enter: NOTIFY_SOCKET: No such file or directory' "$stderr"
	prepare --detach example.com/app -- 'echo ran'
	run -0 --separate-stderr pod-enter "$pod"
	is '' "$(messages)"
}
