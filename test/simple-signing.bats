# SPDX-License-Identifier: Apache-2.0
# simple-signing - signatures of a registry's images, as skopeo makes them
#
# What aci-verify makes of fetch.manifest and fetch.signatures.
load helpers

setup() {
	fresh
	manifest=$T/manifest
	printf '{"schemaVersion":2,"n":"%s"}' "$RANDOM" >"$manifest"
	name=example.com/app
	image=docker://$name:1.0
}

digest() {
	sha256sum <"$manifest" | cut -d ' ' -f 1
}

# claim [REFERENCE [DIGEST [JQ-FILTER]]]: the text that is signed.
claim() {
	jq -nc --arg r "${1-$name:1.0}" --arg d "${2-sha256:$(digest)}" '{
		critical: {type: "atomic container signature",
			image: {"docker-manifest-digest": $d},
			identity: {"docker-reference": $r}},
		optional: {creator: "a test", timestamp: 1}}'" | ${3-.}"
}

# seal NAME OUT [GPG-OPTION...]: stdin as a signed message.
seal() {
	mkkey "$1" && gpg_in --yes --local-user "=$1 <$1@example.com>" \
		--output "$2" "${@:3}" --sign
}

# record [SIGNATURE...]: what aci-fetch would say of $image.
record() {
	jq -nc --arg image "$image" --arg manifest "$manifest" \
		--arg digest "sha256-$(digest)" '{v: 1, image: $image,
		future: [1], fetch: {url: $image, digest: $digest,
		manifest: $manifest, config: "/none", layers: [],
		signatures: $ARGS.positional}}' --args "$@"
}

# verify STATUS [SIGNATURE...]: runs it, and looks that nothing is left.
verify() {
	record "${@:2}" >"$T/record"
	run "-$1" --separate-stderr aci-verify <"$T/record"
	test "$1" = 0 ||
		is '{"v":1,"error":{"step":"verify","status":'"$1"'}}'
	is '' "$(ls -A "$RKT_DIR/cas/tmp" 2>/dev/null)"
}

# refused STATUS TEXT [SIGNATURE...]
refused() {
	verify "$1" "${@:3}"
	is "aci-verify: $image: $2" "$stderr"
}

@test "simple signing: adds what was verified, and names the signer" {
	trust_key alice "$name"
	claim | seal alice "$T/signature"
	verify 0 "$T/signature"
	is 'aci-verify: signature verified:
  alice <alice@example.com>' "$stderr"
	is "sha256-$(digest)" "$(field .verify.digest)"
	is "$(fingerprint alice)" "$(field .verify.fingerprint)"
	is 'alice <alice@example.com>' "$(field .verify.uid)"
	is "[\"$name\"]" "$(jq -c .verify.prefixes <<<"$output")"
	is "$name" "$(field .verify.name)"
	is "$(jq -cS . "$T/record")" "$(jq -cS 'del(.verify)' <<<"$output")"
}

@test "simple signing: takes what skopeo standalone-sign writes" {
	local key
	trust_key alice "$name"
	for key in alice rsa; do
		mkkey rsa rsa2048
		trust_key "$key" "$name"
		GNUPGHOME=$BATS_FILE_TMPDIR/gnupg skopeo standalone-sign \
			"$manifest" "$name:1.0" "$(fingerprint "$key")" \
			-o "$T/signature"
		gpgconf --homedir "$BATS_FILE_TMPDIR/gnupg" --kill all
		verify 0 "$T/signature"
		is "$(fingerprint "$key")" "$(field .verify.fingerprint)"
	done
}

@test "simple signing: takes what skopeo copy --sign-by writes" {
	mkdir "$T/root"
	umoci init --layout "$T/oci"
	umoci new --image "$T/oci:x"
	trust_key alice "$name"
	GNUPGHOME=$BATS_FILE_TMPDIR/gnupg skopeo --insecure-policy copy -q \
		--sign-by "$(fingerprint alice)" --sign-identity "$name:1.0" \
		"oci:$T/oci:x" "dir:$T/dir"
	gpgconf --homedir "$BATS_FILE_TMPDIR/gnupg" --kill all
	manifest=$T/dir/manifest.json
	verify 0 "$T/dir/signature-1"
	printf ' ' >>"$manifest"
	refused 65 'signature: signed for another manifest' "$T/dir/signature-1"
}

@test "simple signing: an image without a signature is refused" {
	trust_key alice "$name"
	refused 65 'no signature (--insecure-options=image takes it without)'
	record | jq -c 'del(.fetch.signatures)' >"$T/record"
	run -65 --separate-stderr aci-verify <"$T/record"
	is "aci-verify: $image: no signature \
(--insecure-options=image takes it without)" "$stderr"
	: >"$T/empty"
	refused 65 'signature: no signature' "$T/empty"
}

@test "simple signing: only a registry's image has a name to be signed for" {
	trust_key alice --root
	claim | seal alice "$T/signature"
	for image in oci:/a oci-archive:/a:b docker-archive:/a example.com/app; do
		refused 65 'only images of a registry are signed for a name' \
			"$T/signature"
	done
}

@test "A1 simple signing: a key counts at a slash of the full name only" {
	local count=0 status image name
	trust_key alice example.com/app
	trust_key alice registry-1.docker.io/library
	trust_key alice localhost:5000/a_b
	while read -r status image name; do
		echo "$image"
		claim "$name" | seal alice "$T/signature"
		verify "$status" "$T/signature"
		count=$((count + 1))
	done <<-'END'
		0 docker://example.com/app:1 example.com/app:1
		0 docker://example.com/app/b:1 example.com/app/b:1
		77 docker://example.com/application:1 example.com/application:1
		77 docker://example.com/ap:1 example.com/ap:1
		77 docker://example.com:443/app:1 example.com:443/app:1
		0 docker://busybox docker.io/library/busybox:latest
		0 docker://busybox registry-1.docker.io/library/busybox:latest
		0 docker://docker.io/library/busybox:1 busybox:1
		77 docker://coreos/etcd docker.io/coreos/etcd:latest
		0 docker://localhost:5000/a_b/c:1 localhost:5000/a_b/c:1
		77 docker://localhost:5001/a_b/c:1 localhost:5001/a_b/c:1
	END
	test "$count" = 11
}

@test "simple signing: what is signed must be what is asked for" {
	local count=0 zeros signed text other
	zeros=$(printf '%064d' 0)
	trust_key alice --root
	while IFS='|' read -r image signed text; do
		echo "$image $signed"
		image=${image//DIGEST/$(digest)} signed=${signed//ZEROS/$zeros}
		claim "$signed" | seal alice "$T/signature"
		case $text in
		'') verify 0 "$T/signature" ;;
		*) refused 65 "signature: signed as \"$signed\"${text#-}" \
			"$T/signature" ;;
		esac
		count=$((count + 1))
	done <<-'END'
		docker://example.com/app:1.0|example.com/app:1.0|
		docker://example.com/app|example.com/app:latest|
		docker://example.com/app@sha256:DIGEST|example.com/app:1.0|
		docker://example.com/app:2@sha256:DIGEST|example.com/app:1.0|
		docker://example.com/app:1.0|example.com/app:1.1|-
		docker://example.com/app:1.0|example.com/app:latest|-
		docker://example.com/app|example.com/app:1.0|-
		docker://example.com/app:1.0|example.com/app/b:1.0|-
		docker://example.com/app:1.0|example.org/app:1.0|-
		docker://example.com/app@sha256:DIGEST|example.com/ap:1.0|-
		docker://example.com/app:1.0|example.com/app|: it has no tag
		docker://example.com/app|example.com/app|: it has no tag
		docker://example.com/app:1.0|example.com/app@sha256:ZEROS|-
		docker://example.com/app:1.0|example.com/app:|: the tag may hold only letters, digits and _.-, at most 128, and must not begin with . or -
		docker://example.com/app:1.0|example.com/../app:1.0|: the repository may hold only a-z and 0-9, with single separators ./_- between them
		docker://example.com/app:1.0||: a docker image without a name
	END
	test "$count" = 16
	image=docker://$name:1.0
	other=sha256:$zeros
	claim "$name:1.0" "$other" | seal alice "$T/signature"
	refused 65 'signature: signed for another manifest' "$T/signature"
}

@test "simple signing: the signed text is read strictly" {
	local count=0 text what want
	trust_key alice "$name"
	while IFS='~' read -r what text want; do
		echo "$what"
		case $what in
		text) printf '%s' "$text" ;;
		bytes) printf '%b' "$text" ;;
		filter) claim "$name:1.0" "sha256:$(digest)" "$text" ;;
		esac | seal alice "$T/signature"
		refused 65 "signature: $want" "$T/signature"
		count=$((count + 1))
	done <<-'END'
		text~~not a signature of an image: line 1 column 0: '[' or '{' expected near end of file
		bytes~{"\xff":1}~not a signature of an image
		bytes~{}\0~not a text
		text~hello~not a signature of an image: line 1 column 5: '[' or '{' expected near 'hello'
		text~[]~not a signature of an image
		text~{}~not a signature of an image
		text~{"critical":{},"critical":{}}~not a signature of an image: line 1 column 25: duplicate object key near '"critical"'
		text~{"critical":{},"optional":{}} {}~not a signature of an image: line 1 column 31: end of file expected near '{'
		filter~.critical.type = "cosign container image signature"~a signature of type "cosign container image signature"
		filter~.critical.type = 1~not a signature of an image
		filter~del(.critical.type)~not a signature of an image
		filter~del(.critical.identity)~not a signature of an image
		filter~del(.critical.image)~not a signature of an image
		filter~.critical.more = 1~not a signature of an image
		filter~.critical.image.more = 1~not a signature of an image
		filter~.critical.identity.more = 1~not a signature of an image
		filter~.more = 1~not a signature of an image
		filter~del(.optional)~not a signature of an image
		filter~.optional = []~not a signature of an image
		filter~.critical.image."docker-manifest-digest" = "sha256:0"~signed for another manifest
		filter~.critical.image."docker-manifest-digest" |= ascii_upcase~signed for another manifest
		filter~.critical.image."docker-manifest-digest" |= sub("sha256"; "sha512")~signed for another manifest
		filter~.critical.identity."docker-reference" = null~not a signature of an image
	END
	test "$count" = 23
}

@test "A2 simple signing: a weak, expired or foreign signature is refused" {
	trust_key alice "$name"
	claim >"$T/claim"
	seal bob "$T/signature" <"$T/claim"
	refused 77 "signature by a key that is not trusted for this name: \
$(fingerprint bob)" "$T/signature"
	seal alice "$T/signature" --digest-algo SHA1 <"$T/claim"
	refused 65 "signature with a hash weaker than SHA-256: \
$(fingerprint alice)" "$T/signature"
	seal alice "$T/signature" --faked-system-time 20300101T000000 <"$T/claim"
	refused 65 "the signature was made in the future: \
$(fingerprint alice)" "$T/signature"
	seal alice "$T/signature" --default-sig-expire 2d <"$T/claim"
	verify 0 "$T/signature"
	test "$(field .verify.expires)" -gt "$(date +%s)"
}

@test "A4 simple signing: nothing but one signed text is shown to gpg" {
	local count=0 what text
	trust_key alice "$name"
	claim >"$T/claim"
	gpg_s() {
		gpg_in --yes --local-user '=alice <alice@example.com>' \
			-o "$T/signature" "$@" "$T/claim"
	}
	gpg_s --compress-algo none --sign
	cp "$T/signature" "$T/plain"
	gpg_s --compress-algo zip --sign
	cp "$T/signature" "$T/zip"
	verify 0 "$T/plain"
	verify 0 "$T/zip"
	gpg_s --compress-algo zlib --sign
	verify 0 "$T/signature"
	while IFS='|' read -r what text; do
		echo "$what"
		case $what in
		armoured) gpg_s --armor --sign ;;
		clearsigned) gpg_s --clearsign ;;
		detached) gpg_s --detach-sign ;;
		bzip2) gpg_s --compress-algo bzip2 --sign ;;
		text-mode) gpg_s --textmode --sign ;;
		by-two) gpg_s --local-user '=bob <bob@example.com>' --sign ;;
		encrypted) gpg_s --passphrase x --symmetric ;;
		literal) gpg_s --compress-algo none --store ;;
		compressed-literal) gpg_s --store ;;
		key) gpg_in --export alice@example.com >"$T/signature" ;;
		twice) cat "$T/plain" "$T/plain" >"$T/signature" ;;
		twice-zip) cat "$T/zip" "$T/zip" >"$T/signature" ;;
		zip-in-zip) python3 - "$T/zip" >"$T/signature" <<-'END' ;;
			import sys, zlib
			deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
			data = open(sys.argv[1], 'rb').read()
			sys.stdout.buffer.write(b'\xa3\x01' +
			    deflate.compress(data) + deflate.flush())
		END
		bomb) python3 - >"$T/signature" <<-'END' ;;
			import sys, zlib
			deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
			sys.stdout.buffer.write(b'\xa3\x01' +
			    deflate.compress(bytes(500 << 20)) + deflate.flush())
		END
		cut) head -c -1 "$T/plain" >"$T/signature" ;;
		cut-zip) head -c -1 "$T/zip" >"$T/signature" ;;
		more) (cat "$T/plain"; printf x) >"$T/signature" ;;
		more-zip) (cat "$T/zip"; printf x) >"$T/signature" ;;
		text) cp "$T/claim" "$T/signature" ;;
		huge) gpg_in --yes --compress-algo none --local-user \
			'=alice <alice@example.com>' -o "$T/signature" \
			--sign < <(head -c 70000 /dev/zero) ;;
		long) truncate -s 1048577 "$T/signature" ;;
		esac
		refused 65 "$text" "$T/signature"
		count=$((count + 1))
	done <<-'END'
		armoured|signature: not an OpenPGP message
		clearsigned|signature: not an OpenPGP message
		text|signature: not an OpenPGP message
		detached|signature: not one signed text
		by-two|signature: not one signed text
		literal|signature: not one signed text
		compressed-literal|signature: not one signed text
		encrypted|signature: not one signed text
		key|signature: not one signed text
		text-mode|signature: not one signed text
		twice|signature: something behind the signature
		more|signature: something behind the signature
		zip-in-zip|signature: a malformed packet
		cut|signature: a malformed packet
		bzip2|signature: compressed in an unknown way
		cut-zip|signature: malformed compressed data
		more-zip|signature: malformed compressed data
		twice-zip|signature: malformed compressed data
		bomb|signature: longer than a signed text may be
		huge|signature: a malformed packet
		long|signature longer than 1048576 bytes
	END
	test "$count" = 21
}

@test "A3 simple signing: what stands beside the text says nothing" {
	local evil=$'x\n[GNUPG:] GOODSIG 0123456789ABCDEF alice'
	trust_key alice "$name"
	claim "$name:1.0" "sha256:$(digest)" \
		".optional.creator = \"\\u001b[2J\\n[GNUPG:] GOODSIG\"" >"$T/claim"
	seal alice "$T/signature" --set-filename "$evil" <"$T/claim"
	verify 0 "$T/signature"
	seal bob "$T/signature" --set-filename "$evil" <"$T/claim"
	refused 77 "signature by a key that is not trusted for this name: \
$(fingerprint bob)" "$T/signature"
	claim $'x\n[GNUPG:] GOODSIG' | seal alice "$T/signature"
	verify 65 "$T/signature"
	run -1 grep -aP '[^\x20-\x7e]' <<<"$stderr"
}

@test "A6 simple signing: one good signature is enough, in any order" {
	trust_key alice "$name"
	claim >"$T/claim"
	seal alice "$T/good" <"$T/claim"
	seal bob "$T/stranger" <"$T/claim"
	claim "$name:2.0" | seal alice "$T/other"
	echo x >"$T/none"
	verify 0 "$T/good" "$T/stranger" "$T/other" "$T/none"
	verify 0 "$T/none" "$T/other" "$T/stranger" "$T/good"
	for order in 'stranger other' 'other stranger'; do
		# shellcheck disable=SC2086
		refused 65 'signature: signed as "example.com/app:2.0"' \
			"$T/${order% *}" "$T/${order#* }"
	done
	refused 77 "signature by a key that is not trusted for this name: \
$(fingerprint bob)" "$T/stranger" "$T/stranger"
	# shellcheck disable=SC2046
	refused 65 'more than 16 signatures' $(printf "$T/good %.0s" {1..17})
	refused 66 x "$T/absent" || is \
		"aci-verify: $T/absent: No such file or directory" "$stderr"
}

@test "A13 simple signing: the manifest is the one that was fetched" {
	trust_key alice "$name"
	claim | seal alice "$T/signature"
	record "$T/signature" >"$T/record"
	printf ' ' >>"$manifest"
	run -65 --separate-stderr aci-verify <"$T/record"
	is "aci-verify: $image: the manifest has changed since it was fetched" \
		"$stderr"
	truncate -s 4194305 "$manifest"
	refused 65 'manifest longer than 4194304 bytes' "$T/signature"
	rm "$manifest"
	manifest=/dev/null record "$T/signature" |
		jq -c --arg m "$manifest" '.fetch.manifest = $m' >"$T/record"
	run -66 --separate-stderr aci-verify <"$T/record"
}

@test "simple signing: a failure leaves none of the image's files" {
	local tmp=$RKT_DIR/cas/tmp
	mkdir -p "$RKT_DIR/cas" && mkdir -m 700 "$tmp"
	for file in manifest config signature layer; do
		echo x >"$tmp/fetch-$file"
	done
	manifest=$tmp/fetch-manifest
	record "$tmp/fetch-signature" | jq -c --arg t "$tmp" '
		.fetch.config = $t + "/fetch-config" |
		.fetch.layers = [{path: ($t + "/fetch-layer")},
			{diffID: "sha256-0"}]' >"$T/record"
	run -65 --separate-stderr aci-verify <"$T/record"
	is '' "$(ls -A "$tmp")"
}

@test "simple signing: an unchanged image is held to the name it was signed for" {
	local key dir
	key=sha512-$(printf '%064d' 7)
	dir=$RKT_DIR/cas/image/$key
	mkdir -p "$dir"
	trust_key alice "$name"
	jq -nc --arg id "$key" --arg f "$(fingerprint alice)" '{v: 1, id: $id,
		name: "example.com/app", kind: "erofs", verify: {fingerprint: $f,
		name: "example.com/app"}}' >"$dir/info.json"
	record | jq -c --arg id "$key" '.fetch = {unchanged: true, id: $id}' \
		>"$T/record"
	run -0 --separate-stderr aci-verify <"$T/record"
	is '' "$stderr"
	jq -c '.image = "docker://example.com/app/b"' "$T/record" >"$T/other"
	run -65 --separate-stderr aci-verify <"$T/other"
	is "aci-verify: docker://example.com/app/b: the store's image \
has another name" "$stderr"
}
