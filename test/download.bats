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
	too_slow 3>&- 4>&- &
	disown
	wait_for grep -q drips "$WEB/flaky"
}

# Takes half a minute, so it runs beside the others; its last test looks at it.
too_slow() {
	local status=0 dir=$BATS_FILE_TMPDIR/slow
	mkdir "$dir"
	SECONDS=0
	RKT_DIR=$dir/lib RKT_CONF=$dir/etc RKT_SYSTEM_CONF=$dir/system \
		"$BIN/aci-fetch" --no-signature --min-speed=10000 \
		"$AT/drips/app.aci" >"$dir/out" 2>"$dir/err" || status=$?
	echo "$status $SECONDS" >"$dir/status"
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
	test "$1" != --no-signature ||
		is "sha512-$(sha512sum <"$WEB/example.com/app.aci" |
			cut -d ' ' -f 1)" "$(field .fetch.digest)"
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
	is 4 "$(asked | grep -c "defers-on.*asc")"
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

@test "download: what no run takes up is garbage a day later" {
	image garbage
	breaks_down garbage
	run -0 cas-store gc
	is 1 "$(partials | wc -l)"
	run -0 cas-store gc --grace-period=0s
	is '' "$(partials)"
	fetch --no-signature "$AT/breaks-down/garbage.aci"
	is /breaks-down/garbage.aci "$(asked | tail -n 1)"
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
	local signal whom name ended number=0
	for signal in INT TERM HUP; do
		for whom in '' -; do # the process that was started; both
			((++number))
			name=interrupted$number
			image "$name"
			setsid env --default-signal aci-fetch --no-signature \
				"$AT/stalls/$name.aci" >"$T/out" 2>/dev/null \
				3>&- 4>&- &
			wait_for grep -q "stalls/$name" "$WEB/flaky"
			sleep 0.3
			kill -"$signal" -- "$whom$!"
			ended=0
			wait $! || ended=$?
			is "$((128 + $(kill -l "$signal")))" "$ended"
			is '' "$(cat "$T/out")"
			is '' "$(find "$RKT_DIR/cas/tmp" -type f)"
			is 1 "$(partials | wc -l)"
			fetch --no-signature "$AT/stalls/$name.aci"
			matches Range=bytes=200000- "$(asked | tail -n 1)"
			rm -r "$RKT_DIR/cas"
		done
	done
}

# credentials FILE HOST... <JSON: type and credentials, of kind auth
credentials() {
	mkdir -p "${1%/*}"
	jq '{rktKind: "auth", rktVersion: "v1", domains: $ARGS.positional} + .' \
		--args "${@:2}" >"$1"
	chmod 600 "$1"
}

@test "download: credentials of auth.d, for their own host and port" {
	credentials "$RKT_CONF/auth.d/one.json" example.com:8443 <<-'END'
	{"type": "basic", "credentials": {"user": "me", "password": "pass"}}
	END
	credentials "$RKT_SYSTEM_CONF/auth.d/two.json" other.example <<-'END'
	{"type": "oauth", "credentials": {"token": "abc"}}
	END
	fetch "$AT/steady/app.aci"
	is '/steady/app.aci Authorization=Basic bWU6cGFzcw==
/steady/app.aci.asc Authorization=Basic bWU6cGFzcw==' "$(asked | sort)"
	web_extra other.example 'location = /who.aci {
		return 200 "[$http_authorization]"; }'
	run -0 --separate-stderr aci-fetch --no-signature \
		https://other.example/who.aci
	is '[Bearer abc]' "$(cat "$(field .fetch.aci)")"
	# Another port is another server.
	web_extra example.com 'location = /who.aci {
		return 200 "[$http_authorization]"; }'
	run -0 --separate-stderr aci-fetch --no-signature \
		https://example.com/who.aci
	is '[]' "$(cat "$(field .fetch.aci)")"
	web_extra example.com ''
	web_extra other.example ''
}

@test "A8 download: credentials go along to no other host, port or scheme" {
	credentials "$RKT_CONF/auth.d/all.json" example.com other.example <<-'END'
	{"type": "basic", "credentials": {"user": "me", "password": "pass"}}
	END
	local who='return 200 "[$http_authorization]";'
	web_extra example.com "listen $WEB_ADDRESS:80;
		location = /who.aci { $who }
		location = /here.aci { return 302 /who.aci; }
		location = /there.aci { return 302 https://other.example/who.aci; }
		location = /port.aci { return 302 $AT/steady/app.aci; }
		location = /around.aci { return 302 https://other.example/back.aci; }"
	web_extra other.example "location = /who.aci { $who }
		location = /back.aci { return 302 https://example.com/who.aci; }"
	for row in 'https://example.com/who|[Basic bWU6cGFzcw==]' \
		'https://example.com/here|[Basic bWU6cGFzcw==]' \
		'https://example.com/there|[]' \
		'https://example.com/around|[]' \
		'http://example.com/who|[]' 'http://example.com/there|[]'; do
		echo "$row"
		run -0 --separate-stderr aci-fetch --no-signature "${row%|*}.aci"
		is "${row##*|}" "$(cat "$(field .fetch.aci)")"
	done
	run -0 --separate-stderr aci-fetch --no-signature https://example.com/port.aci
	is '/steady/app.aci' "$(asked)"
	web_extra example.com ''
	web_extra other.example ''
}

@test "download: a file of auth.d that is wrong, or open to others, is status 78" {
	local file=$RKT_CONF/auth.d/x.json
	credentials "$file" example.com:8443 <<<'{"type": "basic",
		"credentials": {"user": "me", "password": "hidden"}}'
	for mode in 604 640 660 606; do
		chmod "$mode" "$file"
		case $mode in
		640) fetch --no-signature "$AT/steady/app.aci" ;;
		*) run -78 --separate-stderr aci-fetch "$AT/steady/app.aci"
			is "aci-fetch: $file: holds credentials, and others may read or change it" "$stderr" ;;
		esac
	done
	chmod 600 "$file"
	chown 1000 "$file"
	run -78 --separate-stderr aci-fetch "$AT/steady/app.aci"
	is "aci-fetch: $file: belongs to somebody else" "$stderr"
	chown 0 "$file"
	cp -p "$file" "$RKT_CONF/auth.d/y.json"
	run -78 --separate-stderr aci-fetch "$AT/steady/app.aci"
	is "aci-fetch: $RKT_CONF/auth.d/y.json: domains[0]: \"example.com:8443\" is there twice" "$stderr"
	echo '{"rktKind": "auth", "password": "hidden" x' >"$RKT_CONF/auth.d/y.json"
	run -78 --separate-stderr aci-fetch "$AT/steady/app.aci"
	is "aci-fetch: $RKT_CONF/auth.d/y.json: line 1 column 42: '}' expected" "$stderr"
	rm "$RKT_CONF/auth.d/y.json"
	# Nobody reads these.
	echo '{' >"$RKT_CONF/auth.d/y.json~"
	mkdir "$RKT_CONF/auth.d/more"
	echo '{' >"$RKT_CONF/auth.d/more/z.json"
	# What the operator says of a host takes the place of the system's.
	credentials "$RKT_SYSTEM_CONF/auth.d/x.json" example.com:8443 <<<'{
		"type": "oauth", "credentials": {"token": "abc"}}'
	fetch --no-signature "$AT/steady/app.aci"
	matches 'Authorization=Basic' "$(asked)"
	# A file or a URL that needs none reads none.
	chmod 604 "$file"
	run -0 aci-fetch --no-signature "$WEB/example.com/app.aci"
}

@test "A14 download: --deny-private connects to no private address" {
	local place
	web_extra example.com "location = /local.aci {
		return 302 https://local.example:8443/app.aci; }
		location = /number.aci { return 302 https://127.0.0.1/app.aci; }
		location = /six.aci { return 302 https://[::1]/app.aci; }
		location = /mapped.aci {
			return 302 https://[::ffff:169.254.169.254]/latest; }
		location = /decimal.aci { return 302 https://2130706433/; }"
	echo '127.0.0.1 local.example' >>/etc/hosts
	fetch --no-signature --deny-private https://example.com/app.aci
	for place in local number six mapped decimal; do
		run -69 --separate-stderr aci-fetch --no-signature \
			--deny-private "https://example.com/$place.aci"
		is "aci-fetch: https://example.com/$place.aci: has an address of a private network only" "${stderr_lines[-1]}"
	done
	run -69 --separate-stderr aci-fetch --no-signature --deny-private \
		https://local.example/app.aci
	run -69 --separate-stderr env https_proxy=http://127.0.0.1:3128 \
		aci-fetch --no-signature --deny-private https://example.com/app.aci
	is "aci-fetch: https://example.com/app.aci: has an address of a private network only" "${stderr_lines[-1]}"
	web_extra example.com ''
}

@test "download: how long an image is fresh, by whichever header says so" {
	local row number=0
	while IFS='|' read -r row want; do
		((++number))
		web_extra example.com "location = /fresh$number.aci {
			$row
			alias $WEB/example.com/app.aci; }"
		run -0 --separate-stderr aci-fetch --no-signature \
			"https://example.com/fresh$number.aci"
		echo "$row"
		is "$want" "$(field .fetch.maxAge)"
	done <<-'END'
	expires 300;|300
	add_header Expires "Thu, 01 Jan 2037 00:00:00 GMT";|31536000
	add_header Expires "Thu, 01 Jan 1970 00:00:00 GMT";|0
	add_header Expires 0;|0
	add_header Expires "Thu, 01 Jan 2037 00:00:00 GMT"; add_header Cache-Control max-age=60;|60
	add_header Expires "Thu, 01 Jan 2037 00:00:00 GMT"; add_header Cache-Control no-cache;|0
	add_header Cache-Control "public, max-age=60, max-age=30";|30
	add_header Cache-Control "MAX-AGE=\"60\"";|60
	add_header Cache-Control "no-cache=\"set-cookie\", max-age=60";|0
	add_header Cache-Control max-age=60; add_header Age 20;|40
	add_header Cache-Control max-age=60; add_header Age 70;|0
	END
	is 11 "$number"
	web_extra example.com ''
}

@test "download: image and signature are asked for at the same time" {
	web_extra example.com 'limit_rate 400k;'
	cp "$WEB/example.com/app.aci" "$WEB/example.com/slow.aci.asc"
	cp "$WEB/example.com/app.aci" "$WEB/example.com/slow.aci"
	SECONDS=0
	run -0 --separate-stderr aci-fetch https://example.com/slow.aci
	test "$SECONDS" -le 2
	# Of what nobody has signed no more comes than has come by then.
	head -c 30000000 /dev/zero >"$WEB/example.com/unsigned.aci"
	SECONDS=0
	run -65 --separate-stderr aci-fetch https://example.com/unsigned.aci
	test "$SECONDS" -le 3
	web_extra example.com ''
}

@test "download: RKT_DEBUG says what each server answered" {
	web_extra example.com "location = /to.aci {
		return 302 $AT/steady/app.aci; }"
	RKT_DEBUG=1 run -0 --separate-stderr aci-fetch --no-signature \
		https://example.com/to.aci
	is "aci-fetch: fetching image from https://example.com/to.aci
aci-fetch: warning: signature verification has been disabled
aci-fetch: https://example.com/to.aci: redirects to $AT/steady/app.aci
aci-fetch: https://example.com/to.aci: status 200, ETag $(etag), fresh for 0 s
Downloading ACI: 700 KB" "$stderr"
	RKT_DEBUG=1 run -65 --separate-stderr aci-fetch https://example.com/unsigned.aci
	for old in .aci.asc .sig; do
		matches "aci-fetch: https://example.com/unsigned$old: status 404, bad HTTP status code: 404" "$stderr"
	done
	web_extra example.com ''
}

@test "download: the caller's proxy is used, and is told no secret" {
	credentials "$RKT_CONF/auth.d/one.json" example.com:8443 <<-'END'
	{"type": "basic", "credentials": {"user": "me", "password": "pass"}}
	END
	https_proxy=http://$WEB_ADDRESS:3128 fetch --no-signature "$AT/steady/app.aci"
	is "CONNECT example.com:8443
/steady/app.aci Authorization=Basic bWU6cGFzcw==" "$(asked)"
	: >"$WEB/flaky"
	https_proxy=http://$WEB_ADDRESS:3128 no_proxy=example.com \
		fetch --no-signature "$AT/steady/app.aci"
	is 1 "$(asked | wc -l)"
}

@test "A12 download: what comes too slowly is given up" {
	local status seconds dir=$BATS_FILE_TMPDIR/slow
	wait_for -t 60 test -s "$dir/status"
	read -r status seconds <"$dir/status"
	is 69 "$status"
	test "$seconds" -lt 50
	matches "$AT/drips/app.aci: Operation too slow. Less than 10000 bytes/sec" \
		"$(tail -n 1 "$dir/err")"
}
