#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rkt-pull - rkt run and rkt prepare: which image a pod gets, and from where
# shellcheck disable=SC2016,SC2154

load helpers
load web

URL=https://example.com/app.aci
NAME=example.com/busybox:1.0

setup_file() {
	web_start example.com
	web_page example.com "$(web_tag ac-discovery example.com/busybox \
		"$URL")"
	image 1
	image 2
	web_extra example.com 'add_header Cache-Control $age;
		set $age "max-age=0"; if ($uri ~ fresh) { set $age max-age=60; }'
}

teardown_file() {
	web_end
}

# image NUMBER: a signed one, which says that number.
image() {
	busybox_root "$BATS_FILE_TMPDIR/root"
	echo "$1" >"$BATS_FILE_TMPDIR/root/number"
	mkaci -n example.com/busybox -x '["/bin/cat","/number"]' -z none \
		"$BATS_FILE_TMPDIR/root" "$BATS_FILE_TMPDIR/$1.aci"
	sign good "$BATS_FILE_TMPDIR/$1.aci"
}

setup() {
	fresh
	trust_key good --root
	serve 1
	web_requests >/dev/null
}

teardown() {
	test -e "$WEB/etc/nginx.pid" || web_restart
	stale
}

# serve NUMBER: that image is at URL from now on, and at its fresh one.
serve() {
	local path
	for path in app fresh; do
		cp "$BATS_FILE_TMPDIR/$1.aci" "$WEB/example.com/$path.aci"
		cp "$BATS_FILE_TMPDIR/$1.aci.asc" \
			"$WEB/example.com/$path.aci.asc"
		# Of which nginx makes the ETag, and of the size.
		touch -d "@$1" "$WEB/example.com/$path.aci"
	done
}

# says NUMBER RKT-ARG...: that image runs; $asked is what the server was.
says() {
	run -0 --separate-stderr rkt "${@:2}"
	is "$1"
	asked=$(web_requests)
}

@test "row 17 rkt run URL: fetched once, then asked whether it has changed" {
	says 1 run "$URL"
	matches "GET $URL 200" "$asked"
	matches "^rkt: fetching image from $URL
Downloading signature from $URL.asc
Downloading ACI: [0-9.]+ .B
rkt: signature verified:
  good <good@example.com>\$" "$stderr"
	says 1 run "$URL"
	matches "GET $URL 304" "$asked"
	matches "rkt: $URL: the image has not changed\$" "$stderr"
	serve 2
	says 2 run "$URL"
	matches "GET $URL 200" "$asked"
	matches "rkt: $URL: the image has changed, it was sha512-" "$stderr"
}

@test "rkt run URL: not asked while it is fresh, nor when nobody may be" {
	says 1 run https://example.com/fresh.aci
	serve 2
	says 1 run https://example.com/fresh.aci
	is '' "$asked$stderr"
	says 1 run --pull-policy=update https://example.com/fresh.aci
	is '' "$asked$stderr"
	says 1 run "$URL" || :
	for option in --pull-policy=never --local --store-only; do
		serve 1
		says 2 run "$option" "$URL"
		is '' "$asked$stderr"
	done
}

@test "rkt run URL: the store's image when the remote is away, with a warning" {
	says 1 run "$URL"
	web_stop
	says 1 run "$URL"
	matches "rkt: warning: $URL: using the image of the store\$" "$stderr"
	run -0 --separate-stderr rkt prepare "$URL"
	matches "rkt: warning: $URL: using the image of the store\$" "$stderr"
	# Who asks for a fetch gets one, or an error.
	run -254 --separate-stderr rkt fetch "$URL"
	matches "$URL: .*Could.*connect" "$stderr"
	# And what is not in the store cannot be used.
	run -254 --separate-stderr rkt run https://example.com/other.aci
	is '' "$output"
	web_restart
	# Gone, or the server broken, is as good as away.
	rm "$WEB/example.com/app.aci" "$WEB/example.com/app.aci.asc"
	says 1 run "$URL"
	matches "bad HTTP status code: 404
rkt: warning: $URL: using the image of the store\$" "$stderr"
}

@test "rkt run URL: what is not trusted is never away" {
	says 1 run "$URL"
	# Another image, which a stranger signed, or nobody.
	serve 2
	sign mallory "$WEB/example.com/app.aci"
	run -254 --separate-stderr rkt run "$URL"
	is '' "$output"
	matches 'signature by a key that is not trusted' "$stderr"
	rm "$WEB/example.com/app.aci.asc"
	run -254 --separate-stderr rkt run "$URL"
	is '' "$output"
	matches 'image is not signed' "$stderr"
	# Nothing has changed, but the signer is trusted no more.
	serve 1
	says 1 run "$URL"
	rm -r "$RKT_CONF/trustedkeys"
	run -254 --separate-stderr rkt run "$URL"
	is '' "$output"
	matches 'signed by a key that is no longer trusted' "$stderr"
	# Nor does it help that the server is away.
	web_stop
	run -254 --separate-stderr rkt run "$URL"
	is '' "$output"
	matches 'signed by a key that is no longer trusted' "$stderr"
	says 1 --insecure-options=image run "$URL"
}

@test "rkt run NAME: the store's, unless the policy is to ask for it" {
	says 1 run "$NAME"
	matches "^rkt: searching for app image $NAME
rkt: fetching image from $URL" "$stderr"
	serve 2
	says 1 run "$NAME"
	is '' "$asked$stderr"
	says 2 run --pull-policy=update "$NAME"
	matches "rkt: $NAME: the image has changed, it was sha512-" "$stderr"
	says 2 run --no-store "$NAME"
	matches "rkt: $NAME: the image has not changed\$" "$stderr"
	# What was served last is what the name means, though it is not new.
	serve 1
	says 1 run --pull-policy=update "$NAME"
	says 1 run "$NAME"
	web_stop
	says 1 run --pull-policy=update "$NAME"
	matches "rkt: warning: $NAME: using the image of the store\$" "$stderr"
}

@test "rkt run: nobody is asked for an image that nobody may be asked for" {
	run -254 --separate-stderr rkt run --local "$NAME"
	is "rkt: $NAME: not in the store" "$stderr"
	run -254 --separate-stderr rkt run --pull-policy=update sha512-0000
	is 'rkt: sha512-0000: not in the store' "$stderr"
	is '' "$(web_requests)"
}

@test "rkt run FILE: what is in the file now, by whichever policy" {
	cp "$BATS_FILE_TMPDIR"/1.aci "$T/x.aci"
	cp "$BATS_FILE_TMPDIR"/1.aci.asc "$T/x.aci.asc"
	says 1 run "$T/x.aci"
	cp "$BATS_FILE_TMPDIR"/2.aci "$T/x.aci"
	cp "$BATS_FILE_TMPDIR"/2.aci.asc "$T/x.aci.asc"
	says 2 run --pull-policy=never "$T/x.aci"
	says 2 run "file://$T/x.aci"
	rm "$T/x.aci"
	run -254 --separate-stderr rkt run "$T/x.aci"
	matches "^rkt: $T/x.aci: No such file or directory\$" "$stderr"
}

@test "rkt run, rkt fetch: --signature takes that file, for the image before it" {
	cp "$BATS_FILE_TMPDIR"/1.aci "$T/x.aci"
	cp "$BATS_FILE_TMPDIR"/1.aci.asc "$T/apart"
	cp "$BATS_FILE_TMPDIR"/2.aci.asc "$T/wrong"
	run -254 --separate-stderr rkt run "$T/x.aci"
	matches 'image is not signed' "$stderr"
	says 1 run "$T/x.aci" --signature="$T/apart"
	says 1 run "$T/x.aci" --signature "$T/apart"
	run -254 --separate-stderr rkt run "$T/x.aci" --signature="$T/wrong"
	matches 'does not verify' "$stderr"
	run -0 --separate-stderr rkt fetch "$T/x.aci" -signature="$T/apart" "$URL"
	is 2 "${#lines[@]}"
	# Also of what a server has: its own is not asked for then.
	rm "$WEB/example.com/app.aci.asc"
	web_requests >/dev/null
	run -0 --separate-stderr rkt fetch "$URL" --signature="$T/apart"
	is "GET $URL 200" "$(web_requests)"
}

@test "rkt run: two at once download once, and both run" {
	local first
	rkt run "$URL" >"$T/one" 2>"$T/one.err" 3>&- &
	first=$!
	rkt run "$URL" >"$T/two" 2>"$T/two.err" 3>&-
	wait "$first"
	is 1 "$(cat "$T/one")"
	is 1 "$(cat "$T/two")"
	is 1 "$(web_requests | grep -c "GET $URL 200")"
}
