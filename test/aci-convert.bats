# SPDX-License-Identifier: Apache-2.0
# aci-convert - from an image of docker or OCI kind to an App Container
load helpers

LAYERS=("$(printf '1%.0s' {1..64})" "$(printf '2%.0s' {1..64})")
DIFFS=("$(printf 'a%.0s' {1..64})" "$(printf 'b%.0s' {1..64})")

setup() {
	fresh
	TMP=$RKT_DIR/cas/tmp
	mkdir -p "$RKT_DIR/cas"
	mkdir -m 700 "$TMP"
}

# The three documents of a plain image, in $T.
plain_image() {
	jq -nc --arg a "sha256:${DIFFS[0]}" --arg b "sha256:${DIFFS[1]}" '{
		architecture: "amd64", os: "linux",
		created: "2026-01-02T03:04:05.6Z", author: "A <a@example.com>",
		config: {Cmd: ["/bin/app"], Env: ["PATH=/bin"]},
		rootfs: {type: "layers", diff_ids: [$a, $b]},
		history: []}' >"$T/plain.config"
	jq -nc --arg a "sha256:${LAYERS[0]}" --arg b "sha256:${LAYERS[1]}" '
		"application/vnd.docker." as $docker |
		{schemaVersion: 2,
		mediaType: ($docker + "distribution.manifest.v2+json"),
		config: {mediaType: ($docker + "container.image.v1+json")},
		layers: [$a, $b | {digest: ., size: 10, mediaType:
			($docker + "image.rootfs.diff.tar.gzip")}]}' \
		>"$T/plain.manifest"
	jq -nc --arg tmp "$TMP" '{v: 1,
		image: "docker://registry-1.docker.io/library/app:1.0",
		fetch: {url: "docker://registry-1.docker.io/library/app:1.0",
			manifest: "\($tmp)/m", config: "\($tmp)/c"}}' \
		>"$T/plain.record"
}

digest_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# image [DOCUMENT CHANGE]: the plain image, in which jq has changed one of the
# three; its files are in the store's tmp, its record in $T/record.
image() {
	local document=${1-} change=${2-} config=. manifest=. record=.
	case $document in
	config) config=$change ;;
	manifest) manifest=$change ;;
	record) record=$change ;;
	esac
	test -e "$T/plain.config" || plain_image
	jq -c "$config" "$T/plain.config" >"$TMP/c"
	jq -c --arg digest "sha256:$(digest_of "$TMP/c")" \
		--argjson size "$(stat -c %s "$TMP/c")" \
		".config += {digest: \$digest, size: \$size} | $manifest" \
		"$T/plain.manifest" >"$TMP/m"
	touch "$TMP/1" "$TMP/2"
	jq -c --arg digest "sha256-$(digest_of "$TMP/m")" --arg tmp "$TMP" \
		--arg a "sha256-${LAYERS[0]}" --arg b "sha256-${LAYERS[1]}" \
		".fetch += {digest: \$digest, layers: [
			{digest: \$a, size: 10, path: \"\\(\$tmp)/1\"},
			{digest: \$b, size: 10, path: \"\\(\$tmp)/2\"}]} |
			$record" "$T/plain.record" >"$T/record"
}

# A line of stderr whose numbers are the table's to say only so far.
without_numbers() {
	sed -E 's/(digest is sha256-)[0-9a-f]{16}/\1DDDDDDDDDDDDDDDD/
		s/column [0-9]+/column NNN/; s/ near .*//'
}

# One row; whatever it is that differs is shown.
row() { # DOCUMENT TITLE CHANGE MEMBER WANT WARNING
	image "$1" "$3"
	run --separate-stderr aci-convert <"$T/record"
	case $4 in
	6[0-9] | 7[0-9])
		is "$4" "$status" && is "aci-convert: $5" \
			"$(without_numbers <<<"$stderr")" &&
			is "{\"v\":1,\"error\":{\"step\":\"convert\",\"status\":$4}}" &&
			{ test "$1" = record || is '' "$(ls "$TMP")"; }
		;;
	*)
		test "$6" = - || set -- "$1" "$2" "$3" "$4" "$5" \
			"aci-convert: $6"
		is 0 "$status" && is "${6#-}" "$stderr" &&
			is "$5" "$(jq -c "$4" "$(field .convert.manifest)")"
		;;
	esac
}

@test "each row of convert.tsv gives what it says" {
	local count=0 failed=0 document title change member want warning
	while IFS=$'\t' read -r document title change member want warning; do
		test "${document:0:1}" != '#' || continue
		((++count))
		row "$document" "$title" "$change" "$member" "$want" \
			"$warning" || {
			echo "row $count: $document: $title"
			((++failed))
		}
		rm -f "$TMP"/*
	done <"$TEST/convert.tsv"
	is 0 "$failed"
	is 185 "$count"
}

@test "the record gains the manifest, its digest and the layers in order" {
	image
	run -0 --separate-stderr aci-convert <"$T/record"
	is '' "$stderr"
	manifest=$(field .convert.manifest)
	matches "^$TMP/fetch-$UUID\$" "$manifest"
	is "sha512-$(sha512sum "$manifest" | cut -d ' ' -f 1)" \
		"$(field .convert.digest)"
	is "$(jq -nc '$ARGS.positional' --args "sha256-${DIFFS[0]}" \
		"sha256-${DIFFS[1]}")" "$(jq -c .convert.layers <<<"$output")"
	is '["manifest","digest","layers"]' \
		"$(jq -c '.convert | keys_unsorted' <<<"$output")"
	is "$(jq -S . "$T/record")" "$(jq -S 'del(.convert)' <<<"$output")"
}

@test "the same image gives the same bytes" {
	image config '.config.Labels = {b: "1", a: "2"} |
		.config.Volumes = {"/b": {}, "/a": {}}'
	for n in 1 2 3; do
		run -0 --separate-stderr aci-convert <"$T/record"
		cp "$(field .convert.manifest)" "$T/$n"
	done
	cmp "$T/1" "$T/2"
	cmp "$T/1" "$T/3"
}

@test "what an export needs is there, byte for byte" {
	image config '.comment = "\u00e9\n\"x\" \\ \u001b" | .future = [1e2, null]'
	run -0 --separate-stderr aci-convert <"$T/record"
	jq -j '.annotations[] | select(.name == "appc.io/docker/config").value' \
		"$(field .convert.manifest)" | cmp - "$TMP/c"
}

@test "an image that is an App Container passes through as it is" {
	for record in '{"v":1,"fetch":{"url":"x","aci":"/x"},"future":[1.5]}' \
		'{"v":1,"fetch":{"url":"x","unchanged":true,"id":"sha512-0"}}'; do
		run -0 --separate-stderr aci-convert <<<"$record"
		is "$record"
		is '' "$stderr"
	done
}

@test "a document that is no JSON, or too large, is refused" {
	image
	: >"$TMP/c"
	run -65 --separate-stderr aci-convert <"$T/record"
	matches '^aci-convert: config: not the one that the manifest names' \
		"$stderr"
	image manifest '.'
	truncate -s 5M "$TMP/m"
	run -65 --separate-stderr aci-convert <"$T/record"
	is 'aci-convert: manifest: more than 4194304 bytes' "$stderr"
	image
	truncate -s 5M "$TMP/c"
	run -65 --separate-stderr aci-convert <"$T/record"
	is 'aci-convert: config: more than 4194304 bytes' "$stderr"
}

@test "B11: a document that is not strict JSON is refused" {
	local deep
	deep=$(printf '[%.0s' {1..5000})
	for text in '{"schemaVersion":2,"schemaVersion":2}' $'\xef\xbb\xbf{}' \
		'{"a":1e999}' "{\"a\":\"\xff\"}" "$deep" '{} {}' 'NaN'; do
		image
		printf %b "$text" >"$TMP/m"
		jq -c --arg digest "sha256-$(digest_of "$TMP/m")" \
			'.fetch.digest = $digest' "$T/record" >"$T/other"
		run -65 --separate-stderr aci-convert <"$T/other"
		matches '^aci-convert: manifest: (line|schemaVersion|nested)' "$stderr"
		test "${#stderr_lines[@]}" = 1
	done
}

@test "a document that is no file holds nobody up, and links are not followed" {
	image
	rm "$TMP/c" && mkfifo "$TMP/c"
	run -65 --separate-stderr timeout 5 aci-convert <"$T/record"
	is 'aci-convert: config: not a regular file' "$stderr"
	image
	mv "$TMP/c" "$T/c" && ln -s "$T/c" "$TMP/c"
	run -74 --separate-stderr aci-convert <"$T/record"
	matches 'Too many levels of symbolic links' "$stderr"
	image
	rm "$TMP/c"
	run -66 --separate-stderr aci-convert <"$T/record"
	matches 'No such file' "$stderr"
}

@test "A13: a manifest that changes behind its back gains nothing" {
	image
	jq -c '.verify = {digest: .fetch.digest, prefixes: [""]}' "$T/record" \
		>"$T/verified"
	echo ' ' >>"$TMP/m"
	run -65 --separate-stderr aci-convert <"$T/verified"
	matches 'changed since it was verified' "$stderr"
	is '' "$(ls "$TMP")"
}
