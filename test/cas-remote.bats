#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# cas-remote - what the store remembers of a URL, and of who signed its image
# shellcheck disable=SC2154
load helpers

URL=https://example.com/app.aci

# put [JQ-FILTER [CAS-PUT-OPTION...]]: T/x.aci, from URL, as if it was verified.
put() {
	local digest
	test -f "$T/x.aci" || {
		mkdir -p "$T/root"
		mkaci "$T/root" "$T/x.aci"
	}
	digest=sha512-$(sha512sum "$T/x.aci" | cut -d ' ' -f 1)
	jq -nc --arg aci "$T/x.aci" --arg url "$URL" --arg digest "$digest" '
		{v: 1, image: $url, fetch: {url: $url, aci: $aci, digest: $digest,
			etag: "\"1\"", maxAge: 7}, verify: {digest: $digest,
			fingerprint: "00", uid: "me", prefixes: [""]}} | '"${1-.}" |
		cas-put "${@:2}"
}

# confirm RECORD [JQ-FILTER]: as aci-fetch would when nothing has changed.
confirm() {
	jq -c '.fetch = {url: .fetch.url, unchanged: true, id: .store.id} |
		del(.store) | '"${2-.}" <<<"$1" | cas-put
}

# The record of URL.
remote() {
	cat "$RKT_DIR"/cas/remote/*
}

# When the image of that record was last imported, or found to be the latest.
info() {
	field "$2" "$(cat "$(dirname "$(field .store.manifest "$1")")/info.json")"
}

# age SECONDS: the record of URL is that old.
age() {
	local file aged
	file=$(echo "$RKT_DIR"/cas/remote/*)
	aged=$(jq -c ".fetched -= $1 * 1000000000" "$file")
	rm "$file"
	echo "$aged" >"$file"
}

@test "cas-put: remembers the URL, what its server said, and the signer" {
	run -0 --separate-stderr put
	is '' "$stderr"
	is '{"v":1,"url":"https://example.com/app.aci","key":"'"$(
		field .store.key)"'","etag":"\"1\"","maxAge":7}' \
		"$(remote | jq -c 'del(.fetched, .sum)')"
	is '00 me' "$(info "$output" '.verify | "\(.fingerprint) \(.uid)"')"
	run -0 --separate-stderr put '.fetch |= del(.etag, .maxAge)'
	is 'cas-put: https://example.com/app.aci: the image has not changed' \
		"$stderr"
	is 'null 0' "$(remote | jq -r '"\(.etag) \(.maxAge)"')"
}

@test "cas-put: tells that a URL has another image now, and which it was" {
	local old
	old=$(put . -q)
	echo more >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	run -0 --separate-stderr put
	is "cas-put: $URL: the image has changed, it was ${old:0:39}" "$stderr"
}

@test "cas-put: what was verified once stays so when it comes unverified" {
	local record
	record=$(put)
	put 'del(.verify)' --insecure
	is 00 "$(info "$record" .verify.fingerprint)"
	put '.verify.fingerprint = "11"'
	is 11 "$(info "$record" .verify.fingerprint)"
}

@test "cas-put: an unchanged image is the store's; the server's word is noted" {
	local record before
	record=$(put)
	age 1000
	before=$(remote | jq .fetched)
	# Not asked, being fresh: nothing to note.
	run -0 --separate-stderr confirm "$record"
	is "$(jq -cS .store <<<"$record")" "$(jq -cS .store <<<"$output")"
	is '' "$stderr"
	is "$before" "$(remote | jq .fetched)"
	# Asked: its lifetime begins anew, and the ETag stays unless it is told.
	run -0 --separate-stderr confirm "$record" '.fetch.maxAge = 9'
	is "cas-put: $URL: the image has not changed" "$stderr"
	is '"1" 9' "$(remote | jq -r '"\(.etag) \(.maxAge)"')"
	test "$(remote | jq .fetched)" -gt "$before"
	run -0 --separate-stderr confirm "$record" \
		'.fetch += {maxAge: 0, etag: "\"2\""}'
	is '"2" 0' "$(remote | jq -r '"\(.etag) \(.maxAge)"')"
}

@test "cas-put: an unchanged image is what its name means from now on" {
	local old new
	old=$(put)
	mkdir -p "$T/root"
	echo more >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	new=$(put '.fetch.url = "https://example.org/mirror.aci"')
	is "$(field .store.key "$new")" \
		"$(cas-store get -q example.com/app:1.0)"
	confirm "$old" '.image = "example.com/app:1.0" | .discover = {name:
		"example.com/app", labels: {version: "1.0"}}'
	is "$(field .store.key "$old")" \
		"$(cas-store get -q example.com/app:1.0)"
	# The latest, if no version was asked for.
	is 0 "$(info "$new" .latest)"
	confirm "$new" '.image = "example.com/app" | .discover = {name:
		"example.com/app", labels: {}}'
	test "$(info "$new" .latest)" -gt 0
	is "$(field .store.key "$new")" "$(cas-store get -q example.com/app)"
}

@test "cas-put: an unchanged image that is not what was asked for is refused" {
	local record key rows=0 filter status why
	record=$(put)
	key=$(field .store.key "$record")
	cp "$RKT_DIR"/cas/image/*/info.json "$T/info"
	while IFS=$'\t' read -r filter status why; do
		run "-$status" --separate-stderr confirm "$record" "$filter"
		is "cas-put: $URL: ${why/KEY/$key}" "$stderr"
		cmp "$T/info" "$RKT_DIR"/cas/image/*/info.json
		rows=$((rows + 1))
	done <<-'END'
	.discover.name = "example.com/other"	65	its manifest has the name "example.com/app", not "example.com/other" as asked for
	.discover = {name: "example.com/app", labels: {version: "2"}}	65	its manifest has the label version "1.0", not "2" as asked for
	.verify.prefixes = ["example.org"]	77	signed by a key that is not trusted for its name "example.com/app"
	.verify.digest = "sha512-00"	65	the store's image was not verified as the record says
	del(.verify)	65	not verified (aci-verify, or --insecure)
	del(.fetch.id)	65	the record has no fetch.id
	.fetch.id = "sha512-0"	65	the record has no fetch.id
	.fetch.id = "../../x"	65	the record has no fetch.id
	.fetch.id |= .[0:71] + "0" * 64	65	the store has another image as KEY
	END
	is 9 "$rows"
}

@test "cas-put: an unchanged image that was removed is worth another try" {
	local record key
	record=$(put)
	key=$(field .store.key "$record")
	cas-store rm "$key"
	run -75 --separate-stderr confirm "$record"
	is "cas-put: $URL: $key was removed from the store meanwhile" "$stderr"
	is '{"v":1,"error":{"step":"store","status":75}}'
}

@test "cas-put: an image that nobody verified is not confirmed as verified" {
	local record
	record=$(put 'del(.verify)' --insecure)
	run -65 --separate-stderr confirm "$record" \
		'.verify = {digest: "sha512-00", prefixes: [""]}'
	is "cas-put: $URL: the store's image was not verified as the record says" \
		"$stderr"
	run -0 --separate-stderr sh -c 'jq -c ".fetch = {unchanged: true, id:
		.store.id, url: .fetch.url}" | cas-put --insecure -q' <<<"$record"
	is "$(field .store.key "$record")"
}

@test "cas-store get: 66 if by the policy an image is to be asked for" {
	local key policy ref rows=0
	key=$(put . -q 2>/dev/null)
	while read -r ref policy want; do
		rows=$((rows + 1))
		run "-$want" --separate-stderr cas-store get -q \
			"--pull-policy=$policy" "${ref/KEY/${key:0:20}}"
		test "$want" != 0 || is "$key"
		test "$want" = 1 || is '' "$stderr"
		test "$want" != 1 ||
			is "cas-store: $ref: not in the store" "$stderr"
	done <<-END
	example.com/app:1.0 new 0
	example.com/app:1.0 never 0
	example.com/app:1.0 update 66
	example.com/none new 66
	example.com/none never 1
	example.com/none update 66
	KEY new 0
	KEY never 0
	KEY update 0
	sha512-0000 new 1
	sha512-0000 update 1
	$URL new 0
	$URL never 0
	$URL update 0
	$T/x.aci new 66
	$T/x.aci never 66
	file://$T/x.aci never 66
	docker://busybox new 66
	docker://busybox never 1
	END
	is 19 "$rows"
	age 8
	for policy in new update; do
		run -66 cas-store get -q "--pull-policy=$policy" "$URL"
	done
	run -0 cas-store get -q --pull-policy=never "$URL"
	run -64 cas-store get -q --pull-policy=always "$URL"
	# All or none: one that nobody has decides.
	run -1 --separate-stderr cas-store get -q --pull-policy=new \
		sha512-0000 example.com/none example.com/app
	is ''
	# What has lost a part is fetched again.
	rm "$RKT_DIR/cas/index/$key"
	run -66 cas-store get -q --pull-policy=new example.com/app:1.0
}

@test "cas-store urls: the file of the locks, made if it is missing" {
	run -0 --separate-stderr cas-store urls
	is "$RKT_RUN/urls"
	test -f "$output"
	is 0 "$(wc -c <"$output")"
	rm -r "$RKT_RUN"
	: >"$RKT_RUN"
	run -73 --separate-stderr cas-store urls
	is "cas-store: $RKT_RUN/urls: Not a directory" "$stderr"
}
