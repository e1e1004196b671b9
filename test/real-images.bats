# SPDX-License-Identifier: Apache-2.0
# real-images - what people run is in the store as bsdtar would extract it
#
# Of each image the mounted index and the unpacked tree are compared with what
# bsdtar makes of the same archive: type, mode, ids, time to the nanosecond,
# links, extended attributes, content (test/lstree).
# shellcheck disable=SC2154
load helpers
load trees

# archive ROOT NAME HOW...: T/x.aci, made by another program than ours.
archive() {
	mkdir -p "$T/manifest.d" "$T/none"
	mkaci -n "example.com/$2" -z none "$T/none" "$T/m.tar"
	tar -C "$T/manifest.d" -xf "$T/m.tar" manifest
	mv "$1" "$T/manifest.d/rootfs"
	(cd "$T/manifest.d" && "${@:3}" manifest rootfs) | gzip -1 >"$T/x.aci"
	rm -rf "$T/manifest.d"
}

# What bsdtar makes of it: T/want.erofs, and T/want.tree, without devices.
want() {
	mkdir "$T/want"
	bsdtar -C "$T/want" --numeric-owner -xpf "$T/x.aci"
	add_places "$T/want/rootfs"
	"$TEST/lstree" "$T/want/rootfs" >"$T/want.erofs"
	touch -r "$T/want/rootfs/dev" "$T/time.dev"
	find "$T/want" '(' -type b -o -type c ')' -delete
	touch -r "$T/time.dev" "$T/want/rootfs/dev"
	"$TEST/lstree" "$T/want/rootfs" >"$T/want.tree"
	rm -rf "$T/want"
}

# is_as_bsdtar_has_it ENTRIES: in both kinds of store; so many at least.
is_as_bsdtar_has_it() {
	local kind key
	want
	for kind in erofs tree; do
		key=$(put_aci "$T/x.aci" "--render=$kind")
		"$TEST/lstree" "$(cas-store mount "$key")" >"$T/got.$kind"
		diff "$T/want.$kind" "$T/got.$kind"
		cas-store check -q "$key"
		test "$(wc -l <"$T/got.$kind")" -ge "$1"
		cas-store umount "$key"
		cas-store rm "$key"
		cas-store gc --grace-period=0s
	done
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
}

# lines REGEX: how many of the tree's lines have it.
lines() {
	grep -cE -e "$1" "$T/want.erofs" || :
}

@test "a minimal Debian, by GNU tar" {
	local root=$T/root
	mapfile -t names < <(dpkg-query -Wf '${Package} ${Essential} ${Priority}\n' |
		awk '$2 == "yes" || $3 == "required" { print $1 }')
	test "${#names[@]}" -ge 20
	packages "$root" "${names[@]}"
	# What no package has and an installer makes.
	mkdir -p "$root/dev/pts"
	mknod -m 666 "$root/dev/null" c 1 3
	mknod -m 660 "$root/dev/loop0" b 7 0
	ln -sf /proc/self/fd "$root/dev/fd"
	mkfifo -m 600 "$root/run/initctl"
	ln "$root/usr/bin/perl" "$root/usr/bin/perl-again"
	setcap cap_net_raw+ep "$root/usr/bin/tar"
	setfattr -n user.note -v "$(printf '%0900d' 7)" "$root/etc"
	touch -d '2024-02-29 23:59:59.987654321' "$root/etc/debian_version"
	archive "$root" minimal tar --format=pax --numeric-owner --xattrs \
		--xattrs-include='*' --sort=none -cf -
	is_as_bsdtar_has_it 4000
	# It has what makes it a test.
	test "$(lines " 0o10[4-7][0-7]{3} ")" -ge 8        # setuid, setgid
	test "$(lines " 0o12[0-7]{4} ")" -ge 500           # symbolic links
	test "$(lines "security.capability|user.note")" = 2
	test "$(lines "b'usr/bin/perl'")" -ge 1
	test "$(lines "987654321")" = 1
	test "$(lines " 0o[26]0[0-7]{3} ")" = 2            # devices
}

@test "nginx and what it needs, by bsdtar" {
	packages "$T/root" nginx-light
	touch -d '2023-10-01 12:00:00.123456789' "$T/root/etc/nginx/nginx.conf"
	chown 33:4 "$T/root/var/log/nginx"
	archive "$T/root" nginx bsdtar --format pax --numeric-owner -cf -
	is_as_bsdtar_has_it 500
	test "$(lines 'usr/sbin/nginx')" = 1
}

@test "etcd, by GNU tar in its own format" {
	packages "$T/root" etcd-server etcd-client
	truncate -s 3000000 "$T/root/usr/hole"
	archive "$T/root" etcd tar --format=gnu --sparse --numeric-owner -cf -
	is_as_bsdtar_has_it 100
	test "$(lines 'usr/bin/etcd')" -ge 2
}

@test "busybox, by its own tar" {
	busybox_root "$T/root"
	cp --preserve=mode /bin/busybox "$T/root/bin/su2"
	chmod 4755 "$T/root/bin/su2"
	ln "$T/root/bin/busybox" "$T/root/bin/hard"
	archive "$T/root" busybox busybox tar -cf -
	is_as_bsdtar_has_it 200
	test "$(lines " 0o12[0-7]{4} ")" -ge 200
}
