# SPDX-License-Identifier: Apache-2.0
# volumes - what is mounted into an app besides its image
# shellcheck disable=SC2016 # what stands in single quotes is for the pod
load helpers
load enter

@test "pod-enter: a read-only root is read-only, its volumes are not" {
	mkdir "$T/volume"
	prepare --volume "v,kind=host,source=$T/volume" example.com/app \
		--readonly-rootfs --mount volume=v,target=/data -- \
		'touch /x 2>/dev/null || touch /data/y && echo done'
	run -0 pod-enter "$pod"
	is 'done'
	is y "$(ls "$T/volume")"
}

@test "pod-enter: volumes are mounted where the app wants them" {
	mkdir -p "$T/v/sub"
	echo file >"$T/v/file"
	prepare --volume "v,kind=host,source=$T/v" \
		--volume "f,kind=host,source=$T/v/file" \
		--volume "r,kind=host,source=$T/v,readOnly=true" \
		--volume 'e,kind=empty,mode=0750,uid=7,gid=8' example.com/app \
		--mount volume=v,target=/new/deep/dir \
		--mount volume=f,target=/etc/one/file \
		--mount volume=r,target=/ro --mount volume=e,target=/empty -- '
		cat /new/deep/dir/file /etc/one/file
		touch /new/deep/dir/made
		touch /ro/x 2>/dev/null || echo ro
		stat -c "%a %u:%g" /empty /new /new/deep /etc/one'
	run -0 pod-enter "$pod"
	is 'file
file
ro
750 7:8
755 0:0
755 0:0
755 0:0'
	test -f "$T/v/made"
}

@test "pod-enter: C20 a read-only volume is so to the last mount" {
	mkdir -p "$T/v/below"
	mount -t tmpfs tmpfs "$T/v/below"
	prepare --volume "v,kind=host,source=$T/v,readOnly=true" \
		example.com/app --mount volume=v,target=/v -- \
		'touch /v/x /v/below/x 2>/dev/null; ls /v /v/below'
	cp /proc/self/mountinfo "$T/before"
	run -0 pod-enter "$pod"
	is '/v:
below

/v/below:'
	# The pod's image has been mounted meanwhile, and nothing else.
	is '' "$(diff "$T/before" /proc/self/mountinfo | grep '^[<>]' |
		grep -v "$RKT_RUN/mnt")"
	touch "$T/v/below/x"
}

@test "pod-enter: C20 a volume whose source is a symbolic link is refused" {
	mkdir "$T/v"
	prepare --volume "v,kind=host,source=$T/v" example.com/app \
		--mount volume=v,target=/v -- true
	mv "$T/v" "$T/w"
	ln -s "$T/w" "$T/v"
	run -125 --separate-stderr pod-enter "$pod"
	is 'pod-enter: app: volume v: Too many levels of symbolic links' "$stderr"
}

@test "pod-enter: C5 a target behind the image's links stays in its root" {
	mkdir -p "$T/v" "$T/host/deep"
	echo seen >"$T/v/x"
	for link in "$T/host" "../../../../../../../..$T/host" /proc/1/root/tmp \
		/tmp /nowhere; do
		echo "$link"
		image "ln -s '$link' link"
		prepare --volume "v,kind=host,source=$T/v" example.com/other \
			--mount volume=v,target=/link/deep -- \
			'cat /link/deep/x'
		run --separate-stderr pod-enter "$pod"
		case $link in
		/tmp) is seen ;;
		*) test "$status" = 125 || is seen ;;
		esac
		is deep "$(ls -A "$T/host")"
		is '' "$(ls -A "$T/host/deep")"
	done
}

@test "pod-enter: C5 C12 nothing is mounted on / or in /proc and /sys" {
	mkdir "$T/v"
	for target in /proc /proc/sys /proc/self/attr /sys/fs/cgroup /sys / /root; do
		image 'rmdir root; ln -s / root'
		prepare --volume "v,kind=host,source=$T/v" example.com/other \
			--mount "volume=v,target=$target" -- 'echo ran'
		run -125 --separate-stderr pod-enter "$pod"
		is ''
		is "pod-enter: other: mount $target: not on /, nor in /proc or /sys" \
			"$stderr"
	done
}

# loop_node PATH: a block device of 1 MiB of zeros there; sets $loop.
loop_node() {
	truncate -s 1M "$T/backing"
	loop=$(losetup --find --show "$T/backing")
	mknod "$1" b "$(printf '%d' "0x$(stat -c %t "$loop")")" \
		"$(printf '%d' "0x$(stat -c %T "$loop")")"
}

@test "volumes: C20 a device that is a source works, to be read or both" {
	loop_node "$T/node"
	mknod "$T/zero" c 1 5
	prepare --volume "d,kind=host,source=$T/node" \
		--volume "z,kind=host,source=$T/zero,readOnly=true" \
		example.com/app --mount volume=d,target=/dev/disk \
		--mount volume=z,target=/own/zero -- '
		echo written >/dev/disk; head -c 2 /own/zero | xxd -p
		(echo x >/own/zero) 2>&1
		cp -a /own/zero /tmp/zero; head -c 1 /tmp/zero 2>&1; :'
	run -0 --separate-stderr pod-enter "$pod"
	losetup -d "$loop"
	is "0000
/bin/sh: can't create /own/zero: Operation not permitted
head: /tmp/zero: Permission denied"
	is written "$(head -n 1 "$T/backing")"
}

@test "volumes: C20 a device that only its mount would protect is refused" {
	loop_node "$T/node"
	prepare --volume "d,kind=host,source=$T/node,readOnly=true" \
		example.com/app --mount volume=d,target=/disk -- \
		'head -c 1 /disk | xxd -p; (echo x >/disk) 2>&1'
	run --separate-stderr pod-enter "$pod"
	is "00
/bin/sh: can't create /disk: Operation not permitted"
	# Where there is no cgroup to say so.
	umount /sys/fs/cgroup
	prepare --volume "d,kind=host,source=$T/node,readOnly=true" \
		example.com/app --mount volume=d,target=/disk -- 'echo ran'
	run -125 --separate-stderr pod-enter "$pod"
	losetup -d "$loop"
	is ''
	matches '^pod-enter: app: a device that is read-only, and no cgroup ' "$stderr"
}

# As a Dockerfile's VOLUME is converted.
docker='.annotations = [{name: "appc.io/docker/tag", value: "latest"}] |
	.app.mountPoints = [{name: "data", path: "/data"}]'

@test "volumes: an implicit one of a docker image begins with its content" {
	image 'mkdir -p data/sub; chown 7:8 data; chmod 1750 data
		echo one >data/file; chown 9 data/file; chmod 4711 data/file
		ln -s /etc/passwd data/link; mkfifo -m 622 data/fifo
		setfattr -n user.note -v hello data/file
		touch -d @1000000000 data/file; mknod data/null c 1 3
		truncate -s 1M data/sub/hole; printf end >>data/sub/hole' \
		-o -m "$docker"
	prepare example.com/other -- '
		stat -c "%n %a %u:%g" /data /data/file /data/fifo
		stat -c %Y /data/file; cat /data/file; readlink /data/link
		tail -c 3 /data/sub/hole; ls /data | paste -sd " "
		echo new >/data/file'
	run -0 pod-enter "$pod"
	is '/data 1750 7:8
/data/file 4711 9:0
/data/fifo 622 0:0
1000000000
one
/etc/passwd
endfifo file link sub'
	volume=$(place "$pod")/volumes/other-data
	is new "$(cat "$volume/file")"
	is hello "$(getfattr --only-values -n user.note "$volume/file")"
	is other-data "$(ls "$(place "$pod")/volumes")"
	# Any other image's begin empty.
	image 'mkdir data; : >data/file' \
		-m '.app.mountPoints = [{name: "data", path: "/data"}]'
	prepare example.com/other -- 'ls /data; stat -c "%a %u:%g" /data'
	run -0 pod-enter "$pod"
	is '755 0:0'
}

@test "volumes: C20 CVE-2022-23648 what is copied is the image's, not the host's" {
	mkdir "$T/host"
	echo secret >"$T/host/secret"
	for trick in "ln -s '$T/host' data" "ln -s ../../../../../..$T/host data" \
		"ln -s /proc/1/root$T/host data" ': >data' 'mkfifo data' \
		"mkdir data; ln -s '$T/host/secret' data/link"; do
		echo "$trick"
		image "$trick" -m "$docker"
		prepare example.com/other -- 'cat /data/* 2>/dev/null; :'
		run --separate-stderr timeout 10 pod-enter "$pod"
		is ''
		is '' "$(grep -rs secret "$(place "$pod")/volumes" || :)"
	done
}

@test "volumes: equal targets, however they are written, are refused" {
	mkdir "$T/v"
	for second in /a /a/ //a /./a; do
		run -65 --separate-stderr pod-prepare -q \
			--volume "v,kind=host,source=$T/v" \
			--volume w,kind=empty example.com/app \
			--mount volume=v,target=/a --mount "volume=w,target=$second" -- x
		is 'pod-prepare: app app: two volumes for mount target "/a"' \
			"$stderr"
	done
	run -65 --separate-stderr pod-prepare -q example.com/app \
		--mount volume=none,target=/a -- x
	is 'pod-prepare: dangling mount point "/a": volume "none" not found' \
		"$stderr"
}

@test "volumes: one inside another is seen there" {
	mkdir -p "$T/v/below" "$T/w"
	echo w >"$T/w/file"
	prepare --volume "v,kind=host,source=$T/v" \
		--volume "w,kind=host,source=$T/w" example.com/app \
		--mount volume=w,target=/a/below --mount volume=v,target=/a -- \
		'ls /a; cat /a/below/file'
	run -0 --separate-stderr pod-enter "$pod"
	is 'below
w'
}

@test "volumes: several apps share them, and each has its own way to them" {
	prepare --volume s,kind=empty,mode=0777 example.com/app --name=one \
		--mount volume=s,target=/one -- 'echo shared >/one/x' \
		--- example.com/app --name=two --user=1000 \
		--mount volume=s,target=/two -- \
		'until test -s /two/x; do sleep 0.05; done; cat /two/x; test ! -e /one'
	run -0 --separate-stderr pod-enter "$pod"
	is shared
}

@test "volumes: recursive=false leaves out what is mounted below" {
	mkdir -p "$T/v/below"
	mount -t tmpfs tmpfs "$T/v/below"
	: >"$T/v/below/x"
	for recursive in true:x false:; do
		prepare --volume "v,kind=host,source=$T/v,recursive=${recursive%:*}" \
			example.com/app --mount volume=v,target=/v -- 'ls /v/below'
		run -0 --separate-stderr pod-enter "$pod"
		is "${recursive#*:}"
	done
}

@test "volumes: C16 CVE-2021-43784 5,000 of them, and each is where it should be" {
	local arguments=()
	mkdir "$T/v"
	: >"$T/v/mark"
	for ((i = 0; i < 5000; i++)); do
		arguments+=(--volume "v$i,kind=host,source=$T/v"
			--mount "volume=v$i,target=/mnt/$i")
	done
	prepare "${arguments[@]}" example.com/app -- '
		grep -c " /mnt/" /proc/self/mountinfo; ls /mnt/0 /mnt/4999'
	ulimit -Sn 1024
	run -0 --separate-stderr timeout 60 pod-enter "$pod"
	is '5000
/mnt/0:
mark

/mnt/4999:
mark'
	is '' "$stderr"
	is 0 "$(grep -c " /mnt/[0-9]" /proc/self/mountinfo)"
}

@test "volumes: C16 a target as long as a path can be is a target, not more" {
	local part long
	part=$(printf '%0200d' 0)
	long=$(printf "/$part%.0s" {1..20})
	prepare --volume e,kind=empty example.com/app \
		--mount "volume=e,target=$long" -- 'echo ran'
	run -0 --separate-stderr pod-enter "$pod"
	is ran
	run -64 --separate-stderr pod-prepare -q --volume e,kind=empty \
		example.com/app --mount "volume=e,target=$long/$part" -- x
	is ''
	matches 'is a path of more than 4095 bytes' "$stderr"
}
