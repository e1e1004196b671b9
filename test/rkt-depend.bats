#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rkt-depend - rkt fetch and rkt run of an image that is made of others
# shellcheck disable=SC2016,SC2154

load helpers
load web

setup_file() {
	web_start example.com
	busybox_root "$BATS_FILE_TMPDIR/busybox"
	# Names in the order of what depends on what; sh is in the lowest.
	publish base '[]'
	publish middle '["base"]'
	publish other '["base"]'
	publish top '["middle", "other"]'
	publish ring-a '["ring-b"]'
	publish ring-b '["ring-a"]'
	publish lame '["middle", "absent"]'
}

teardown_file() {
	web_end
}

# publish NAME DEPENDENCIES: example.com/NAME, signed, with a file of its name.
publish() {
	local root=$BATS_FILE_TMPDIR/$1
	mkdir -p "$root"
	echo "$1" >"$root/$1"
	test "$1" != base || cp -a "$BATS_FILE_TMPDIR/busybox/bin" "$root"
	mkaci -n "example.com/$1" -x '["/bin/sh", "-c"]' -m ".dependencies = ($2 |
		map({imageName: (\"example.com/\" + .), labels: [{name: \"version\",
		value: \"1.0\"}]}))" "$root" "$WEB/example.com/$1.aci"
	sign good "$WEB/example.com/$1.aci"
	web_page "example.com/$1" "$(web_tag ac-discovery "example.com/$1" \
		'https://{name}.{ext}')"
}

setup() {
	fresh
	trust_key good example.com
	web_requests >/dev/null
}

# downloads: the images that were, in their order.
downloads() {
	web_requests | sed -n 's,^GET https://example.com/\(.*\).aci 200$,\1,p' |
		tr '\n' ' '
}

@test "rkt fetch: an image and all that it depends on, each once" {
	run -0 --separate-stderr rkt fetch --full example.com/top
	is 'top middle other base ' "$(downloads)"
	is "$(cas-store get -q example.com/top)"
	is 'rkt: searching for app image example.com/top
rkt: searching for app image example.com/middle,version=1.0
rkt: searching for app image example.com/other,version=1.0
rkt: searching for app image example.com/base,version=1.0' \
		"$(grep searching <<<"$stderr")"
	run -0 rkt run example.com/top -- 'cd / && cat top middle other base'
	is 'top
middle
other
base'
	is '' "$(downloads)"
	# What was fetched before is not downloaded again.
	cas-store rm example.com/top example.com/middle
	run -0 --separate-stderr rkt fetch example.com/top
	is 'top middle ' "$(downloads)"
}

@test "rkt run: fetches what an image depends on" {
	run -0 --separate-stderr rkt run example.com/top -- 'cat /base /top'
	is 'base
top'
	is 'top middle other base ' "$(downloads)"
}

@test "rkt fetch: a dependency is trusted by its own name, not by who wants it" {
	rm -r "$RKT_CONF/trustedkeys"
	trust_key good example.com/top
	run -254 --separate-stderr rkt fetch example.com/top
	is ''
	matches 'rkt: example.com/middle: signature by a key that is not trusted' \
		"$stderr"
	run -254 --separate-stderr rkt run example.com/top -- true
	is '' "$(ls "$RKT_DIR"/pods/* 2>/dev/null)"
}

@test "rkt fetch: a dependency that nobody has, and the rest of the work is kept" {
	run -254 --separate-stderr rkt fetch example.com/lame
	is ''
	matches 'discovery failed for "example.com/absent"' "$stderr"
	is 'lame middle ' "$(downloads)"
	publish absent '[]'
	# The image itself waits for it in the store, and is only asked about.
	run -0 --separate-stderr rkt fetch example.com/lame
	is 'base absent ' "$(downloads)"
	run -0 rkt run example.com/lame -- 'cat /absent'
	is absent
}

@test "B10 rkt fetch: images that depend on each other are refused" {
	run -254 --separate-stderr rkt fetch example.com/ring-a
	is ''
	matches 'depends on itself' "$stderr"
	is 'ring-a ring-b ' "$(downloads)"
}

@test "rkt fetch: without their signatures, all of them" {
	rm -r "$RKT_CONF/trustedkeys"
	run -0 --separate-stderr rkt --insecure-options=image fetch \
		example.com/top
	is 4 "$(grep -c 'signature verification has been disabled' <<<"$stderr")"
}

@test "cas-store get --missing: what is to be fetched besides, as it is asked for" {
	mkdir "$T/root"
	mkaci -n example.com/odd -m '.dependencies = [{imageName: "example.com/x",
		labels: [{name: "note", value: "a,b=c%d e"}]}]' "$T/root" "$T/x.aci"
	put_aci "$T/x.aci"
	run -0 --separate-stderr cas-store get --missing example.com/odd
	missing=$output
	is 'example.com/x,note=a%2cb=c%25d%20e'
	run -254 --separate-stderr rkt fetch --local "$missing"
	is "rkt: $missing: not in the store" "$stderr"
	mkaci -n example.com/x -l 'note=a,b' "$T/root" "$T/x.aci"
	put_aci "$T/x.aci" >"$T/key"
	run -0 cas-store get -q example.com/x,note=a%2cb
	is "$(cat "$T/key")"
}
