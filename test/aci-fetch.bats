#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# aci-fetch - from the place of an image, or key, to files in the store's tmp
# shellcheck disable=SC2016,SC2059,SC2154

load helpers
load web

URL=https://example.com/app.aci

setup_file() {
	web_start example.com other.example
	head -c 300000 /dev/urandom >"$WEB/example.com/app.aci"
	echo 'a signature' >"$WEB/example.com/app.aci.asc"
	cp "$WEB/example.com/app.aci" "$WEB/example.com/unsigned.aci"
	cp "$WEB/example.com/app.aci" "$WEB/example.com/old.aci"
	echo 'an old signature' >"$WEB/example.com/old.sig"
	echo 'a key' >"$WEB/example.com/a.gpg"
	echo 'another key' >"$WEB/example.com/b.gpg"
}

teardown_file() {
	web_end
}

setup() {
	fresh
	web_requests >/dev/null
}

teardown() {
	web_uncan
	stale
}

# fetch ARG...: with success
fetch() {
	run -0 --separate-stderr aci-fetch "$@"
}

# refuses STATUS MESSAGE ARG...: the last line says so, and nothing is left
refuses() {
	run "-$1" --separate-stderr aci-fetch "${@:3}"
	is "aci-fetch: $2" "$(tail -n 1 <<<"$stderr")"
	is "{\"v\":1,\"error\":{\"step\":\"fetch\",\"status\":$1}}"
	is '' "$(left)"
}

# What lies in the store's tmp.
left() {
	find "$RKT_DIR" -type f
}

# endpoints URL...: a record with them
endpoints() {
	jq -nc '{v: 1, image: "example.com/app", other: [1], discover: {
		name: "example.com/app", labels: {}, keys: [],
		endpoints: [$ARGS.positional[] |
			{aci: ., asc: (. + ".asc")}]}}' --args "$@"
}

# keys URL...: a record with them
keys() {
	jq -nc '{v: 1, discover: {name: "example.com",
		keys: $ARGS.positional}}' --args "$@"
}

# canned TEXT: a server's answer, word for word, at port 8443
canned() {
	printf "$1" >"$T/canned"
	web_canned example.com 8443 "$T/canned"
}

@test "aci-fetch: downloads image and signature, and says what they are" {
	fetch <<<"$(endpoints "$URL")"
	is "aci-fetch: fetching image from $URL
Downloading signature from $URL.asc
Downloading ACI: 300 KB" "$stderr"
	cmp "$WEB/example.com/app.aci" "$(field .fetch.aci)"
	cmp "$WEB/example.com/app.aci.asc" "$(field .fetch.asc)"
	is "$URL" "$(field .fetch.url)"
	is false "$(jq '.fetch | has("digest")' <<<"$output")"
	matches '^"[0-9a-f]+-[0-9a-f]+"$' "$(field .fetch.etag)"
	is 0 "$(field .fetch.maxAge)"
	is '[1]' "$(jq -c .other <<<"$output")"
	is '700 600 600' "$(stat -c %a "$RKT_DIR/cas/tmp" \
		"$RKT_DIR"/cas/tmp/* | paste -sd ' ')"
	is 2 "$(left | wc -l)"
}

@test "aci-fetch: the lines of rkt's own under RKT_PROG" {
	RKT_PROG=rkt run -0 --separate-stderr aci-fetch "$URL"
	is "rkt: fetching image from $URL" "${stderr_lines[0]}"
	RKT_PROG=rkt run -69 --separate-stderr aci-fetch https://example.com/no.aci
	is 'rkt: https://example.com/no.aci: bad HTTP status code: 404' \
		"${stderr_lines[-1]}"
}

@test "aci-fetch: a bar on a terminal, whose last line is full" {
	in_tty aci-fetch "$URL" >"$T/typed"
	bar=$(printf '=%.0s' {1..45})
	grep -qF "Downloading ACI: [$bar] 300 KB/300 KB" "$T/typed"
	# At most four times a second.
	web_extra example.com 'limit_rate 200k;'
	in_tty aci-fetch "$URL" >"$T/typed"
	web_extra example.com ''
	test "$(grep -o 'Downloading ACI' "$T/typed" | wc -l)" -le 10
	grep -qE 'Downloading ACI: \[=+ +\] [0-9.]+ KB/300 KB' "$T/typed"
}

@test "aci-fetch: remembers how long an image is fresh" {
	for control in 'max-age=300 300' 'public,max-age=60 60' \
		'max-age=60,no-cache 0' 'no-store 0' 'max-age=-1 0' \
		'max-age=99999999999 0'; do
		web_extra example.com "add_header Cache-Control ${control% *};"
		fetch "$URL"
		is "${control#* }" "$(field .fetch.maxAge)"
	done
	web_extra example.com ''
}

@test "aci-fetch: takes a URL or a file by itself" {
	fetch "$URL?x=1"
	is "$URL?x=1" "$(field .fetch.url)"
	matches 'GET https://example.com/app.aci.asc.x=1 200' "$(web_requests)"
	cd "$WEB/example.com"
	for place in app.aci "$PWD/app.aci" "file://$PWD/app.aci"; do
		fetch "$place"
		is "aci-fetch: using image from file ${place#file://}" "$stderr"
		cmp app.aci "$(field .fetch.aci)"
		cmp app.aci.asc "$(field .fetch.asc)"
		is "file://$PWD/app.aci" "$(field .fetch.url)"
		is "$place" "$(field .image)"
	done
	run -0 --separate-stderr aci-fetch <<<'{"v":1,"image":"./app.aci"}'
	is "file://$PWD/app.aci" "$(field .fetch.url)"
}

@test "aci-fetch: an old signature in place of the image, where there is no new one" {
	fetch https://example.com/old.aci
	is 'an old signature' "$(cat "$(field .fetch.asc)")"
	fetch "$WEB/example.com/old.aci"
	is 'an old signature' "$(cat "$(field .fetch.asc)")"
}

@test "aci-fetch: an unsigned image is status 65, and none at all 69" {
	local digest
	refuses 65 'https://example.com/unsigned.aci: image is not signed: there is no https://example.com/unsigned.aci.asc' \
		https://example.com/unsigned.aci
	refuses 65 "$WEB/example.com/unsigned.aci: image is not signed: there is no $WEB/example.com/unsigned.aci.asc" \
		"$WEB/example.com/unsigned.aci"
	refuses 69 'https://example.com/no.aci: bad HTTP status code: 404' \
		https://example.com/no.aci
	refuses 66 "$T/no.aci: No such file or directory" "$T/no.aci"
	fetch --no-signature https://example.com/unsigned.aci
	is null "$(jq -c .fetch.asc <<<"$output")"
	# Which nobody else is going to hash before it is stored.
	digest=sha512-$(sha512sum <"$WEB/example.com/unsigned.aci" | cut -d ' ' -f 1)
	is "$digest" "$(field .fetch.digest)"
	is 'GET https://example.com/unsigned.aci 200' "$(web_requests | tail -n 1)"
	fetch --no-signature "$WEB/example.com/unsigned.aci"
	is "$digest" "$(field .fetch.digest)"
}

@test "aci-fetch: --signature takes the place of the image's own" {
	echo mine >"$T/mine.asc"
	for place in "$URL" "$WEB/example.com/unsigned.aci"; do
		fetch --signature="$T/mine.asc" "$place"
		is mine "$(cat "$(field .fetch.asc)")"
	done
	is "GET $URL 200" "$(web_requests)"
	rm -r "$RKT_DIR/cas"
	refuses 66 "$T/none: No such file or directory" --signature="$T/none" "$URL"
}

@test "aci-fetch: tries endpoints in their order until one has it all" {
	fetch <<<"$(endpoints https://example.com/no.aci \
		https://example.com/unsigned.aci "$URL" https://example.com/old.aci)"
	is "$URL" "$(field .fetch.url)"
	is 2 "$(left | wc -l)"
	is 2 "$(grep -c 'trying the next$' <<<"$stderr")"
	rm -r "$RKT_DIR/cas"
	refuses 69 'https://example.com/no.aci: bad HTTP status code: 404' \
		<<<"$(endpoints https://example.com/unsigned.aci https://example.com/no.aci)"
}

@test "A7 aci-fetch: an http endpoint is not used unless that is asked for" {
	web_plain example.com
	refuses 69 'http://example.com/app.aci: http is not allowed' \
		--no-signature <<<"$(endpoints http://example.com/app.aci)"
	refuses 69 'http://example.com/app.aci: http is not allowed' \
		--no-signature --insecure-options=tls,image \
		<<<"$(endpoints http://example.com/app.aci)"
	is '' "$(web_requests)"
	fetch --insecure-options=http <<<"$(endpoints http://example.com/app.aci)"
	# Who writes down such a URL has asked for it.
	fetch http://example.com/app.aci
	web_extra example.com ''
}

@test "A7 aci-fetch: a certificate that is wrong is status 69" {
	web_certificate other.example example.com
	web_restart
	run -69 --separate-stderr aci-fetch https://other.example/app.aci
	matches 'SSL: no alternative certificate subject name matches' "$stderr"
	is '' "$(left)"
	run -69 --separate-stderr aci-fetch --insecure-options=tls \
		https://other.example/app.aci
	is 'aci-fetch: warning: TLS verification has been disabled' "${stderr_lines[0]}"
	is 'aci-fetch: https://other.example/app.aci: bad HTTP status code: 404' \
		"${stderr_lines[-1]}"
	web_certificate other.example
	web_restart
}

@test "A8 aci-fetch: a redirect leads to no weaker scheme and takes no secret along" {
	web_extra example.com "listen $WEB_ADDRESS:80;
		location = /http.aci { return 302 http://example.com/app.aci; }
		location = /file.aci { return 302 file:///etc/passwd; }
		location = /user.aci { return 302 https://me:pw@other.example/told.aci; }
		location = /loop.aci { return 302 /loop.aci; }
		location = /nowhere.aci { return 302 ''; }
		location = /moved.aci { return 301 https://other.example/told.aci; }"
	web_extra other.example 'location = /told.aci {
		return 200 "[$http_authorization][$http_cookie][$http_referer]"; }'
	printf 'machine %s login me password secret\n' example.com \
		other.example >"$HOME/.netrc"
	for row in 'http|redirect to http://example.com/app.aci refused: http is not allowed' \
		'file|redirect to file:///etc/passwd refused: unsupported URL scheme' \
		'user|redirect to https://me:pw@other.example/told.aci refused: holds a user name or password' \
		'loop|too many redirects'; do
		for also in none http,tls; do
			refuses 69 "https://example.com/${row%%|*}.aci: ${row#*|}" \
				--insecure-options=$also --no-signature \
				"https://example.com/${row%%|*}.aci"
		done
	done
	is '' "$(web_requests | grep http://)"
	fetch --no-signature https://example.com/moved.aci
	is '[][][]' "$(cat "$(field .fetch.aci)")"
	is https://example.com/moved.aci "$(field .fetch.url)"
	rm "$HOME/.netrc"
	web_extra other.example ''
	web_extra example.com ''
}

@test "A12 aci-fetch: a truncated download is status 69 and leaves nothing" {
	canned 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this'
	run -69 --separate-stderr aci-fetch --no-signature https://example.com:8443/x.aci
	matches 'https://example.com:8443/x.aci: transfer closed with 991 bytes remaining to read$' "$stderr"
	is '' "$(left)"
	printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n' >"$T/canned"
	run -69 --separate-stderr aci-fetch --no-signature https://example.com:8443/x.aci
	is '' "$(left)"
}

@test "A12 aci-fetch: sizes and times have an end" {
	refuses 69 "$URL: larger than allowed" --max-size=299999 "$URL"
	refuses 65 "$WEB/example.com/app.aci: larger than allowed" \
		--max-size=299999 "$WEB/example.com/app.aci"
	fetch --max-size=300000 "$URL"
	rm -r "$RKT_DIR/cas"
	printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n' \
		3000000 >"$T/canned"
	head -c 3000000 /dev/zero >>"$T/canned"
	web_canned example.com 8443 "$T/canned"
	refuses 69 'https://example.com:8443/x.aci: larger than allowed' \
		--no-signature --max-size=2000000 https://example.com:8443/x.aci
	{
		printf 'HTTP/1.1 200 OK\r\n'
		yes "$(printf 'X-Flood: 0123456789\r')" | head -n 9000
		printf '\r\nx'
	} >"$T/canned"
	refuses 69 'https://example.com:8443/x.aci: too many headers' \
		--no-signature https://example.com:8443/x.aci
	web_canned example.com 8444 ''
	SECONDS=0
	run -69 --separate-stderr aci-fetch --no-signature --max-time=1s \
		https://example.com:8444/x.aci
	matches 'timed out' "$stderr"
	test "$SECONDS" -lt 5
	is '' "$(left)"
}

@test "A11 aci-fetch: what a server calls its file is nothing to us" {
	canned 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: a\x01b\r\nContent-Disposition: attachment; filename=../../../x\r\nSet-Cookie: a=b\r\n\r\nx'
	fetch --no-signature https://example.com:8443/x.aci
	is null "$(jq -c .fetch.etag <<<"$output")"
	is "$(field .fetch.aci)" "$(left)"
	matches "^$RKT_DIR/cas/tmp/fetch-[^/]*$" "$(left)"
}

@test "A9 aci-fetch: what a record holds is printed escaped" {
	refuses 69 'https://example.com/\x1b[2Jx.aci: not a URL' --no-signature \
		<<<'{"v":1,"discover":{"endpoints":[{"aci":"https://example.com/\u001b[2Jx.aci","asc":"x"}]}}'
	for url in file:///etc/passwd gopher://example.com/x scp://example.com/x \
		dict://example.com/x ftp://example.com/x; do
		refuses 69 "$url: unsupported URL scheme" --no-signature \
			<<<"$(endpoints "$url")"
	done
}

@test "aci-fetch: hosts that are not there are status 69" {
	run -69 --separate-stderr aci-fetch https://no.example/x.aci
	is 'aci-fetch: https://no.example/x.aci: Could not resolve host: no.example' \
		"${stderr_lines[-1]}"
	run -69 --separate-stderr aci-fetch https://example.com:9/x.aci
	matches 'Failed to connect to example.com port 9' "$stderr"
	is '' "$(left)"
}

@test "aci-fetch: killed at any time it leaves nothing" {
	web_extra example.com 'limit_rate 100k;'
	for signal in KILL TERM HUP; do
		aci-fetch "$URL" >/dev/null 2>"$T/said" 3>&- 4>&- &
		wait_for grep -q 'Downloading signature' "$T/said"
		sleep 0.2
		kill -"$signal" $!
		wait $! || :
		is '' "$(left)"
	done
	web_extra example.com ''
}

@test "aci-fetch: leaves nothing to a reader that is gone" {
	# shellcheck disable=SC2034
	run --separate-stderr bash -c "aci-fetch $URL | exec 0<&- true; \
		exit \${PIPESTATUS[0]}"
	is 74 "$status"
	is 'aci-fetch: stdout: Broken pipe' "${stderr_lines[-1]}"
	is '' "$(left)"
}

@test "aci-fetch: a full disk is status 74, and nothing is left" {
	mkdir -p "$RKT_DIR/cas/tmp"
	mount -t tmpfs -o size=100k,mode=700 tmpfs "$RKT_DIR/cas/tmp"
	refuses 74 "$RKT_DIR/cas/tmp: No space left on device" "$URL"
	refuses 74 "$RKT_DIR/cas/tmp: No space left on device" "$WEB/example.com/app.aci"
	umount "$RKT_DIR/cas/tmp"
	run -74 --separate-stderr bash -c "aci-fetch $URL >/dev/full"
	is '' "$(left)"
}

@test "aci-fetch: the store of another rkt is left alone" {
	mkdir -p "$RKT_DIR/cas/db"
	refuses 78 "$RKT_DIR: the store of another rkt, left alone" "$URL"
}

@test "aci-fetch: what is no regular file is refused at once" {
	mkfifo "$T/fifo.aci"
	mkdir "$T/dir.aci"
	refuses 65 "$T/fifo.aci: not a regular file" --no-signature "$T/fifo.aci"
	refuses 65 "$T/dir.aci: not a regular file" --no-signature "$T/dir.aci"
	refuses 65 "/dev/zero: not a regular file" --no-signature /dev/zero
	cp "$WEB/example.com/app.aci" "$T/x.aci"
	mkfifo "$T/x.aci.asc"
	cp "$T/x.aci" "$T/$(printf '\377').aci"
	refuses 64 "$T/\xff.aci: not UTF-8" --no-signature "$T/$(printf '\377').aci"
	run -66 --separate-stderr aci-fetch "$T/x.aci"
}

@test "aci-fetch: --keys downloads each key of the record, or none" {
	fetch --keys <<<"$(keys https://example.com/a.gpg https://example.com/b.gpg)"
	is '' "$stderr"
	is 'a key' "$(cat "$(field '.fetch.keys[0].path')")"
	is 'another key' "$(cat "$(field '.fetch.keys[1].path')")"
	is https://example.com/b.gpg "$(field '.fetch.keys[1].url')"
	is example.com "$(field .discover.name)"
	rm -r "$RKT_DIR/cas"
	refuses 69 'https://example.com/c.gpg: bad HTTP status code: 404' --keys \
		<<<"$(keys https://example.com/a.gpg https://example.com/c.gpg)"
	refuses 65 'stdin: discover.keys[0]: not a URL' --keys <<<"$(keys /etc/passwd)"
	refuses 65 'stdin: discover.keys[0]: not a URL' --keys <<<"$(keys file:///etc/passwd)"
	refuses 65 'stdin: discover.keys: 0 of them' --keys <<<"$(keys)"
	head -c 1048577 /dev/zero >"$WEB/example.com/long.gpg"
	refuses 69 'https://example.com/long.gpg: larger than allowed' \
		--keys <<<"$(keys https://example.com/long.gpg)"
}

@test "aci-fetch: --key takes URLs and files" {
	echo mine >"$T/mine.gpg"
	fetch --key "$T/mine.gpg" https://example.com/a.gpg
	is mine "$(cat "$(field '.fetch.keys[0].path')")"
	is "$T/mine.gpg" "$(field '.fetch.keys[0].url')"
	is 'a key' "$(cat "$(field '.fetch.keys[1].path')")"
	rm -r "$RKT_DIR/cas"
	refuses 66 "$T/none: No such file or directory" --key "$T/none"
}

@test "A15 aci-fetch: a key does not come by http unless that is asked for" {
	web_plain example.com
	refuses 69 'http://example.com/a.gpg: http is not allowed' \
		--key http://example.com/a.gpg
	is '' "$(web_requests)"
	for word in pubkey http; do
		fetch --insecure-options=$word --key http://example.com/a.gpg
	done
	web_extra example.com ''
}

@test "aci-fetch: a record of failure passes, and no record is status 66" {
	run -77 --separate-stderr aci-fetch <<<'{"v":1,"error":{"step":"discover","status":77}}'
	is '{"v":1,"error":{"step":"discover","status":77}}'
	is '' "$stderr"
	refuses 66 'stdin: no record' </dev/null
	refuses 65 'stdin: neither discover nor image' <<<'{"v":1}'
	refuses 65 'stdin: no discover.endpoints' <<<"$(keys)"
	refuses 64 'example.com/app: neither a URL nor a file of this host' example.com/app
	test ! -e "$RKT_DIR/cas"
}

@test "aci-fetch: wrong usage is status 64, and no record" {
	for args in 'a.aci b.aci' '--keys x' --key --none '--max-size=0 x.aci' \
		'--max-time=x x.aci' '--insecure-options=none,x y.aci' \
		'--no-signature --signature=x y.aci'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr aci-fetch $args
		is ''
		matches usage "$stderr"
	done
}

@test "aci-fetch: its memory does not grow with the image" {
	truncate -s 100M "$WEB/example.com/large.aci"
	run -0 --separate-stderr python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=2)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		aci-fetch --no-signature https://example.com/large.aci
	local limit=32768
	! readelf -dW "$BIN/aci-fetch" | grep -qF libasan || limit=262144
	test "$output" -lt "$limit"
	rm "$WEB/example.com/large.aci"
}

@test "aci-fetch: a password in a URL is refused, and not printed" {
	for url in https://me:secret@example.com/x.aci \
		https://secret@example.com/x.aci 'http://:secret@[::1]:80/x.aci?a'; do
		run -64 --separate-stderr aci-fetch "$url"
		is 'aci-fetch: the URL holds a user name or password: auth.d is for it' \
			"$stderr"
	done
	run -254 --separate-stderr rkt fetch https://me:secret@example.com/x.aci
	run ! grep secret <<<"$stderr"
}
