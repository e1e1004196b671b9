#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# download - how aci-fetch asks a server: in part, again, later, as somebody
# shellcheck disable=SC2016,SC2154

load helpers
load web

AT=https://example.com:8443
SIZE=700000

setup_file() {
	web_start example.com other.example
	head -c "$SIZE" /dev/urandom >"$WEB/example.com/app.aci"
	echo 'a signature' >"$WEB/example.com/app.aci.asc"
	cp "$WEB/example.com/app.aci" "$WEB/example.com/unsigned.aci"
	python3 "$TEST/flaky.py" "$WEB_ADDRESS" 8443 "$WEB/etc/example.com.pem" \
		"$WEB/etc/server.key" "$WEB/example.com" "$WEB/flaky" \
		3>&- 4>&- &
	echo "$!" >"$WEB/flaky.pid"
	disown
	wait_for bash -c ": </dev/tcp/$WEB_ADDRESS/8443"
}

teardown_file() {
	kill "$(cat "$WEB/flaky.pid")"
	web_end
}

setup() {
	fresh
	web_requests >/dev/null
	: >"$WEB/flaky"
}

# fetch ARG...: with success, and what came is app.aci
fetch() {
	run -0 --separate-stderr aci-fetch "$@"
	cmp "$WEB/example.com/app.aci" "$(field .fetch.aci)"
	is "sha512-$(sha512sum <"$WEB/example.com/app.aci" | cut -d ' ' -f 1)" \
		"$(field .fetch.digest)"
}

# refuses STATUS MESSAGE ARG...: the last line says so
refuses() {
	run "-$1" --separate-stderr aci-fetch "${@:3}"
	is "aci-fetch: $2" "$(tail -n 1 <<<"$stderr")"
	is '' "$(find "$RKT_DIR/cas/tmp" -type f)"
}

# What the server was asked for, and how, since the test began.
asked() {
	cat "$WEB/flaky"
}

etag() {
	printf '"%s"' "$(md5sum <"$WEB/example.com/app.aci" | cut -d ' ' -f 1)"
}

@test "download: what breaks off is asked for from there, and hashed as a whole" {
	fetch --no-signature "$AT/breaks/app.aci"
	is "/breaks/app.aci
/breaks/app.aci Range=bytes=200000- If-Range=$(etag)
/breaks/app.aci Range=bytes=400000- If-Range=$(etag)
/breaks/app.aci Range=bytes=600000- If-Range=$(etag)" "$(asked)"
	is 3 "$(grep -cF "Resuming the download of $AT/breaks/app.aci" \
		<<<"$stderr")"
	is "Downloading ACI: 700 KB" "${stderr_lines[-1]}"
	is "$(etag)" "$(field .fetch.etag)"
}

@test "download: the image goes on when its signature is there long since" {
	fetch "$AT/breaks-once/app.aci"
	is 'a signature' "$(cat "$(field .fetch.asc)")"
}

@test "A12 download: another image at the same place is downloaded as a whole" {
	fetch --no-signature "$AT/changes/app.aci"
	is 2 "$(asked | wc -l)"
	fetch --no-signature "$AT/ignores/app.aci"
}

@test "A12 download: nothing is resumed without an ETag for the very bytes" {
	for how in weak nameless; do
		run -69 --separate-stderr aci-fetch --no-signature \
			"$AT/$how/app.aci"
		matches "$AT/$how/app.aci: (transfer closed|.*unexpected eof)" \
			"${stderr_lines[-1]}"
	done
	is '/weak/app.aci
/nameless/app.aci' "$(asked)"
}

@test "A12 download: another part, or part of another, is refused" {
	refuses 69 "$AT/another-part/app.aci: answered with another part" \
		--no-signature "$AT/another-part/app.aci"
	refuses 69 "$AT/another-image/app.aci: answered with part of another" \
		--no-signature "$AT/another-image/app.aci"
}

@test "A12 download: what breaks again and again is given up" {
	head -c 1500000 /dev/zero >"$WEB/example.com/long.aci"
	run -69 --separate-stderr aci-fetch --no-signature "$AT/breaks/long.aci"
	is 6 "$(asked | wc -l)"
	is 5 "$(grep -c Resuming <<<"$stderr")"
}

@test "download: a deferred signature is asked for after the image" {
	fetch "$AT/defers/app.aci"
	is 'a signature' "$(cat "$(field .fetch.asc)")"
	is 2 "$(asked | grep -c asc)"
	matches "Downloading deferred signature from $AT/defers/app.aci.asc" \
		"$stderr"
	rm -r "$RKT_DIR/cas"
	refuses 69 "$AT/defers-on/app.aci.asc: deferred again and again" \
		"$AT/defers-on/app.aci"
	is 4 "$(asked | grep -c defers-on.*asc)"
	web_extra example.com 'location = /deferred.aci { return 202; }'
	refuses 69 'https://example.com/deferred.aci: bad HTTP status code: 202' \
		--no-signature https://example.com/deferred.aci
	web_extra example.com ''
}

# What an earlier run has left in the store.
partials() {
	find "$RKT_DIR/cas/partial" -type f 2>/dev/null
}

# breaks_down WHAT: a run that could not be finished
breaks_down() {
	run -69 --separate-stderr aci-fetch --no-signature \
		"$AT/breaks-down/$1.aci"
	is "aci-fetch: $AT/breaks-down/$1.aci: bad HTTP status code: 503" \
		"${stderr_lines[-1]}"
	is '' "$(find "$RKT_DIR/cas/tmp" -type f)"
	is 1 "$(partials | wc -l)"
}

# image NAME: another copy, whose place nobody has asked for yet
image() {
	cp "$WEB/example.com/app.aci" "$WEB/example.com/$1.aci"
}

@test "download: another run goes on with what is there, and leaves nothing of it" {
	image run
	breaks_down run
	is "600 700" "$(stat -c %a "$(partials)" "$RKT_DIR/cas/partial" |
		paste -sd ' ')"
	fetch --no-signature "$AT/breaks-down/run.aci"
	is "/breaks-down/run.aci Range=bytes=200000- If-Range=$(etag)" \
		"$(asked | tail -n 1)"
	is '' "$(partials)"
}

@test "A12 download: what is left of another image is not used" {
	image other
	breaks_down other
	head -c 400000 /dev/urandom >"$WEB/example.com/other.aci"
	run -0 --separate-stderr aci-fetch --no-signature \
		"$AT/breaks-down/other.aci"
	cmp "$WEB/example.com/other.aci" "$(field .fetch.aci)"
	is '' "$(partials)"
	# Nor what is longer than the image is by now.
	rm -r "$RKT_DIR/cas"
	image longer
	breaks_down longer
	head -c 100000 /dev/urandom >"$WEB/example.com/longer.aci"
	run -0 --separate-stderr aci-fetch --no-signature \
		"$AT/breaks-down/longer.aci"
	cmp "$WEB/example.com/longer.aci" "$(field .fetch.aci)"
}

@test "A12 download: what is left is used by the URL and ETag behind it alone" {
	local change partial
	image tail
	breaks_down tail
	partial=$(partials)
	mv "$partial" "$T/partial"
	for change in '' 's/example.com/example.net/' 's/"etag":"/&W/' \
		's/"size":2/"size":9/' 's/"size":2/"size":/' 's/"v":1//' \
		's/[0-9]*$/9999999999/' 's/.$/x/' 's/.*//' 'd'; do
		echo "$change"
		LC_ALL=C sed "\$ { $change
			}" "$T/partial" >"$partial"
		run -0 --separate-stderr aci-fetch --no-signature \
			"$AT/breaks-down/tail.aci"
		cmp "$WEB/example.com/tail.aci" "$(field .fetch.aci)"
		case $change in
		'') matches Range "$(asked | tail -n 1)" ;;
		*) is "/breaks-down/tail.aci" "$(asked | tail -n 1)" ;;
		esac
		is '' "$(partials)"
	done
}

@test "download: an interrupted run leaves its beginning to the next" {
	local signal name number=0
	for signal in INT TERM HUP; do
		((++number))
		name=interrupted$number
		image "$name"
		setsid -w env --default-signal aci-fetch --no-signature \
			"$AT/stalls/$name.aci" >"$T/out" 2>"$T/err" 3>&- 4>&- &
		wait_for grep -q "stalls/$name" "$WEB/flaky"
		sleep 0.3
		pkill -o -"$signal" -f "stalls/$name.aci"
		run -0 wait_status $!
		is "$((128 + $(kill -l "$signal")))"
		is '' "$(cat "$T/out")"
		is '' "$(find "$RKT_DIR/cas/tmp" -type f)"
		is 1 "$(partials | wc -l)"
		fetch --no-signature "$AT/stalls/$name.aci"
		matches Range=bytes=200000- "$(asked | tail -n 1)"
		rm -r "$RKT_DIR/cas"
	done
}

wait_status() {
	wait "$1" || echo "$?"
}
