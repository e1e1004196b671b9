#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# aci-discover - where an image, or its keys, can be had
# shellcheck disable=SC1083,SC2154

load helpers
load web

TEMPLATE='https://images.example.com/{name}-{version}-{os}-{arch}.{ext}'

setup_file() {
	web_start example.com images.example.com
}

teardown_file() {
	web_end
}

setup() {
	fresh
	find "$WEB/example.com" -mindepth 1 -delete
	web_requests >/dev/null
	ARCH=amd64
	test "$(uname -m)" = x86_64 || ARCH=aarch64
}

teardown() {
	web_uncan
	stale
}

# discover ARG...: with success
discover() {
	run -0 --separate-stderr aci-discover "$@"
	is '' "$stderr"
}

# refuses STATUS MESSAGE ARG...
refuses() {
	run "-$1" --separate-stderr aci-discover "${@:3}"
	is "aci-discover: $2" "$stderr"
	is "{\"v\":1,\"error\":{\"step\":\"discover\",\"status\":$1}}"
}

@test "aci-discover: finds endpoints and keys on the page of the host" {
	web_page example.com "$(web_tag ac-discovery example.com/app "$TEMPLATE"
		web_tag ac-discovery-pubkeys example.com \
			https://example.com/keys.gpg)"
	discover example.com/app:1.0
	url=https://images.example.com/example.com/app-1.0-linux-$ARCH.aci
	is "$(jq -nc --arg url "$url" --arg arch "$ARCH" '{v: 1,
		image: "example.com/app:1.0", discover: {
		name: "example.com/app",
		labels: {version: "1.0", os: "linux", arch: $arch},
		endpoints: [{aci: $url, asc: ($url + ".asc")}],
		keys: ["https://example.com/keys.gpg"]}}')"
	is "GET https://example.com/app?ac-discovery=1 404
GET https://example.com/?ac-discovery=1 200" "$(web_requests)"
}

@test "aci-discover: stops at the longest place that says something" {
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	web_page example.com/a "$(web_tag ac-discovery example.com/a https://b/x.{ext})"
	web_page example.com/a/b "$(web_tag ac-discovery example.org https://c/x.{ext})"
	discover example.com/a/b/c
	is https://b/x.aci "$(field '.discover.endpoints[].aci')"
}

# The page of one row: see the head of the table.
row_page() {
	local page=$1
	page=${page//"{TAG}"/'<meta name="ac-discovery" content="example.com https://a.example/x.{ext}">'}
	page=${page//"{KEY}"/'<meta name="ac-discovery-pubkeys" content="example.com https://a.example/k.gpg">'}
	printf '%b' "$page"
}

@test "A7-A10 R4 aci-discover: what is found on each page of the table" {
	local title arguments want page rows=0 failed=0
	while IFS=$'\t' read -r title arguments want page; do
		case $title in '#'*) continue ;; esac
		((++rows))
		row_page "$page" >"$WEB/example.com/index.html"
		# shellcheck disable=SC2086
		run --separate-stderr aci-discover $arguments
		if test "$want" = -; then
			test "$status" = 69 && test "$(wc -l <<<"$stderr")" = 1
		else
			is "${want/@ARCH@/$ARCH}" "$(jq -r '.discover | [.endpoints[]?.aci,
				.keys[]] | join(" ")' <<<"$output")"
		fi || {
			((++failed))
			printf '%s: status %s\n%s\n%s\n' "$title" "$status" \
				"$output" "$stderr"
		}
	done <"$TEST/discovery.tsv"
	echo "$rows rows, $failed failed"
	test "$rows" -ge 120
	test "$failed" = 0
}

@test "aci-discover: each image has its signature beside it" {
	web_page example.com "$(for template in 'https://a/{ext}/x' \
		'https://b/{name}.{ext}?ext={ext}' https://c/x.aci https://d/; do
		web_tag ac-discovery example.com "$template"
	done)"
	discover example.com/app
	is 'https://a/aci/x https://a/aci.asc/x
https://b/example.com/app.aci?ext=aci https://b/example.com/app.aci.asc?ext=aci.asc
https://c/x.aci https://c/x.aci.asc
https://d/ https://d/.asc' \
		"$(field '.discover.endpoints[] | "\(.aci) \(.asc)"')"
}

@test "A9 aci-discover: refuses what is no name before it asks anybody" {
	for name in 'example.com/%0d%0a' Example.com 'example.com/a..b' \
		'user@example.com' '[::1]' 'example.com/a//b' 'example.com/x?y' \
		'example.com/x#y' 'example.com/app:1:2' \
		'example.com/app,version=1,version=2' 'example.com/app:..' \
		"$(printf 'example.com/a\nb')" 'exämple.com' \
		'example.com/app,x=%ff' 'example.com/app,x=a%0ab' \
		"example.com/app,x=$(printf '\377')"; do
		echo "$name"
		run -64 --separate-stderr aci-discover "$name"
		is '{"v":1,"error":{"step":"discover","status":64}}'
		is 1 "$(wc -l <<<"$stderr")"
	done
	is '' "$(web_requests)"
}

@test "aci-discover: an unknown name is one line and status 69" {
	refuses 69 'discovery failed for "example.com/none": no endpoints discovered' \
		example.com/none
	RKT_PROG=rkt run -69 --separate-stderr aci-discover example.com/none
	is 'rkt: discovery failed for "example.com/none": no endpoints discovered' "$stderr"
}

@test "aci-discover: a host that is not there is asked once" {
	printf '192.0.2.99 dead.example\n' >>"$WEB/etc/hosts"
	run -69 --separate-stderr env RKT_DEBUG=1 aci-discover dead.example/a/b/c
	why="https://dead.example/a/b/c?ac-discovery=1: Failed to connect to\
 dead.example port 443 after [0-9]+ ms: Couldn't connect to server"
	matches "^aci-discover: ${why/\?/.}
aci-discover: discovery failed for \"dead.example/a/b/c\": ${why/\?/.}$" "$stderr"
	run -69 --separate-stderr aci-discover no.example/a/b/c
	is 'aci-discover: discovery failed for "no.example/a/b/c": https://no.example/a/b/c?ac-discovery=1: Could not resolve host: no.example' \
		"$stderr"
}

@test "A7 aci-discover: a certificate that is wrong is no reason to try http" {
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	web_certificate example.com other.example
	web_plain example.com
	run -69 --separate-stderr aci-discover example.com/app
	matches '^aci-discover: discovery failed for "example.com/app": https://example.com/app.ac-discovery=1: SSL: no alternative certificate subject name matches' "$stderr"
	is '' "$(web_requests)"
	# Each part is given up by its own word only.
	run -69 --separate-stderr aci-discover --insecure-options=image,pubkey \
		example.com/app
	is '' "$(web_requests)"
	discover --insecure-options=tls example.com/app
	matches '^GET https://' "$(web_requests)"
	discover --insecure-options=http example.com/app
	matches '^GET http://' "$(web_requests)"
	web_certificate example.com
	web_extra example.com ''
}

@test "A7 aci-discover: an authority that nobody trusts is refused" {
	openssl req -x509 -new -key "$WEB/etc/server.key" -days 3 \
		-subj /CN=example.com -addext subjectAltName=DNS:example.com \
		-out "$WEB/etc/example.com.pem" 2>/dev/null
	web_restart
	run -69 --separate-stderr aci-discover example.com/app
	matches 'self-signed certificate' "$stderr"
	web_certificate example.com
	web_restart
}

@test "A10 aci-discover: follows redirects, though neither to http nor for ever" {
	web_page images.example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	web_extra example.com 'location = /good {
			return 302 https://images.example.com/; }
		location = /weak { return 302 http://images.example.com/; }
		location = /file { return 302 file:///etc/passwd; }
		location = /loop { return 302 /loop; }'
	web_plain images.example.com
	discover example.com/good
	for page in weak file loop; do
		run -69 --separate-stderr env RKT_DEBUG=1 aci-discover \
			"example.com/$page"
		case $page in
		weak) matches 'redirect to http://images.example.com/ refused: http is not allowed' "$stderr" ;;
		file) matches 'redirect to file:///etc/passwd refused: unsupported URL scheme' "$stderr" ;;
		loop) matches 'too many redirects' "$stderr" ;;
		esac
	done
	is '' "$(web_requests | grep http://)"
	web_extra example.com ''
	web_extra images.example.com ''
}

@test "A10 aci-discover: a page has an end, in bytes, in time and in memory" {
	local tag
	tag=$(web_tag ac-discovery example.com https://a/x.{ext})
	{ printf '<head>%s</head>' "$tag"; head -c 1048577 /dev/zero; } \
		>"$WEB/example.com/index.html"
	run -69 --separate-stderr aci-discover example.com
	matches 'https://example.com.ac-discovery=1: larger than allowed$' "$stderr"
	for unit in '<div>' '<b><p>' 'a=' '<svg>' '<table>x'; do
		echo "$unit"
		python3 -c 'import sys
u, n = sys.argv[1], 0
out = [sys.argv[2] + "<html "] if u == "a=" else [sys.argv[2]]
while n < 1000000:
    out.append(" x%d=" % n if u == "a=" else u)
    n += len(out[-1])
sys.stdout.write("".join(out))' "$unit" "<head>" >"$WEB/example.com/index.html"
		# Seconds of the processor: others use it, too.
		run -69 --separate-stderr bash -c \
			'ulimit -t 5 && exec aci-discover example.com'
	done
}

@test "aci-discover: a page that leads to a dead host says nothing of its own host" {
	printf '192.0.2.99 dead.example\n' >>"$WEB/etc/hosts"
	web_extra example.com 'location = /gone {
		return 302 https://dead.example/; }'
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	discover example.com/gone/app
	web_page example.com ''
	run -69 --separate-stderr aci-discover example.com/gone/app
	matches '^aci-discover: discovery failed for "example.com/gone/app": https://example.com/gone.ac-discovery=1: Failed to connect to dead.example port 443' "$stderr"
	web_extra example.com ''
}

@test "aci-discover: --max-time is for all pages together" {
	web_canned example.com 8443 ''
	web_extra example.com 'location /slow {
		return 302 https://example.com:8443/; }'
	SECONDS=0
	run -69 --separate-stderr aci-discover --max-time=1s example.com/slow/b/c/d/e/f
	matches '^aci-discover: discovery failed for "example.com/slow/b/c/d/e/f": https://example.com/slow/b/c/d/e/f.ac-discovery=1: .* timed out after [0-9]+ milliseconds with 0 (bytes received|out of 0 bytes received)$' \
		"$stderr"
	test "$SECONDS" -lt 4
	web_extra example.com ''
}

@test "A14 aci-discover: --deny-private speaks to no address of a private network" {
	local why='has an address of a private network only'
	web_page example.com "$(web_tag ac-discovery example.com https://inside.example/x.{ext})"
	discover --deny-private example.com/app
	ip address add 10.1.2.3/32 dev lo
	printf '10.1.2.3 inside.example\n' >>"$WEB/etc/hosts"
	web_extra example.com 'location = /in { return 302 https://inside.example/; }'
	web_page example.com ''
	refuses 69 "discovery failed for \"inside.example/app\": https://inside.example/app?ac-discovery=1: $why" \
		--deny-private inside.example/app
	refuses 69 "discovery failed for \"example.com/in\": https://example.com/in?ac-discovery=1: $why" \
		--deny-private example.com/in
	web_page example.com "$(web_tag ac-discovery example.com https://inside.example/x.{ext})"
	run -254 --separate-stderr rkt --deny-private fetch example.com/app
	is "rkt: https://inside.example/x.aci: $why" "${stderr_lines[-1]}"
	web_extra example.com ''
}

@test "A10 aci-discover: opens no file that a page or a redirect names" {
	local sentinel=$T/sentinel
	echo secret >"$sentinel"
	web_page example.com "$(
		web_tag ac-discovery example.com "file://$sentinel"
		web_tag ac-discovery-pubkeys example.com "file://$sentinel"
	)"
	web_extra example.com "location = /file { return 302 file://$sentinel; }"
	for asked in example.com/file '--keys example.com/file'; do
		# shellcheck disable=SC2086
		ASAN_OPTIONS=detect_leaks=0 run -69 strace -f -qq -e trace=%file \
			-o "$T/trace" aci-discover $asked
		grep -q openat "$T/trace"
		! grep -F "$sentinel" "$T/trace" || return
	done
	web_extra example.com ''
}

@test "A8 aci-discover: credentials go to the name's own host alone, by https" {
	mkdir -m 700 "$RKT_CONF/auth.d"
	echo '{"rktKind":"auth","rktVersion":"v1","domains":["example.com"],
		"type":"basic","credentials":{"user":"me","password":"secret"}}' \
		>"$RKT_CONF/auth.d/example.json"
	chmod 600 "$RKT_CONF/auth.d/example.json"
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	web_extra example.com 'if ($http_authorization != "Basic bWU6c2VjcmV0") {
		return 401; }
		location /moved { return 302 https://images.example.com/; }'
	web_extra images.example.com 'if ($http_authorization != "") { return 500; }
		return 418;'
	discover example.com/app
	run -0 --separate-stderr aci-discover --debug example.com/moved
	matches 'bad HTTP status code: 418' "$stderr"
	rm "$RKT_CONF/auth.d/example.json"
	refuses 69 'discovery failed for "example.com/app": https://example.com/app?ac-discovery=1: bad HTTP status code: 401' \
		example.com/app
	echo '{' >"$RKT_CONF/auth.d/bad.json"
	chmod 600 "$RKT_CONF/auth.d/bad.json"
	run -78 --separate-stderr aci-discover example.com/app
	web_extra images.example.com ''
	web_extra example.com ''
}

@test "aci-discover: endpoints are tried until one serves, down to the store" {
	local good=https://images.example.com/example.com/app-1.0.aci
	mkdir -p "$T/root" "$WEB/images.example.com/example.com"
	mkaci "$T/root" "$WEB/images.example.com/example.com/app-1.0.aci"
	sign good "$WEB/images.example.com/example.com/app-1.0.aci"
	cp "$WEB/images.example.com/example.com/app-1.0.aci" \
		"$WEB/images.example.com/unsigned.aci"
	trust_key good example.com/app
	printf '192.0.2.99 dead.example\n' >>"$WEB/etc/hosts"
	web_page example.com "$(for template in \
		'https://images.example.com/none-{version}.{ext}' \
		'https://images.example.com/unsigned.{ext}' \
		'https://dead.example/{name}.{ext}' \
		'https://images.example.com/{name}-{version}.{ext}' \
		'https://images.example.com/never.{ext}'; do
		web_tag ac-discovery example.com "$template"
	done)"
	run -0 --separate-stderr bash -c 'set -o pipefail
		aci-discover example.com/app:1.0 | aci-fetch | aci-verify | cas-put'
	is example.com/app "$(field .store.name)"
	is "$good" "$(field .fetch.url)"
	is "$(gzip -dc "$WEB/images.example.com/example.com/app-1.0.aci" |
		sha512sum | cut -d ' ' -f 1)" "$(field .store.id | cut -c 8-)"
	is 3 "$(grep -c 'trying the next$' <<<"$stderr")"
	! web_requests | grep never || return
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

# asked STATUS MESSAGE REFERENCE MKACI-OPTION...: that image for that name
asked() {
	mkaci "${@:4}" "$T/root" "$WEB/images.example.com/x.aci"
	rm -rf "$RKT_DIR/cas"
	run --separate-stderr bash -c 'aci-discover "$1" |
		aci-fetch --no-signature | cas-put --insecure -q' - "$3"
	is "$1" "$status"
	test "$1" != 0 || return 0
	is '' "$output"
	is "cas-put: $3: $2" "${stderr_lines[-1]}"
	is '' "$(find "$RKT_DIR/cas" -type f)"
}

@test "aci-discover: what arrives must bear the name and labels that were asked for" {
	local old='.labels |= map({name, val: .value})'
	has() {
		echo "its manifest has $1, not $2 as asked for"
	}
	mkdir "$T/root"
	web_page example.com "$(web_tag ac-discovery example.com \
		'https://images.example.com/x.{ext}')"
	asked 0 '' example.com/app:1.0
	asked 0 '' example.com/app:1.0 -l channel=beta
	asked 0 '' example.com/app:1.0,channel=beta -l channel=beta
	asked 0 '' "example.com/app:1.0,os=linux,arch=$ARCH"
	asked 0 '' example.com/app:1.0 -m "$old"
	# Without a version any will do, and none.
	asked 0 '' example.com/app -v 7
	asked 0 '' example.com/app -v ''
	asked 65 "$(has 'the label version ""' '"1.0"')" example.com/app:1.0 -v ''
	asked 65 "$(has 'the label version "1.1"' '"1.0"')" example.com/app:1.0 -v 1.1
	asked 65 "$(has 'the label version "1.0 "' '"1.0"')" example.com/app:1.0 -v '1.0 '
	asked 65 "$(has 'the label version "latest"' '"1.0"')" \
		example.com/app,version=1.0 -v latest
	asked 65 "$(has 'the label channel ""' '"beta"')" example.com/app,channel=beta
	asked 65 "$(has 'the label channel "Beta"' '"beta"')" \
		example.com/app,channel=beta -l channel=Beta
	asked 65 "$(has 'the label version "1.1"' '"1.0"')" example.com/app:1.0 \
		-v 1.1 -m "$old"
	asked 65 "$(has 'the label os "linux"' '"plan9"')" example.com/app,os=plan9
	asked 65 "$(has 'the label arch "s390x"' "\"$ARCH\"")" example.com/app -a s390x
	asked 65 "bad arch \"s390x\" for linux (must be one of: [$ARCH])" \
		example.com/app,arch=s390x -a s390x
	asked 65 "$(has 'the name "example.com/other"' '"example.com/app"')" \
		example.com/app -n example.com/other
	asked 65 "$(has 'the name "example.com/app/x"' '"example.com/app"')" \
		example.com/app -n example.com/app/x
	asked 65 "$(has 'the name "example.com/application"' '"example.com/app"')" \
		example.com/app -n example.com/application
	asked 65 "$(has 'the name "example.com"' '"example.com/app"')" \
		example.com/app -n example.com
}

@test "aci-discover: --keys prints the keys of a prefix" {
	web_page example.com "$(
		for key in https://example.com/a.gpg https://example.com/b.gpg \
			https://example.com/a.gpg http://example.com/c.gpg; do
			web_tag ac-discovery-pubkeys example.com/app "$key"
		done
	)"
	discover --keys example.com/app
	is '{"v":1,"discover":{"name":"example.com/app","keys":["https://example.com/a.gpg","https://example.com/b.gpg"]}}'
	refuses 69 'found no ACI meta tags' --keys example.com
	refuses 69 'found no ACI meta tags' --keys example.com/application
	refuses 69 'https://no.example?ac-discovery=1: Could not resolve host: no.example' \
		--keys no.example
	refuses 64 'prefix "https://example.com" may hold only a-z, 0-9 and -._~/' \
		--keys https://example.com
}

@test "aci-discover: a URL or a file says itself where it is" {
	discover https://example.com/x.aci
	is '{"v":1,"image":"https://example.com/x.aci"}'
	discover ./x.aci
	is '{"v":1,"image":"./x.aci"}'
	for image in docker://busybox:latest oci:./layout:1 oci-archive:x.tar \
		docker-archive:x.tar; do
		discover "$image"
		is "{\"v\":1,\"image\":\"$image\"}"
	done
	refuses 64 'ftp://example.com/x.aci: an unsupported URL scheme "ftp"' \
		ftp://example.com/x.aci
	refuses 69 'sha512-ab: an image cannot be found by its id' sha512-ab
	is '' "$(web_requests)"
}

@test "aci-discover: --debug tells what each page answered, and what is not used" {
	local said
	web_page example.com/app "$(web_tag ac-discovery-pubkeys example.com https://a/k)"
	web_page example.com "$(for template in 'https://a/x.{ext}' 'https://b/{x}' \
		'http://c/x.{ext}' 'file:///etc/passwd'; do
		web_tag ac-discovery example.com "$template"
	done; web_tag ac-discovery-pubkeys example.com http://d/k)"
	said='aci-discover: https://example.com/app/x?ac-discovery=1: bad HTTP status code: 404
aci-discover: https://example.com/app?ac-discovery=1: endpoints: 0, keys: 1
aci-discover: https://b/{x}: a template with an unknown label
aci-discover: http://c/x.{ext}: http is not allowed
aci-discover: file:///etc/passwd: unsupported URL scheme
aci-discover: http://d/k: http is not allowed
aci-discover: https://example.com?ac-discovery=1: endpoints: 1, keys: 0'
	run -0 --separate-stderr aci-discover --debug example.com/app/x
	is "$said" "$stderr"
	is https://a/k "$(field '.discover.keys[]')"
	RKT_DEBUG=1 run -0 --separate-stderr aci-discover example.com/app/x
	is "$said" "$stderr"
	run -254 --separate-stderr rkt --debug fetch example.com/app/x
	matches 'rkt: https://example.com\?ac-discovery=1: endpoints: 1, keys: 0' "$stderr"
}

@test "aci-discover: what stood in the way at the longest place is told" {
	web_extra example.com 'location = /busy { return 503; }
		location = /busy/app { return 404; }'
	web_page example.com ''
	refuses 69 'discovery failed for "example.com/busy/app": https://example.com/busy?ac-discovery=1: bad HTTP status code: 503' \
		example.com/busy/app
	refuses 69 'https://example.com/busy?ac-discovery=1: bad HTTP status code: 503' \
		--keys example.com/busy/app
	# Not if there is something in the end.
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	discover example.com/busy/app
	web_extra example.com ''
}

@test "aci-discover: --simple takes the name for the place, where no page helps" {
	refuses 69 'discovery failed for "example.com/app": no endpoints discovered, and without a version none is simple' \
		--simple example.com/app
	discover --simple example.com/app:1.0
	is "https://example.com/app-1.0-linux-$ARCH.aci https://example.com/app-1.0-linux-$ARCH.aci.asc" \
		"$(field '.discover.endpoints[] | "\(.aci) \(.asc)"')"
	mkdir "$T/root"
	mkaci "$T/root" "$WEB/example.com/app-1.0-linux-$ARCH.aci"
	sign good "$WEB/example.com/app-1.0-linux-$ARCH.aci"
	trust_key good example.com/app
	run -254 --separate-stderr rkt fetch example.com/app:1.0
	run -0 --separate-stderr rkt --simple-discovery fetch example.com/app:1.0
	matches '^sha512-[0-9a-f]{32}$'
	# Nobody answers at all: perhaps only pages are not served there.
	web_stop
	discover --simple example.com/app:1.0
	web_restart
}

@test "aci-discover: wrong usage is status 64, and no record" {
	for args in '' 'a b' '--keys' '--insecure-options=x example.com' --none \
		'--simple --keys example.com' '--max-time=0 example.com' \
		'--max-time=x example.com'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr aci-discover $args
		is ''
		matches usage "$stderr"
	done
	run -74 --separate-stderr bash -c 'aci-discover ./x.aci >/dev/full'
}
