# SPDX-License-Identifier: Apache-2.0
# aci-make - images of a directory and a manifest, and whether one is sound
# shellcheck disable=SC2154
load helpers
load trees

setup() {
	fresh
	mkdir -p "$T/root/etc"
	echo hello >"$T/root/etc/motd"
	arch=amd64
	test "$(uname -m)" = x86_64 || arch=aarch64
	# Its bytes are kept, odd as they are.
	printf '%s\n  %s}\n' '{"acKind": "ImageManifest", "acVersion": "0.8.11",' \
		'"name": "example.com/made", "labels": [
		{"name": "os", "value": "linux"},
		{"name": "arch", "value": "'$arch'"}]' >"$T/manifest"
}

# make OUT [OPTION...]: an image of T/root.
make() {
	aci-make "${@:2}" "$T/root" "$T/manifest" >"$T/$1"
}

fill() {
	aci-make "$T/root" "$T/manifest" >/dev/full
}

# refused STATUS MESSAGE COMMAND...: with one line, and nothing on stdout.
refused() {
	run "-$1" --separate-stderr "${@:3}"
	is "$2" "$stderr"
	is ''
}

@test "aci-make: the same files and manifest make the same bytes" {
	zoo "$T/root"
	make 1.aci
	cp -a "$T/root" "$T/copy"
	mv "$T/root" "$T/old" && mv "$T/copy" "$T/root"
	sleep 1.1
	TZ=Asia/Tokyo LC_ALL=C HOME=/nowhere USER=else make 2.aci
	cmp "$T/1.aci" "$T/2.aci"
	cp "$T/manifest" "$T/root/etc/more"
	make 3.aci
	run ! cmp -s "$T/1.aci" "$T/3.aci"
}

@test "aci-make: what the store has of it is what the directory has" {
	zoo "$T/root"
	make x.aci
	add_places "$T/root"
	"$TEST/lstree" "$T/root" >"$T/want"
	key=$(put_aci "$T/x.aci")
	"$TEST/lstree" "$(cas-store mount "$key")" >"$T/got"
	diff "$T/want" "$T/got"
	cmp "$T/manifest" <(cas-store cat-manifest "$key")
}

@test "aci-make: GNU tar reads the same" {
	zoo "$T/root"
	make x.aci
	mkdir "$T/want"
	tar -C "$T/want" --numeric-owner --xattrs --xattrs-include='*' \
		-xpf "$T/x.aci" 2>/dev/null
	"$TEST/lstree" "$T/root" >"$T/want.list"
	"$TEST/lstree" "$T/want/rootfs" >"$T/got.list"
	diff "$T/want.list" "$T/got.list"
}

@test "aci-make --compress: gzip unless told, bzip2, xz, none" {
	while read -r how magic; do
		make x.aci "${how:+--compress=$how}"
		is "$magic" "$(xxd -p -l ${#magic} "$T/x.aci" |
			cut -c "1-${#magic}")"
		make "$how.aci" "--compress=$how"
	done <<-END
	gzip 1f8b0800000000
	bzip2 425a68
	xz fd377a585a00
	none 6d616e6966657374
	END
	make x.aci
	cmp "$T/x.aci" "$T/gzip.aci"
	id=$(aci-make --check "$T/none.aci")
	for how in gzip bzip2 xz; do
		is "$id" "$(aci-make --check "$T/$how.aci")"
	done
	is "sha512-$(sha512sum <"$T/none.aci" | cut -d' ' -f1) example.com/made" \
		"$id"
}

@test "aci-make --owner, --newest, SOURCE_DATE_EPOCH: as told, for every file" {
	chown 7:8 "$T/root/etc/motd"
	touch -d @500.5 "$T/root/etc/motd"
	list() { tar --numeric-owner --full-time -tvzf "$T/x.aci" | sed 1d; }
	make x.aci --owner=5:4294967294 --newest=1000
	is 3 "$(list | grep -c ' 5/4294967294 ')"
	is 1 "$(list | grep -c '1970-01-01 00:08:20.5 rootfs/etc/motd$')"
	is 2 "$(list | grep -c '1970-01-01 00:16:40 ')"
	cp "$T/x.aci" "$T/y.aci"
	SOURCE_DATE_EPOCH=1000 make x.aci --owner=5:4294967294
	cmp "$T/x.aci" "$T/y.aci"
	for bad in x -1 '' 1.5; do
		refused 78 'aci-make: SOURCE_DATE_EPOCH: not a number of seconds' \
			env SOURCE_DATE_EPOCH="$bad" aci-make "$T/root" "$T/manifest"
		run -64 aci-make --newest="$bad" "$T/root" "$T/manifest"
	done
	for bad in 0 0: :0 0:4294967295 root:root 0:0:0; do
		run -64 aci-make --owner="$bad" "$T/root" "$T/manifest"
	done
}

@test "aci-make --output: whole or not at all, and never over another file" {
	aci-make --output="$T/x.aci" "$T/root" "$T/manifest"
	make y.aci
	cmp "$T/x.aci" "$T/y.aci"
	refused 73 "aci-make: $T/x.aci: is there already" \
		aci-make -o "$T/x.aci" "$T/root" "$T/manifest"
	ln -s nowhere "$T/link.aci"
	refused 73 "aci-make: $T/link.aci: is there already" \
		aci-make -o "$T/link.aci" "$T/root" "$T/manifest"
	echo old >"$T/old.aci"
	run -0 aci-make --overwrite -o "$T/old.aci" "$T/root" "$T/manifest"
	cmp "$T/old.aci" "$T/y.aci"
	run -0 aci-make --overwrite -o "$T/link.aci" "$T/root" "$T/manifest"
	test ! -L "$T/link.aci" && test ! -e "$T/nowhere"
	refused 73 "aci-make: $T/none/x.aci: No such file or directory" \
		aci-make -o "$T/none/x.aci" "$T/root" "$T/manifest"
	python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/root/socket"
	mkdir "$T/out"
	refused 65 "aci-make: $T/root/socket: a socket" \
		aci-make -o "$T/out/x.aci" "$T/root" "$T/manifest"
	is '' "$(ls "$T/out")"
	refused 65 "aci-make: $T/root/socket: a socket" \
		aci-make "$T/root" "$T/manifest"
	run -0 --separate-stderr aci-make --no-sockets -o "$T/without.aci" \
		"$T/root" "$T/manifest"
	is 'aci-make: 1 sockets left out' "$stderr"
	run -1 grep socket <<<"$(tar -tzf "$T/without.aci")"
	rm "$T/root/socket"
	run -74 --separate-stderr fill
	is 'aci-make: stdout: No space left on device' "$stderr"
}

@test "aci-make --sign: a signature that aci-verify and gpg know" {
	export GNUPGHOME=$BATS_FILE_TMPDIR/gnupg
	mkkey maker
	key=$(fingerprint maker)
	aci-make --sign="$key" -o "$T/x.aci" "$T/root" "$T/manifest"
	gpgconf --kill all
	gpg_in --verify "$T/x.aci.asc" "$T/x.aci"
	trust_key maker example.com/made
	run -0 --separate-stderr rkt fetch --full "$T/x.aci"
	is "$(aci-make --check "$T/x.aci" | cut -c 1-71)"
	run -64 aci-make --sign="$key" "$T/root" "$T/manifest"
	run -77 --separate-stderr aci-make --sign=nobody@example.com \
		-o "$T/y.aci" "$T/root" "$T/manifest"
	is 'aci-make: gpg: has not signed' "${stderr_lines[-1]}"
	test ! -e "$T/y.aci"
	test ! -e "$T/y.aci.asc"
	gpgconf --kill all
}

@test "aci-make: a manifest that is none makes nothing" {
	refused 66 "aci-make: $T/none: No such file or directory" \
		aci-make "$T/root" "$T/none"
	refused 66 "aci-make: $T/none: No such file or directory" \
		aci-make "$T/none" "$T/manifest"
	refused 66 "aci-make: $T/manifest: not a directory" \
		aci-make "$T/manifest" "$T/manifest"
	refused 64 'aci-make: /: the root of this host' \
		aci-make / "$T/manifest"
	jq 'del(.labels)' "$T/manifest" >"$T/bare"
	run -0 --separate-stderr aci-make -o "$T/x.aci" "$T/root" "$T/bare"
	is "aci-make: $T/bare: no label os: rkt runs no such image
aci-make: $T/bare: no label arch: rkt runs no such image" "$stderr"
	jq 'del(.name)' "$T/manifest" >"$T/bare"
	refused 65 "aci-make: $T/bare: name: is missing" \
		aci-make "$T/root" "$T/bare"
}

@test "aci-make: an attribute that images cannot have is left out, by name" {
	setfattr -n trusted.secret -v 1 "$T/root/etc"
	setfattr -n user.overlay.opaque -v y "$T/root/etc"
	setfattr -n user.kept -v 1 "$T/root/etc"
	run -0 --separate-stderr make x.aci
	matches "^aci-make: $T/root: extended attribute (trusted.secret|user.overlay.opaque) \(and such\) left out$" "$stderr"
	gzip -dc "$T/x.aci" | strings >"$T/strings"
	is 'SCHILY.xattr.user.kept=1' \
		"$(grep -o 'SCHILY.*\|LIBARCHIVE.*\|trusted.*\|.*overlay.*' \
			"$T/strings")"
}

@test "aci-make: does not write an image to a terminal" {
	run -64 in_tty aci-make "$T/root" "$T/manifest"
	matches 'stdout: a terminal; give it a file'
}

@test "aci-make --check: says what cas-put would say" {
	while IFS='|' read -r why parts; do
		eval "\"\$TEST/mktar\" \"\$T/x.aci\" $parts"
		run -65 --separate-stderr aci-make --check "$T/x.aci"
		matches "^aci-make: $T/x.aci: $why\$" "$stderr"
		put_error=$(put_aci "$T/x.aci" 2>&1) || :
		matches "$why" "$put_error"
	done <<-'END'
	.*no manifest.*|rootfs
	.*no rootfs.*|'manifest()'
	manifest: .*name.*|'manifest(name="A")' rootfs
	entry 3: rootfs/../x: ".." in its name|'manifest()' rootfs 'h("rootfs/../x")'
	entry 3: /etc/passwd: absolute name|'manifest()' rootfs 'h("/etc/passwd")'
	END
	head -c 700 /dev/urandom >"$T/x.aci"
	refused 65 "aci-make: $T/x.aci: neither a tar archive nor one compressed with gzip, bzip2, xz or zstd" \
		aci-make --check "$T/x.aci"
	refused 66 "aci-make: $T/none: No such file or directory" \
		aci-make --check "$T/none"
}

@test "aci-make: leaves nothing in TMPDIR, whatever happens" {
	mkdir "$T/tmp"
	export TMPDIR=$T/tmp
	make x.aci
	aci-make --check "$T/x.aci"
	run ! aci-make "$T/root" "$T/root/etc/motd"
	: >"$T/empty"
	run ! aci-make --check "$T/empty"
	is '' "$(ls "$T/tmp")"
	rmdir "$T/tmp"
	refused 73 "aci-make: $T/tmp: No such file or directory" \
		aci-make "$T/root" "$T/manifest"
}
