# SPDX-License-Identifier: Apache-2.0
# local - images from layouts and archives, from the file to a running pod
load helpers
load layouts

# A layout of a busybox image in three layers: the second takes something
# away, the third is empty; called "app".
busybox_layout() { # DIR [CONFIG-FILTER]
	local n
	test -d "$BATS_FILE_TMPDIR/busybox" ||
		busybox_root "$BATS_FILE_TMPDIR/busybox"
	tar --sort=name --numeric-owner -cf "$T/0.tar" \
		-C "$BATS_FILE_TMPDIR/busybox" .
	mkdir -p "$T/second/etc" "$T/third"
	echo two >"$T/second/etc/two"
	: >"$T/second/etc/.wh.group"
	tar -cf "$T/1.tar" -C "$T/second" ./etc/two ./etc/.wh.group
	tar -cf "$T/2.tar" -C "$T/third" .
	for n in 0 1 2; do
		gzip -nkf "$T/$n.tar"
	done
	config "${2:-.}" "$T"/[012].tar >"$T/config"
	jq -nc --argjson config "$(blob "$1" "$T/config")" \
		--argjson a "$(blob "$1" "$T/0.tar.gz")" \
		--argjson b "$(blob "$1" "$T/1.tar.gz")" \
		--argjson c "$(blob "$1" "$T/2.tar.gz")" "{schemaVersion: 2,
		config: (\$config + {mediaType: \"$OCI.config.v1+json\"}),
		layers: [\$a, \$b, \$c | . +
			{mediaType: \"$OCI.layer.v1.tar+gzip\"}]}" >"$T/manifest"
	jq -nc --argjson manifest "$(blob "$1" "$T/manifest")" \
		"{schemaVersion: 2, manifests: [\$manifest + {annotations:
		{\"org.opencontainers.image.ref.name\": \"example.com/app:1\"},
		mediaType: \"$OCI.manifest.v1+json\"}]}" >"$1/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
}

insecure() {
	rkt --insecure-options=image "$@"
}

@test "an image from a layout, an archive, or docker save runs" {
	busybox_layout "$T/l" '.config = {User: "1000:1001",
		Entrypoint: ["/bin/sh", "-c"], Env: ["WHAT=it works"],
		Cmd: ["echo $WHAT; id -u; id -g; cat /etc/two; test -e /etc/group || echo gone"]}'
	skopeo copy -q "oci:$T/l" "docker-archive:$T/d.tar:example.com/app:1"
	tar -czf "$T/o.tar.gz" -C "$T/l" .
	for ref in "oci:$T/l" "oci-archive:$T/o.tar.gz" \
		"docker-archive:$T/d.tar:1"; do
		run -0 --separate-stderr insecure run "$ref" </dev/null
		is "it works
1000
1001
two
gone"
		is '' "$(ls "$RKT_DIR/cas/tmp")"
	done
	is example.com/app:1 "$(insecure image list --no-legend |
		awk '{ print $2; exit }')"
}

# signature REFERENCE MANIFEST OUT: as skopeo makes them, by alice.
signature() {
	mkkey alice
	GNUPGHOME=$BATS_FILE_TMPDIR/gnupg skopeo standalone-sign "$2" "$1" \
		"$(fingerprint alice)" -o "$3"
	gpgconf --homedir "$BATS_FILE_TMPDIR/gnupg" --kill all
}

@test "an image from a layout is verified by its signature, for its name" {
	busybox_layout "$T/l" '.config.Cmd = ["/bin/echo", "signed"]'
	signature example.com/app:1 "$T/manifest" "$T/sig"
	trust_key alice example.com/other
	run -254 --separate-stderr rkt run "oci:$T/l" --signature="$T/sig" \
		</dev/null
	matches 'not trusted' "$stderr"
	trust_key alice example.com/app
	run -0 --separate-stderr rkt run "oci:$T/l" --signature="$T/sig" \
		</dev/null
	is signed
	matches '  alice <alice@example.com>' "$stderr"
	# Signed as something else, or something else signed.
	signature example.com/app:2 "$T/manifest" "$T/sig"
	run -254 --separate-stderr rkt run --no-store "oci:$T/l" \
		--signature="$T/sig" </dev/null
	matches 'signed as "example.com/app:2"' "$stderr"
	signature example.com/app:1 "$T/config" "$T/sig"
	run -254 --separate-stderr rkt run --no-store "oci:$T/l" \
		--signature="$T/sig" </dev/null
	matches 'signed for another manifest' "$stderr"
	is '' "$(ls "$RKT_DIR/cas/tmp")"
}

@test "what docker save wrote is verified by the signature that skopeo makes" {
	busybox_layout "$T/l" '.config.Cmd = ["/bin/echo", "signed"]'
	skopeo copy -q "oci:$T/l" "docker-archive:$T/d.tar:example.com/app:1"
	mkkey alice
	GNUPGHOME=$BATS_FILE_TMPDIR/gnupg skopeo --insecure-policy copy -q \
		--sign-by "$(fingerprint alice)" --sign-identity \
		example.com/app:1 "docker-archive:$T/d.tar" "dir:$T/dir"
	gpgconf --homedir "$BATS_FILE_TMPDIR/gnupg" --kill all
	trust_key alice example.com/app
	run -0 --separate-stderr rkt run "docker-archive:$T/d.tar" \
		--signature="$T/dir/signature-1" </dev/null
	is signed
}
