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
