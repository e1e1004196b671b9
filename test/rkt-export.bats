# SPDX-License-Identifier: Apache-2.0
# rkt-export - an app that has ended becomes an image again
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers

# An image with something to be changed; "app COMMANDS" runs them in a pod of
# it, whose UUID is $uuid.
setup() {
	fresh
	test -f "$BATS_FILE_TMPDIR/image.aci" || {
		busybox_root "$BATS_FILE_TMPDIR/busybox"
		mkdir -p "$BATS_FILE_TMPDIR"/busybox/{gone,emptied/deep,kept,data}
		touch "$BATS_FILE_TMPDIR"/busybox/{gone/file,emptied/{a,deep/b},kept/file,removed}
		echo old >"$BATS_FILE_TMPDIR/busybox/changed"
		busybox_aci "$BATS_FILE_TMPDIR/image.aci" -n example.com/app \
			-l channel=beta -m '.app.environment =
				[{name: "OWN", value: "1"}] | .app.mountPoints =
				[{name: "data", path: "/data"}]'
	}
	put_aci "$BATS_FILE_TMPDIR/image.aci" >/dev/null
}

app() {
	rkt run --uuid-file-save="$T/uuid" --volume=data,kind=empty \
		example.com/app -- "$1"
	uuid=$(cat "$T/uuid")
}

# unpacked FILE: the image's tree is then in $T/to/rootfs.
unpacked() {
	rm -rf "$T/to"
	mkdir "$T/to"
	tar -C "$T/to" --xattrs '--xattrs-include=*' -xzf "$1"
}

@test "rkt export: the image has what the app changed, and what it left alone" {
	app 'echo new >/changed; echo made >/made; rm -r /gone /removed
		rm -r /emptied && mkdir /emptied && echo c >/emptied/c
		chmod 4711 /kept/file; chown 7:8 /kept; ln -s made /link
		ln /made /hard; mknod /null c 1 3; mkfifo /fifo
		echo secret >/data/volume'
	run -0 --separate-stderr rkt export "${uuid::8}" "$T/out.aci"
	is ''
	is '' "$stderr"
	unpacked "$T/out.aci"
	cd "$T/to/rootfs"
	is $'new\nmade\nmade' "$(cat changed made hard)"
	for name in gone removed emptied/a emptied/deep data/volume .wh.gone; do
		test ! -e "$name"
	done
	is c "$(cat emptied/c)"
	is '4711 7 8' "$(stat -c %a kept/file) $(stat -c '%u %g' kept)"
	is made "$(readlink link)"
	test made -ef hard
	test -c null
	test -p fifo
	test -d kept
	cmp bin/busybox "$BATS_FILE_TMPDIR/busybox/bin/busybox"
}

@test "rkt export: the image is imported again, and runs as the app would" {
	app 'echo changed >/made'
	rkt export "$uuid" "$T/out.aci"
	run -0 aci-make --check "$T/out.aci"
	matches ' example.com/app$'
	tar -xzOf "$T/out.aci" manifest >"$T/manifest"
	is '["beta","1.0"]' "$(jq -c '[.labels[] |
		select(.name == "channel" or .name == "version").value] | sort_by(. == "1.0")' \
		"$T/manifest")"
	is '["/bin/sh","-c","echo changed >/made"]' \
		"$(jq -c .app.exec "$T/manifest")"
	is '["/data"]' "$(jq -c '[.app.mountPoints[].path]' "$T/manifest")"
	is '["OWN"]' "$(jq -c '[.app.environment[].name |
		select(test("^(OWN|AC_.*|container)$"))]' "$T/manifest")"
	rkt image rm example.com/app
	put_aci "$T/out.aci" >/dev/null
	run -0 rkt run --volume=data,kind=empty example.com/app --exec=/bin/cat \
		-- /made
	is changed
}

@test "rkt export: of several apps one is to be named" {
	run -0 rkt run --uuid-file-save="$T/uuid" --volume=data,kind=empty \
		example.com/app --name=one -- 'echo 1 >/which' --- \
		example.com/app --name=two -- 'echo 2 >/which'
	uuid=$(cat "$T/uuid")
	run -254 --separate-stderr rkt export "$uuid" "$T/out.aci"
	is $'rkt: several apps:\nrkt: \tone\nrkt: \ttwo\nrkt: specify app using "rkt export --app= ..."' \
		"$stderr"
	run -254 --separate-stderr rkt export --app=three "$uuid" "$T/out.aci"
	is 'rkt: no app with name "three" in the pod' "$stderr"
	test ! -e "$T/out.aci"
	run -0 rkt export --app two "$uuid" "$T/out.aci"
	is 2 "$(tar -xzOf "$T/out.aci" rootfs/which)"
}

@test "rkt export: a file that is there is left, unless it is to be replaced" {
	app 'echo 1 >/which'
	echo mine >"$T/out.aci"
	run -254 --separate-stderr rkt export "$uuid" "$T/out.aci"
	is "rkt: $T/out.aci: output ACI file exists (try --overwrite)" "$stderr"
	is mine "$(cat "$T/out.aci")"
	ln -s nowhere "$T/link.aci"
	run -254 rkt export "$uuid" "$T/link.aci"
	cd "$T"
	run -0 rkt export --overwrite "$uuid" out.aci
	is 1 "$(tar -xzOf "$T/out.aci" rootfs/which)"
	run -254 --separate-stderr rkt export "$uuid" no/where.aci
	matches '^rkt: /.*/no/where.aci: No such file' "$stderr"
}

@test "rkt export: only of a pod that has ended, and of one that gc has marked" {
	uuid=$(rkt prepare --volume=data,kind=empty example.com/app -- \
		'until test -e /data/stop; do sleep 0.1; done')
	run -254 --separate-stderr rkt export "$uuid" "$T/out.aci"
	is "rkt: pod \"$uuid\" is prepared, not exited" "$stderr"
	rkt run-prepared "$uuid" 3>&- &
	wait_for test -s "$RKT_DIR/pods/run/$uuid/pid"
	run -254 --separate-stderr rkt export "$uuid" "$T/out.aci"
	is "rkt: pod \"$uuid\" is running, not exited" "$stderr"
	test ! -e "$T/out.aci"
	touch "$RKT_DIR/pods/run/$uuid/volumes/data/stop"
	rkt status --wait "$uuid" >"$T/status"
	rkt gc >"$T/gc" 2>&1
	run -0 rkt export "$uuid" "$T/out.aci"
	run -254 --separate-stderr rkt export 0000 "$T/x.aci"
	is 'rkt: no matches found for "0000"' "$stderr"
	for words in '' "$uuid" "$uuid $T/x.aci y" "--nope $uuid $T/x.aci"; do
		# shellcheck disable=SC2086
		run -254 --separate-stderr rkt export $words
		matches 'usage: pod-root ' "$stderr"
	done
}

@test "rkt export: no gc takes the files away meanwhile, and nothing says it runs" {
	app 'echo 1 >/which'
	mkfifo "$T/go"
	pod-root "$uuid" sh -c 'cat "$1" >/dev/null; cat rootfs/which' sh \
		"$T/go" >"$T/out" 3>&- &
	exec 8>"$T/go"
	wait_for pgrep -P "$!" cat
	is exited "$(rkt status "$uuid" | sed -n s/^state=//p)"
	run -254 --separate-stderr rkt rm "$uuid"
	matches "pod \"$uuid\" is currently in use" "$stderr"
	rkt gc --grace-period=0s >/dev/null 2>&1
	rkt gc --grace-period=0s >/dev/null 2>&1
	# Others may read it too.
	run -0 rkt export "$uuid" "$T/out.aci"
	exec 8>&-
	wait "$!"
	is 1 "$(cat "$T/out")"
	run -0 rkt rm "$uuid"
}

@test "rkt export: sockets are left out, and nothing is left behind" {
	app 'echo 1 >/which'
	cd "$RKT_DIR/pods/run/$uuid/app.upper"
	python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("s")'
	before=$(snapshot "$RKT_DIR/pods")
	mounts=$(cat /proc/self/mountinfo)
	run -0 --separate-stderr rkt export "$uuid" "$T/out.aci"
	is 'rkt: 1 sockets left out' "$stderr"
	is "$before" "$(snapshot "$RKT_DIR/pods")"
	is "$mounts" "$(cat /proc/self/mountinfo)"
	is '' "$(find "$T" -maxdepth 1 -name '*.new')"
}

@test "pod-root: becomes the program, whose status is its own" {
	app 'true'
	run -7 pod-root "$uuid" sh -c 'exit 7'
	run -127 pod-root "$uuid" /nowhere
	run -125 pod-root 0000 true
	run -9 pod-root --fail-status=9 0000 true
	run -0 pod-root "$uuid" sh -c 'ls; ls rootfs | head -n 1; test ! -w rootfs/bin'
	is $'manifest\nrootfs\nbin'
	run -0 --separate-stderr pod-root "$uuid" sh -c \
		'touch rootfs/x || echo "<$?>"'
	is '<1>'
	matches 'Read-only file system' "$stderr"
	run -125 pod-root --overwrite "$uuid" true
	run -125 pod-root --export "$uuid" a b
}
