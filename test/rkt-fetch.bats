#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rkt-fetch - rkt fetch: from a reference to a decision what to fetch
#
# The rows are those of the founding documents' commands: what people saw
# there on stderr and stdout is what they see here.
# shellcheck disable=SC2154

load helpers
load web

URL=https://example.com/app-1.0.aci

setup_file() {
	web_start example.com
	mkdir "$BATS_FILE_TMPDIR/root"
	echo data >"$BATS_FILE_TMPDIR/root/file"
	web_page example.com "$(
		web_tag ac-discovery example.com/app \
			'https://example.com/app-{version}.{ext}'
	)"
	mkaci "$BATS_FILE_TMPDIR/root" "$WEB/example.com/app-1.0.aci"
	sign good "$WEB/example.com/app-1.0.aci"
}

teardown_file() {
	web_end
}

# The key, 32 digits of it, of an image file.
short_key() {
	echo "sha512-$(gzip -dc "$1" | sha512sum | head -c 32)"
}

@test "row 9 rkt fetch: a URL with an old signature beside it" {
	local old=https://example.com/old.aci
	trust_key good example.com/app
	cp "$WEB/example.com/app-1.0.aci" "$WEB/example.com/old.aci"
	cp "$WEB/example.com/app-1.0.aci.asc" "$WEB/example.com/old.sig"
	run -0 --separate-stderr rkt fetch "$old"
	is "$(short_key "$WEB/example.com/old.aci")"
	matches "^rkt: fetching image from $old
Downloading signature from $old.asc
Downloading signature from https://example.com/old.sig
Downloading ACI: [0-9.]+ B
rkt: signature verified:
  good <good@example.com>\$" "$stderr"
}

@test "rows 10, 13, 14 rkt fetch: a name, and the blob as it was" {
	local key
	trust_key good example.com/app
	run -0 --separate-stderr rkt fetch example.com/app:1.0
	is "$(short_key "$WEB/example.com/app-1.0.aci")"
	matches "^rkt: searching for app image example.com/app:1.0
rkt: fetching image from $URL
Downloading signature from $URL.asc
Downloading ACI: [0-9.]+ B
rkt: signature verified:
  good <good@example.com>\$" "$stderr"
	run -0 --separate-stderr rkt fetch --full example.com/app:1.0
	key=$output
	is 71 "${#key}"
	is "$RKT_DIR/cas/blob/
$RKT_DIR/cas/blob/sha512
$RKT_DIR/cas/blob/sha512/${key:7:2}
$RKT_DIR/cas/blob/sha512/${key:7:2}/$key" "$(find "$RKT_DIR/cas/blob/")"
	cmp <(gzip -dc "$WEB/example.com/app-1.0.aci") \
		"$RKT_DIR/cas/blob/sha512/${key:7:2}/$key"
}

@test "rows 11, 26 rkt fetch: without a key refused, unless told not to check" {
	run -254 --separate-stderr rkt fetch example.com/app:1.0
	is ''
	matches 'rkt: example.com/app: signature by a key that is not trusted' \
		"$stderr"
	run -0 --separate-stderr rkt -insecure-skip-verify fetch \
		example.com/app:1.0
	is "$(short_key "$WEB/example.com/app-1.0.aci")"
	matches "rkt: fetching image from $URL
rkt: warning: signature verification has been disabled
Downloading ACI: [0-9.]+ B\$" "$stderr"
}

@test "row 21 rkt fetch: an id that is none, naming the character" {
	run -254 --separate-stderr rkt fetch sha512-1z
	is 'rkt: sha512-1z: image ID holds "z", which is not a lower-case'\
' hexadecimal digit' "$stderr"
}

@test "rkt fetch: a file says which one it is, and is not searched for" {
	trust_key good --root
	cp "$WEB/example.com/app-1.0.aci" "$T/app.aci"
	cp "$WEB/example.com/app-1.0.aci.asc" "$T/app.aci.asc"
	cd "$T"
	run -0 --separate-stderr rkt fetch app.aci
	is 'rkt: using image from file app.aci
rkt: signature verified:
  good <good@example.com>' "$stderr"
}

@test "rkt fetch: --pull-policy says when a server is asked" {
	trust_key good example.com/app
	run -254 --separate-stderr rkt fetch --store-only example.com/app:1.0
	is 'rkt: example.com/app:1.0: not in the store' "$stderr"
	rkt fetch example.com/app:1.0
	web_requests >/dev/null
	run -0 --separate-stderr rkt fetch --pull-policy=new example.com/app:1.0
	is '' "$stderr"
	run -0 --separate-stderr rkt fetch --pull-policy=never \
		example.com/app:1.0
	is '' "$stderr"
	is '' "$(web_requests)"
}

# traced RKT-ARG...: the pipe that RKT_TRACE=1 shows, with its success.
traced() {
	RKT_TRACE=1 rkt "$@" 2>&1 >/dev/null | grep '^aci-'
}

@test "RKT_TRACE: each line of a fetch runs by itself at a prompt" {
	local line
	trust_key good --root
	line=$(traced fetch example.com/app:1.0)
	is 'aci-discover example.com/app:1.0 | aci-fetch | aci-verify |'\
' cas-put -q' "$line"
	rm -r "$RKT_DIR/cas"
	run -0 --separate-stderr sh -c "$line"
	is "$(short_key "$WEB/example.com/app-1.0.aci")" "${output:0:39}"
	line=$(traced --insecure-options=image,tls fetch example.com/app:1.0)
	is 'aci-discover --insecure-options=tls example.com/app:1.0 |'\
' aci-fetch --insecure-options=tls --no-signature |'\
' cas-put -q --insecure' "$line"
	rm -r "$RKT_DIR/cas"
	run -0 --separate-stderr sh -c "$line"
	is "$(short_key "$WEB/example.com/app-1.0.aci")" "${output:0:39}"
}

@test "RKT_TRACE: a name with quotes and blanks is quoted" {
	local name="it's \"a\" \$(touch x).aci" line
	cd "$T"
	cp "$WEB/example.com/app-1.0.aci" "$name"
	line=$(traced --insecure-options=image fetch "./$name")
	rm -r "$RKT_DIR/cas"
	run -0 --separate-stderr sh -c "$line"
	is "$(short_key "$WEB/example.com/app-1.0.aci")" "${output:0:39}"
	test ! -e x
}

