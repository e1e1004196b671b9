# SPDX-License-Identifier: Apache-2.0
# systemd - the units, under a systemd that is pid 1 of a machine in namespaces
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers

# The machine has the test's files and network, and below the test's cgroup a
# v2 hierarchy of its own; of what Debian's systemd starts, the journal alone.
setup_file() {
	mkdir -p "$TMPDIR"/local.{upper,work}
	mount -t overlay -o "lowerdir=/usr/local,upperdir=$TMPDIR/local.upper,\
workdir=$TMPDIR/local.work" overlay /usr/local
	make -C "$ROOT" -s install BIN="$BIN" B="$RKT_BUILD" -o all
	: >/etc/fstab
	rm -rf /etc/systemd/system/* \
		/usr/lib/systemd/system/{sysinit,local-fs}.target.wants
	printf '%s\n' '[Unit]' 'Requires=basic.target systemd-journald.service' \
		'After=basic.target systemd-journald.service' \
		>/etc/systemd/system/test.target
	gcc -static -o "$BATS_FILE_TMPDIR/tell" "$TEST/probe/tell.c"
	mkdir /sys/fs/cgroup/machine
	export MACHINE
	# Not below: then it would be the first child, for a moment.
	local boot
	boot=$(declare -f boot)
	sh -c 'echo 0 >/sys/fs/cgroup/machine/cgroup.procs
		exec env -i container=test unshare --cgroup --mount --pid \
			--uts --ipc --fork --kill-child --mount-proc "$@"' sh \
		bash -ec "$boot; boot" \
		>"$BATS_FILE_TMPDIR/console" 2>&1 </dev/null \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	wait_for pgrep -P $!
	MACHINE=$(pgrep -P $!)
	wait_for -t 30 eval \
		'test "$(inside systemctl is-system-running)" = running' || {
		cat "$BATS_FILE_TMPDIR/console"
		kill -KILL $!
		return 1
	}
}

# As its pid 1.  It may change nothing of the machine below.
boot() {
	umount /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount -t tmpfs -o mode=755 tmpfs /dev
	mkdir /dev/pts /dev/shm
	local node
	for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0
	do
		IFS=: read -r name major minor <<<"$node"
		mknod -m 666 "/dev/$name" c "$major" "$minor"
	done
	mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts
	ln -s pts/ptmx /dev/ptmx
	mount --bind /proc/sys /proc/sys
	mount -o remount,bind,ro /proc/sys
	mount -t tmpfs -o mode=755 tmpfs /var/log
	exec /lib/systemd/systemd --system --unit=test.target \
		--log-target=console --show-status=no
}

teardown_file() {
	kill -KILL "$MACHINE"
}

# Not stale: what a pod's file says is a process of the machine, not of ours.
teardown() {
	:
}

inside() {
	timeout 30 nsenter --target "$MACHINE" --all env -i PATH=/usr/local/bin:/usr/bin:/bin \
		"$@"
}

setup() {
	fresh
	export RKT_DIR=/var/lib/rkt RKT_RUN=/run/rkt RKT_CONF=/etc/rkt
	test -d "$BATS_FILE_TMPDIR/busybox" || {
		busybox_root "$BATS_FILE_TMPDIR/busybox"
		cp "$BATS_FILE_TMPDIR/tell" "$BATS_FILE_TMPDIR/busybox/bin"
		busybox_aci "$BATS_FILE_TMPDIR/app.aci"
		busybox_aci "$BATS_FILE_TMPDIR/tells.aci" -n example.com/tells \
			-m '.annotations = [{value: "true",
			name: "appc.io/executor/supports-systemd-notify"}]'
		put_aci "$BATS_FILE_TMPDIR/app.aci" >/dev/null
		put_aci "$BATS_FILE_TMPDIR/tells.aci" >/dev/null
	}
	mkdir "$T/share"
}

# prepare IMAGE COMMANDS: a pod whose /share is ours; sets $pod, $unit.
prepare() {
	pod=$(inside rkt prepare --volume=share,kind=host,source="$T/share" \
		--mount=volume=share,target=/share "$1" -- "$2")
	unit=rkt-pod@$pod
}

show() { # PROPERTY [UNIT]
	inside systemctl show --value --property="$1" "${2-$unit}"
}

state() {
	inside rkt status "$pod" | sed -n 's/^state=//p'
}

# Of the unit, the pod's included; systemd puts the service there.
processes() {
	find /sys/fs/cgroup/machine/system.slice -name cgroup.procs \
		-path "*/rkt-pod@$pod.service/*" -exec cat {} + | wc -l
}

@test "units: systemd-analyze verify has nothing to say" {
	cd /usr/local/lib/systemd/system
	run -0 inside systemd-analyze verify --man=no "$PWD"/rkt-*
	is ''
	is 'rkt-gc.service
rkt-gc.timer
rkt-metadata.socket
rkt-metadata@.service
rkt-pod@.service' "$(ls)"
	run -1 grep -r '@bindir@' .
}

@test "tmpfiles.d, sysusers.d: a group rkt, to which the store is open" {
	is '' "$(inside getent group rkt)"
	inside systemd-sysusers rkt.conf
	rmdir /run/rkt/* /run/rkt 2>/dev/null || :
	chmod 700 /var/lib/rkt
	inside systemd-tmpfiles --create rkt.conf
	is '755 root root /run/rkt
755 root rkt /var/lib/rkt' "$(inside stat -c '%a %U %G %n' /run/rkt /var/lib/rkt)"
	# And what they find is well for those who make it when it is not there.
	prepare example.com/busybox true
	run -0 inside rkt rm "$pod"
}

@test "run --log=journald: the journal has what the app says, by stream" {
	inside rkt run --detach --log=journald example.com/busybox -- \
		'echo to stdout; echo to stderr >&2'
	wait_for -t 20 eval 'test "$(inside journalctl -q -o cat |
		grep -cxE "to std(out|err)")" = 2'
	is 'to stdout' "$(inside journalctl -q -o cat -p info..info |
		grep -xE 'to std(out|err)')"
}

@test "rkt-pod@: of Type=notify, active when the app says so, not before" {
	prepare example.com/tells 'until test -e /share/go; do sleep 0.05; done
		trap "sleep 0.3; echo in order >/share/end; exit 0" TERM
		tell "STATUS=well
READY=1" stay &
		while :; do sleep 0.05; done'
	inside systemctl start --no-block "$unit"
	wait_for eval 'test "$(state)" = running'
	sleep 0.5
	is activating "$(show ActiveState)"
	: >"$T/share/go"
	wait_for -t 60 eval 'test "$(show ActiveState)" = active'
	is well "$(show StatusText)"
	# The pod's processes are the service's.
	test "$(processes)" -ge 3
	run -0 inside systemctl stop "$unit"
	is 'in order' "$(cat "$T/share/end")"
	is 'inactive success' "$(show ActiveState) $(show Result)"
	is 0 "$(processes)"
	is exited "$(state)"
	is 'app-tells=0' "$(inside rkt status "$pod" | grep ^app-)"
}

@test "rkt-pod@: starts the pod again, and one that SIGTERM ends has not failed" {
	prepare example.com/busybox 'echo ran >>/share/ran; exec sleep 1000'
	for _ in 1 2; do
		inside systemctl start "$unit"
		is active "$(show ActiveState)"
		wait_for test -s "$T/share/ran"
		rm "$T/share/ran"
		inside systemctl stop "$unit"
		is 'inactive success' "$(show ActiveState) $(show Result)"
	done
}

@test "rkt-pod@: fails as the app does, and what a kill leaves goes too" {
	prepare example.com/busybox 'exit 3'
	inside systemctl start "$unit" || :
	wait_for eval 'test "$(show ActiveState)" = failed'
	is 'exit-code 3' "$(show Result) $(show ExecMainStatus)"
	matches 'status=3' "$(inside systemctl status "$unit")"
	# What the app says is the journal's.
	prepare example.com/busybox 'trap "" TERM; echo I shall not stop
		while :; do sleep 0.05; done'
	inside systemctl start "$unit"
	wait_for eval 'inside journalctl -u "$unit" | grep -q "I shall not stop"'
	inside systemctl kill --kill-whom=main --signal=KILL "$unit"
	wait_for eval 'test "$(show ActiveState)" = failed'
	is signal "$(show Result)"
	is 0 "$(processes)"
	is exited "$(state)"
}

@test "rkt-gc.timer: within an hour and some minutes, and it collects" {
	prepare example.com/busybox true
	inside systemctl start "$unit"
	wait_for eval 'test "$(state)" = exited'
	inside systemctl start rkt-gc.timer
	next=$(date -d "$(show NextElapseUSecRealtime rkt-gc.timer)" +%s)
	test "$next" -gt "$(date +%s)"
	test "$next" -le "$(($(date +%s) + 65 * 60))"
	is '5min' "$(show RandomizedDelayUSec rkt-gc.timer)"
	inside systemctl stop rkt-gc.timer
	# The first marks the pod; the next, to whom it is old, removes it.
	run -0 inside systemctl start rkt-gc.service
	is success "$(show Result rkt-gc.service)"
	test -d "/var/lib/rkt/pods/exited-garbage/$pod"
	mkdir -p /run/systemd/system/rkt-gc.{service,timer}.d
	printf '%s\n' '[Service]' 'ExecStart=' \
		'ExecStart=/usr/local/bin/rkt gc --grace-period=0s' \
		>/run/systemd/system/rkt-gc.service.d/now.conf
	printf '%s\n' '[Timer]' 'OnCalendar=' 'RandomizedDelaySec=0' \
		'OnActiveSec=0' >/run/systemd/system/rkt-gc.timer.d/now.conf
	inside systemctl daemon-reload
	inside systemctl start rkt-gc.timer
	wait_for eval 'test ! -d "/var/lib/rkt/pods/exited-garbage/$pod"'
	wait_for eval 'test "$(show ActiveState rkt-gc.service)" = inactive'
	is success "$(show Result rkt-gc.service)"
}

@test "rkt-metadata.socket: nothing runs until a pod asks, and then not for long" {
	run -0 inside systemctl start rkt-metadata.socket
	is active "$(show ActiveState rkt-metadata.socket)"
	is 0 "$(show NAccepted rkt-metadata.socket)"
	# By both of the addresses: from the host's network it may be either.
	run -0 inside rkt run --mds-register example.com/busybox -- \
		'path=${AC_METADATA_URL#*/*/*/}/acMetadata/v1/pod/uuid
		wget -qO- "${AC_METADATA_URL%/*}/$path"; echo
		wget -qO- "http://169.254.169.255/$path"; echo; hostname' \
		</dev/null
	is "rkt-${lines[0]}" "${lines[2]}"
	is "${lines[0]}" "${lines[1]}"
	is 2 "$(show NAccepted rkt-metadata.socket)"
	wait_for eval 'test "$(show NConnections rkt-metadata.socket)" = 0'
	is '' "$(inside systemctl --failed --plain --no-legend "rkt-metadata*")"
	run -0 inside systemctl stop rkt-metadata.socket
}
