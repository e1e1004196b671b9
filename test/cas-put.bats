# SPDX-License-Identifier: Apache-2.0
# cas-put - what gets into the store, how, and what does not
# shellcheck disable=SC2154
load helpers
load trees

# record FILE [JQ-FILTER]: what aci-fetch would print for it.
record() {
	jq -nc --arg aci "$1" '{v: 1, image: "x", fetch: {url: ("file://" + $aci),
		aci: $aci}} | '"${2-.}"
}

# put [OPTION...] FILE: stores it unsigned; the record.
put() {
	record "${@: -1}" | cas-put --insecure "${@:1:$#-1}"
}

# Nothing but directories is in the store: no blob, no name, nothing in tmp.
nothing_stored() {
	test -z "$(find "$RKT_DIR/cas" ! -type d 2>/dev/null)"
}

# refused STATUS REGEX: the image T/x.aci is; with one line and nothing left.
refused() {
	run "-$1" --separate-stderr put "$T/x.aci"
	matches "^cas-put: x: $2\$" "$stderr"
	test "${#stderr_lines[@]}" = 1
	is "{\"v\":1,\"error\":{\"step\":\"store\",\"status\":$1}}"
	nothing_stored
}

# The mounted root file system of a record's image.
root_of() {
	cas-store mount "$(jq -r .store.key <<<"$1")"
}

fsck() {
	local key
	key=$(jq -r .store.key <<<"$1")
	"$TEST/fsck-index" "$RKT_DIR/cas/index/$key" \
		"$RKT_DIR"/cas/blob/sha512/*/"$key"
}

# pack ROOT OUT [TAR-OPTION...]: as mkaci, in any form of tar.
pack() {
	"$TEST/mktar" "$T/m.tar" 'manifest()'
	mkdir -p "$T/pack"
	tar -C "$T/pack" -xf "$T/m.tar"
	tar --numeric-owner "${@:3}" --transform 's,^\.,rootfs,rhS' \
		-cf "$2" -C "$T/pack" manifest -C "$1" .
}

# What GNU tar makes of it is what the mount, or the tree, must be.
same_as_tar() {
	mkdir "$T/want"
	tar -C "$T/want" --numeric-owner --xattrs --xattrs-include='*' -xpf "$1"
	add_places "$T/want/rootfs"
	"$TEST/lstree" "$T/want/rootfs" >"$T/want.list"
	"$TEST/lstree" "$2" >"$T/got.list"
	diff "$T/want.list" "$T/got.list"
	rm -rf "$T/want"
}

@test "cas-put: stores the tar byte for byte, and where rkt had it" {
	mkdir -p "$T/root/etc"
	echo hello >"$T/root/etc/motd"
	for how in gzip bzip2 xz zstd none; do
		echo "$how"
		rm -rf "$RKT_DIR/cas"
		mkaci -z "$how" "$T/root" "$T/x.aci"
		run -0 --separate-stderr put "$T/x.aci"
		is '' "$stderr"
		key=$(field .store.key)
		blob=$RKT_DIR/cas/blob/sha512/${key:7:2}/$key
		is "$(field .store.id)" \
			"sha512-$(sha512sum <"$blob" | cut -d' ' -f1)"
		case $how in
		gzip) gzip -dc "$T/x.aci" ;;
		bzip2 | xz | zstd) "$how" -dc "$T/x.aci" ;;
		none) cat "$T/x.aci" ;;
		esac | cmp - "$blob"
		is 444 "$(stat -c %a "$blob")"
		is "$(tar -xOf "$blob" manifest)" \
			"$(cat "$(field .store.manifest)")"
		is "$blob" "$(field '.store.root.devices[]')"
		is 'example.com/app []' "$(field '"\(.store.name) \(.store.missing)"')"
		fsck "$output"
		is hello "$(cat "$(root_of "$output")/etc/motd")"
		cas-store umount "$key"
	done
}

@test "cas-put: prints 64 digits with -q" {
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	run -0 --separate-stderr put -q "$T/x.aci"
	matches '^sha512-[0-9a-f]{64}$'
	is "$output" "$(cas-store ls -q)"
}

@test "cas-put: takes a manifest that stands last, and ./ before the names" {
	mkdir "$T/root"
	mkaci -L "$T/root" "$T/x.aci"
	run -0 put "$T/x.aci"
	"$TEST/mktar" "$T/y.aci" 'h("./", "5")' 'h("./manifest", "0",
		manifest(name="example.com/y")[512:].rstrip(b"\0"))' \
		'h("./rootfs/", "5")' 'h("./rootfs/a", data="A")'
	run -0 put "$T/y.aci"
	is A "$(cat "$(root_of "$output")/a")"
}

@test "cas-put: the mount is what tar unpacks, in every form of tar" {
	zoo "$T/root"
	for form in pax gnu 'pax --sparse' 'gnu --sparse' \
		'pax --sparse --sparse-version=0.1' \
		'pax --sparse --sparse-version=0.0'; do
		echo "$form"
		xattrs=(--xattrs --xattrs-include='*')
		test "${form#gnu}" = "$form" || xattrs=()
		# shellcheck disable=SC2086
		pack "$T/root" "$T/x.aci" --format=$form "${xattrs[@]}"
		run -0 --separate-stderr put "$T/x.aci"
		is '' "$stderr"
		fsck "$output"
		same_as_tar "$T/x.aci" "$(root_of "$output")"
	done
}

@test "cas-put: the unpacked tree is what tar unpacks, but for devices" {
	zoo "$T/root"
	pack "$T/root" "$T/x.aci" --format=pax --sparse --xattrs \
		--xattrs-include='*'
	run -0 --separate-stderr put --render=tree "$T/x.aci"
	is 'cas-put: x: 2 devices left out of the tree' "$stderr"
	is tree "$(field .store.root.kind)"
	tree=$(field .store.root.path)
	is "$tree" "$(root_of "$output")"
	mkdir "$T/want"
	tar -C "$T/want" --numeric-owner --xattrs --xattrs-include='*' \
		--exclude=rootfs/char --exclude=rootfs/block -xpf "$T/x.aci"
	add_places "$T/want/rootfs"
	diff <("$TEST/lstree" "$T/want/rootfs") <("$TEST/lstree" "$tree")
	test ! -e "$RKT_DIR/cas/index"
}

@test "cas-put: indexes a directory of 10,000 names and 2,000 files' links" {
	mkdir "$T/root"
	(cd "$T/root" && seq 10000 | xargs touch && seq -f l%g 2000 |
		xargs -n1 ln 1)
	pack "$T/root" "$T/x.aci"
	run -0 put "$T/x.aci"
	fsck "$output"
	same_as_tar "$T/x.aci" "$(root_of "$output")"
}

@test "cas-put: the same image gives the same index" {
	zoo "$T/root"
	pack "$T/root" "$T/x.aci" --xattrs
	put -q "$T/x.aci"
	cp "$RKT_DIR"/cas/index/* "$T/first"
	rm -r "$RKT_DIR/cas"
	put -q "$T/x.aci"
	cmp "$RKT_DIR"/cas/index/* "$T/first"
}

@test "cas-put: keeps a tree where an index cannot be mounted, as on tmpfs" {
	mount -t tmpfs tmpfs "$RKT_DIR"
	mkdir "$T/root"
	echo hello >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	run -71 --separate-stderr put --render=erofs "$T/x.aci"
	matches 'index: cannot be mounted: Block device required$' "$stderr"
	run -0 --separate-stderr put "$T/x.aci"
	is '' "$stderr"
	is tree "$(field .store.root.kind)"
	is hello "$(cat "$(field .store.root.path)/file")"
	is 700 "$(stat -c %a "$RKT_DIR/cas/tree")"
	run -0 env RKT_STORE_KIND=tree cas-put --insecure -q \
		<<<"$(record "$T/x.aci")"
	run -78 --separate-stderr env RKT_STORE_KIND=zip cas-put --insecure -q \
		<<<"$(record "$T/x.aci")"
	is 'cas-put: RKT_STORE_KIND: not auto, erofs or tree' "$stderr"
}

@test "cas-put: keeps what pathWhitelist names, and no more" {
	mkdir -p "$T/root"/{a/b,c}
	touch "$T/root"/{a/b/one,a/b/two,c/three,four}
	# Another name of a file that is kept is not.
	ln "$T/root/a/b/one" "$T/root/a/also"
	mkaci -m '.pathWhitelist = ["/a/b/one", "/c/", "/nothing"]' "$T/root" \
		"$T/x.aci"
	run -0 put "$T/x.aci"
	fsck "$output"
	is $'./a\n./a/b\n./a/b/one\n./c\n./dev\n./proc\n./sys' \
		"$(cd "$(root_of "$output")" && find . -mindepth 1 | sort)"
}

@test "cas-put: twice is once, also at the same time" {
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	for _ in 1 2 3 4 5 6; do put -q "$T/x.aci" & done | sort -u >"$T/keys"
	wait
	is 1 "$(wc -l <"$T/keys")"
	before=$(snapshot "$RKT_DIR/cas/blob" "$RKT_DIR/cas/index" \
		"$RKT_DIR/cas/image" "$RKT_DIR/cas/name")
	run -0 put -q "$T/x.aci"
	is "$before" "$(snapshot "$RKT_DIR/cas/blob" "$RKT_DIR/cas/index" \
		"$RKT_DIR/cas/image" "$RKT_DIR/cas/name")"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "cas-put: repairs an image whose index is gone" {
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	put -q "$T/x.aci"
	rm -r "$RKT_DIR"/cas/index/*
	run -0 put "$T/x.aci"
	root_of "$output"
	rm -r "$RKT_DIR"/cas/index
	run -0 put --render=tree "$T/x.aci"
	is tree "$(cas-store get "$(field .store.key)" | jq -r .store.root.kind)"
}

@test "cas-put: removes the pipe's own files in tmp, and no others" {
	mkdir -p "$T/root" "$RKT_DIR/cas/tmp"
	mkaci "$T/root" "$T/x.aci"
	for good in true false; do
		cp "$T/x.aci" "$RKT_DIR/cas/tmp/fetch-1"
		$good || echo rubbish >"$RKT_DIR/cas/tmp/fetch-1"
		touch "$RKT_DIR/cas/tmp/fetch-2" "$T/mine"
		record "$RKT_DIR/cas/tmp/fetch-1" ".fetch.asc = \"$RKT_DIR/cas/tmp/fetch-2\"" |
			cas-put --insecure >/dev/null || ! $good
		is '' "$(ls -A "$RKT_DIR/cas/tmp")"
	done
	record "$T/x.aci" ".fetch.asc = \"$T/mine\"" | cas-put --insecure
	test -e "$T/mine"
	test -e "$T/x.aci"
}

@test "cas-put: refuses what was not verified, or is not what was" {
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	digest=sha512-$(sha512sum <"$T/x.aci" | cut -d' ' -f1)
	run -65 --separate-stderr cas-put <<<"$(record "$T/x.aci")"
	is 'cas-put: x: not verified (aci-verify, or --insecure)' "$stderr"
	nothing_stored
	verify=".verify = {digest: \"$digest\", prefixes: [\"example.com\"]}"
	# A13: the file is another one than when it was verified.
	cp "$T/x.aci" "$T/y.aci"
	printf '\0' >>"$T/y.aci"
	for option in '' --insecure; do
		# shellcheck disable=SC2086
		run -65 --separate-stderr cas-put $option \
			<<<"$(record "$T/y.aci" "$verify")"
	done
	mkaci -n example.com/other "$T/root" "$T/y.aci"
	run -65 --separate-stderr cas-put <<<"$(record "$T/y.aci" "$verify")"
	matches '^cas-put: x: changed since it was verified' "$stderr"
	run -65 --separate-stderr cas-put --insecure \
		<<<"$(record "$T/y.aci" ".fetch.digest = \"$digest\"")"
	matches '^cas-put: x: changed since it was downloaded' "$stderr"
	nothing_stored
	run -65 --separate-stderr cas-put --insecure \
		<<<"$(record "$T/x.aci" '.verify = {}')"
	run -0 cas-put <<<"$(record "$T/x.aci" "$verify")"
}

@test "cas-put: refuses a manifest of another name, label or signer" {
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	digest=sha512-$(sha512sum <"$T/x.aci" | cut -d' ' -f1)
	for want in '.name = "example.com/other"' '.labels.version = "2.0"' \
		'.labels.channel = "beta"' '.labels.os = "plan9"'; do
		run -65 --separate-stderr cas-put --insecure <<<"$(record \
			"$T/x.aci" '.discover = {name: "example.com/app",
				labels: {version: "1.0"}} | .discover'"$want")"
		matches '^cas-put: x: its manifest has the .* as asked for$' "$stderr"
	done
	# At slashes only: R1.
	for prefix in example.com/ap example.co com example.com/app/x; do
		run -77 --separate-stderr cas-put <<<"$(record "$T/x.aci" ".verify =
			{digest: \"$digest\", prefixes: [\"$prefix\"]}")"
		is 'cas-put: x: signed by a key that is not trusted for its name "example.com/app"' \
			"$stderr"
	done
	run -77 --separate-stderr cas-put <<<"$(record "$T/x.aci" ".verify =
		{digest: \"$digest\"}")"
	nothing_stored
	for prefix in example.com example.com/app ''; do
		run -0 cas-put <<<"$(record "$T/x.aci" ".verify =
			{digest: \"$digest\", prefixes: [\"x\", \"$prefix\"]}")"
	done
}

@test "cas-put: refuses an image for another system" {
	mkdir "$T/root"
	mkaci -a nonsense "$T/root" "$T/x.aci"
	refused 65 '.*nonsense.*'
	mkaci -m '.labels = []' "$T/root" "$T/x.aci"
	refused 65 'missing os label in the image manifest'
}

@test "B1 tar-dotdot, tar-absolute: names that lead out are refused" {
	for name in ../x rootfs/../x rootfs/../../x rootfs/a/.. .. \
		./../x rootfs/..; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "h('$name', data='x')"
		refused 65 'entry 3: .*: ".." in its name'
	done
	for name in /x //x /rootfs/x ./../x/.. .//etc/passwd; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "h('$name')"
		refused 65 'entry 3: .*: (absolute name|".." in its name)'
	done
	for name in rootfs//x rootfs/./x rootfs/x/ . ./ rootfs/; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "h('$name')"
		refused 65 'entry 3: .*: not a plain name'
	done
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("")'
	refused 65 'entry 3: no name'
	for name in manifest2 rootfsX rootfsX/y etc/passwd; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "h('$name')"
		refused 65 'entry 3: .*: neither the manifest nor in rootfs'
	done
}

@test "B1 tar-long-name, tar-deep: 255 bytes, 4095 bytes, 256 deep" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax(path="rootfs/" + "x" * 256)' 'h("x")'
	refused 65 'entry 3: .*: name too long'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax(path="rootfs/" + "a/" * 3000 + "x")' 'h("x")'
	refused 65 'entry 3: .*: name too long'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'longname("rootfs/" + "a/" * 300 + "x")' 'h("x")'
	refused 65 'entry 3: .*: too many directories deep'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax(path="rootfs/a\0b")' 'h("x")'
	refused 65 'entry 3: path is empty or has a NUL'
	"$TEST/mktar" "$T/x.aci" 'manifest()' 'longname("rootfs/" + "x" * 255)' \
		'h("x", data="long")' 'longname("rootfs/" + "a/" * 255 + "x")' \
		'h("x", data="deep")'
	run -0 put "$T/x.aci"
	is long "$(cat "$(root_of "$output")/$(printf 'x%.0s' {1..255})")"
	run -0 put --render=tree "$T/x.aci"
}

@test "B2 tar-symlink-then-file: nothing is written through a link" {
	mkdir "$T/host"
	for target in "$T/host" ../../../../../../../../tmp . rootfs nowhere; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
			"h('rootfs/l', '2', link='$target')" 'h("rootfs/l/x", data="x")'
		refused 65 'entry 4: rootfs/l/x: below what is no directory'
	done
	test -z "$(ls "$T/host")"
}

@test "B3 tar-root-replaced: rootfs is a directory, once" {
	for type in 0 2 3 6; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' "h('rootfs', '$type', link='/')"
		refused 65 'entry 2: rootfs: not a directory'
	done
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs rootfs
	refused 65 'entry 3: rootfs: there twice'
	"$TEST/mktar" "$T/x.aci" 'h(".", "2", link="/")' 'manifest()' rootfs
	refused 65 'entry 1: \.: not a plain name'
}

@test "B4 tar-attributes-of-links: what a link points to stays as it is" {
	echo host >"$T/host"
	chmod 600 "$T/host"
	before=$(snapshot "$T/host")
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax({"SCHILY.xattr.user.x": "y"})' \
		"h('rootfs/l', '2', link='$T/host', mode=0o777, uid=7, mtime=7)"
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		run -0 --separate-stderr put --render="$kind" "$T/x.aci"
		is "7 7 $T/host" "$(stat -c '%u %Y' "$(root_of "$output")/l") $(
			readlink "$(root_of "$output")/l")"
		cas-store umount "$(field .store.key)"
	done
	is "$before" "$(snapshot "$T/host")"
}

@test "B5 tar-hardlink-outside: a hard link stays in the image" {
	for link in /etc/passwd ../../etc/passwd rootfs/../x etc/passwd manifest \
		rootfs/later rootfs/x; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
			"h('rootfs/x', '1', link='$link')" 'h("rootfs/later")'
		refused 65 'entry 3: .*'
	done
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("rootfs/d", "5")' \
		'h("rootfs/x", "1", link="rootfs/d")'
	refused 65 'entry 4: rootfs/x: hard link to a directory'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("rootfs/a")' \
		'h("rootfs/x", "1", data="other", link="rootfs/a")'
	refused 65 'entry 4: has data, and is no file'
}

@test "B7 tar-devices: no node of an image is on the host" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'h("rootfs/mem", "3", major=1, minor=1)' \
		'h("rootfs/sda", "4", major=8)'
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		run -0 put --render="$kind" "$T/x.aci"
		test -z "$(find "$RKT_DIR" -type b -o -type c)"
	done
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'h("rootfs/x", "3", major=4096)'
	rm -rf "$RKT_DIR/cas"
	refused 65 'entry 3: device number out of range'
}

@test "B8 setuid-in-store: nobody else reaches a setuid file" {
	mkdir "$T/root"
	cp /bin/busybox "$T/root/su"
	chmod 4755 "$T/root/su"
	mkaci "$T/root" "$T/x.aci"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	for mask in 000 077; do
		rm -rf "$RKT_DIR/cas"
		umask "$mask"
		run -0 put --render=tree "$T/x.aci"
		umask 022
		is 4755 "$(stat -c %a "$(field .store.root.path)/su")"
		run setpriv --reuid=65534 --clear-groups --regid=65534 \
			"$(field .store.root.path)/su" id
		test "$status" != 0
		is '700 755' "$(cd "$RKT_DIR/cas" && stat -c %a tree index image 2>&1 |
			grep -x '[0-9]*' | sort -u | xargs)"
	done
	rm -rf "$RKT_DIR/cas"
	run -0 put "$T/x.aci"
	root_of "$output"
	run setpriv --reuid=65534 --clear-groups --regid=65534 \
		"$(root_of "$output")/su" id
	test "$status" != 0
}

@test "B10 bomb: bytes, ratio, entries and manifest have limits" {
	# 100 MB of zeros in 100 kB.
	"$TEST/mktar" "$T/x.tar" 'manifest()' rootfs \
		'h("rootfs/x", data=bytes(100 << 20))'
	xz -8e -c "$T/x.tar" >"$T/x.aci"
	refused 65 'unpacks to more than 200 times its size'
	"$TEST/mktar" "$T/x.aci" 'h("manifest", data=b" " * (4 << 20 | 1))' rootfs
	refused 65 'entry 1: manifest: larger than 4 MiB'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("rootfs/x", size=2**60)'
	refused 65 'truncated: entry 3 ends beyond it'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax(path="rootfs/" + "x" * (2 << 20))' 'h("x")'
	refused 65 'entry 3: longer than 1048576 bytes'
}

@test "B10 bomb: a sparse file of 8 EiB takes no space" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'pax({
		"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
		"GNU.sparse.name": "rootfs/huge",
		"GNU.sparse.realsize": str(2**63 - 1)})' 'h("x", data=padded(b"0\n"))'
	run -65 --separate-stderr put "$T/x.aci"
	is 'cas-put: x: entry 3: sparse file: larger than 2 TiB' "$stderr"
	nothing_stored
}

@test "B11 manifest: once, a plain file, and valid" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'manifest()'
	refused 65 'entry 3: manifest: there twice'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'h("./manifest", data="{}")'
	refused 65 'entry 3: ./manifest: there twice'
	"$TEST/mktar" "$T/x.aci" rootfs 'h("rootfs/manifest")'
	refused 65 'it has no manifest'
	"$TEST/mktar" "$T/x.aci" 'manifest()'
	refused 65 'it has no rootfs'
	for type in 2 5 6; do
		"$TEST/mktar" "$T/x.aci" rootfs \
			"h('manifest', '$type', link='rootfs/x')"
		refused 65 'entry 2: manifest: not a plain file'
	done
	"$TEST/mktar" "$T/x.aci" rootfs 'h("rootfs/m")' \
		'h("manifest", "1", link="rootfs/m")'
	refused 65 'entry 3: manifest: not a plain file'
	"$TEST/mktar" "$T/x.aci" 'h("manifest", data="{")' rootfs
	refused 65 'manifest: .*'
	"$TEST/mktar" "$T/x.aci" 'manifest(name="")' rootfs
	refused 65 'manifest: name: .*'
}

@test "B11 tar-duplicate: a name is there once" {
	for second in 'h("rootfs/a")' 'h("rootfs/a", "5")' \
		'h("rootfs/a", "2", link="b")' 'h("./rootfs/a")' \
		'h("rootfs/a", "1", link="rootfs/a")'; do
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("rootfs/a")' \
			"$second"
		refused 65 'entry 4: .*: there twice'
	done
}

@test "B12 tar-headers: what can be read in two ways is refused" {
	one() {
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "${@:2}"
		refused 65 "$1"
	}
	one 'entry 3: damaged header' 'h("rootfs/a", sum=1)'
	one 'entry 3: not a ustar, pax or GNU header' \
		'h("rootfs/a", magic=b"\0" * 8)'
	one 'entry 3: type \\x4d not supported' 'h("rootfs/a", "M")'
	one 'entry 3: has data, and is no file' 'h("rootfs/a", "5", "data")'
	one 'entry 3: two extended headers' 'pax(path="a")' 'pax(path="b")' \
		'h("x")'
	one 'entry 3: two long names' 'longname("rootfs/a")' \
		'longname("rootfs/b")' 'h("x")'
	one 'entry 3: two long names' 'longname("rootfs/a")' \
		'pax(path="rootfs/b")' 'h("x")'
	one 'entry 3: path in a global header' 'pax({"path": "rootfs/b"}, "g")' \
		'h("rootfs/x")'
	one 'entry 3: malformed extended header' 'h("p", "x", "99 path=a\n")' \
		'h("rootfs/x")'
	one 'entry 3: malformed extended header' 'h("p", "x", "8 path=a\n9")' \
		'h("rootfs/x")'
	one 'entry 3: a header without its entry' 'pax(path="rootfs/a")'
	one 'entry 3: uid out of range' 'h("rootfs/x", uid=-1)'
	one 'entry 3: uid out of range' 'h("rootfs/x", uid=2**32)'
	one 'entry 3: uid out of range' 'pax(uid="4294967295")' 'h("rootfs/x")'
	one 'entry 3: gid is not a number in range' 'pax(gid="-1")' \
		'h("rootfs/x")'
	one 'entry 3: size out of range' 'h("rootfs/x", size=-1)'
	one 'entry 3: size is not a number in range' \
		'pax(size="9223372036854775808")' 'h("rootfs/x")'
	one 'entry 3: mtime out of range' 'h("rootfs/x", mtime=2**63 - 1)'
	one 'entry 3: mtime is not a time in range' \
		'pax(mtime="9223372036854775808")' 'h("rootfs/x")'
	one 'entry 3: mode is not a number' 'h("rootfs/x", mode=b"rwxr-xr")'
	one 'entry 3: no link target' 'h("rootfs/x", "2")'
}

@test "B12 tar-end: nothing is cut off, and nothing follows" {
	one() {
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h("rootfs/a", data="x")' \
			"${@:2}"
		refused 65 "$1"
	}
	one 'truncated' noend
	one 'truncated: it has no end marker' 'bytes(512)' noend
	one 'truncated: its last record is not 512 bytes' 'end[:1000]' noend
	one 'truncated: entry 4 ends beyond it' 'h("rootfs/b", size=9999)[:1024]' \
		noend
	one 'garbage after its end' end 'h("rootfs/b")'
	one 'garbage after its end' 'end' 'b"x" * 512' noend
	"$TEST/mktar" "$T/x.tar" 'manifest()' rootfs \
		'h("rootfs/a", data=bytes(range(256)) * 999)'
	for how in gzip bzip2 xz zstd; do
		"$how" -c "$T/x.tar" >"$T/whole"
		head -c -5 "$T/whole" >"$T/x.aci"
		refused 65 "$how: (truncated|damaged)"
		head -c 300 "$T/whole" >"$T/x.aci"
		refused 65 "$how: (truncated|damaged)"
		(cat "$T/whole" && echo garbage) >"$T/x.aci"
		refused 65 "$how: garbage after its end"
		python3 - "$T/whole" "$T/x.aci" <<-'PY'
			import sys
			data = bytearray(open(sys.argv[1], 'rb').read())
			data[len(data) // 2] ^= 64
			open(sys.argv[2], 'wb').write(data)
		PY
		refused 65 "($how: (truncated|damaged)|.*)"
		# Two streams behind one another are one.
		(head -c 700 "$T/x.tar" | "$how" -c && tail -c +701 "$T/x.tar" |
			"$how" -c) >"$T/x.aci"
		run -0 put "$T/x.aci"
		rm -r "$RKT_DIR/cas"
	done
	for text in '' x 'not an image at all' "$(printf '%0600d' 0)"; do
		printf %s "$text" >"$T/x.aci"
		refused 65 'neither a tar archive nor .*'
	done
}

@test "B12 tar-xattrs: only those that an image may bring" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'pax({
		"SCHILY.xattr.user.good": b"\0\n\xff",
		"SCHILY.xattr.user.overlay.opaque": "y",
		"SCHILY.xattr.trusted.overlay.opaque": "y",
		"SCHILY.xattr.trusted.overlay.redirect": "/etc",
		"SCHILY.xattr.security.selinux": "x",
		"SCHILY.xattr.system.posix_acl_access": "x",
		"LIBARCHIVE.xattr.user.other": "eA=="})' 'h("rootfs/d", "5")'
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		run -0 --separate-stderr put --render="$kind" "$T/x.aci"
		matches '^cas-put: x: extended attribute .* left out$' "$stderr"
		root=$(root_of "$output")
		is $'# file: d\nuser.good=0x000aff' \
			"$(cd "$root" && getfattr -dm- -e hex d)"
		cas-store umount "$(field .store.key)"
	done
	rm -rf "$RKT_DIR/cas"
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax({"SCHILY.xattr.security.capability": "x"})' 'h("rootfs/x")'
	refused 65 'entry 3: rootfs/x: malformed security.capability'
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax({"SCHILY.xattr.user.x": "x" * 70000})' 'h("rootfs/x")'
	refused 65 'entry 3: extended attributes too long'
}

@test "B12 tar-sparse: maps that do not fit are refused" {
	sparse() {
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs "pax({
			'GNU.sparse.major': '1', 'GNU.sparse.minor': '0',
			'GNU.sparse.name': 'rootfs/s',
			'GNU.sparse.realsize': '$2'})" \
			"h('x', data=padded(b'$3') + b'x' * $4)"
		refused 65 "entry 3: sparse file: $1"
	}
	sparse 'a piece beyond its end' 1000 '1\n512\n512\n' 512
	sparse 'pieces out of order' 4096 '2\n1024\n512\n0\n512\n' 1024
	sparse 'its pieces are not what is stored' 4096 '1\n1024\n512\n' 1024
	sparse 'malformed map' 4096 'x\n1024\n512\n' 512
	sparse 'malformed map' 4096 '2\n1024\n512\n' 512
	sparse 'too many pieces' 4096 '99999999999\n0\n' 512
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'pax({
		"GNU.sparse.size": "9", "GNU.sparse.offset": "0"})' 'h("rootfs/x")'
	refused 65 'entry 3: a sparse file of a form not supported'
}

@test "B16 names-of-bytes: kept as they are, and shown escaped" {
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
		'pax({"path": b"rootfs/e\xcc\x81"})' 'h("x")' \
		'pax({"path": b"rootfs/\xc3\xa9"})' 'h("x")' \
		'h(b"rootfs/\x1b[31m\xff")' 'h("rootfs/README")' 'h("rootfs/readme")'
	run -0 put "$T/x.aci"
	is '1b5b33316dff 65cc81 README c3a9 dev proc readme sys' "$(cd "$(root_of "$output")" &&
		python3 -c 'import os; print(*sorted(n.decode() if n.isalnum() else
			n.hex() for n in os.listdir(b".")))')"
	rm -r "$RKT_DIR/cas"
	"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs 'h(b"\x1b[31m/../x\n")'
	refused 65 'entry 3: \\x1b\[31m/../x\\x0a: ".." in its name'
}

@test "D8 cas-put: a path in a record is shown escaped" {
	run -66 --separate-stderr cas-put --insecure \
		<<<'{"v":1,"fetch":{"aci":"/no\u001b[31m/where"}}'
	is 'cas-put: /no\x1b[31m/where: No such file or directory' "$stderr"
}

@test "cas-put: a file that is no file is refused at once" {
	mkfifo "$T/fifo"
	run -65 --separate-stderr timeout 5 cas-put --insecure <<<"$(record "$T/fifo")"
	is "cas-put: $T/fifo: not a regular file" "$stderr"
	run -66 --separate-stderr cas-put --insecure <<<"$(record "$T/nothing")"
	run -65 --separate-stderr cas-put --insecure <<<'{"v":1,"image":"x"}'
	is 'cas-put: stdin: the record has neither fetch.aci nor convert' "$stderr"
}

@test "cas-put: a full disk is an error that leaves nothing" {
	mount -t tmpfs -o size=1m tmpfs "$RKT_DIR"
	mkdir "$T/root"
	head -c 2000000 /dev/urandom >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	refused 74 'write: No space left on device'
	# Room for the blob, and not for the tree.
	umount "$RKT_DIR"
	mount -t tmpfs -o size=3m tmpfs "$RKT_DIR"
	run -74 --separate-stderr put "$T/x.aci"
	matches 'unpack file: No space left on device$' "$stderr"
	is '' "$(cas-store ls)"
	cas-store gc --grace-period=0s
	nothing_stored
}

@test "cas-put: a disk that is full amid many files of a tree is one error" {
	mkdir "$T/root"
	for i in {100..499}; do
		head -c 8000 /dev/urandom >"$T/root/file-$i"
	done
	mkaci "$T/root" "$T/x.aci"
	mount -t tmpfs -o size=5m tmpfs "$RKT_DIR"
	run -74 --separate-stderr put --render=tree "$T/x.aci"
	matches '^cas-put: [^ ]*: unpack file-[1-4][0-9][0-9]: No space left on device$' \
		"$stderr"
	is '' "$(cas-store ls)"
	cas-store gc --grace-period=0s
	nothing_stored
}

@test "cas-put: out of room at any point, it takes back what it stored" {
	local inodes status last=1
	mkdir "$T/root"
	touch "$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	for inodes in {4..40}; do
		mount -t tmpfs -o "nr_inodes=$inodes" tmpfs "$RKT_DIR"
		status=0
		jq -nc --arg aci "$T/x.aci" '{v: 1, fetch: {aci: $aci}}' |
			cas-put -q --insecure >/dev/null 2>&1 || status=$?
		echo "$inodes inodes: $status"
		case $status in
		0)
			cas-store get -q example.com/app
			last=0
			;;
		73 | 74) is '' "$(find "$RKT_DIR" ! -type d)" ;;
		*) false ;;
		esac
		umount "$RKT_DIR"
		test $last = 1 || break
	done
	is 0 $last
}

@test "cas-put: leaves another rkt's store alone" {
	mkdir -p "$RKT_DIR/cas/db" "$T/root"
	mkaci "$T/root" "$T/x.aci"
	run -78 --separate-stderr put -q "$T/x.aci"
	is "cas-put: $RKT_DIR: the store of another rkt, left alone" "$stderr"
	is "$RKT_DIR/cas/db" "$(find "$RKT_DIR/cas" -mindepth 1)"
}
