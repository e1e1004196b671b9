# SPDX-License-Identifier: Apache-2.0
# pacemaker - the calls of its agent for rkt (ocf:heartbeat:rkt), and how it
# reads what they print: by columns between blanks, and by exit statuses
# shellcheck disable=SC2016
load helpers

# What the agent looks up: fields as awk has them.
images() {
	rkt image list --no-legend | awk '{ print $2 }'
}

uuid_of() { # APP
	rkt list --no-legend --full | awk -v app="$1" '$2 == app { print $1 }'
}

state_of() { # APP
	rkt list --no-legend | awk -v app="$1" '$2 == app { print $4 }'
}

@test "a cluster's agent starts, watches and stops a pod as it does rkt's" {
	busybox_aci "$T/image.aci" -n example.com/web -v 1.0
	put_aci "$T/image.aci" >/dev/null
	run -0 images
	is example.com/web:1.0
	is '' "$(uuid_of web-one)"
	rkt run example.com/web:1.0 --name=web-one --exec=/bin/sleep -- 1000 \
		>"$T/out" 2>&1 3>&- &
	wait_for eval 'test "$(state_of web-one)" = running'
	uuid=$(uuid_of web-one)
	matches "^$UUID\$" "$uuid"
	# The monitor: 0 is well, 127 has no such command, others are ill.
	wait_for rkt enter "$uuid" true
	run -0 rkt enter "$uuid" true
	run -1 rkt enter "$uuid" false
	run -3 rkt enter "$uuid" sh -c 'exit 3'
	run -127 rkt enter "$uuid" no-such-command
	run -127 rkt enter "$uuid" /no/such
	run -254 rkt rm "$uuid"
	run -0 rkt stop "$uuid"
	is exited "$(state_of web-one)"
	run -0 rkt stop "$uuid"
	run -0 rkt rm "$uuid"
	is '' "$(uuid_of web-one)"
	run -254 rkt stop "$uuid"
	run -254 rkt rm "$uuid"
	# Once more, with what does not end when it is asked to.
	rkt run example.com/web:1.0 --name=web-one -- \
		'trap "" TERM; while :; do sleep 1; done' >"$T/out" 2>&1 3>&- &
	wait_for eval 'test "$(state_of web-one)" = running'
	uuid=$(uuid_of web-one)
	run -0 rkt stop --force "$uuid"
	run -0 rkt rm "$uuid"
}
