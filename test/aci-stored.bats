#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# aci-stored - aci-verify, asked about an image that the store has
#
# Whoever signed it must still be trusted for it, though nothing came anew.
# shellcheck disable=SC2154
load helpers

# stored [NAME]: an image of example.com/app, signed by NAME (alice); its key.
stored() {
	mkdir -p "$T/root"
	mkaci "$T/root" "$T/x.aci"
	sign "${1-alice}" "$T/x.aci"
	jq -nc --arg aci "$T/x.aci" --arg asc "$T/x.aci.asc" '{v: 1,
		image: "example.com/app", discover: {name: "example.com/app",
		labels: {}}, fetch: {url: "https://example.com/x.aci",
		aci: $aci, asc: $asc}}' | aci-verify 2>/dev/null | cas-put -q
}

# unchanged [JQ-FILTER]: what aci-fetch prints when nothing has changed.
unchanged() {
	cas-store get example.com/app | jq -c '.fetch = {unchanged: true,
		id: .store.id} | del(.store) | '"${1-.}" >"$T/record"
}

# verify STATUS [WHY]: aci-verify with T/record; nothing is left.
verify() {
	run "-$1" --separate-stderr aci-verify <"$T/record"
	is "${2+aci-verify: example.com/app: }${2-}" "$stderr"
	test "$1" = 0 || is '{"v":1,"error":{"step":"verify","status":'"$1"'}}'
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "aci-verify: bears out the store's image while its signer is trusted" {
	trust_key alice example.com
	stored
	for filter in . '.discover.name = "example.com/app"'; do
		unchanged "$filter"
		verify 0
		is "$(fingerprint alice) alice <alice@example.com> sha512-$(
			sha512sum "$T/x.aci" | cut -d ' ' -f 1) [\"example.com\"]" \
			"$(jq -r '.verify | "\(.fingerprint) \(.uid) \(.digest
			) \(.prefixes)"' <<<"$output")"
		is "$(jq -cS . "$T/record")" \
			"$(jq -cS 'del(.verify)' <<<"$output")"
	done
	# And as cas-store tells of it.
	cas-store get example.com/app >"$T/record"
	verify 0
	is '["example.com"]' "$(jq -c .verify.prefixes <<<"$output")"
}

@test "aci-verify: refuses the store's image when its signer is trusted no more" {
	trust_key alice example.com/app
	stored
	rm -r "$RKT_CONF/trustedkeys"
	local gone='the store'\''s image was signed by a key that is no longer trusted for it'
	unchanged
	verify 77 "$gone: $(fingerprint alice)"
	# Trusted for other names is not trusted for this one.
	trust_key alice example.com/application
	trust_key alice example.org
	verify 77 "$gone: $(fingerprint alice)"
	cas-store get example.com/app >"$T/record"
	verify 77 "$gone: $(fingerprint alice)"
	# The distribution's key, masked by the operator.
	mkdir -p "$RKT_SYSTEM_CONF/trustedkeys/root.d" \
		"$RKT_CONF/trustedkeys/root.d"
	cp "$(key_file alice)" \
		"$RKT_SYSTEM_CONF/trustedkeys/root.d/$(fingerprint alice)"
	verify 0
	: >"$RKT_CONF/trustedkeys/root.d/$(fingerprint alice)"
	verify 77 "$gone: $(fingerprint alice)"
}

@test "aci-verify: refuses the store's image when its signer's key was revoked" {
	trust_key bob example.com/app
	stored bob
	unchanged
	verify 0
	sed 's/^:---/---/' "$BATS_FILE_TMPDIR/gnupg/openpgp-revocs.d/$(
		fingerprint bob | tr a-f A-F).rev" | gpg_in --import
	gpg_in --armor --export '=bob <bob@example.com>' \
		>"$RKT_CONF/trustedkeys/prefix.d/example.com/app/$(
		fingerprint bob)"
	verify 65 "the key that signed the store's image is revoked: \
$(fingerprint bob)"
}

@test "aci-verify: refuses an image of the store that nobody verified" {
	trust_key alice example.com/app
	mkdir "$T/root"
	mkaci "$T/root" "$T/x.aci"
	put_aci "$T/x.aci"
	unchanged
	verify 65 "the store's image was never verified"
}

@test "aci-verify: an image that has left the store, and what is no image of it" {
	local key
	trust_key alice example.com/app
	key=$(stored)
	unchanged
	cas-store rm "$key"
	verify 75 'no longer in the store'
	jq -c '.fetch.id = "sha512-00"' "$T/record" >"$T/other"
	mv "$T/other" "$T/record"
	run -65 --separate-stderr aci-verify <"$T/record"
	is 'aci-verify: record: no fetch.id' "$stderr"
}

@test "aci-verify: refuses the store's image when its signature has expired" {
	trust_key alice example.com/app
	stored
	unchanged
	info=$(echo "$RKT_DIR"/cas/image/*/info.json)
	jq -c '.verify.expires = 1000' "$info" >"$T/info"
	chmod u+w "$info"
	cp "$T/info" "$info"
	verify 65 'the signature has expired'
	jq -c '.verify.expires = 4000000000' "$T/info" >"$info"
	verify 0
	is 4000000000 "$(field .verify.expires)"
}

@test "aci-verify: refuses a stored image of another name than was asked for" {
	trust_key alice --root
	stored
	unchanged '.discover.name = "example.com/other"'
	run -65 --separate-stderr aci-verify <"$T/record"
	is "aci-verify: example.com/other: the store's image has another name" \
		"$stderr"
	unchanged '.image = "docker://example.com/other"'
	run -65 --separate-stderr aci-verify <"$T/record"
	is "aci-verify: docker://example.com/other: the store's image has \
another name" "$stderr"
}
