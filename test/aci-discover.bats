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

@test "R4 aci-discover: a prefix matches only at a slash" {
	web_page example.com "$(web_tag ac-discovery example.com/app https://a/x.{ext})"
	refuses 69 'discovery failed for "example.com/application": no endpoints discovered' \
		example.com/application
	discover example.com/app/x
}

@test "A10 aci-discover: tags count only in the head" {
	local tag
	tag=$(web_tag ac-discovery example.com https://evil/x.{ext})
	for page in "<head></head><body>$tag</body>" \
		"<head><!-- $tag --></head>" \
		"<head><script>$tag</script></head>" \
		"<head><title>$tag</title></head>" \
		"<head><noscript>$tag</noscript></head>" \
		"<head><template>$tag</template></head>" \
		"<head><style>$tag</style></head>" \
		"<p>Hello</p>$tag" \
		"<svg>$tag</svg>"; do
		echo "$page"
		printf '<html>%s</html>' "$page" >"$WEB/example.com/index.html"
		refuses 69 'discovery failed for "example.com": no endpoints discovered' \
			example.com
	done
}

@test "A10 aci-discover: takes several templates in order, and drops what it cannot use" {
	web_page example.com "$(
		for t in 'https://a/{name}/{version}/{channel}.{ext}' \
			'https://b/{unknown}.{ext}' 'https://c/{name' \
			'https://d/}' 'hdfs://e/{name}.{ext}' \
			'http://f/{name}.{ext}' 'file:///{name}.{ext}' \
			'https://user:secret@g/{name}.{ext}' \
			'https://h/{name}.aci' 'https://i/{name}.{ext} third'; do
			web_tag ac-discovery example.com "$t"
		done
	)"
	discover example.com/app,channel=beta%2Fone
	is 'https://a/example.com/app/latest/beta%2Fone.aci
https://a/example.com/app/latest/beta%2Fone.aci.asc
https://h/example.com/app.aci
https://h/example.com/app.aci.asc' \
		"$(field '.discover.endpoints[][]')"
	is null "$(jq -c .discover.labels.version <<<"$output")"
}

@test "A9 aci-discover: refuses what is no name before it asks anybody" {
	for name in 'example.com/%0d%0a' Example.com 'example.com/a..b' \
		'user@example.com' '[::1]' 'example.com/a//b' 'example.com/x?y' \
		'example.com/x#y' 'example.com/app:1:2' \
		'example.com/app,version=1,version=2' 'example.com/app:..' \
		"$(printf 'example.com/a\nb')" 'exämple.com'; do
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
		SECONDS=0
		run -69 --separate-stderr aci-discover example.com
		test "$SECONDS" -lt 8
	done
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
	refuses 64 'ftp://example.com/x.aci: an unsupported URL scheme "ftp"' \
		ftp://example.com/x.aci
	refuses 69 'sha512-ab: an image cannot be found by its id' sha512-ab
	is '' "$(web_requests)"
}

@test "aci-discover: RKT_DEBUG tells what each place answered" {
	web_page example.com "$(web_tag ac-discovery example.com https://a/x.{ext})"
	RKT_DEBUG=1 run -0 --separate-stderr aci-discover example.com/app
	is 'aci-discover: https://example.com/app?ac-discovery=1: bad HTTP status code: 404
aci-discover: https://example.com?ac-discovery=1: answered' "$stderr"
}

@test "G17 aci-discover: has no capability when it asks" {
	local tool
	# This one takes the request and never answers.
	ip address replace 192.0.2.81/32 dev lo
	printf '192.0.2.81 mute.example\n' >>"$WEB/etc/hosts"
	web_certificate mute.example
	WEB_ADDRESS=192.0.2.81 web_canned mute.example 443 ''
	aci-discover mute.example 3>&- 4>&- &
	tool=$!
	wait_for grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$tool/status"
	wait_for grep -q '^CapPrm:[[:space:]]*0*$' "/proc/$tool/status"
	grep -q '^CapEff:[[:space:]]*0*$' "/proc/$tool/status"
	kill "$tool"
	wait "$tool" || :
}

@test "aci-discover: wrong usage is status 64, and no record" {
	for args in '' 'a b' '--keys' '--insecure-options=x example.com' --none; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr aci-discover $args
		is ''
		matches usage "$stderr"
	done
	run -74 --separate-stderr bash -c 'aci-discover ./x.aci >/dev/full'
}
