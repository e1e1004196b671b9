# SPDX-License-Identifier: Apache-2.0
# layers - docker and OCI images: many archives in one index
# shellcheck disable=SC2154
load helpers
load layouts
load trees

# image NAME HOW LAYER.tar...: an image of these layers, lowest first, in the
# layout T/l; HOW is none, gzip, zstd.
image() {
	local name=$1 how=$2 files=() file suffix='' layers='' manifest
	shift 2
	case $how in
	gzip) suffix=.gz ;;
	zstd) suffix=.zst ;;
	esac
	mkdir -p "$T/l"
	for file; do
		case $how in
		none) ;;
		gzip) gzip -nkf "$file" ;;
		zstd) zstd -qkf "$file" ;;
		esac
		layers+=$(blob "$T/l" "$file$suffix"),
		files+=("$file")
	done
	config . "${files[@]}" >"$T/config"
	jq -nc --argjson config "$(blob "$T/l" "$T/config")" \
		--argjson layers "[${layers%,}]" --arg how "$how" "
		{schemaVersion: 2, mediaType: \"$OCI.manifest.v1+json\",
		config: (\$config + {mediaType: \"$OCI.config.v1+json\"}),
		layers: [\$layers[] | . + {mediaType: (\"$OCI.layer.v1.tar\" +
			if \$how == \"none\" then \"\" else \"+\" + \$how end)}]}" \
		>"$T/manifest"
	manifest=$(blob "$T/l" "$T/manifest")
	test -f "$T/l/index.json" ||
		echo '{"schemaVersion":2,"manifests":[]}' >"$T/l/index.json"
	printf '{"imageLayoutVersion":"1.0.0"}' >"$T/l/oci-layout"
	jq -c --argjson manifest "$manifest" --arg name "$name" "
		.manifests += [\$manifest + {mediaType:
			\"$OCI.manifest.v1+json\", annotations:
			{\"org.opencontainers.image.ref.name\": \$name}}]" \
		"$T/l/index.json" >"$T/l/index.new"
	mv "$T/l/index.new" "$T/l/index.json"
}

converted() {
	aci-fetch --no-signature "oci:$T/l:$1" 2>/dev/null | aci-convert
}

# record NAME: the same, of files that are no pipe's, and stay.
record() {
	local record
	record=$(converted "$1")
	mkdir -p "$T/files"
	jq -r '.fetch.layers[].path // empty, .convert.manifest' <<<"$record" |
		xargs mv -t "$T/files"
	rm "$RKT_DIR"/cas/tmp/*
	printf '%s\n' "${record//"$RKT_DIR/cas/tmp"/"$T/files"}"
}

# put NAME [OPTION...]: the image into the store; its record.
put() {
	converted "$1" | cas-put --insecure "${@:2}"
}

root_of() {
	cas-store mount "$(jq -r .store.key <<<"$1")"
}

fsck() {
	mapfile -t devices < <(jq -r '.store.root.devices[]' <<<"$1")
	"$TEST/fsck-index" "$(jq -r .store.root.path <<<"$1")" "${devices[@]}"
}

# same_as_umoci NAME: the mount, and the tree, are what umoci unpacks.
same_as_umoci() {
	rm -rf "$T/bundle"
	umoci unpack --image "$T/l:$1" "$T/bundle" >/dev/null
	add_places "$T/bundle/rootfs"
	"$TEST/lstree" "$T/bundle/rootfs" >"$T/want"
	run -0 --separate-stderr put "$1"
	is '' "$stderr"
	fsck "$output"
	"$TEST/lstree" "$(root_of "$output")" | diff "$T/want" -
	cas-store umount "$(field .store.key)"
	cas-store rm "$(field .store.key)"
	run -0 --separate-stderr put "$1" --render=tree
	"$TEST/lstree" "$(root_of "$output")" |
		diff <(grep -vE "^b'[^ ]*' 0o[26]0" "$T/want") -
	cas-store rm "$(field .store.key)"
}

# pack DIR NAME: the layer T/NAME.tar of a directory.
pack() {
	tar --sort=name --numeric-owner --xattrs --xattrs-include='*' \
		--format=pax --pax-option=delete=atime,delete=ctime \
		-cf "$T/$2.tar" -C "$1" .
}

# A layer below all that the tests do.
base() {
	mkdir -p "$T/base"/{dir/sub,gone,kept/deep,usr/lib,opaque/sub,file-to-be}
	for name in dir/file dir/sub/file gone/file kept/deep/file usr/lib/old \
		opaque/file opaque/sub/file other to-be-dir one; do
		echo "base $name" >"$T/base/$name"
	done
	ln "$T/base/one" "$T/base/dir/one"
	ln "$T/base/one" "$T/base/gone/one"
	ln -s usr/lib "$T/base/lib"
	ln -s file "$T/base/dir/to-be-file"
	chmod 2750 "$T/base/dir"
	setfattr -n user.note -v base "$T/base/dir"
	chown 5:6 "$T/base/kept"
	touch -d @1000000000.123456789 "$T/base"/{dir/file,kept,dir}
	pack "$T/base" base
}

@test "layers are laid over one another as umoci lays them" {
	base
	mkdir -p "$T/up"/{dir,kept,file-to-be,new/deep,to-be-dir}
	rmdir "$T/up/file-to-be"
	echo up >"$T/up/file-to-be"
	echo up >"$T/up/to-be-dir/file"
	echo up >"$T/up/dir/to-be-file"
	echo up >"$T/up/dir/file"
	echo up >"$T/up/new/deep/file"
	ln "$T/up/new/deep/file" "$T/up/new/link"
	mknod "$T/up/new/char" c 1 3
	mkfifo "$T/up/new/fifo"
	chmod 700 "$T/up/dir"
	touch -d @7.5 "$T/up/dir" "$T/up"
	for whiteout in gone dir/sub other; do
		: >"$T/up/$(dirname "$whiteout")/.wh.$(basename "$whiteout")"
	done
	# There below, taken away, and there again in the same layer.
	echo again >"$T/up/other"
	mkdir "$T/up/opaque"
	: >"$T/up/opaque/.wh..wh..opq"
	echo up >"$T/up/opaque/new"
	pack "$T/up" up
	mkdir "$T/third" "$T/third/kept"
	: >"$T/third/kept/.wh.deep"
	: >"$T/third/.wh.one"
	pack "$T/third" third
	for how in none gzip; do
		image "$how" "$how" "$T/base.tar" "$T/up.tar" "$T/third.tar"
		same_as_umoci "$how"
	done
	image zstd zstd "$T/base.tar" "$T/up.tar" "$T/third.tar"
	run -0 put zstd
	"$TEST/lstree" "$(root_of "$output")" | diff "$T/want" -
	# The other names of what was taken away are left.
	is 'base one' "$(cat "$(root_of "$output")/dir/one")"
	is 1 "$(stat -c %h "$(root_of "$output")/dir/one")"
}

@test "a whiteout is for what is below it, wherever it stands in its layer" {
	"$TEST/mktar" "$T/a.tar" 'h("d/", "5")' 'h("d/x", data="low")' \
		'h("d/y", data="low")'
	for order in 'h("d/.wh.x") + h("d/x", data="high")' \
		'h("d/x", data="high") + h("d/.wh.x")' \
		'h("d/.wh..wh..opq") + h("d/x", data="high")' \
		'h("d/x", data="high") + h("d/.wh..wh..opq")'; do
		echo "$order"
		"$TEST/mktar" "$T/b.tar" "$order"
		image "t$RANDOM$RANDOM" none "$T/a.tar" "$T/b.tar"
		run -0 put "$(jq -r '.manifests[-1].annotations[]' \
			"$T/l/index.json")"
		is high "$(cat "$(root_of "$output")/d/x")"
		case $order in
		*opq*) test ! -e "$(root_of "$output")/d/y" ;;
		*) is low "$(cat "$(root_of "$output")/d/y")" ;;
		esac
	done
}

@test "what lies below a lower layer's symbolic link goes where that leads" {
	local n=0
	base
	rm -r "$T/base/lib"
	for target in usr/lib /usr/lib ./usr/../usr/lib ../../../usr/lib via; do
		ln -sfn "$target" "$T/base/lib"
		ln -sfn usr "$T/base/some"
		ln -sfn some/lib "$T/base/via"
		pack "$T/base" base
		"$TEST/mktar" "$T/up.tar" 'h("lib/x", data="x")' \
			'h("lib/.wh.old")' 'h("lib/sub/", "5")' \
			'h("hard", "1", link="lib/x")' \
			'h("low", "1", link="dir/file")'
		image "t$((++n))" none "$T/base.tar" "$T/up.tar"
		run -0 put "t$n"
		fsck "$output"
		cd "$(root_of "$output")"
		is "$target" "$(readlink lib)"
		is $'sub\nx' "$(ls usr/lib)"
		is x "$(cat hard)"
		is 'base dir/file' "$(cat low)"
		is '2 2' "$(stat -c %h hard low | xargs)"
		cd /
	done
	# Named by its own entry, it is a directory instead of the link; so it
	# is where the link leads nowhere, or in circles.
	"$TEST/mktar" "$T/named.tar" 'h("lib/", "5")' 'h("lib/x", data="x")'
	image named none "$T/base.tar" "$T/named.tar"
	run -0 put named
	is x "$(ls "$(root_of "$output")/lib")"
	is old "$(ls "$(root_of "$output")/usr/lib")"
	for target in nowhere lib other/x; do
		ln -sfn "$target" "$T/base/lib"
		pack "$T/base" base
		"$TEST/mktar" "$T/up.tar" 'h("lib/x", data="x")'
		image "t$((++n))" none "$T/base.tar" "$T/up.tar"
		run -0 put "t$n"
		is x "$(cat "$(root_of "$output")/lib/x")"
		test ! -L "$(root_of "$output")/lib"
	done
}

@test "hard links lead to files of their layer, or of those below" {
	"$TEST/mktar" "$T/a.tar" 'h("a", data="low")' 'h("d/", "5")' \
		'h("d/b", "1", link="./a")'
	"$TEST/mktar" "$T/b.tar" 'h("c", "1", link="/d/b")' 'h(".wh.a")'
	"$TEST/mktar" "$T/c.tar" 'h("d/b", data="new")' \
		'h("e", "1", link="d/b")'
	image x none "$T/a.tar" "$T/b.tar" "$T/c.tar"
	run -0 put x
	fsck "$output"
	cd "$(root_of "$output")"
	is 'low new new' "$(cat c; echo -n ' '; cat d/b; echo -n ' '; cat e)"
	is '1 2 2' "$(stat -c %h c d/b e | xargs)"
	test ! -e a
	cd /
}

@test "what aufs left in a layer is no file, but links to it hold" {
	"$TEST/mktar" "$T/a.tar" 'h(".wh..wh.aufs")' 'h(".wh..wh.orph/", "5")' \
		'h(".wh..wh.plnk/", "5")' 'h(".wh..wh.plnk/12.34", data="data")' \
		'h("a", "1", link=".wh..wh.plnk/12.34")' \
		'h("b", "1", link=".wh..wh.plnk/12.34")'
	image x none "$T/a.tar"
	run -0 put x
	fsck "$output"
	cd "$(root_of "$output")"
	is 'a b dev proc sys' "$(find . -mindepth 1 -printf '%P\n' | sort | xargs)"
	is 'data 2' "$(cat a) $(stat -c %h b)"
	cd /
}

@test "of a name that is there twice in a layer the last holds" {
	"$TEST/mktar" "$T/a.tar" 'h("x", data="first")' 'h("d/", "5")' \
		'h("d/y", data="y")' 'h("x", data="last")' \
		'h("d/", "5", mode=0o700)' 'h("f", data="f")' 'h("f", "5")' \
		'h("g", "5")' 'h("g/below", data="g")' 'h("g", "2", link="x")' \
		'h("./", "5", mode=0o711)' 'h("./", "5", mode=0o755)'
	image x none "$T/a.tar"
	run -0 put x
	fsck "$output"
	cd "$(root_of "$output")"
	is 'last y 700 755' "$(cat x) $(cat d/y) $(stat -c %a d .| xargs)"
	test -d f
	is x "$(readlink g)"
	cd /
}

@test "names from the root on, or with ./ before them, are the same" {
	"$TEST/mktar" "$T/a.tar" 'h("./d/", "5")' 'h("/d/a", data="a")' \
		'h("d/b", data="b")' 'h("//d/c", "1", link="/d/a")'
	image x none "$T/a.tar"
	run -0 put x
	is $'a\nb\nc' "$(ls "$(root_of "$output")/d")"
}

@test "B1, B2, B5: what leads out of a layer is refused" {
	local n=0
	one() {
		"$TEST/mktar" "$T/a.tar" 'h("d/", "5")' "${@:2}"
		image "t$((++n))" none "$T/a.tar"
		run -65 --separate-stderr put "t$n"
		is "cas-put: oci:$T/l:t$n: $1" "$stderr"
		is '' "$(find "$RKT_DIR/cas" ! -type d)"
	}
	one 'entry 2: ../x: ".." in its name' 'h("../x")'
	one 'entry 2: d/../../x: ".." in its name' 'h("d/../../x")'
	one 'entry 2: d/../.wh.x: ".." in its name' 'h("d/../.wh.x")'
	one 'entry 2: d//x: not a plain name' 'h("d//x")'
	one 'entry 2: x: ".." in its name' 'h("x", "1", link="../../etc/passwd")'
	one 'entry 2: x: hard link to what is not there before it' \
		'h("x", "1", link="/etc/passwd")'
	one 'entry 2: x: hard link to a directory' 'h("x", "1", link="d")'
	one 'entry 3: l/x: below what is no directory' \
		'h("l", "2", link="/")' 'h("l/x")'
	one 'entry 2: .: not a plain name' 'h(".", "2", link="/")'
	one 'a whiteout of no name' 'h("d/.wh.")'
	one 'a whiteout of no name' 'h("d/.wh..")'
	one 'a whiteout of no name' 'h("d/.wh...")'
}

@test "a layer must have both of its digests, and the manifest its own" {
	layer "$T/low" file low
	layer "$T/high" file high
	image x gzip "$T/low.tar" "$T/high.tar"
	record x >"$T/right"
	# changed MESSAGE FILTER: the record, changed, is refused.
	changed() {
		jq -c "$2" "$T/right" >"$T/record"
		run -65 --separate-stderr cas-put --insecure <"$T/record"
		matches "^cas-put: [^ ]*: $1\$" "$stderr"
		is '' "$(find "$RKT_DIR/cas" ! -type d)"
	}
	zeros=sha256-$(printf '%064d' 0)
	changed 'layer sha256-.*: not what the manifest names: its digest is .*' \
		".fetch.layers[1].digest = \"$zeros\""
	changed 'layer sha256-.*: not what the configuration names: it is .*' \
		".convert.layers[0] = \"$zeros\""
	changed 'layer sha256-.*: not what the configuration names: it is .*' \
		'.convert.layers |= reverse'
	changed 'layer sha256-.*: not what the configuration names: it is .*' \
		'.fetch.layers |= reverse'
	changed 'convert.layers are not fetch.layers, or more than 128' \
		'del(.fetch.layers[1])'
	changed 'convert.layers are not fetch.layers, or more than 128' \
		'.convert.layers = [] | .fetch.layers = []'
	changed 'manifest: changed since it was converted: its digest is sha512-.*' \
		".convert.digest = \"sha512-$(printf '%0128d' 0)\""
	changed 'the record has no convert.manifest or digest' \
		'del(.convert.manifest)'
	changed "the record's convert.layers\[0\] is no digest" \
		'.convert.layers[0] = "../../x"'
	# Not verified, it needs the switch.
	run -65 --separate-stderr cas-put <"$T/right"
	matches 'not verified' "$stderr"
	run -0 cas-put --insecure <"$T/right"
}

@test "a layer is stored once, for all images, and not fetched again" {
	layer "$T/low" low low
	layer "$T/one" one one
	layer "$T/two" two two
	image one gzip "$T/low.tar" "$T/one.tar"
	image two gzip "$T/low.tar" "$T/two.tar" "$T/low.tar"
	one=$(put one -q)
	diffid=sha256-$(digest_of "$T/low.tar")
	blob=$RKT_DIR/cas/blob/sha256/${diffid:7:2}/$diffid
	cmp "$T/low.tar" "$blob"
	run -0 --separate-stderr aci-fetch --no-signature "oci:$T/l:two"
	is "$diffid" "$(field '.fetch.layers[0].diffID')"
	is null "$(jq -c '.fetch.layers[0].path' <<<"$output")"
	run -0 put two
	fsck "$output"
	is 'low two' "$(cat "$(root_of "$output")"/{low,two} | xargs)"
	# The same layer twice is one device.
	is 2 "$(field '.store.root.devices | length')"
	is 3 "$(find "$RKT_DIR/cas/blob" -type f | wc -l)"
	is 3 "$(stat -c %h "$blob")"
	cas-store rm "$one"
	is 2 "$(stat -c %h "$blob")"
	cas-store gc --grace-period=0s
	is 'low two' "$(cat "$(root_of "$output")"/{low,two} | xargs)"
	cas-store umount "$(field .store.key)"
	two=$(field .store.key)
	# Otherwise packed it is the same layer, and nothing of it stays behind.
	image three none "$T/low.tar"
	run -0 --separate-stderr aci-fetch --no-signature "oci:$T/l:three"
	is null "$(jq -c '.fetch.layers[0].path' <<<"$output")"
	put three
	cas-store rm "$two"
	cas-store rm "$(cas-store ls -q)"
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
}

@test "a layer that is gone by the time it is needed is fetched the next time" {
	layer "$T/low" low low
	layer "$T/one" one one
	image one gzip "$T/low.tar"
	image two gzip "$T/low.tar" "$T/one.tar"
	one=$(put one -q)
	record two >"$T/record"
	cas-store rm "$one"
	cas-store gc --grace-period=0s
	run -75 --separate-stderr cas-put --insecure <"$T/record"
	matches 'sha256-[0-9a-f]* was removed from the store meanwhile$' "$stderr"
	run -0 put two
	is low "$(cat "$(root_of "$output")/low")"
}

@test "a layered image whose index is lost is rendered again from the store" {
	layer "$T/low" low low
	layer "$T/one" one one
	image one gzip "$T/low.tar" "$T/one.tar"
	run -0 put one
	key=$(field .store.key)
	cp "$RKT_DIR/cas/index/$key" "$T/index"
	rm "$RKT_DIR/cas/index/$key"
	run -66 cas-store mount "$key"
	run -0 cas-store render -q "$key"
	cmp "$RKT_DIR/cas/index/$key" "$T/index"
}

@test "a hundred layers are one index, and run as a pod in both kinds" {
	local files=() n
	busybox_root "$T/bb"
	tar -cf "$T/bb.tar" -C "$T/bb" .
	files=("$T/bb.tar")
	for ((n = 0; n < 99; n++)); do
		layer "$T/n$n" "many/$n" "$n" all "$n"
		files+=("$T/n$n.tar")
	done
	image x gzip "${files[@]}"
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		run -0 put x --render=$kind
		key=$(field .store.key)
		test $kind = tree || {
			is 100 "$(field '.store.root.devices | length')"
			fsck "$output"
		}
		run -0 --separate-stderr rkt run "$key" --exec /bin/sh -- -c \
			'cat /all; cat /many/* | wc -l'
		is $'98\n99'
		rkt gc --grace-period=0s
		rkt gc --grace-period=0s
	done
}

@test "what umoci repacks, and what buildah commits, is what they have" {
	zoo "$T/root"
	umoci init --layout "$T/l"
	umoci new --image "$T/l:empty"
	umoci unpack --image "$T/l:empty" "$T/b0" >/dev/null
	rm "$T/root/hole" "$T/root/only-hole" # umoci's tars have no holes
	cp -a "$T/root/." "$T/b0/rootfs"
	umoci repack --image "$T/l:one" "$T/b0" >/dev/null
	umoci unpack --image "$T/l:one" "$T/b1" >/dev/null
	cd "$T/b1/rootfs"
	rm -r dir/sub many/file-with-a-name-1* size-512
	mkdir size-512 dir/sub
	echo new >dir/sub/new
	ln dir/sub/new zzz-link
	chmod 700 dir
	cd /
	umoci repack --image "$T/l:two" "$T/b1" >/dev/null
	umoci config --image "$T/l:two" --config.cmd /bin/x
	umoci config --image "$T/l:one" --config.cmd /bin/x
	same_as_umoci one
	same_as_umoci two
	b() {
		buildah --root "$T/buildah" --runroot /run/buildah \
			--storage-driver vfs "$@"
	}
	container=$(b from scratch)
	b copy -q "$container" "$T/root" /
	first=$(b commit -q --rm "$container")
	container=$(b from "$first")
	cd "$(b mount "$container")"
	rm -r many dir/sub one
	mkdir many one
	echo again >many/file-with-a-name-2
	cd /
	b config --cmd /bin/x "$container"
	b push -q "$(b commit -q --rm "$container")" "oci:$T/l:three"
	same_as_umoci three
	b rmi -a -f >/dev/null
}

@test "puts, gets, removals and collections at once lose no layer that is needed" {
	local n keys=() pids=()
	for n in a b c d; do
		layer "$T/$n" "$n" "$n"
	done
	image 0 gzip "$T/a.tar" "$T/b.tar"
	image 1 gzip "$T/a.tar" "$T/c.tar"
	image 2 gzip "$T/b.tar" "$T/c.tar" "$T/d.tar"
	for n in 0 1 2; do
		record "$n" >"$T/record$n"
		keys+=("sha512-$(jq -r .convert.digest "$T/record$n" |
			cut -c 8-71)")
	done
	for n in 0 1 2; do
		(for _ in {1..20}; do
			cas-put --insecure -q <"$T/record$n" >/dev/null || exit
			fsck "$(cas-store get "${keys[n]}")" || exit
			cas-store rm "${keys[n]}" >/dev/null || exit
		done) &
		pids+=("$!")
	done
	while kill -0 "${pids[@]}" 2>/dev/null; do
		cas-store gc --grace-period=0s 2>/dev/null || test $? = 75
	done
	for n in 0 1 2; do
		wait "${pids[n]}"
	done
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
}

@test "killed at any moment, cas-put of a layered image leaves the store whole" {
	layer "$T/low" low low
	layer "$T/one" one one
	image x gzip "$T/low.tar" "$T/one.tar"
	export ASAN_OPTIONS=detect_leaks=0
	record x >"$T/record"
	strace -fqqo "$T/trace" cas-put --insecure -q <"$T/record" >"$T/key"
	read -r key <"$T/key"
	for call in linkat renameat2 symlinkat fsync mkdirat write unlink openat2; do
		count=$(grep -c " $call(" "$T/trace" || :)
		for ((n = 1; n <= count && n <= 8; n++)); do
			rm -rf "$RKT_DIR/cas"
			strace -fqqo /dev/null -e "inject=$call:signal=KILL:when=$n" \
				cas-put --insecure -q <"$T/record" >/dev/null 2>&1 || :
			run -0 cas-put --insecure -q <"$T/record"
			is "$key"
			is 'low one' "$(cat "$(cas-store mount "$key")"/{low,one} |
				xargs)"
			cas-store umount "$key"
			cas-store rm "$key"
			cas-store gc --grace-period=0s
			is '' "$(find "$RKT_DIR/cas" ! -type d)"
		done
	done
}
