#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# registry - images of real registries: docker-registry, with skopeo and umoci
# shellcheck disable=SC2016,SC2154

load helpers
load web
load registry

HUB=registry-1.docker.io

setup_file() {
	web_start sigs.example
	registry_start "$HUB"
	registry_start private.example htpasswd
	registry_start token.example token auth.example
	registry_start registry.near.example token near.example
	layout one 1
	layout three 3
	registry_push three "$HUB/library/busybox:latest"
	registry_push one "$HUB/a/b:1"
	registry_push three private.example/a/b:1
	mkdir "$BATS_FILE_TMPDIR/config"
	auth_json token.example >"$BATS_FILE_TMPDIR/config/auth.json"
}

teardown_file() {
	registry_end
	web_end
}

setup() {
	fresh
	HOME=$T/home XDG_RUNTIME_DIR=$T/xdg
	export HOME XDG_RUNTIME_DIR
	unset REGISTRY_AUTH_FILE XDG_CONFIG_HOME
	mkdir -p "$HOME" "$XDG_RUNTIME_DIR/containers"
	registry_requests "$HUB" >/dev/null
}

# fetch REF [OPTION...]: with success, and whatever its signature.
fetch() {
	run -0 --separate-stderr aci-fetch --no-signature "${@:2}" "$1"
}

# refuses STATUS MESSAGE ARG...: the last line says so, and nothing is left
refuses() {
	rm -f "$RKT_DIR"/cas/tmp/*
	run "-$1" --separate-stderr aci-fetch "${@:3}"
	is "aci-fetch: $2" "$(tail -n 1 <<<"$stderr")"
	is "{\"v\":1,\"error\":{\"step\":\"fetch\",\"status\":$1}}"
	is '' "$(find "$RKT_DIR" -path "*/cas/tmp/*")"
}

# auth_json HOST [LOGIN]: what podman login would write.
auth_json() {
	printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$1" \
		"$(printf %s "${2-$LOGIN}" | base64)"
}

# config NAME TEXT: a file of rkt's configuration.
config() {
	mkdir -p "$RKT_CONF/${1%/*}"
	printf '%s\n' "$2" >"$RKT_CONF/$1"
	chmod 600 "$RKT_CONF/$1"
}

# blob LAYOUT JQ: the digest of a blob of the image, without "sha256:".
blob() {
	local dir=$BATS_FILE_TMPDIR/layouts/$1/blobs/sha256
	local manifest
	manifest=$(jq -r '.manifests[] | select(.annotations[] == "latest") |
		.digest' "${dir%/blobs/*}/index.json")
	case $2 in
	manifest) echo "${manifest#*:}" ;;
	*) jq -r "$2.digest | ltrimstr(\"sha256:\")" "$dir/${manifest#*:}" ;;
	esac
}

@test "docker://: an image by its short name, in the words of the seeds" {
	RKT_PROG=rkt fetch docker://busybox
	is "rkt: fetching image from docker://busybox
rkt: warning: signature verification has been disabled
Downloading layer: $(blob three '.layers[0]')
Downloading layer: $(blob three '.layers[1]')
Downloading layer: $(blob three '.layers[2]')" "$stderr"
	is "docker://$HUB/library/busybox:latest" "$(field .fetch.url)"
	is "sha256-$(blob three manifest)" "$(field .fetch.digest)"
	is application/vnd.oci.image.manifest.v1+json \
		"$(field .fetch.mediaType)"
	is "\"sha256:$(blob three manifest)\"" "$(field .fetch.etag)"
	is '[]' "$(jq -c .fetch.signatures <<<"$output")"
	for part in manifest config; do
		is "$(blob three "$(test $part = manifest && echo manifest ||
			echo .config)")" \
			"$(sha256sum <"$(field ".fetch.$part")" | cut -d ' ' -f 1)"
	done
	for i in 0 1 2; do
		is "sha256-$(blob three ".layers[$i]")" \
			"$(field ".fetch.layers[$i].digest")"
		is "$(blob three ".layers[$i]")" \
			"$(sha256sum <"$(field ".fetch.layers[$i].path")" |
				cut -d ' ' -f 1)"
		is "$(field ".fetch.layers[$i].size")" \
			"$(stat -c %s "$(field ".fetch.layers[$i].path")")"
	done
	is 5 "$(find "$RKT_DIR/cas/tmp" -type f | wc -l)"
	is '600' "$(stat -c %a "$RKT_DIR"/cas/tmp/* | sort -u)"
}

@test "docker://: one request for each part, and none besides" {
	fetch docker://busybox
	is "GET /v2/library/busybox/manifests/latest 200
$(for part in .config '.layers[0]' '.layers[1]' '.layers[2]'; do
		echo "GET /v2/library/busybox/blobs/sha256:$(blob three "$part") 200"
	done | sort)" "$(registry_requests "$HUB" | sort -r -k 1.8,1.30 -s |
		{ read -r first; echo "$first"; sort; })"
}

@test "docker://: each way to name an image leads to the same one" {
	local digest
	digest=$(blob three manifest)
	for name in busybox busybox:latest library/busybox docker.io/busybox \
		index.docker.io/library/busybox "$HUB/busybox" \
		"Docker.IO/library/busybox:latest" "$HUB:443/library/busybox" \
		"busybox@sha256:$digest" "busybox:nope@sha256:$digest"; do
		echo "$name"
		fetch "docker://$name"
		is "sha256-$digest" "$(field .fetch.digest)"
		fetch "docker:$name"
		is "sha256-$digest" "$(field .fetch.digest)"
	done
}

@test "docker://: an image that a digest names is that one, for ever" {
	local digest
	digest=$(blob one manifest)
	fetch "docker://a/b@sha256:$digest"
	is "docker://$HUB/a/b@sha256:$digest" "$(field .fetch.url)"
	is "$((365 * 24 * 3600))" "$(field .fetch.maxAge)"
	refuses 69 "https://$HUB/v2/a/b/manifests/sha256:${digest//[0-9]/0}: not found" \
		--no-signature "docker://a/b@sha256:${digest//[0-9]/0}"
}

@test "docker://: sha512 references are checked, too" {
	local dir=$BATS_FILE_TMPDIR/layouts/one/blobs/sha256 sum
	sum=$(sha512sum <"$dir/$(blob one manifest)" | cut -d ' ' -f 1)
	# docker-registry has them by sha256 only.
	refuses 69 "https://$HUB/v2/a/b/manifests/sha512:$sum: not found" \
		--no-signature "docker://a/b@sha512:$sum"
}

@test "docker://: no such image, no such registry" {
	refuses 69 "https://$HUB/v2/library/nope/manifests/latest: not found" \
		--no-signature docker://nope
	refuses 69 "https://$HUB/v2/a/b/manifests/2: not found" \
		--no-signature docker://a/b:2
	refuses 69 'https://nowhere.example/v2/a/manifests/latest: Could not resolve host: nowhere.example' \
		--no-signature docker://nowhere.example/a
	run -69 --separate-stderr aci-fetch --no-signature \
		docker://sigs.example:7/a
	matches '^aci-fetch: https://sigs.example:7/v2/a/manifests/latest: Failed to connect' \
		"$(tail -n 1 <<<"$stderr")"
}

@test "docker://: a reference that is none is wrong usage" {
	refuses 64 'docker://A: the repository may hold only a-z and 0-9, with single separators ./_- between them' \
		docker://A
	refuses 64 'docker://e.com:0/a: the registry is neither HOST nor HOST:PORT' \
		docker://e.com:0/a
}

@test "docker://: layers that the store has are not asked for" {
	local dir=$BATS_FILE_TMPDIR/layouts/three/blobs/sha256 id
	id=$(jq -r '.rootfs.diff_ids[1]' "$dir/$(blob three .config)")
	id=${id#*:}
	mkdir -p "$RKT_DIR/cas/blob/sha256/${id::2}"
	: >"$RKT_DIR/cas/blob/sha256/${id::2}/sha256-$id"
	fetch docker://busybox
	is 2 "$(grep -c '^Downloading layer: ' <<<"$stderr")"
	is "sha256-$id" "$(field '.fetch.layers[1].diffID')"
	is null "$(jq '.fetch.layers[1].path' <<<"$output")"
	is null "$(jq '.fetch.layers[0].diffID' <<<"$output")"
	run -1 grep -F "$(blob three '.layers[1]')" \
		<<<"$(registry_requests "$HUB")"
}

# put_manifest HOST/REPOSITORY TAG TYPE: of stdin.
put_manifest() {
	curl -sSf -X PUT -H "Content-Type: $3" --data-binary @- \
		"https://${1%%/*}/v2/${1#*/}/manifests/$2"
}

# entry LAYOUT PLATFORM [TYPE]: of an index, for PLATFORM as JSON.
entry() {
	local file
	file=$BATS_FILE_TMPDIR/layouts/$1/blobs/sha256/$(blob "$1" manifest)
	jq -nc --arg digest "sha256:${file##*/}" --argjson platform "$2" \
		--argjson size "$(stat -c %s "$file")" --arg type \
		"${3-application/vnd.oci.image.manifest.v1+json}" \
		'{mediaType: $type, digest: $digest, size: $size, platform: $platform}'
}

@test "docker://: of an index the image for this host, or the one asked for" {
	layout arm 1
	umoci config --image "$BATS_FILE_TMPDIR/layouts/arm:latest" \
		--architecture arm64
	registry_push arm "$HUB/library/multi:arm"
	registry_push one "$HUB/library/multi:amd"
	host=$(jq -nc '{os: "linux", architecture: "amd64"}')
	test "$(uname -m)" = x86_64
	for type in application/vnd.oci.image.index.v1+json \
		application/vnd.docker.distribution.manifest.list.v2+json; do
		{
			entry arm '{"os":"linux","architecture":"arm64","variant":"v8"}'
			entry one '{"os":"windows","architecture":"amd64"}'
			entry arm '{"os":"unknown","architecture":"unknown"}'
			entry arm '{"os":"linux","architecture":"amd64","variant":"v3"}'
			entry one "$host"
		} | jq -sc --arg type "$type" '{schemaVersion: 2,
			mediaType: $type, manifests: .}' |
			put_manifest "$HUB/library/multi" latest "$type"
		fetch "docker://$HUB/multi"
		is "sha256-$(blob one manifest)" "$(field .fetch.digest)"
		fetch "docker://$HUB/multi" --platform=linux/arm64
		is "sha256-$(blob arm manifest)" "$(field .fetch.digest)"
		is null "$(jq .fetch.etag <<<"$output")"
		fetch "docker://$HUB/multi" --platform=linux/arm64/v8
		refuses 69 "docker://$HUB/library/multi:latest: there is no image for linux/riscv64" \
			--no-signature --platform=linux/riscv64 \
			"docker://$HUB/multi"
	done
	for platform in linux '' / linux/ linux/arm/ linux/arm/v7/x; do
		run -64 --separate-stderr aci-fetch --platform="$platform" \
			docker://multi
	done
}

@test "rkt fetch --platform: that one of an index, and the name means it no more" {
	RKT_DIR=/var/lib/rkt
	test "$(uname -m)" = x86_64
	registry_push one "$HUB/library/variants:plain"
	registry_push three "$HUB/library/variants:v3"
	layout arm2 1
	umoci config --image "$BATS_FILE_TMPDIR/layouts/arm2:latest" \
		--architecture arm64
	registry_push arm2 "$HUB/library/variants:arm"
	{
		entry one '{"os":"linux","architecture":"amd64"}'
		entry three '{"os":"linux","architecture":"amd64","variant":"v3"}'
		entry arm2 '{"os":"linux","architecture":"arm64"}'
	} | jq -sc '{schemaVersion: 2, manifests: .,
		mediaType: "application/vnd.oci.image.index.v1+json"}' |
		put_manifest "$HUB/library/variants" latest \
			application/vnd.oci.image.index.v1+json
	rkt() { command rkt --insecure-options=image "$@"; }
	run -0 --separate-stderr rkt fetch --full docker://variants
	plain=$output
	is 1 "$(grep -c '^Downloading layer: ' <<<"$stderr")"
	run -0 --separate-stderr rkt fetch --full --platform=linux/amd64/v3 \
		docker://variants
	test "$output" != "$plain"
	is 3 "$(cas-store get "$output" | jq '.store.root.devices | length')"
	is "$plain" "$(cas-store get -q docker://variants)"
	run -0 --separate-stderr rkt fetch --full docker://variants
	is "$plain"
	run -254 --separate-stderr rkt fetch --platform=linux/arm64 \
		docker://variants
	matches 'bad arch "aarch64" for linux' "$(tail -n 1 <<<"$stderr")"
	run -254 --separate-stderr rkt fetch --platform=linux/riscv64 \
		docker://variants
	matches 'there is no image for linux/riscv64$' \
		"$(tail -n 1 <<<"$stderr")"
	run -254 --separate-stderr rkt fetch --platform='linux/a b' docker://x
	is 'rkt: --platform: not OS/ARCH[/VARIANT]' "$stderr"
	run -254 --separate-stderr rkt fetch --platform=linux/amd64 example.com/x
	is 'rkt: example.com/x: --platform is for docker:// images' "$stderr"
	empty_store
}

@test "docker://: docker's own manifests, and layers by zstd" {
	registry_push three "$HUB/a/docker:2" --format v2s2
	fetch docker://a/docker:2
	is application/vnd.docker.distribution.manifest.v2+json \
		"$(field .fetch.mediaType)"
	is 'application/vnd.docker.image.rootfs.diff.tar.gzip' \
		"$(jq -r '.fetch.layers[].mediaType' <<<"$output" | sort -u)"
	head -c 3000 /dev/urandom >"$T/file"
	buildah_zstd "$HUB/a/zstd:1" "$T/file"
	fetch docker://a/zstd:1
	is application/vnd.oci.image.layer.v1.tar+zstd \
		"$(field '.fetch.layers[0].mediaType')"
	zstd -dc <"$(field '.fetch.layers[0].path')" | tar -xOf - file |
		cmp - "$T/file"
}

# buildah_zstd HOST/REPOSITORY:TAG FILE: an image of buildah's, by zstd.
buildah_zstd() {
	local id
	local buildah=(buildah --root "$T/buildah" --runroot "$T/buildah.run"
		--storage-driver vfs)
	id=$("${buildah[@]}" from scratch)
	"${buildah[@]}" copy -q "$id" "$2" / >/dev/null
	"${buildah[@]}" config --cmd /bin/true "$id"
	"${buildah[@]}" commit -q "$id" zstd >/dev/null
	"${buildah[@]}" push -q --compression-format zstd --format oci zstd \
		"docker://$1"
}

@test "docker://: schema 1 is refused, and what to do is said" {
	registry_push one "$HUB/a/old:1" --format v2s1
	refuses 65 "https://$HUB/v2/a/old/manifests/1: a manifest of schema 1, which nobody can verify: the image must be pushed again" \
		--no-signature docker://a/old:1
}

@test "docker://: a bar for all layers on a terminal, and the lines" {
	in_tty aci-fetch --no-signature docker://busybox >"$T/typed"
	bar=$(printf '=%.0s' {1..45})
	grep -qE "Downloading layers: \[$bar\] ([0-9.]+ [KM]B)/\1" "$T/typed"
	is 3 "$(grep -c 'Downloading layer: ' "$T/typed")"
	run -0 aci-fetch --no-signature docker://busybox
	run -1 grep -F 'Downloading layers' <<<"$output"
}

@test "A14 docker://: no registry of a private network, if that is asked for" {
	run -69 --separate-stderr aci-fetch --no-signature --deny-private \
		docker://localhost:7/a
	matches '^aci-fetch: https://localhost:7/v2/a/manifests/latest: .*private' \
		"$(tail -n 1 <<<"$stderr")"
}

### Who asks

denied=https://private.example/v2/a/b/manifests/1

@test "basic: without credentials nobody gets in" {
	refuses 77 "$denied: no access without credentials for private.example" \
		--no-signature docker://private.example/a/b:1
	for file in '{}' '{"auths":{}}' '{"auths":{"private.example":{}}}' \
		"$(auth_json example)" "$(auth_json private.example:444)" \
		"$(auth_json private.example/a/c)" "$(auth_json private)"; do
		echo "$file"
		REGISTRY_AUTH_FILE=$T/auth.json
		export REGISTRY_AUTH_FILE
		echo "$file" >"$T/auth.json"
		refuses 77 "$denied: no access without credentials for private.example" \
			--no-signature docker://private.example/a/b:1
	done
}

@test "basic: the files that podman and docker write" {
	local image=docker://private.example/a/b:1
	for key in private.example private.example/a private.example/a/b \
		https://private.example https://private.example/v1/ \
		http://private.example/v2/ Private.Example; do
		echo "$key"
		auth_json "$key" >"$XDG_RUNTIME_DIR/containers/auth.json"
		fetch "$image"
	done
	rm "$XDG_RUNTIME_DIR/containers/auth.json"
	for file in .docker/config.json .config/containers/auth.json; do
		mkdir -p "$HOME/${file%/*}"
		auth_json private.example >"$HOME/$file"
		fetch "$image"
		rm "$HOME/$file"
	done
	auth_json private.example >"$T/auth.json"
	REGISTRY_AUTH_FILE=$T/auth.json fetch "$image"
}

@test "basic: the longest name counts, then the first file" {
	jq -n --arg good "$(printf %s "$LOGIN" | base64)" '{auths: {
		"private.example": {auth: "YTpi"},
		"private.example/a": {auth: "YTpj"},
		"private.example/a/b": {auth: $good},
		"private.example/a/bb": {auth: "YTpk"}}}' \
		>"$XDG_RUNTIME_DIR/containers/auth.json"
	mkdir "$HOME/.docker"
	auth_json private.example me:no >"$HOME/.docker/config.json"
	fetch docker://private.example/a/b:1
	# That of the variable is the only one.
	auth_json private.example me:no >"$T/auth.json"
	export REGISTRY_AUTH_FILE=$T/auth.json
	refuses 77 "$denied: the credentials for private.example are refused" \
		--no-signature docker://private.example/a/b:1
}

@test "A8 basic: rkt's own auth.d comes first, and is for its host only" {
	auth_json private.example me:no >"$XDG_RUNTIME_DIR/containers/auth.json"
	config auth.d/docker.json '{"rktKind":"dockerAuth","rktVersion":"v1",
		"registries":["private.example"],
		"credentials":{"user":"user","password":"secret"}}'
	fetch docker://private.example/a/b:1
	config auth.d/docker.json '{"rktKind":"dockerAuth","rktVersion":"v1",
		"registries":["private.example:5000"],
		"credentials":{"user":"user","password":"secret"}}'
	refuses 77 "$denied: the credentials for private.example are refused" \
		--no-signature docker://private.example/a/b:1
}

@test "basic: no helper is run, and that is said" {
	local image=docker://private.example/a/b:1
	local file=$XDG_RUNTIME_DIR/containers/auth.json
	mkdir "$T/bin"
	printf '#!/bin/sh\ntouch %s/ran\n' "$T" >"$T/bin/docker-credential-x"
	chmod 755 "$T/bin/docker-credential-x"
	PATH=$PATH:$T/bin
	for text in '{"credHelpers":{"private.example":"x"}}' \
		'{"credsStore":"x"}' \
		'{"auths":{"private.example":{}},"credsStore":"x"}'; do
		echo "$text" >"$file"
		refuses 77 "$denied: no access without credentials for private.example ($file: the credentials are kept by docker-credential-x, which is not run)" \
			--no-signature "$image"
	done
	test ! -e "$T/ran"
	echo '{"auths":{"private.example":{"identitytoken":"t"}}}' >"$file"
	refuses 77 "$denied: no access without credentials for private.example ($file: the credentials are an identity token, which is not used)" \
		--no-signature "$image"
	# What is in the file itself is used.
	auth_json private.example | jq '.credHelpers = {"private.example": "x"}' \
		>"$file"
	fetch "$image"
}

@test "basic: a file of credentials that cannot be believed, without a word of the secret" {
	local file=$XDG_RUNTIME_DIR/containers/auth.json
	while IFS=$'\t' read -r text why; do
		echo "$text" >"$file"
		refuses 78 "$file: $why" --no-signature docker://private.example/a
		run -1 grep -F c2VjcmV0 <<<"$stderr"
	done <<-'END'
	[]	is not an object
	{	line 2 column 0: string or '}' expected
	{"auths":{},"auths":{}}	line 1 column 19: duplicate object key
	{"auths":{"private.example":{"auth":"c2VjcmV0" "x"	line 1 column 50: '}' expected
	{"auths":[]}	auths: is not an object
	{"Auths":{}}	Auths: must be written auths
	{"auths":{"private.example":7}}	auths.private.example: is not an object
	{"auths":{"private.example":{"auth":7}}}	auths.private.example.auth: is not a string
	{"auths":{"private.example":{"auth":"c2VjcmV0"}}}	auths.private.example.auth: is not USER:PASSWORD in base64
	{"auths":{"private.example":{"auth":"c2VjcmV0*"}}}	auths.private.example.auth: is not USER:PASSWORD in base64
	{"auths":{"private.example":{"auth":"OmNnVmpjbVYw"}}}	auths.private.example.auth: is not USER:PASSWORD in base64
	{"auths":{"private.example":{"auth":"dXNlcjpzZWNyZXQKeDogeQ=="}}}	auths.private.example.auth: is not USER:PASSWORD in base64
	{"credHelpers":[]}	credHelpers: is not an object
	END
}

### Tokens

# told: what the server of tokens was asked since the last call
told() {
	cat "$WEB/registry/tokens"
	: >"$WEB/registry/tokens"
}

@test "bearer: a token for this repository, to be read, and nothing else" {
	registry_push one token.example/public/a:1
	told >/dev/null
	fetch docker://token.example/public/a:1
	is 'service=token.example&scope=repository%3Apublic%2Fa%3Apull nobody' \
		"$(told)"
}

@test "A8 bearer: a server of tokens is told the password only if it may be" {
	local file=$XDG_RUNTIME_DIR/containers/auth.json where
	registry_push one token.example/private/a:1
	told >/dev/null
	where=https://token.example/v2/private/a/manifests/1
	auth_json token.example >"$file"
	# auth.example is another host, and anybody could name it.
	refuses 77 "$where: no access, and https://auth.example/token is not told the credentials for token.example: it is none of its tokenServers" \
		--no-signature docker://token.example/private/a:1
	is 'service=token.example&scope=repository%3Aprivate%2Fa%3Apull nobody' \
		"$(told)"
	config registry.d/token.json '{"rktKind":"registry","rktVersion":"v1",
		"registries":["token.example"],"tokenServers":["auth.example"]}'
	fetch docker://token.example/private/a:1
	is 'service=token.example&scope=repository%3Aprivate%2Fa%3Apull user' \
		"$(told)"
	# near.example is the domain that registry.near.example lies in.
	registry_push one registry.near.example/private/a:1
	auth_json registry.near.example >"$file"
	told >/dev/null
	fetch docker://registry.near.example/private/a:1
	matches ' user$' "$(told)"
}

@test "bearer: without credentials, and with wrong ones" {
	local file=$XDG_RUNTIME_DIR/containers/auth.json where
	where=https://registry.near.example/v2/private/a/manifests/1
	registry_push one registry.near.example/private/a:1
	refuses 77 "$where: no access without credentials for registry.near.example" \
		--no-signature docker://registry.near.example/private/a:1
	auth_json registry.near.example user:wrong >"$file"
	refuses 77 "$where: token from https://near.example/token: the credentials for registry.near.example are refused" \
		--no-signature docker://registry.near.example/private/a:1
}

### Mirrors

# mirrors JSON: of Docker's own registry
mirrors() {
	config registry.d/hub.json "{\"rktKind\":\"registry\",
		\"rktVersion\":\"v1\",\"registries\":[\"docker.io\"],
		\"mirrors\":$1}"
}

@test "mirrors: are asked first, in their order" {
	registry_start mirror.example mirror "$HUB"
	mirrors '[{"location":"nowhere.example"},{"location":"mirror.example"}]'
	fetch docker://busybox
	is 'aci-fetch: https://nowhere.example/v2/library/busybox/manifests/latest: Could not resolve host: nowhere.example, trying the next' \
		"$(grep 'trying the next' <<<"$stderr")"
	is "sha256-$(blob three manifest)" "$(field .fetch.digest)"
	matches 'GET /v2/library/busybox/manifests/latest 200' \
		"$(registry_requests mirror.example)"
	registry_requests "$HUB" >/dev/null
	# By now the mirror has it all.
	fetch docker://busybox
	run -1 grep blobs <<<"$(registry_requests "$HUB")"
}

@test "A11 mirrors: what a mirror has not, or has otherwise, comes from the next" {
	registry_start broken.example
	registry_push three broken.example/hub/library/busybox:latest
	local dir=$WEB/registry/broken.example/data/docker/registry/v2/blobs/sha256
	local bad gone
	bad=$(blob three '.layers[0]') gone=$(blob three '.layers[2]')
	rm -r "${dir:?}/${gone::2}/$gone"
	head -c "$(stat -c %s "$dir/${bad::2}/$bad/data")" /dev/zero \
		>"$dir/${bad::2}/$bad/data"
	mirrors '[{"location":"broken.example/hub"}]'
	fetch docker://busybox
	is "$bad: does not match its digest, trying the next
$gone: not found, trying the next" "$(sed -n \
		's,^aci-fetch: https://broken.example/v2/hub/library/busybox/blobs/sha256:,,p' \
		<<<"$stderr" | sort -k 2)"
	for i in 0 1 2; do
		is "$(blob three ".layers[$i]")" \
			"$(sha256sum <"$(field ".fetch.layers[$i].path")" |
				cut -d ' ' -f 1)"
	done
	is "$(printf 'GET /v2/library/busybox/blobs/sha256:%s 200\n' "$bad" \
		"$gone" | sort)" "$(registry_requests "$HUB" | sort)"
}

@test "mirrors: one for digests is not asked what a tag stands for" {
	registry_start digests.example
	registry_push one digests.example/library/busybox:latest
	mirrors '[{"location":"digests.example","digestOnly":true}]'
	fetch docker://busybox
	is "sha256-$(blob three manifest)" "$(field .fetch.digest)"
	mirrors '[{"location":"digests.example"}]'
	fetch docker://busybox
	is "sha256-$(blob one manifest)" "$(field .fetch.digest)"
}

@test "mirrors: the local configuration counts alone, and its faults are named" {
	local file=$RKT_CONF/registry.d/hub.json
	mkdir -p "$RKT_SYSTEM_CONF/registry.d"
	mirrors '[{"location":"nowhere.example"}]'
	mv "$file" "$RKT_SYSTEM_CONF/registry.d/"
	mirrors '[]'
	fetch docker://busybox
	is '' "$(grep 'trying the next' <<<"$stderr")"
	while IFS=$'\t' read -r text why; do
		echo "$text" >"$file"
		refuses 78 "$file: $why" --no-signature docker://busybox
	done <<-'END'
	[]	is not an object
	{"rktKind":"auth"}	rktKind: "auth" is not registry
	{"rktKind":"registry"}	rktVersion: is missing
	{"rktKind":"registry","rktVersion":"v2"}	rktVersion: "v2" is not v1
	{"rktKind":"registry","rktVersion":"v1"}	registries: names no registry
	{"rktKind":"registry","rktVersion":"v1","registries":["a/b"]}	registries[0]: "a/b" is not a host, or host:port
	{"rktKind":"registry","rktVersion":"v1","registries":["docker.io","index.docker.io"]}	registries: "registry-1.docker.io" is there twice
	{"rktKind":"registry","rktVersion":"v1","registries":["a"],"mirrors":[{}]}	mirrors[0].location: is missing
	{"rktKind":"registry","rktVersion":"v1","registries":["a"],"mirrors":[{"location":"https://a"}]}	mirrors[0].location: "https://a" is not HOST[:PORT][/PATH]
	{"rktKind":"registry","rktVersion":"v1","registries":["a"],"mirrors":[{"location":"a/../b"}]}	mirrors[0].location: "a/../b" is not HOST[:PORT][/PATH]
	{"rktKind":"registry","rktVersion":"v1","registries":["a"],"mirrors":[{"location":"a","digestOnly":1}]}	mirrors[0].digestOnly: is neither true nor false
	{"rktKind":"registry","rktVersion":"v1","registries":["a"],"tokenServers":["a b"]}	tokenServers[0]: "a b" is not a host, or host:port
	END
	mirrors '[]'
	cp "$file" "${file%.json}2.json"
	refuses 78 "${file%.json}2.json: registries: \"registry-1.docker.io\" is there twice" \
		--no-signature docker://busybox
}

### Signatures

# lookaside URL [NAMESPACE]: where signatures are, for rkt and for skopeo
lookaside() {
	config registries.d/x.yaml "docker: {\"${2-docker.io}\": {lookaside: \"$1\"}}"
}

# signed_push LAYOUT HOST/REPOSITORY:TAG DIRECTORY: by the key "signer"
signed_push() {
	mkkey signer
	printf '%s\n' "default-docker: {lookaside-staging: \"file://$3\"}" \
		"docker: {}" >"$T/staging.yaml"
	mkdir -p "$T/registries.d" "$3"
	mv "$T/staging.yaml" "$T/registries.d/"
	GNUPGHOME=$BATS_FILE_TMPDIR/gnupg skopeo --insecure-policy \
		--registries.d "$T/registries.d" copy -q --sign-by \
		"$(fingerprint signer)" --dest-creds "$LOGIN" \
		"oci:$BATS_FILE_TMPDIR/layouts/$1:latest" "docker://$2"
}

@test "signatures: from a directory or a server, and aci-verify believes them" {
	signed_push one "$HUB/signed/app:1" "$WEB/sigs.example"
	trust_key signer registry-1.docker.io/signed
	local url
	url=/signed/app@sha256=$(blob one manifest)/signature-1
	for place in "file://$WEB/sigs.example" https://sigs.example \
		https://sigs.example/; do
		echo "$place"
		lookaside "$place"
		run -0 --separate-stderr aci-fetch docker://signed/app:1
		is "Downloading signature from ${place%/}$url" \
			"$(grep signature <<<"$stderr")"
		is 1 "$(jq '.fetch.signatures | length' <<<"$output")"
		cmp "$(field '.fetch.signatures[0]')" "$WEB/sigs.example$url"
		run -0 --separate-stderr aci-verify <<<"$output"
		is "sha256-$(blob one manifest)" "$(field .verify.digest)"
	done
}

@test "signatures: rkt stores what was signed for its name, while that is trusted" {
	local repository digest
	lookaside https://sigs.example
	mkdir -p "$T/root/srv"
	echo hello >"$T/root/srv/file"
	tar -C "$T/root" -cf "$T/layer.tar" .
	umoci init --layout "$BATS_FILE_TMPDIR/layouts/whole"
	umoci new --image "$BATS_FILE_TMPDIR/layouts/whole:latest"
	umoci raw add-layer --image "$BATS_FILE_TMPDIR/layouts/whole:latest" \
		"$T/layer.tar"
	registry_push whole "$HUB/other/app:1"
	for repository in signed/whole signed/my_app; do
		signed_push whole "$HUB/$repository:1" "$WEB/sigs.example"
		run -254 --separate-stderr rkt fetch "docker://$repository:1"
		matches 'signature by a key that is not trusted for this name' \
			"$stderr"
		trust_key signer "registry-1.docker.io/$repository"
		run -0 --separate-stderr rkt fetch "docker://$repository:1"
		matches '^sha512-[0-9a-f]{32}$'
		matches 'rkt: signature verified:
  signer <signer@example.com>' "$stderr"
		run -0 --separate-stderr rkt fetch "docker://$repository:1"
		rkt trust --remove "$(fingerprint signer)"
		run -254 rkt fetch "docker://$repository:1"
	done
	# What is signed as one image is no other's.
	trust_key signer --root
	digest=$(blob whole manifest)
	mkdir "$WEB/sigs.example/other"
	cp -r "$WEB/sigs.example/signed/whole@sha256=$digest" \
		"$WEB/sigs.example/other/app@sha256=$digest"
	run -254 --separate-stderr rkt fetch docker://other/app:1
	is 'rkt: docker://other/app:1: signature: signed as
 "registry-1.docker.io/signed/whole:1"' \
		"$(tail -n 1 <<<"$stderr" | sed 's/ as / as\n /')"
}

@test "signatures: an image without one is refused before its layers come" {
	lookaside https://sigs.example
	refuses 65 "image is not signed: there is no https://sigs.example/library/busybox@sha256=$(blob three manifest)/signature-1" \
		docker://busybox
	run -1 grep blobs <<<"$(registry_requests "$HUB")"
	rm -r "$RKT_CONF/registries.d"
	refuses 65 "image is not signed: there is no file:///var/lib/containers/sigstore/library/busybox@sha256=$(blob three manifest)/signature-1" \
		docker://busybox
	lookaside https://sigs.example:9
	run -69 aci-fetch docker://busybox
}

@test "signatures: several, up to sixteen; or one's own" {
	local dir i
	dir=$T/sigs/a/b@sha256=$(blob one manifest)
	mkdir -p "$dir"
	chmod 755 "$T"
	for i in {1..17}; do
		echo "signature $i" >"$dir/signature-$i"
	done
	lookaside "file://$T/sigs"
	run -0 --separate-stderr aci-fetch docker://a/b:1
	is "$(seq 16 | sed 's/^/signature /')" \
		"$(jq -r '.fetch.signatures[]' <<<"$output" | xargs cat)"
	echo own >"$T/own"
	run -0 --separate-stderr aci-fetch --signature="$T/own" docker://a/b:1
	is own "$(jq -r '.fetch.signatures[]' <<<"$output" | xargs cat)"
	truncate -s 2M "$dir/signature-1"
	refuses 65 "file://$dir/signature-1: larger than allowed" docker://a/b:1
}

@test "signatures: the longest namespace counts" {
	while IFS=$'\t' read -r yaml place; do
		config registries.d/x.yaml "$yaml"
		refuses 65 "image is not signed: there is no https://sigs.example/${place}a/b@sha256=$(blob one manifest)/signature-1" \
			docker://a/b:1
	done <<-'END'
	default-docker: {lookaside: "https://sigs.example/1"}	1/
	default-docker: {sigstore: "https://sigs.example/1"}	1/
	{default-docker: {sigstore: "https://sigs.example/1", lookaside: "https://sigs.example/2"}}	2/
	{default-docker: {lookaside: "https://sigs.example/1"}, docker: {docker.io: {sigstore: "https://sigs.example/2"}}}	2/
	docker: {docker.io: {lookaside: "https://sigs.example/1"}, docker.io/a: {lookaside: "https://sigs.example/2"}}	2/
	docker: {docker.io/a/b: {lookaside: "https://sigs.example/1"}, docker.io/a: {lookaside: "https://sigs.example/2"}}	1/
	docker: {docker.io/a/b: {lookaside: "https://sigs.example/1"}, "docker.io/a/b:1": {lookaside: "https://sigs.example/2"}}	2/
	docker: {docker.io/a/b: {lookaside: "https://sigs.example/1"}, "docker.io/a/b:11": {lookaside: "https://sigs.example/2"}}	1/
	docker: {docker.io/a: {lookaside: "https://sigs.example/1"}, "docker.io/a/bb": {lookaside: "https://sigs.example/2"}}	1/
	docker: {registry-1.docker.io: {lookaside: "https://sigs.example/1"}, "*.docker.io": {lookaside: "https://sigs.example/2"}}	1/
	{default-docker: {lookaside: "https://sigs.example/1"}, docker: {"*.docker.io": {lookaside: "https://sigs.example/2"}}}	2/
	{default-docker: {lookaside: "https://sigs.example/1"}, docker: {docker.io: {lookaside-staging: "file:///x"}}}	1/
	{default-docker: {lookaside: "https://sigs.example/1", use-sigstore-attachments: true}}	1/
	END
}

@test "signatures: a configuration that cannot be believed" {
	while IFS=$'\t' read -r yaml why; do
		config registries.d/x.yaml "$yaml"
		refuses 78 "$RKT_CONF/registries.d/x.yaml: line $why" docker://a/b:1
	done <<-'END'
	[]	1: not a map
	docker: 7	1: not a map
	docker: {a: b}	1: not a map
	{docker: {a: {lookaside: []}}}	1: not a text
	docker: {a: {lookaside: "ftp://x"}}	1: not an http, https or file URL
	docker: {a: {lookaside: "https://u:p@x"}}	1: not an http, https or file URL
	docker: {a: {lookaside: "https://a", lookaside: "https://b"}}	1: there twice
	docker: {a	2: did not find expected ',' or '}'
	docker: {[a]: {}}	1: a key that is no text
	END
	lookaside https://sigs.example/1
	cp "$RKT_CONF/registries.d/x.yaml" "$RKT_CONF/registries.d/y.yaml"
	refuses 78 "$RKT_CONF/registries.d/y.yaml: line 1: a namespace twice" \
		docker://a/b:1
}

### What --insecure-options gives up

@test "A7 insecure: a registry that speaks http, only when http is asked for" {
	registry_start plain.example http
	skopeo --insecure-policy copy -q --dest-tls-verify=false \
		"oci:$BATS_FILE_TMPDIR/layouts/one:latest" \
		docker://plain.example:5000/a/b:1
	run -69 --separate-stderr aci-fetch --no-signature \
		docker://plain.example:5000/a/b:1
	matches '^aci-fetch: https://plain.example:5000/v2/a/b/manifests/1: .*(wrong version number|packet length too long)' \
		"$(tail -n 1 <<<"$stderr")"
	run -69 aci-fetch --no-signature --insecure-options=tls \
		docker://plain.example:5000/a/b:1
	fetch docker://plain.example:5000/a/b:1 --insecure-options=http
	is "sha256-$(blob one manifest)" "$(field .fetch.digest)"
	# And https is not given up for it.
	fetch docker://busybox --insecure-options=http
	matches 'GET /v2/library/busybox/manifests/latest 200' \
		"$(registry_requests "$HUB")"
}

@test "A7 insecure: a certificate of nobody's, only when tls is asked for" {
	registry_start untrusted.example
	registry_push one untrusted.example/a/b:1
	umount /etc/ssl/certs/ca-certificates.crt
	run -69 --separate-stderr aci-fetch --no-signature \
		docker://untrusted.example/a/b:1
	matches 'untrusted.example/v2/a/b/manifests/1: SSL certificate problem' \
		"$(tail -n 1 <<<"$stderr")"
	fetch docker://untrusted.example/a/b:1 --insecure-options=tls
	mount --bind "$WEB/etc/ca.pem" /etc/ssl/certs/ca-certificates.crt
	is "sha256-$(blob one manifest)" "$(field .fetch.digest)"
}

### As far as a pod

# The one that pods can be made of, which is for the whole file.
empty_store() {
	rkt gc --grace-period=0s
	rkt gc --grace-period=0s
	rkt image list --full --no-legend | awk '{ print $1 }' | xargs "$BIN/rkt" image rm
	cas-store gc --grace-period=0s
	is '' "$(find /var/lib/rkt/cas/blob /var/lib/rkt/cas/tmp -type f)"
}

@test "rkt: fetches an image once, and then what has changed of it" {
	local id
	RKT_DIR=/var/lib/rkt
	run -0 --separate-stderr rkt --insecure-options=image fetch docker://busybox
	matches '^sha512-[0-9a-f]{32}$'
	id=$output
	is 'rkt: fetching image from docker://busybox' "${stderr_lines[0]}"
	is 3 "$(grep -c '^Downloading layer: ' <<<"$stderr")"
	registry_requests "$HUB" >/dev/null
	# The same again: one request, and that is said.
	run -0 --separate-stderr rkt --insecure-options=image fetch docker://busybox
	is "$id"
	is 'rkt: docker://busybox: the image has not changed' \
		"$(tail -n 1 <<<"$stderr")"
	is 'GET /v2/library/busybox/manifests/latest 304' \
		"$(registry_requests "$HUB")"
	# By its digest: none.
	run -0 --separate-stderr rkt --insecure-options=image fetch \
		"docker://busybox@sha256:$(blob three manifest)"
	is '' "$(grep '^Downloading layer: ' <<<"$stderr")"
	registry_requests "$HUB" >/dev/null
	is "$output" "$(rkt --insecure-options=image fetch \
		"docker://busybox@sha256:$(blob three manifest)")"
	is '' "$(registry_requests "$HUB")"
	# A new one shares what it has in common.
	cp -r "$BATS_FILE_TMPDIR/layouts/three" "$BATS_FILE_TMPDIR/layouts/four"
	head -c 700 /dev/urandom >"$T/new"
	tar -C "$T" -cf "$T/new.tar" new
	umoci raw add-layer --image "$BATS_FILE_TMPDIR/layouts/four:latest" \
		"$T/new.tar"
	registry_push four "$HUB/library/busybox:latest"
	run -0 --separate-stderr rkt --insecure-options=image fetch docker://busybox
	test "$output" != "$id"
	is 'Downloading layer: '"$(blob four '.layers[3]')" \
		"$(grep '^Downloading layer: ' <<<"$stderr")"
	registry_push three "$HUB/library/busybox:latest"
	empty_store
}

@test "rkt: runs an image of a registry, by any way to name it" {
	RKT_DIR=/var/lib/rkt
	run -0 --separate-stderr rkt --insecure-options=image run \
		docker://busybox -- 'echo "$0 $1"; cat /srv/file1 | wc -c' b
	is "$(printf 'b \n5000')"
	run -0 --separate-stderr rkt run --pull-policy=never \
		docker://docker.io/library/busybox:latest -- 'echo again'
	is again
	empty_store
}

@test "rkt: an image that is signed needs no switch, and one that is not does" {
	RKT_DIR=/var/lib/rkt
	signed_push one "$HUB/signed/app:1" "$WEB/sigs.example"
	lookaside https://sigs.example
	run -254 --separate-stderr rkt fetch docker://busybox
	matches '^rkt: image is not signed: there is no https://sigs.example/' \
		"$(tail -n 1 <<<"$stderr")"
	run -254 --separate-stderr rkt fetch docker://signed/app:1
	trust_key signer registry-1.docker.io/signed
	run -0 --separate-stderr rkt run docker://signed/app:1 -- 'echo signed'
	is signed
	matches 'rkt: signature verified:' "$stderr"
	# Once it is stored, one request; and its signer must still be trusted.
	registry_requests "$HUB" >/dev/null
	run -0 --separate-stderr rkt fetch docker://signed/app:1
	is 'GET /v2/signed/app/manifests/1 304' "$(registry_requests "$HUB")"
	rm -r "$RKT_CONF/trustedkeys"
	run -254 --separate-stderr rkt fetch docker://signed/app:1
	is "rkt: docker://signed/app:1: the store's image was signed by a key that is no longer trusted for it: $(fingerprint signer)" \
		"$(tail -n 1 <<<"$stderr")"
	empty_store
}
