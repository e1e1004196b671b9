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
	is 'aci-discover --insecure-options=image,tls example.com/app:1.0 |'\
' aci-fetch --insecure-options=image,tls --no-signature |'\
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


@test "rkt --trust-keys-from-https: a name's first keys, for its host's sake" {
	local path=$RKT_CONF/trustedkeys/prefix.d/example.com/app
	cp "$(key_file good)" "$WEB/example.com/key.gpg"
	web_page example.com "$(
		web_tag ac-discovery example.com/app \
			'https://example.com/app-{version}.{ext}'
		web_tag ac-discovery-pubkeys example.com/app \
			https://example.com/key.gpg
	)"
	# Not unless it is asked for.
	run -254 --separate-stderr rkt fetch example.com/app:1.0
	run -0 --separate-stderr rkt --trust-keys-from-https fetch \
		example.com/app:1.0
	matches "^rkt: searching for app image example.com/app:1.0
Prefix: \"example.com/app\"
Key: \"https://example.com/key.gpg\"
GPG key fingerprint is: [0-9A-F ]+
  good <good@example.com>
Trusting \"https://example.com/key.gpg\" for prefix \"example.com/app\".
Added key for prefix \"example.com/app\" at \"$path/$(fingerprint good)\"
rkt: fetching image from $URL" "$stderr"
	run -0 --separate-stderr rkt --trust-keys-from-https fetch \
		example.com/app:1.0
	is 'rkt: keys already exist for prefix "example.com/app", not fetching again' \
		"$(sed -n 2p <<<"$stderr")"
	# Another key is no reason to trust this one, too.
	rm -r "$RKT_CONF/trustedkeys" "$RKT_DIR/cas"
	trust_key other --root
	run -254 --separate-stderr rkt --trust-keys-from-https fetch \
		example.com/app:1.0
	matches 'key that is not trusted' "$stderr"
	# Without keys there the image is not verified, whatever happens.
	rm -r "$RKT_CONF/trustedkeys" "$WEB/example.com/key.gpg"
	run -254 --separate-stderr rkt --trust-keys-from-https fetch \
		example.com/app:1.0
	matches 'key.gpg: bad HTTP status code: 404
rkt: fetching image' "$stderr"
	is '' "$(find "$RKT_CONF" -type f)"
}

@test "rkt fetch: several images in one command, an id for each, in their order" {
	local one two
	trust_key good --root
	mkaci -v 2.0 "$BATS_FILE_TMPDIR/root" "$WEB/example.com/app-2.0.aci"
	sign good "$WEB/example.com/app-2.0.aci"
	one=$(short_key "$WEB/example.com/app-1.0.aci")
	two=$(short_key "$WEB/example.com/app-2.0.aci")
	run -0 --separate-stderr rkt fetch example.com/app:2.0 "$URL" \
		"${two:0:12}" "$WEB/example.com/app-1.0.aci"
	is "$two
$one
$two
$one"
	run -0 --separate-stderr rkt fetch -full -pull-policy=never \
		example.com/app:1.0 example.com/app:2.0
	is "71 71" "${#lines[0]} ${#lines[1]}"
	is "$one $two" "${lines[0]:0:39} ${lines[1]:0:39}"
	# The first that fails is the last that is tried.
	run -254 --separate-stderr rkt fetch "$URL" sha512-0000 \
		example.com/app:2.0
	is "$one"
	is 'rkt: sha512-0000: not in the store' "$(tail -n 1 <<<"$stderr")"
}

@test "rkt fetch: a hash is looked for in the store, and may not be ambiguous" {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
		mkaci -v "$i" "$BATS_FILE_TMPDIR/root" "$T/x.aci"
		put_aci "$T/x.aci"
	done >"$T/keys"
	# Of 17 two begin with the same digit: one digit is too few anyway.
	run -254 --separate-stderr rkt fetch sha512-1
	is 'rkt: sha512-1: image ID too short: two digits are the least' "$stderr"
	run -254 --separate-stderr rkt fetch sha256-"$(printf '%064d' 0)"
	matches '^rkt: sha256-0+: ids are sha512 since 0.2$' "$stderr"
	run -0 --separate-stderr rkt fetch --full "$(head -n 1 "$T/keys")"
	is "$(head -n 1 "$T/keys")"
	is '' "$stderr"
}

@test "rkt fetch, rkt run: of an ambiguous hash the candidates are listed" {
	local key twin id
	key=$(put_aci "$WEB/example.com/app-1.0.aci")
	# As if there was another that has all digits the same but the last.
	twin=${key%?}
	test "${key: -1}" = 0 && twin+=1 || twin+=0
	cp -r "$RKT_DIR/cas/image/$key" "$RKT_DIR/cas/image/$twin"
	id=$(jq -r .id "$RKT_DIR/cas/image/$key/info.json")
	jq -c --arg id "$twin${id:71}" '.id = $id' \
		"$RKT_DIR/cas/image/$key/info.json" >"$T/info"
	cp --remove-destination "$T/info" "$RKT_DIR/cas/image/$twin/info.json"
	for words in fetch run; do
		run -254 --separate-stderr rkt "$words" "${key:0:20}"
		is ''
		is "rkt: ${key:0:20}: ambiguous image ID, it may be
$(printf '  %s\n' "$key" "$twin" | sort)" "$(cut -c 1-73 <<<"$stderr")"
	done
}

@test "rkt fetch: --no-cache downloads what the store has" {
	trust_key good --root
	rkt fetch "$URL"
	web_requests >/dev/null
	rkt fetch "$URL"
	matches "GET $URL 304" "$(web_requests)"
	run -0 --separate-stderr rkt fetch --no-cache "$URL"
	matches "GET $URL 200" "$(web_requests)"
	matches "rkt: $URL: the image has not changed\$" "$stderr"
}

@test "rkt fetch: what it does not understand is refused before anything is asked" {
	local rows=0 words why
	web_requests >/dev/null
	while IFS=$'\t' read -r words why; do
		rows=$((rows + 1))
		# shellcheck disable=SC2086
		run -254 --separate-stderr rkt $words
		is ''
		matches "^$why" "$stderr"
	done <<-'END'
	fetch	Usage: rkt fetch
	fetch --full	Usage: rkt fetch
	fetch --no-such example.com/app	Usage: rkt fetch
	fetch example.com/app --full	Usage: rkt fetch
	fetch example.com/app --no-such	Usage: rkt fetch
	fetch --signature=x example.com/app	rkt: --signature must follow an image
	fetch example.com/app -- x	rkt: app arguments unsupported
	fetch --pull-policy=always example.com/app	rkt: --pull-policy: is none of new, never and update
	fetch ftp://example.com/app.aci	rkt: ftp://example.com/app.aci: an unsupported URL scheme "ftp"
	fetch https://example.com/app	rkt: https://example.com/app: the path of an image's URL must end in .aci
	fetch example.com/app:1:2	rkt: example.com/app:1:2: a colon may stand there only once
	fetch Example.com/app	rkt: Example.com/app: image name "Example.com/app" may hold only
	--no-such fetch example.com/app	rkt: --no-such: no such global option
	--user-config=here fetch example.com/app	rkt: here: not an absolute path
	END
	is 14 "$rows"
	is '' "$(web_requests)"
}

@test "rkt fetch: on a terminal there is a bar, else a line" {
	trust_key good --root
	head -c 3000000 /dev/urandom >"$T/big"
	mkdir "$T/root"
	mv "$T/big" "$T/root"
	mkaci -v 3.0 "$T/root" "$WEB/example.com/app-3.0.aci"
	sign good "$WEB/example.com/app-3.0.aci"
	run -0 in_tty rkt fetch example.com/app:3.0 </dev/null
	output=$(tr '\r' '\n' <<<"$output")
	matches '^rkt: searching for app image example.com/app:3.0' "$output"
	matches 'Downloading signature from https://example.com/app-3.0.aci.asc' \
		"$output"
	matches 'Downloading ACI: \[={45}\] 3 MB/3 MB' "$output"
	matches 'rkt: signature verified:' "$output"
	matches "$(short_key "$WEB/example.com/app-3.0.aci")" "$output"
	run -0 --separate-stderr rkt fetch --no-cache example.com/app:3.0
	is 'Downloading ACI: 3 MB' "$(grep ACI: <<<"$stderr")"
}

# credentials DIRECTORY PASSWORD: for example.com, in its auth.d.
credentials() {
	mkdir -p "$1"
	install -d -m 700 "$1/auth.d"
	jq -nc --arg password "$2" '{rktKind: "auth", rktVersion: "v1",
		domains: ["example.com"], type: "basic",
		credentials: {user: "me", password: $password}}' \
		>"$1/auth.d/a.json"
	chmod 600 "$1/auth.d/a.json"
}

@test "rkt --user-config: goes before the local configuration, and that before the system's" {
	trust_key good --root
	web_extra example.com "location = /app-1.0.aci {
		if (\$http_authorization != 'Basic $(printf me:user | base64)') {
			return 401; } }"
	credentials "$RKT_SYSTEM_CONF" system
	credentials "$RKT_CONF" local
	run -254 --separate-stderr rkt fetch "$URL"
	matches 'bad HTTP status code: 401' "$stderr"
	credentials "$T/user" user
	run -0 --separate-stderr rkt --user-config="$T/user" fetch "$URL"
	run -254 --separate-stderr rkt --user-config "$T/user" --user-config= \
		fetch --no-cache "$URL"
	credentials "$RKT_CONF" user
	run -0 --separate-stderr rkt fetch --no-cache "$URL"
	web_extra example.com ''
}
