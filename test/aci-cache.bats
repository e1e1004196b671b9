#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# aci-cache - aci-fetch, when the store has already what it would download
# shellcheck disable=SC2016,SC2154

load helpers
load web

URL=https://example.com/app.aci

setup_file() {
	web_start example.com
	mkdir "$BATS_FILE_TMPDIR/root"
}

teardown_file() {
	web_end
}

setup() {
	fresh
	trust_key good --root
	image
	lifetime 0
	web_requests >/dev/null
}

# image [TEXT]: the image at URL, with that in a file, and its signature.
image() {
	echo "${1-}" >"$BATS_FILE_TMPDIR/root/file"
	mkaci "$BATS_FILE_TMPDIR/root" "$WEB/example.com/app.aci"
	sign good "$WEB/example.com/app.aci"
}

# lifetime SECONDS: what the server says of how long all may be used.
lifetime() {
	test "$1" = "${LIFETIME-}" || web_extra example.com \
		"add_header Cache-Control max-age=$1;"
	LIFETIME=$1
}

# store [AGE [ACI-FETCH-OPTION...]]: what URL has, as if it was so old.
store() {
	local file aged
	aci-fetch "${@:2}" "$URL" | aci-verify | cas-put
	file=$(echo "$RKT_DIR"/cas/remote/*)
	aged=$(jq -c ".fetched -= ${1-0} * 1000000000" "$file")
	rm "$file"
	echo "$aged" >"$file"
	web_requests >/dev/null
}

# fetch [OPTION...]: URL, with success; .fetch of the record in $output.
fetch() {
	run -0 --separate-stderr aci-fetch "$@" "$URL"
	output=$(jq -c .fetch <<<"$output")
}

downloaded() {
	is 'aci asc' "$(jq -r '[keys[] | select(startswith("a"))] | join(" ")' \
		<<<"$output")"
	matches "GET $URL 200" "$(web_requests)"
}

# unchanged ID [REST]: nothing was; REST is what the server said.
unchanged() {
	is "$(jq -c --arg url "$URL" --arg id "$1" '{url: $url,
		unchanged: true, id: $id} + .' <<<"${2-"{}"}")"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

# The ETag of the image, as nginx has it.
etag() {
	curl -sI "$URL" | tr -d '\r' | sed -n 's/^ETag: //p'
}

@test "aci-fetch: does not ask for what is still fresh" {
	local id
	lifetime 60
	id=$(store 58 | jq -r .store.id)
	fetch
	unchanged "$id"
	is "aci-fetch: image for $URL isn't expired, not fetching." "$stderr"
	is '' "$(web_requests)"
}

@test "aci-fetch: asks when it is not, and fetches nothing if nothing changed" {
	local id etag
	lifetime 60
	id=$(store 61 | jq -r .store.id)
	etag=$(etag)
	web_requests >/dev/null
	fetch
	unchanged "$id" "$(jq -nc --arg etag "$etag" '{etag: $etag, maxAge: 60}')"
	is "aci-fetch: fetching image from $URL" "$(head -n 1 <<<"$stderr")"
	matches "GET $URL 304" "$(web_requests)"
	# The image is the store's to the end of the pipe.
	run -0 --separate-stderr sh -c 'aci-fetch $0 | aci-verify | cas-put' \
		"$URL"
	is "$id" "$(jq -r .store.id <<<"$output")"
	web_requests >/dev/null
	fetch
	is '' "$(web_requests)"
}

@test "aci-fetch: fetches what has changed" {
	local id
	id=$(store | jq -r .store.id)
	image more
	fetch
	downloaded
	run -0 --separate-stderr sh -c 'aci-fetch $0 | aci-verify | cas-put' \
		"$URL"
	test "$id" != "$(jq -r .store.id <<<"$output")"
	matches "cas-put: $URL: the image has changed, it was ${id:0:39}\$" \
		"$stderr"
}

@test "aci-fetch: fetches an image of which the store has no part, or not all" {
	local key path
	lifetime 60
	key=$(store | jq -r .store.key)
	for path in "blob/sha512/${key:7:2}/$key" "index/$key" "image/$key"; do
		rm -r "$RKT_DIR/cas/$path"
		fetch
		downloaded
		store >/dev/null
		fetch
		is true "$(jq .unchanged <<<"$output")"
	done
	cas-store rm "$key"
	fetch
	downloaded
}

@test "aci-fetch: what nobody verified is fetched again to be verified" {
	lifetime 60
	aci-fetch --no-signature "$URL" | cas-put --insecure
	fetch --no-signature
	is true "$(jq .unchanged <<<"$output")"
	web_requests >/dev/null
	fetch
	downloaded
}

@test "aci-fetch: a signature of one's own, and --no-cache, want it anew" {
	lifetime 60
	store >/dev/null
	for option in --no-cache "--signature=$WEB/example.com/app.aci.asc"; do
		fetch "$option"
		downloaded
	done
}

@test "aci-fetch: what came without a certificate's check is not kept for long" {
	lifetime 60
	run -0 --separate-stderr aci-fetch --insecure-options=tls "$URL"
	is '[null,0]' "$(jq -c '.fetch | [.etag, .maxAge]' <<<"$output")"
}

@test "aci-fetch: the same for the endpoints of a name, each by its own URL" {
	local id
	id=$(store | jq -r .store.id)
	run -0 --separate-stderr aci-fetch < <(jq -nc --arg url "$URL" '{v: 1,
		discover: {name: "example.com/app", labels: {}, endpoints: [
			"https://example.com/gone.aci", $url |
			{aci: ., asc: (. + ".asc")}]}}')
	is "$id" "$(jq -r .fetch.id <<<"$output")"
	is "$URL" "$(jq -r .fetch.url <<<"$output")"
}

# slow_pipe: the pipe with a pause before it stores; URL is locked meanwhile,
# as rkt locks it.
slow_pipe() {
	{
		aci-fetch "$URL" 2>"$T/first" |
			{ cat; : >"$T/fetched"; sleep 1; } |
			aci-verify 2>/dev/null | cas-put -q
	} 9<>"$RKT_RUN/urls" >"$T/key" 3>&- &
}

@test "aci-fetch: waits for another that downloads, and finds the image stored" {
	slow_pipe
	wait_for test -e "$T/fetched"
	fetch
	is 'aci-fetch: another rkt instance is downloading this file, waiting...
'"aci-fetch: image for $URL isn't expired, not fetching." "$stderr"
	matches "^$(cat "$T/key")" "$(jq -r .id <<<"$output")"
	wait
	is 1 "$(web_requests | grep -c "GET $URL 200")"
}

@test "aci-fetch: downloads when the one it waited for has failed" {
	{ aci-fetch "$URL" | { cat >/dev/null; : >"$T/fetched"; sleep 1; }; } \
		9<>"$RKT_RUN/urls" 2>/dev/null 3>&- &
	wait_for test -e "$T/fetched"
	fetch
	is 'aci-fetch: another rkt instance is downloading this file, waiting...
'"aci-fetch: fetching image from $URL" "$(head -n 2 <<<"$stderr")"
	downloaded
}

@test "aci-fetch: waits for nobody who downloads something else" {
	slow_pipe
	wait_for test -e "$T/fetched"
	cp "$WEB/example.com/app.aci" "$WEB/example.com/other.aci"
	cp "$WEB/example.com/app.aci.asc" "$WEB/example.com/other.aci.asc"
	run -0 --separate-stderr aci-fetch https://example.com/other.aci
	test ! -s "$T/key"
	wait
}

@test "aci-fetch: without a place for the locks it goes on without" {
	rm -r "$RKT_RUN"
	: >"$RKT_RUN"
	fetch
	downloaded
}

@test "aci-fetch: a record of the URL that is damaged is as good as none" {
	local file
	lifetime 60
	store >/dev/null
	file=$(echo "$RKT_DIR"/cas/remote/*)
	for text in '' '{' '{"v":1}' '{"url":"'"$URL"'","key":"../../x"}'; do
		rm "$file"
		echo "$text" >"$file"
		fetch
		downloaded
	done
}
