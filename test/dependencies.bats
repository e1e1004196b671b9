# SPDX-License-Identifier: Apache-2.0
# dependencies - images that are made of others, in one index
# shellcheck disable=SC2154
load helpers

# image NAME [FILTER]: an image of the directory T/NAME, whose manifest jq
# changes; in T/NAME.aci.  It depends on the names in the words after that.
image() {
	local name=$1 filter=${2:-.}
	shift "$(($# > 1 ? 2 : 1))"
	mkdir -p "$T/$name"
	mkaci -n "example.com/$name" -z none -m "$(
		printf '.dependencies = [%s] | ' "$(
			printf '{imageName: "example.com/%s"},' "$@" |
				sed 's/,$//;s/{imageName: "example.com\/"}//')"
	)$filter" "$T/$name" "$T/$name.aci"
}

put() {
	jq -nc --arg aci "$T/$1.aci" '{v: 1, image: "x", fetch: {aci: $aci}}' |
		cas-put --insecure "${@:2}"
}

# stored NAME [FILTER [NAME...]]: image and put; the record.
stored() {
	image "$@"
	put "$1"
}

# A file of that content in the directory of an image.
has() {
	mkdir -p "$(dirname "$T/$1")"
	echo "$2" >"$T/$1"
}

root_of() {
	cas-store mount "$(cas-store get -q "example.com/$1")"
}

# list NAME: what its root file system has, and what files say.
list() {
	(cd "$(root_of "$1")" && find . -mindepth 1 ! -path './dev' \
		! -path './proc' ! -path './sys' | sort | while read -r path; do
		test -f "$path" && ! test -L "$path" &&
			echo "$path $(cat "$path")" || echo "$path"
	done)
}

fsck() {
	local record
	record=$(cas-store get "example.com/$1")
	mapfile -t devices < <(jq -r '.store.root.devices[]' <<<"$record")
	"$TEST/fsck-index" "$(jq -r .store.root.path <<<"$record")" \
		"${devices[@]}"
}

# refused STATUS REGEX NAME: its put, which leaves no such image.
refused() {
	run "-$1" --separate-stderr put "$3"
	matches "^cas-put: x: $2\$" "$stderr"
	run -1 cas-store get "example.com/$3"
}

@test "an image says what it misses, and is rendered when that is there" {
	has b/b b
	has d/d d
	has a/a a
	run -0 --separate-stderr stored a . b c
	is '' "$stderr"
	is '["example.com/b","example.com/c"]' "$(field '.store.missing | tojson')"
	is null "$(jq .store.root <<<"$output")"
	is '' "$(ls "$RKT_DIR/cas/index" 2>/dev/null)"
	run -66 --separate-stderr cas-store render example.com/a
	is 'cas-store: example.com/a: dependency example.com/b is not in the store' \
		"$stderr"
	run -66 --separate-stderr cas-store mount "$(cas-store get -q example.com/a)"
	run -66 --separate-stderr pod-prepare -q example.com/a --exec /a
	is 'pod-prepare: example.com/a: dependency example.com/b is not in the store' \
		"$stderr"
	stored b
	# What c misses, a misses too, once c is there.
	run -0 stored c . d
	is '["example.com/d"]' "$(field '.store.missing | tojson')"
	is '["example.com/d"]' "$(cas-store get example.com/a |
		jq -c .store.missing)"
	stored d
	is '[]' "$(cas-store get example.com/a | jq -c .store.missing)"
	run -66 --separate-stderr pod-prepare -q example.com/a --exec /a
	is 'pod-prepare: example.com/a: not rendered yet' "$stderr"
	run -0 --separate-stderr cas-store render example.com/a
	is '' "$stderr"
	is '4 []' "$(field '"\(.store.root.devices | length) \(.store.missing)"')"
	is "$output" "$(cas-store get example.com/a)"
	fsck a
	is $'./a a\n./b b\n./d d' "$(list a)"
	before=$(snapshot "$RKT_DIR/cas")
	run -0 cas-store render -q example.com/a
	is "$(cas-store get -q example.com/a)"
	is "$before" "$(snapshot "$RKT_DIR/cas")"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "an image whose dependencies are there is rendered by cas-put" {
	has b/b b
	has a/a a
	stored b
	run -0 --separate-stderr stored a . b
	is '' "$stderr"
	is 'erofs []' "$(field '"\(.store.root.kind) \(.store.missing)"')"
	is $'./a a\n./b b' "$(list a)"
}

@test "dependencies go depth first, in the order of the list, and what is later is above" {
	for name in a b c d; do
		has "$name/all" "$name"
		has "$name/$name" "$name"
	done
	has b/bd b && has d/bd d
	has b/bc b && has c/bc c
	has c/cd c && has d/cd d
	stored b
	stored d
	stored c . d
	stored a . b c
	fsck a
	# B, D, C, A
	is $'./a a\n./all a\n./b b\n./bc c\n./bd d\n./c c\n./cd c\n./d d' \
		"$(list a)"
	# A diamond is D, B, D, C, A: D hides B again.
	stored b . d
	put a >/dev/null
	cas-store rm example.com/a
	put a
	is $'./a a\n./all a\n./b b\n./bc c\n./bd d\n./c c\n./cd c\n./d d' \
		"$(list a)"
	is 4 "$(cas-store get example.com/a | jq '.store.root.devices | length')"
	fsck a
}

@test "directories become one with the attributes of the upper one, all else is replaced whole" {
	mkdir -p "$T/b/dir" "$T/b/file-then" "$T/b/implied" "$T/a/dir" "$T/b/keep"
	has b/dir/lower lower
	has b/file-then/gone gone
	has b/dir-then file
	has b/implied/x x
	has a/dir/upper upper
	has a/file-then now-a-file
	has a/dir-then/inside inside
	ln "$T/b/dir/lower" "$T/b/keep/linked"
	chmod 700 "$T/b/dir" "$T/b/implied"
	chmod 711 "$T/a/dir"
	stored b
	image a . b
	# An entry that does not name its directory leaves that as it is.
	"$TEST/mktar" "$T/c.aci" "$(python3 - "$T/a.aci" <<-'PY'
		import sys, tarfile
		data = tarfile.open(sys.argv[1]).extractfile('manifest').read()
		print('h("manifest", data=%r)' % data.replace(b'example.com/a"',
			b'example.com/c"'))
	PY
	)" rootfs 'h("rootfs/implied/y", data="y\n")'
	put a
	fsck a
	is $'./dir\n./dir-then\n./dir-then/inside inside\n./dir/lower lower\n./dir/upper upper\n./file-then now-a-file\n./implied\n./implied/x x\n./keep\n./keep/linked lower' \
		"$(list a)"
	cd "$(root_of a)"
	is 711 "$(stat -c %a dir)"
	is 700 "$(stat -c %a implied)"
	is 2 "$(stat -c %h dir/lower)"
	put c
	cd "$(root_of c)"
	is 700 "$(stat -c %a implied)"
	is xy "$(cat implied/x implied/y | tr -d '\n')"
	cd /
}

@test "B6: what an image has below a dependency's symbolic link replaces the link" {
	mkdir -p "$T/b/real" "$T/host"
	has b/real/file lower
	for target in real /real "$T/host" ../../../../..; do
		rm -rf "$RKT_DIR/cas"
		rm -f "$T/b/dir"
		ln -s "$target" "$T/b/dir"
		stored b
		image a . b
		"$TEST/mktar" "$T/a.aci" \
			'manifest(name="example.com/a", dependencies=[{"imageName":
				"example.com/b"}])' rootfs \
			'h("rootfs/dir/file", data="upper\n")'
		for kind in erofs tree; do
			cas-store rm example.com/a || :
			put a --render="$kind"
			is $'./dir\n./dir/file upper\n./real\n./real/file lower' \
				"$(list a)"
			cas-store umount "$(cas-store get -q example.com/a)"
		done
	done
	is '' "$(ls "$T/host")"
}

@test "a whitelist keeps its own paths: the image's of all, a dependency's of its own part" {
	for name in 1 2 3; do
		has "b/b$name" "$name"
		has "c/c$name" "$name"
		has "d/d$name" "$name"
	done
	has b/sub/x x
	has b/sub/y y
	stored d
	# c, and what it depends on: d3 is not in the list, d1 below a file is gone
	stored c '.pathWhitelist = ["/c1", "/c2", "/d1", "/d2"]' d
	stored b
	stored a '.pathWhitelist = ["/b1", "/sub/x", "/c2", "/c3", "/d2", "/d3"]' b c
	fsck a
	is $'./b1 1\n./c2 2\n./d2 2\n./sub\n./sub/x x' "$(list a)"
	is $'./c1 1\n./c2 2\n./d1 1\n./d2 2' "$(list c)"
	# A dependency's list is no one else's: b is not filtered by c's.
	stored e . c b
	is $'./b1 1\n./b2 2\n./b3 3\n./c1 1\n./c2 2\n./d1 1\n./d2 2\n./sub\n./sub/x x\n./sub/y y' \
		"$(list e)"
	# What an image hides comes not back because a list has no place for it.
	has f/b1/now-a-directory f
	stored f '.pathWhitelist = ["/b1/now-a-directory", "/b2"]' b
	is $'./b1\n./b1/now-a-directory f\n./b2 2' "$(list f)"
	rm -r "$T/f"
	has f/sub f
	cas-store rm example.com/f
	stored f '.pathWhitelist = ["/sub/x", "/b2"]' b
	is './b2 2' "$(list f)"
}

@test "a hard link may lead to a file of a dependency" {
	has b/target target
	stored b
	"$TEST/mktar" "$T/a.aci" \
		'manifest(name="example.com/a", dependencies=[{"imageName":
			"example.com/b"}])' rootfs \
		'h("rootfs/link", "1", link="rootfs/target")'
	put a
	fsck a
	is $'./link target\n./target target' "$(list a)"
	is 2 "$(stat -c %h "$(root_of a)/link")"
	"$TEST/mktar" "$T/a.aci" \
		'manifest(name="example.com/x", dependencies=[{"imageName":
			"example.com/b"}])' rootfs \
		'h("rootfs/link", "1", link="rootfs/nothing")'
	run -65 --separate-stderr put a
	is 'cas-put: x: entry 3: rootfs/link: hard link to what is not there before it' \
		"$stderr"
}

@test "a dependency is that of the id, and of the labels, that are asked for" {
	has b/b one
	run -0 stored b
	id=$(field .store.id)
	other=sha512-$(printf '%0128d' 0)
	for item in '{imageName: "example.com/b", imageID: "'"$other"'"}' \
		'{imageName: "example.com/other", imageID: "'"$id"'"}' \
		'{imageName: "example.com/b", labels: [{name: "version",
			value: "9"}]}' \
		'{imageName: "example.com/b", imageID: "'"$id"'", labels: [{name:
			"version", value: "9"}]}' \
		'{imageName: "example.com/b", labels: [{name: "arch",
			value: "other"}]}'; do
		echo "$item"
		image a ".dependencies = [$item]"
		run -0 put a
		is 1 "$(field '.store.missing | length')"
		run -66 cas-store render example.com/a
		cas-store rm example.com/a
	done
	matches '^example.com/b,arch=other$' "$(field '.store.missing[]' \
		"$(put a)")"
	cas-store rm example.com/a
	for item in '{imageName: "example.com/b"}' \
		'{app: "example.com/b"}' \
		'{imageName: "example.com/b", imageID: "'"$id"'"}' \
		'{imageName: "example.com/b", imageID: "'"${id:0:71}"'"}' \
		'{imageName: "example.com/b", labels: [{name: "version",
			value: "1.0"}, {name: "os", value: "linux"}]}'; do
		echo "$item"
		image a ".dependencies = [$item]"
		run -0 put a
		is '[]' "$(field '.store.missing | tojson')"
		is './b one' "$(list a)"
		cas-store umount "$(cas-store get -q example.com/a)"
		cas-store rm example.com/a
	done
}

@test "a dependency's size is held to, as an archive or as the file it came as" {
	has b/b b
	image b
	gzip -c "$T/b.aci" >"$T/z" && mv "$T/z" "$T/b.aci"
	put b
	tar=$(gzip -dc "$T/b.aci" | wc -c)
	for size in "$tar" "$(stat -c %s "$T/b.aci")"; do
		image a ".dependencies = [{imageName: \"example.com/b\", size: $size}]"
		put a
		cas-store rm example.com/a
	done
	image a ".dependencies = [{imageName: \"example.com/b\", size: $((tar + 1))}]"
	refused 65 "dependency example.com/b: its size is not $((tar + 1))" a
}

@test "B10 CVE-2016-8579: images that depend on each other are refused" {
	run -0 stored a . b
	is '["example.com/b"]' "$(field '.store.missing | tojson')"
	stored b . a
	for name in a b; do
		run -65 --separate-stderr cas-store render "example.com/$name"
		is "cas-store: example.com/$name: dependency example.com/$name: depends on itself" \
			"$stderr"
		run -65 --separate-stderr put "$name"
		matches 'depends on itself$' "$stderr"
	done
	image c . b
	refused 65 'dependency example.com/b: depends on itself' c
	run -0 stored d . d
	is '[]' "$(field '.store.missing | tojson')"
	run -65 --separate-stderr cas-store render example.com/d
}

@test "B10: sixteen images may depend on one another, and 128 be laid over one another" {
	has i0/x x
	stored i0
	for ((i = 1; i <= 16; i++)); do
		stored "i$i" . "i$((i - 1))" >/dev/null
	done
	fsck i16
	is './x x' "$(list i16)"
	image i17 . i16
	refused 65 'dependency example.com/i0: more than 16 images depend on one another' \
		i17
	# Twice the one below, seven times: 2^7 archives, and one that is too many.
	has t0/x x
	stored t0
	for ((i = 1; i <= 6; i++)); do
		stored "t$i" . "t$((i - 1))" "t$((i - 1))" >/dev/null
	done
	image t7 . t6 t6
	refused 65 'more than 128 archives over one another' t7
}

@test "an unpacked tree has what the index has" {
	mkdir -p "$T/b/dir" "$T/a/dir"
	has b/dir/lower lower
	has a/dir/upper upper
	head -c 100000 /dev/urandom >"$T/b/big"
	ln "$T/b/big" "$T/b/dir/big"
	ln -s big "$T/b/link"
	mkfifo "$T/a/fifo"
	chmod 4711 "$T/a/dir/upper"
	stored b
	image a . b
	run -0 put a
	"$TEST/lstree" "$(root_of a)" >"$T/index"
	cas-store umount "$(field .store.key)"
	cas-store rm example.com/a
	run -0 put a --render=tree
	is tree "$(field .store.root.kind)"
	"$TEST/lstree" "$(root_of a)" | diff "$T/index" -
}

@test "what is removed is what nobody else needs" {
	has b/b b
	has a/a a
	stored b
	stored a . b
	stored c . b
	key=$(cas-store get -q example.com/b)
	used() {
		find "$RKT_DIR"/cas/{blob,index,image,tmp} -type f \
			-printf '%i %s\n' | sort -u |
			awk '{ sum += $2 } END { print sum }'
	}
	cas-store rm example.com/b
	is $'./a a\n./b b' "$(list a)"
	test -f "$RKT_DIR/cas/blob/sha512/${key:7:2}/$key"
	run -1 cas-store get example.com/b
	# It is not fetched again, to be what it was.
	before=$(used)
	put b
	run -0 cas-store rm example.com/b
	is "$before" "$(used)"
	cas-store rm example.com/a
	cas-store gc --grace-period=0s
	is './b b' "$(list c)"
	cas-store rm example.com/c
	is '' "$(find "$RKT_DIR"/cas/{blob,index,image,name,tmp} ! -type d)"
}

@test "render is killed at any moment, and the same again makes the image" {
	has b/b b
	has a/a a
	export ASAN_OPTIONS=detect_leaks=0
	image b
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		stored a . b
		put b
		cp -a "$RKT_DIR/cas" "$T/before"
		strace -fqqo "$T/trace" cas-store render --render="$kind" \
			example.com/a
		for call in openat linkat renameat2 renameat fsync syncfs mkdirat \
			write unlinkat openat2 fsconfig pread64; do
			count=$(grep -c "$call(" "$T/trace" || :)
			for ((n = 1; n <= count && n <= 8; n++)); do
				rm -rf "$RKT_DIR/cas"
				cp -a "$T/before" "$RKT_DIR/cas"
				strace -fqqo /dev/null \
					-e "inject=$call:signal=KILL:when=$n" \
					cas-store render --render="$kind" \
					example.com/a >/dev/null 2>&1 || :
				run -0 cas-store render -q --render="$kind" \
					example.com/a
				is $'./a a\n./b b' "$(list a)"
				cas-store umount "$(cas-store get -q example.com/a)"
				cas-store rm example.com/a example.com/b
				cas-store gc --grace-period=0s
				is '' "$(find "$RKT_DIR/cas" ! -type d)"
			done
		done
		rm -rf "$T/before"
	done
}

@test "two that render at the same time leave one image, and nothing else" {
	has b/b b
	has a/a a
	image b
	stored a . b
	put b
	for _ in 1 2 3 4 5 6; do
		cas-store render -q example.com/a &
	done | sort -u >"$T/keys"
	wait
	is 1 "$(wc -l <"$T/keys")"
	is 2 "$(find "$RKT_DIR/cas/index" -type f | wc -l)"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
	fsck a
}

@test "a pod runs an image that is made of others" {
	mkdir -p "$T/a"
	has a/etc/motd welcome
	busybox_aci "$T/base.aci" -n example.com/base
	put_aci "$T/base.aci"
	image a '.app = {exec: ["/bin/cat", "/etc/motd"], user: "0", group: "0"}' \
		base
	put a
	run -0 --separate-stderr rkt run example.com/a
	is welcome
	pod=$(pod-prepare -q example.com/a)
	cas-store rm example.com/a example.com/base
	run -0 --separate-stderr rkt run-prepared "$pod"
	is welcome
	cas-store gc --grace-period=0s
	rkt gc --grace-period=0s
	rkt gc --grace-period=0s
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR"/cas/{blob,index,image,name,tmp} ! -type d)"
}
