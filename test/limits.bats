# SPDX-License-Identifier: Apache-2.0
# limits - images as large as they may be, in the memory that there is
# shellcheck disable=SC2154
load helpers

# put KIND FILE: stores it; prints the key, and to T/memory the KiB it took.
put() {
	jq -nc --arg aci "$2" '{v: 1, image: "x", fetch: {aci: $aci}}' |
		/usr/bin/time -q -o "$T/memory" -f %M \
			cas-put --insecure -q "--render=$1"
}

in_64_mib() {
	local limit=65536 memory
	memory=$(cat "$T/memory")
	! readelf -dW "$BIN/cas-put" | grep -qF libasan || limit=524288
	echo "$memory KiB"
	test "$memory" -gt 1000
	test "$memory" -le "$limit"
}

@test "cas-put: a million entries in 64 MiB, each where it should be" {
	"$TEST/archives/many" files 999998 >"$T/x.aci"
	run -0 put erofs "$T/x.aci"
	in_64_mib
	root=$(cas-store mount "$output")
	# With the root and the three directories that it did not have.
	is 1000002 "$(find "$root" | wc -l)"
	is rootfs/000000/f10 "$(cat "$root/000000/f10")"
	is rootfs/000999/f999990 "$(cat "$root/000999/f999990")"
	is 0 "$(stat -c %s "$root/000999/f999997")"
	cas-store umount "$output"
	# The next has one too many.
	"$TEST/archives/many" files 999999 >"$T/x.aci"
	run -65 --separate-stderr put erofs "$T/x.aci"
	is 'cas-put: x: more than 1000000 entries' "$stderr"
}

@test "cas-put: 50,000 entries as a tree, in 64 MiB" {
	"$TEST/archives/many" files 50000 >"$T/x.aci"
	run -0 put tree "$T/x.aci"
	in_64_mib
	root=$(cas-store mount "$output")
	is 50004 "$(find "$root" | wc -l)"
	is rootfs/000049/f49990 "$(cat "$root/000049/f49990")"
}

@test "cas-put: 70,000 names of a file fit an index, and no tree on ext4" {
	"$TEST/archives/many" links 70000 >"$T/x.aci"
	run -0 --separate-stderr put erofs "$T/x.aci"
	root=$(cas-store mount "$output")
	is '70000 12' "$(stat -c '%h %s' "$root/first")"
	is "$(stat -c %i "$root/first")" "$(stat -c %i "$root/000069/69999")"
	cas-store umount "$output"
	cas-store rm "$output"
	run -71 --separate-stderr put tree "$T/x.aci"
	matches '^cas-put: x: unpack 0000(64|65)/65[0-9]+: Too many links$' "$stderr"
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
	# As many as there may be.
	"$TEST/archives/many" links 60000 >"$T/x.aci"
	run -0 --separate-stderr put tree "$T/x.aci"
	is 60000 "$(stat -c %h "$(cas-store mount "$output")/first")"
}

@test "B12: attributes too large for the disk fit an index, and no tree" {
	attributes() {
		"$TEST/mktar" "$T/x.aci" 'manifest()' rootfs \
			"pax({'SCHILY.xattr.user.x': 'y' * $1})" 'h("rootfs/a")'
	}
	length() {
		getfattr --only-values -n user.x "$(cas-store mount "$1")/a" |
			wc -c
	}
	attributes 60000
	run -0 --separate-stderr put erofs "$T/x.aci"
	is 60000 "$(length "$output")"
	cas-store umount "$output"
	cas-store rm "$output"
	cas-store gc --grace-period=0s
	run -74 --separate-stderr put tree "$T/x.aci"
	is "cas-put: x: unpack a: No space left on device" "$stderr"
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
	attributes 3900
	run -0 --separate-stderr put tree "$T/x.aci"
	is 3900 "$(length "$output")"
}
