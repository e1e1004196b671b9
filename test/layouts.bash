# SPDX-License-Identifier: Apache-2.0
# layouts - images of docker and OCI kind, made by hand, for the bats files
# shellcheck shell=bash disable=SC2154

OCI=application/vnd.oci.image

digest_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# blob LAYOUT FILE: puts a file into a layout; prints its descriptor's members.
blob() {
	local digest
	digest=$(digest_of "$2")
	mkdir -p "$1/blobs/sha256"
	cp "$2" "$1/blobs/sha256/$digest"
	printf '{"digest":"sha256:%s","size":%d}' "$digest" "$(stat -c %s "$2")"
}

# layer NAME FILE TEXT...: a tar, NAME.tar, that has FILEs with TEXTs.
layer() {
	local out=$1 dir
	shift
	dir=$(mktemp -d "$T/layer.XXXXXX")
	while test $# -gt 0; do
		mkdir -p "$(dirname "$dir/$1")"
		printf '%s\n' "$2" >"$dir/$1"
		shift 2
	done
	tar --sort=name --numeric-owner --owner=0 --group=0 --mtime=@1000000000 \
		-cf "$out.tar" -C "$dir" .
	rm -r "$dir"
}

# arch: what docker calls this machine's
arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# config CHANGE LAYER.tar...: the configuration of an image of these layers.
config() {
	local change=$1 ids=() file
	shift
	for file; do
		ids+=("sha256:$(digest_of "$file")")
	done
	jq -nc --arg arch "$(arch)" "{architecture: \$arch, os: \"linux\",
		config: {Cmd: [\"/bin/sh\"]}, rootfs: {type: \"layers\",
		diff_ids: \$ARGS.positional}} | $change" --args "${ids[@]}"
}

# mklayout LAYOUT [INDEX-FILTER [CONFIG-FILTER [MANIFEST-FILTER]]]: a layout
# with one image of two layers, called "one"; the filters are jq's.
mklayout() {
	local dir=$1 index=${2:-.} change=${3:-.} manifest=${4:-.} file
	mkdir -p "$dir"
	test -e "$T/low.tar" || {
		layer "$T/low" etc/low low shared low
		layer "$T/high" etc/high high shared high
		gzip -nk "$T/low.tar" "$T/high.tar"
	}
	config "$change" "$T/low.tar" "$T/high.tar" >"$T/config"
	jq -nc --argjson config "$(blob "$dir" "$T/config")" \
		--argjson low "$(blob "$dir" "$T/low.tar.gz")" \
		--argjson high "$(blob "$dir" "$T/high.tar.gz")" "
		\"$OCI.layer.v1.tar+gzip\" as \$layer | {schemaVersion: 2,
		mediaType: \"$OCI.manifest.v1+json\", config: (\$config +
			{mediaType: \"$OCI.config.v1+json\"}), layers:
			[\$low, \$high | . + {mediaType: \$layer}]} |
		$manifest" >"$T/manifest"
	jq -nc --argjson manifest "$(blob "$dir" "$T/manifest")" "
		{schemaVersion: 2, manifests: [\$manifest +
		{mediaType: \"$OCI.manifest.v1+json\", annotations:
			{\"org.opencontainers.image.ref.name\": \"one\"}}]} |
		$index" >"$dir/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$dir/oci-layout"
}

# mksaved DIR [FILTER]: what docker save writes, of the same two layers, to be
# packed; FILTER is done to manifest.json.
mksaved() {
	local dir=$1 name
	mklayout "$T/for-saved"
	mkdir -p "$dir/low" "$dir/high"
	cp "$T/low.tar" "$dir/low/layer.tar"
	cp "$T/high.tar" "$dir/high/layer.tar"
	name=$(digest_of "$T/config").json
	cp "$T/config" "$dir/$name"
	jq -nc --arg config "$name" "[{Config: \$config,
		RepoTags: [\"example.com/app:1.0\"],
		Layers: [\"low/layer.tar\", \"high/layer.tar\"]}] | ${2:-.}" \
		>"$dir/manifest.json"
}
