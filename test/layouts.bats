# SPDX-License-Identifier: Apache-2.0
# layouts - images from OCI layouts, and from what docker and podman save
load helpers
load layouts

setup() {
	fresh
	cd "$T" || return
}

# fetch REF: quietly, unsigned; $output is the record.
fetch() {
	run -0 --separate-stderr aci-fetch --no-signature "$1"
}

# refused STATUS TEXT REF: with this one line, and nothing is left.
refused() {
	run "-$1" --separate-stderr aci-fetch --no-signature "$3"
	is "aci-local: $2" "${stderr_lines[-1]}"
	is "{\"v\":1,\"error\":{\"step\":\"fetch\",\"status\":$1}}"
	is '' "$(ls "$RKT_DIR/cas/tmp")"
}

# The two layers are there, as they were in the layout, in order.
has_layers() { # FILE...
	local n=0 file
	for file; do
		is "sha256-$(digest_of "$file")" \
			"$(field ".fetch.layers[$n].digest")"
		is "$(stat -c %s "$file")" "$(field ".fetch.layers[$n].size")"
		cmp "$file" "$(field ".fetch.layers[$n].path")"
		((++n))
	done
	is "$n" "$(field '.fetch.layers | length')"
}

@test "a layout's image is copied, manifest, configuration and layers" {
	mklayout L
	fetch oci:L:one
	is "oci:$T/L:one" "$(field .fetch.url)"
	is docker://localhost/l:one "$(field .fetch.reference)"
	is "sha256-$(digest_of manifest)" "$(field .fetch.digest)"
	is "$OCI.manifest.v1+json" "$(field .fetch.mediaType)"
	cmp manifest "$(field .fetch.manifest)"
	cmp config "$(field .fetch.config)"
	has_layers low.tar.gz high.tar.gz
	is 4 "$(find "$RKT_DIR/cas/tmp" -type f | wc -l)"
	is "aci-local: using image from layout L
aci-local: warning: signature verification has been disabled" "$stderr"
}

@test "without a tag a layout may hold one image only" {
	mklayout L
	fetch oci:L
	is docker://localhost/l:one "$(field .fetch.reference)"
	mklayout L '.manifests += [.manifests[0] |
		.annotations["org.opencontainers.image.ref.name"] = "two"]'
	rm "$RKT_DIR"/cas/tmp/*
	refused 64 'L: several images are in it: say which by :TAG' oci:L
	fetch oci:L:two
	is docker://localhost/l:two "$(field .fetch.reference)"
}

@test "a layout's image that has a full name is found by it, or by its tag" {
	mklayout L '.manifests[0].annotations |= map_values("example.com/app:1.0")'
	for tag in '' :1.0 :example.com/app:1.0; do
		fetch "oci:L$tag"
		is docker://example.com/app:1.0 "$(field .fetch.reference)"
		rm "$RKT_DIR"/cas/tmp/*
	done
	refused 66 'L: there is no image "2.0" in it' oci:L:2.0
	refused 66 'L: there is no image "example.com/other:1.0" in it' \
		oci:L:example.com/other:1.0
}

@test "an image without a name is called after its file" {
	mklayout L 'del(.manifests[0].annotations)'
	tar -cf 'My  App_1.oci.tar' -C L .
	fetch 'oci-archive:My  App_1.oci.tar'
	is docker://localhost/my-app-1:latest "$(field .fetch.reference)"
}

@test "of an index, or one in an index, this machine's image is taken" {
	local depth host other
	host="{os: \"linux\", architecture: \"$(arch)\"}"
	other='{os: "linux", architecture: "s390x"}'
	mklayout L ".manifests[0].platform = $host | .manifests =
		[(.manifests[0] | .platform = $other | .digest |=
			sub(\"[0-9a-f]{4}\$\"; \"0000\"))] + .manifests"
	fetch oci:L:one
	has_layers low.tar.gz high.tar.gz
	for depth in one two three four; do
		echo "$depth"
		cp L/index.json inner
		jq -nc --argjson inner "$(blob L inner)" "{schemaVersion: 2,
			manifests: [\$inner + {platform: $host, mediaType:
				\"$OCI.index.v1+json\", annotations: {
				\"org.opencontainers.image.ref.name\": \"one\"}}]}" \
			>L/index.json
		rm "$RKT_DIR"/cas/tmp/*
		fetch oci:L:one
		has_layers low.tar.gz high.tar.gz
	done
	cp L/index.json inner
	jq -nc --argjson inner "$(blob L inner)" "{schemaVersion: 2, manifests:
		[\$inner + {mediaType: \"$OCI.index.v1+json\"}]}" >L/index.json
	rm "$RKT_DIR"/cas/tmp/*
	refused 65 'L: index: more than 4 deep' oci:L
}

@test "an index for other machines only is no image" {
	mklayout L '.manifests[0].platform = {os: "linux", architecture: "s390x"}'
	refused 66 "L: there is no image for linux/$(arch | sed s/arm64/aarch64/) in it" \
		oci:L
}

@test "an archive may be compressed in any of four ways, or not" {
	mklayout L
	mksaved S
	for z in cat gzip bzip2 xz zstd; do
		echo "$z"
		tar -cC L . | "$z" >o
		tar -cC S . | "$z" >d
		fetch oci-archive:o:one
		has_layers low.tar.gz high.tar.gz
		fetch docker-archive:d
		has_layers low.tar high.tar
		rm "$RKT_DIR"/cas/tmp/*
	done
}

@test "what docker save wrote gets the manifest that skopeo makes of it" {
	mksaved S
	tar -cf d.tar -C S .
	fetch docker-archive:d.tar
	is docker://example.com/app:1.0 "$(field .fetch.reference)"
	is "docker-archive:$T/d.tar" "$(field .fetch.url)"
	is "sha256-$(digest_of "$(field .fetch.manifest)")" \
		"$(field .fetch.digest)"
	cmp config "$(field .fetch.config)"
	has_layers low.tar high.tar
	aci-convert <<<"$output" >"$T/converted"
	is "$(jq -nc '$ARGS.positional' --args "sha256-$(digest_of low.tar)" \
		"sha256-$(digest_of high.tar)")" \
		"$(jq -c .convert.layers converted)"
	# Byte for byte, so that a signature for that is one for this.
	skopeo copy -q docker-archive:d.tar dir:skopeo
	cmp skopeo/manifest.json "$(jq -r .fetch.manifest converted)"
}

@test "an image of several names answers to each, and to its tags" {
	mksaved S '.[0].RepoTags = ["busybox:1", "docker.io/library/busybox:2",
		"example.com/b:3"]'
	tar -cf d.tar -C S .
	for tag in :1=library/busybox:1 :busybox:2=library/busybox:2 \
		:docker.io/library/busybox:1=library/busybox:1 \
		=library/busybox:1; do
		fetch "docker-archive:d.tar${tag%%=*}"
		is "docker://registry-1.docker.io/${tag#*=}" \
			"$(field .fetch.reference)"
	done
	fetch docker-archive:d.tar:example.com/b:3
	is docker://example.com/b:3 "$(field .fetch.reference)"
	rm "$RKT_DIR"/cas/tmp/*
	refused 66 'd.tar: there is no image "4" in it' docker-archive:d.tar:4
}

@test "of several saved images one must be named" {
	mksaved S '. + [.[0] | .RepoTags = ["example.com/b:2"]]'
	tar -cf d.tar -C S .
	refused 65 'd.tar: manifest.json: several images are in it: say which by :NAME:TAG' \
		docker-archive:d.tar
	fetch docker-archive:d.tar:2
	is docker://example.com/b:2 "$(field .fetch.reference)"
}

@test "a saved image without a name is called after its file" {
	mksaved S '.[0].RepoTags = null'
	tar -czf saved.tar.gz -C S .
	fetch docker-archive:saved.tar.gz
	is docker://localhost/saved:latest "$(field .fetch.reference)"
}

@test "links between the layers of a saved image are followed in the archive" {
	mksaved S
	mkdir S/other
	ln S/low/layer.tar S/other/hard.tar
	ln -s ../other/hard.tar S/high/again.tar
	jq -c '.[0].Layers[0] = "high/again.tar"' S/manifest.json >new
	mv new S/manifest.json
	tar -cf d.tar -C S .
	fetch docker-archive:d.tar
	has_layers low.tar high.tar
}

@test "a layer that is there twice is fetched as two files" {
	mksaved S '.[0].Layers[1] = .[0].Layers[0]'
	tar -cf d.tar -C S .
	fetch docker-archive:d.tar
	has_layers low.tar low.tar
	test "$(field '.fetch.layers[0].path')" != \
		"$(field '.fetch.layers[1].path')"
}

# mklegacy DIR: as docker before 1.10 saved the same two layers.
mklegacy() {
	local low=11aa high=22bb
	mklayout for-legacy
	mkdir -p "$1/$low" "$1/$high"
	cp low.tar "$1/$low/layer.tar"
	cp high.tar "$1/$high/layer.tar"
	echo 1.0 | tee "$1/$low/VERSION" >"$1/$high/VERSION"
	jq -nc --arg id $low '{id: $id}' >"$1/$low/json"
	jq -nc --arg id $high --arg parent $low --arg arch "$(arch)" '{id: $id,
		parent: $parent, architecture: $arch, os: "linux",
		config: {Cmd: ["/bin/old"], User: "7"}}' >"$1/$high/json"
	jq -nc --arg id $high '{"example.com/old": {"0.9": $id}}' \
		>"$1/repositories"
}

@test "an archive of a docker before 1.10 is an image too" {
	mklegacy O
	tar -cf o.tar -C O .
	fetch docker-archive:o.tar:0.9
	is docker://example.com/old:0.9 "$(field .fetch.reference)"
	has_layers low.tar high.tar
	manifest=$(aci-convert <<<"$output" | jq -r .convert.manifest)
	is '{"exec":["/bin/old"],"user":"7","group":"7"}' \
		"$(jq -c .app "$manifest")"
}

@test "B10: layers below themselves are refused" {
	mklegacy O
	jq -c '.parent = "22bb"' O/11aa/json >new && mv new O/11aa/json
	tar -cf o.tar -C O .
	refused 65 "o.tar: 22bb: a layer below itself" docker-archive:o.tar
}

@test "CVE-2014-9358: a layer's id that is a path is refused" {
	mklegacy O
	jq -c '.parent = "../11aa"' O/22bb/json >new && mv new O/22bb/json
	tar -cf o.tar -C O .
	refused 65 "o.tar: ../11aa: not a layer's id" docker-archive:o.tar
	echo '{"example.com/old":{"0.9":"22bb/../22bb"}}' >O/repositories
	tar -cf o.tar -C O .
	refused 65 "o.tar: 22bb/../22bb: not a layer's id" docker-archive:o.tar
}

@test "a layer that the store has is not fetched again" {
	mklayout L
	diffid=$(digest_of low.tar)
	mkdir -p "$RKT_DIR/cas/blob/sha256/${diffid::2}"
	cp low.tar "$RKT_DIR/cas/blob/sha256/${diffid::2}/sha256-$diffid"
	fetch oci:L
	is "sha256-$diffid" "$(field '.fetch.layers[0].diffID')"
	is null "$(jq '.fetch.layers[0].path' <<<"$output")"
	cmp high.tar.gz "$(field '.fetch.layers[1].path')"
	run -0 --separate-stderr aci-convert <<<"$output"
}

@test "an image from a layout must come with a signature, or without a check" {
	mklayout L
	run -65 --separate-stderr aci-fetch oci:L
	is 'aci-local: L: image is not signed: there is no --signature=FILE' \
		"$stderr"
	printf 'a signature\0' >sig
	run -0 --separate-stderr aci-fetch --signature=sig oci:L
	cmp sig "$(field '.fetch.signatures[0]')"
	is 1 "$(field '.fetch.signatures | length')"
}

@test "the pipe's files go when a later filter fails" {
	mklayout L
	run -65 --separate-stderr sh -c "aci-fetch --no-signature oci:L 2>/dev/null |
		jq -c '.fetch.digest |= sub(\"....\$\"; \"0000\")' | aci-convert"
	is '' "$(ls "$RKT_DIR/cas/tmp")"
}

### Hostile ones

@test "B11: a blob that is not what its name says is refused" {
	for file in manifest config low.tar.gz; do
		mklayout L
		digest=$(digest_of "$file")
		printf x | dd of="L/blobs/sha256/$digest" conv=notrunc bs=1 \
			seek=20 status=none
		run -65 --separate-stderr aci-fetch --no-signature oci:L
		matches "aci-local: L: blob sha256-${digest::16}\.\.\.: its digest is sha256-[0-9a-f]{16}\.\.\." \
			"${stderr_lines[-1]}"
		is '' "$(ls "$RKT_DIR/cas/tmp")"
		rm -r L
	done
}

@test "a blob that is missing, short or long is refused" {
	mklayout L
	digest=$(digest_of high.tar.gz)
	rm "L/blobs/sha256/$digest"
	refused 65 "L: blobs/sha256/$digest: is missing" oci:L
	mklayout L '.manifests[0].size += 1'
	refused 65 "L: blob sha256-$(digest_of manifest | cut -c -16)...: $(
		stat -c %s manifest) bytes, not $(($(stat -c %s manifest) + 1))" oci:L
}

@test "B2: a blob that is a link, a fifo or a directory is refused" {
	mklayout L
	digest=$(digest_of high.tar.gz)
	mv "L/blobs/sha256/$digest" outside
	ln -s "$T/outside" "L/blobs/sha256/$digest"
	refused 74 "L: blobs/sha256/$digest: Too many levels of symbolic links" oci:L
	rm "L/blobs/sha256/$digest" && mkfifo "L/blobs/sha256/$digest"
	refused 65 "L: blobs/sha256/$digest: not a regular file" oci:L
	rm "L/blobs/sha256/$digest" && mkdir "L/blobs/sha256/$digest"
	refused 65 "L: blobs/sha256/$digest: not a regular file" oci:L
}

@test "B1: names in an archive never touch the file system" {
	mklayout L
	python3 "$TEST/mktar" hostile.tar \
		"h('../outside', data='x')" "h('/$T/outside', data='x')" \
		"h('a', '2', link='$T/outside')" "h('a/b', data='x')" \
		"h('b', '1', link='../../outside')" "h('dev', '3', major=1)" \
		"h('fifo', '6')" "h('', data='x')" "h('x/../../y', data='x')"
	tar -cf L.tar -C L .
	tar -Af L.tar hostile.tar
	echo untouched >outside
	before=$(snapshot "$T" | grep -vE "$RKT_DIR|stderr")
	fetch oci-archive:L.tar
	has_layers low.tar.gz high.tar.gz
	is "$before" "$(snapshot "$T" | grep -vE "$RKT_DIR|stderr")"
	is 4 "$(find "$RKT_DIR/cas/tmp" -type f | wc -l)"
}

@test "B11: a member that is there twice is refused" {
	mklayout L
	tar -cf L.tar -C L . ./index.json
	refused 65 'L.tar: index.json: there twice' oci-archive:L.tar
	mksaved S
	tar -cf S.tar -C S . ./low/../manifest.json 2>/dev/null
	refused 65 'S.tar: manifest.json: there twice' docker-archive:S.tar
}

@test "B2: links that go round in circles, or out of the archive, lead nowhere" {
	mksaved S
	for target in again.tar ../high/again.tar ../../../etc/passwd /etc/passwd \
		../high; do
		ln -sfn "$target" S/high/again.tar
		jq -c '.[0].Layers[0] = "high/again.tar"' S/manifest.json >new
		mv new S/manifest.json
		tar -cf d.tar -C S .
		refused 65 'd.tar: high/again.tar: is missing' docker-archive:d.tar
	done
}

@test "B10: bombs are refused, and take no room" {
	mklayout L
	truncate -s 8G L/zeros
	echo end >>L/zeros
	tar -cSf sparse.tar -C L zeros
	refused 65 'sparse.tar: unpacks to more than 1000 times its size' \
		oci-archive:sparse.tar
	truncate -s 200M zeros
	tar -c zeros | bzip2 -9 >bomb.bz2
	refused 65 'bomb.bz2: unpacks to more than 1000 times its size' \
		docker-archive:bomb.bz2
	python3 "$TEST/mktar" many.tar \
		"b''.join(h('%d' % n, data='x') for n in range(1001))"
	refused 65 'many.tar: more than 1000 files' docker-archive:many.tar
	python3 "$TEST/mktar" empty.tar \
		"b''.join(h('%d' % n, '5') for n in range(10001))"
	refused 65 'empty.tar: more than 10000 entries' docker-archive:empty.tar
	run -65 --separate-stderr aci-fetch --no-signature --max-size=1000 oci:L:one
	matches 'larger than allowed' "${stderr_lines[-1]}"
	is '' "$(ls "$RKT_DIR/cas/tmp")"
}

@test "L6: what is no tar is not looked into" {
	mklayout L
	(cd L && bsdtar --format=zip -cf ../L.zip . &&
		bsdtar --format=cpio -cf ../L.cpio . &&
		bsdtar --format=7zip -cf ../L.7z . &&
		bsdtar --format=xar -cf ../L.xar . &&
		bsdtar --format=iso9660 -cf ../L.iso . &&
		bsdtar --format=mtree -cf ../L.mtree . &&
		bsdtar --format=ar -cf ../L.ar oci-layout &&
		bsdtar --format=warc -cf ../L.warc oci-layout &&
		bsdtar --lz4 -cf ../L.lz4 . &&
		bsdtar --compress -cf ../L.Z . &&
		bsdtar --lrzip -cf ../L.lrz . 2>/dev/null || :)
	head -c 10000 /dev/urandom >L.random
	: >L.empty
	for file in L.*; do
		echo "$file"
		run -65 --separate-stderr aci-fetch --no-signature \
			"oci-archive:$file"
		matches "^aci-local: $file: " "${stderr_lines[-1]}"
		is 3 "${#stderr_lines[@]}"
	done
}

@test "an archive that is cut off is refused" {
	mklayout L
	for z in cat gzip xz bzip2 zstd; do
		tar -cC L . | "$z" >whole
		head -c $(($(stat -c %s whole) / 2)) whole >half
		echo "$z"
		run -65 --separate-stderr aci-fetch --no-signature oci-archive:half
		is '' "$(ls "$RKT_DIR/cas/tmp")"
	done
}

@test "what is missing is said, and so is what is malformed" {
	mklayout L
	rm L/oci-layout
	refused 65 'L: oci-layout: is missing' oci:L
	for text in '{}' '{"imageLayoutVersion":"2.0.0"}'; do
		mklayout L
		printf %s "$text" >L/oci-layout
		refused 65 'L: oci-layout: imageLayoutVersion: is not 1.0.0' \
			oci:L
	done
	mklayout L '.manifests = []'
	refused 65 'L: index: manifests: has nothing in it' oci:L
	mklayout L '.layers = []'
	refused 65 'L: index: layers: an index and a manifest in one' oci:L
	mklayout L . . '.layers[1].mediaType = "text/plain"'
	refused 65 'L: manifest: layers[1].mediaType: "text/plain" is not a type of these' oci:L
	mklayout L . . '.mediaType = "application/vnd.docker.distribution.manifest.v2+json"'
	refused 65 'L: manifest: mediaType: not what the index says' oci:L
	refused 66 'no-such: No such file or directory' oci:no-such
	refused 65 'config: Not a directory' oci:config
	refused 66 'no-such: No such file or directory' oci-archive:no-such
	refused 65 'L: not a regular file' oci-archive:L
	mksaved S '.[0].Config = "no"'
	tar -cf d.tar -C S .
	refused 65 'd.tar: no: is missing' docker-archive:d.tar
	mksaved S '.[0].Layers = ["low/layer.tar", 7]'
	tar -cf d.tar -C S .
	refused 65 'd.tar: manifest.json[0].Layers[1]: is not a string' \
		docker-archive:d.tar
	mksaved S '{}'
	tar -cf d.tar -C S .
	refused 65 'd.tar: manifest.json: is not a list' docker-archive:d.tar
	rm S/manifest.json
	tar -cf d.tar -C S .
	refused 65 'd.tar: repositories: is missing' docker-archive:d.tar
}

@test "G17: what reads a layout or archive can open nothing by itself" {
	mklayout L
	tar -cf L.tar -C L .
	for ref in oci:L oci-archive:L.tar; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e signal=none \
			-o trace -e trace=prctl,open,openat,openat2,socket \
			aci-fetch --no-signature "$ref" >/dev/null 2>&1
		child=$(awk '/PR_SET_SECCOMP/ { print $1 }' trace)
		test -n "$child"
		run -0 sed -n '/PR_SET_SECCOMP/,$p' trace
		run grep -E "^$child .*(open|socket).*= [0-9]" <<<"$output"
		is ''
	done
}

### Real ones

@test "what umoci, skopeo, buildah and podman make is read" {
	umoci init --layout u
	umoci new --image u:empty
	umoci unpack --image u:empty B
	echo content >B/rootfs/file
	umoci repack --image u:one B
	umoci config --image u:one --config.cmd /bin/x --config.env A=1 \
		--config.exposedports 80/tcp --config.volume /data \
		--author me --config.label a=b
	id=$(jq -r '.manifests[] | select(.annotations[] == "one").digest' \
		u/index.json)
	fetch oci:u:one
	is "${id/:/-}" "$(field .fetch.digest)"
	aci-convert <<<"$output" >converted
	is '{"exec":["/bin/x"],"user":"0","group":"0"}' "$(jq -c \
		'.app | {exec, user, group}' "$(jq -r .convert.manifest converted)")"
	layer=$(jq -c .convert.layers converted)

	skopeo copy -q oci:u:one oci-archive:o.tar:one
	skopeo copy -q oci:u:one docker-archive:d.tar:example.com/app:1.0
	for store in buildah podman; do
		"$store" --root "$T/$store" --runroot "/run/$store" \
			--storage-driver vfs pull -q oci:u:one >id.$store
	done
	buildah --root "$T/buildah" --runroot /run/buildah \
		--storage-driver vfs push -q "$(cat id.buildah)" oci:v:one
	for format in docker-archive oci-archive; do
		podman --root "$T/podman" --runroot /run/podman \
			--storage-driver vfs save -q --format $format \
			-o "p-$format.tar" "$(cat id.podman)"
	done
	for ref in oci-archive:o.tar docker-archive:d.tar oci:v:one \
		docker-archive:p-docker-archive.tar oci-archive:p-oci-archive.tar; do
		echo "$ref"
		fetch "$ref"
		aci-convert <<<"$output" >converted
		is "$layer" "$(jq -c .convert.layers converted)"
		is '/bin/x' "$(jq -r '.app.exec[0]' \
			"$(jq -r .convert.manifest converted)")"
	done
}
