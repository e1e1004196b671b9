#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bad-input - what the pipe and rkt do with an image that is not as it should be
#
# Each case is tried three times: in the plain pipe of a plain sh, whose last
# status must be that of the tool that refused, by rkt fetch and by rkt run.
# Each time there is one line that says why, and nothing has changed.
# shellcheck disable=SC2154

load helpers
load web

setup_file() {
	web_start example.com other.example untrusted.example
	mkdir "$BATS_FILE_TMPDIR/root"
	echo data >"$BATS_FILE_TMPDIR/root/file"
	web_page example.com "$(web_tag ac-discovery example.com \
		'https://example.com/{name}-{version}.{ext}')"
	for port in 444 445; do
		web_page "other.example/$port" "$(web_tag ac-discovery \
			"other.example/$port" \
			"https://other.example:$port/{name}-{version}.{ext}")"
	done
	openssl req -x509 -new -key "$WEB/etc/server.key" -days 20 \
		-subj /CN=untrusted.example \
		-addext subjectAltName=DNS:untrusted.example \
		-out "$WEB/etc/untrusted.example.pem"
	web_restart
	mkdir -p "$WEB/example.com/example.com"
	publish app good
	mkkey other
}

teardown_file() {
	web_end
}

setup() {
	web_restart
	fresh
	trust_key good example.com
	rkt fetch example.com/app:1.0 >/dev/null 2>&1
	mkdir -p "$RKT_DIR/pods"
}

# publish NAME KEY [MKACI-OPTION...]: example.com/NAME:1.0, signed.
publish() {
	local file=$WEB/example.com/example.com/$1-1.0.aci

	mkaci -n "example.com/$1" "${@:3}" "$BATS_FILE_TMPDIR/root" "$file"
	sign "$2" "$file"
}

# publish_tar NAME ENTRY...: example.com/NAME:1.0, a tar of them (mktar).
publish_tar() {
	local file=$WEB/example.com/example.com/$1-1.0.aci

	"$TEST/mktar" "$file" "${@:2}"
	sign good "$file"
}

# What was said, but for what a fetch says while all is well.
complaint() {
	grep -vE "^(aci-fetch|rkt): fetching image from |^Downloading |\
^rkt: searching for app image |^(aci-verify|rkt): signature verified:$|\
^  [a-z]+ <.*>$" <<<"$stderr" |
		sed -E 's/(after|with) [0-9]+ (ms|bytes)/\1 N \2/'
}

host_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	*) uname -m ;;
	esac
}

everything() {
	snapshot "$RKT_DIR" "$RKT_RUN" "$RKT_CONF" "$RKT_SYSTEM_CONF"
}

# refused STATUS TOOL LINE IMAGE: as the head of this file says.
refused() {
	local before
	before=$(everything)
	run "-$1" --separate-stderr env -u RKT_PROG sh -c \
		'aci-discover "$1" | aci-fetch | aci-verify | cas-put -q' \
		sh "$4"
	is ''
	is "$2: $3" "$(complaint)"
	is "$before" "$(everything)"
	run -254 --separate-stderr rkt fetch "$4"
	is ''
	is "rkt: $3" "$(complaint)"
	is "$before" "$(everything)"
	run -254 --separate-stderr rkt run --net=host "$4"
	is ''
	is "rkt: $3" "$(complaint)"
	is "$before" "$(everything)"
}

@test "bad input: an unknown name" {
	refused 69 aci-discover \
		'discovery failed for "other.example/app": no endpoints discovered' \
		other.example/app:1.0
}

@test "bad input: a host that nobody knows" {
	refused 69 aci-discover 'discovery failed for "nowhere.example/app":'\
' https://nowhere.example/app?ac-discovery=1:'\
' Could not resolve host: nowhere.example' nowhere.example/app:1.0
}

@test "bad input: a host that does not answer" {
	web_stop
	refused 69 aci-discover 'discovery failed for "other.example/app":'\
' https://other.example/app?ac-discovery=1: Failed to connect to'\
" other.example port 443 after N ms: Couldn't connect to server" \
		other.example/app:1.0
	web_restart
	refused 69 aci-fetch \
		'https://other.example:444/other.example/444-1.0.aci:'\
' Failed to connect to other.example port 444 after N ms:'\
" Couldn't connect to server" other.example/444:1.0
}

@test "bad input: a certificate of an authority that nobody trusts" {
	refused 69 aci-discover 'discovery failed for "untrusted.example/app":'\
' https://untrusted.example/app?ac-discovery=1: SSL certificate problem:'\
' self-signed certificate' untrusted.example/app:1.0
	refused 69 aci-fetch 'https://untrusted.example/app.aci:'\
' SSL certificate problem: self-signed certificate' \
		https://untrusted.example/app.aci
}

@test "bad input: an image that is not where it should be" {
	refused 69 aci-fetch 'https://example.com/example.com/app-2.0.aci:'\
' bad HTTP status code: 404' example.com/app:2.0
}

@test "bad input: an image that is not signed" {
	local url=https://example.com/example.com/unsigned-1.0.aci
	publish unsigned good
	rm "$WEB/example.com/example.com/unsigned-1.0.aci.asc"
	refused 65 aci-fetch \
		"$url: image is not signed: there is no $url.asc" \
		example.com/unsigned:1.0
}

@test "bad input: a signature of another file" {
	local key
	publish altered good
	echo more >>"$WEB/example.com/example.com/altered-1.0.aci"
	# Of a signature that is wrong gpg tells but the key's id.
	key=$(fingerprint good)
	refused 65 aci-verify "example.com/altered: the signature does not\
 verify: ${key: -16}" example.com/altered:1.0
}

@test "bad input: a key that nobody trusts" {
	publish foreign other
	refused 77 aci-verify "example.com/foreign: signature by a key that is\
 not trusted for this name: $(fingerprint other)" example.com/foreign:1.0
}

@test "bad input: a key that is trusted for another prefix" {
	rm -r "$RKT_CONF/trustedkeys"
	publish application good
	trust_key good example.com/app
	refused 77 aci-verify "example.com/application: signature by a key\
 that is not trusted for this name: $(fingerprint good)" \
		example.com/application:1.0
	# From a URL the name is known only when the image is open.
	refused 77 cas-put 'https://example.com/example.com/application-1.0.aci:'\
' signed by a key that is not trusted for its name'\
' "example.com/application"' \
		https://example.com/example.com/application-1.0.aci
}

@test "bad input: a truncated download" {
	local file=$WEB/example.com/example.com/app-1.0.aci
	{
		printf 'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' \
			"$(stat -c %s "$file")"
		head -c 100 "$file"
	} >"$T/answer"
	web_canned other.example 445 "$T/answer"
	web_extra other.example 'location = /app.aci {
		return 302 https://other.example:445/; }'
	cp "$file.asc" "$WEB/other.example/app.aci.asc"
	refused 69 aci-fetch 'https://other.example/app.aci:'\
' transfer closed with N bytes remaining to read' \
		https://other.example/app.aci
	web_uncan
}

@test "bad input: an image that was truncated before it was signed" {
	publish cut good
	truncate -s 100 "$WEB/example.com/example.com/cut-1.0.aci"
	sign good "$WEB/example.com/example.com/cut-1.0.aci"
	refused 65 cas-put 'example.com/cut:1.0: gzip: truncated' \
		example.com/cut:1.0
}

@test "bad input: a tar with .. in a name" {
	publish_tar dotdot 'manifest(name="example.com/dotdot")' rootfs \
		'h("rootfs/../../../etc/x")'
	refused 65 cas-put 'example.com/dotdot:1.0: entry 3:'\
' rootfs/../../../etc/x: ".." in its name' example.com/dotdot:1.0
}

@test "bad input: a tar with an absolute name" {
	publish_tar absolute 'manifest(name="example.com/absolute")' rootfs \
		'h("/etc/x")'
	refused 65 cas-put 'example.com/absolute:1.0: entry 3: /etc/x:'\
' absolute name' example.com/absolute:1.0
}

@test "bad input: two manifests, or none" {
	publish_tar two 'manifest(name="example.com/two")' rootfs \
		'manifest(name="example.com/two")'
	refused 65 cas-put 'example.com/two:1.0: entry 3: manifest: there twice' \
		example.com/two:1.0
	publish_tar none rootfs 'h("rootfs/a")'
	refused 65 cas-put 'example.com/none:1.0: it has no manifest' \
		example.com/none:1.0
}

@test "bad input: an image that is not the one asked for" {
	publish name good -n example.com/another
	refused 65 cas-put 'example.com/name:1.0: its manifest has the name'\
' "example.com/another", not "example.com/name" as asked for' \
		example.com/name:1.0
	publish label good -v 1.1
	refused 65 cas-put 'example.com/label:1.0: its manifest has the label'\
' version "1.1", not "1.0" as asked for' example.com/label:1.0
	publish arch good -a s390x
	refused 65 cas-put 'example.com/arch:1.0: its manifest has the label'\
" arch \"s390x\", not \"$(host_arch)\" as asked for" example.com/arch:1.0
}
