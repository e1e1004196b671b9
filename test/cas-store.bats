# SPDX-License-Identifier: Apache-2.0
# cas-store - finding images, mounting them, and taking them away
# shellcheck disable=SC2154
load helpers

# store NAME VERSION [MKACI-OPTION...]: an image into the store; its key.
store() {
	mkdir -p "$T/root"
	echo "$1 $2" >"$T/root/file"
	mkaci -n "$1" -v "$2" "${@:3}" "$T/root" "$T/x-$2.aci"
	put_aci "$T/x-$2.aci"
}

# latest NAME VERSION: the same as fetched by a name without version.
latest() {
	mkdir -p "$T/root"
	echo "$1 $2" >"$T/root/file"
	mkaci -n "$1" -v "$2" "$T/root" "$T/l.aci"
	jq -nc --arg aci "$T/l.aci" --arg name "$1" '{v: 1, image: $name,
		discover: {name: $name, labels: {os: "linux"}},
		fetch: {aci: $aci, url: "https://x/l.aci"}}' |
		cas-put --insecure -q
}

@test "cas-store: gets by name, label, key, id and the beginning of one" {
	one=$(store example.com/app 1.0)
	two=$(store example.com/app 2.0 -l channel=beta)
	other=$(store example.com/app/more 1.0)
	id=$(cas-store get "$one" | jq -r .store.id)
	for image in example.com/app:1.0 "$one" "$id" "${one:0:20}" \
		example.com/app:1.0,os=linux; do
		run -0 --separate-stderr cas-store get "$image"
		is '' "$stderr"
		is "$image $one" "$(field '"\(.image) \(.store.key)"')"
	done
	is "$two" "$(cas-store get -q example.com/app,channel=beta)"
	is "$other" "$(cas-store get -q example.com/app/more)"
	is "$one"$'\n'"$two" \
		"$(cas-store get -q example.com/app:1.0 example.com/app:2.0)"
	run -0 cas-store get "$one"
	is '{"v":1,"image":true,"store":["id","key","name","manifest","missing","root"]}' \
		"$(jq -c '.image |= true | .store |= keys_unsorted' <<<"$output")"
	is '{"kind":"erofs","path":true,"devices":[true]}' "$(jq -c '.store.root |
		.path |= startswith("/") | .devices[] |= startswith("/")' \
		<<<"$output")"
}

@test "cas-store: gets all or nothing, and names what is missing" {
	store example.com/app 1.0
	run -1 --separate-stderr cas-store get example.com/app:1.0 \
		example.com/none example.com/app:9
	is ''
	is $'cas-store: example.com/none: not in the store\ncas-store: example.com/app:9: not in the store' \
		"$stderr"
	run -1 --separate-stderr cas-store get sha512-00
	run -1 --separate-stderr cas-store get "sha512-$(printf '%0128d' 0)"
	run -1 --separate-stderr cas-store get example.com/app,arch=other
	# The key of an image, and another end than its id has.
	key=$(cas-store ls -q)
	run -1 --separate-stderr cas-store get "${key}$(printf '%064d' 0)"
	run -64 --separate-stderr cas-store get sha512-0
	matches 'too short' "$stderr"
}

@test "cas-store: prefers the latest, then the newest, unless told a version" {
	one=$(store example.com/app 1.0)
	two=$(store example.com/app 2.0)
	is "$two" "$(cas-store get -q example.com/app)"
	three=$(latest example.com/app 3.0)
	four=$(store example.com/app 4.0)
	is "$three" "$(cas-store get -q example.com/app)"
	is "$one" "$(cas-store get -q example.com/app:1.0)"
	is "$four" "$(cas-store get -q example.com/app:4.0)"
	five=$(latest example.com/app 5.0)
	is "$five" "$(cas-store get -q example.com/app)"
	# Its maker went back: what was the latest is so again.
	is "$three" "$(latest example.com/app 3.0)"
	is "$three" "$(cas-store get -q example.com/app)"
	is 'true true' "$(cas-store ls | jq -rs '[.[] | select(.latest) |
		.latest] | join(" ")')"
}

@test "cas-store: gets by the URL that it came from, and by the file" {
	one=$(store example.com/app 1.0)
	is "$one" "$(cas-store get -q "file://$T/x-1.0.aci")"
	is "$one" "$(cas-store get -q "$T/x-1.0.aci")"
	two=$(latest example.com/app 2.0)
	is "$two" "$(cas-store get -q https://x/l.aci)"
	run -1 cas-store get https://x/other.aci
	cas-store rm "$two"
	run -1 cas-store get https://x/l.aci
}

@test "cas-store: lists candidates when a hash prefix is ambiguous" {
	for ((i = 0; i < 300; i++)); do
		printf -v key 'sha512-ab%062d' "$i"
		mkdir -p "$RKT_DIR/cas/image/$key"
		jq -nc --arg id "$key$(printf '%064d' 0)" '{v: 1, id: $id, size: 1,
			name: "example.com/x", labels: {}, kind: "erofs"}' \
			>"$RKT_DIR/cas/image/$key/info.json"
	done
	run -1 --separate-stderr cas-store get sha512-ab
	is 'cas-store: sha512-ab: ambiguous image ID, it may be' \
		"${stderr_lines[0]}"
	is 301 "${#stderr_lines[@]}"
	is '' "$output"
	run -0 cas-store get -q "$key"
	is 300 "$(cas-store ls | jq -r .image | wc -l)"
}

@test "cas-store: a name whose image is gone does not hide the others" {
	root=$T/root
	mkdir -p "$root"
	mkaci -v 1 "$root" "$T/1.aci"
	mkaci -v 2 "$root" "$T/2.aci"
	one=$(put_aci "$T/1.aci")
	two=$(put_aci "$T/2.aci")
	rm -r "$RKT_DIR/cas/image/$two"
	is "$one" "$(cas-store get -q example.com/app)"
	rm -r "$RKT_DIR/cas/image/$one"
	run -1 --separate-stderr cas-store get -q example.com/app
	matches 'example.com/app: not in the store' "$stderr"
}

@test "cas-store: a damaged or foreign info.json is no image's" {
	one=$(store example.com/app 1.0)
	two=$(store example.com/app 2.0)
	for content in '' '{' '{}' '[]' "$(cat \
		"$RKT_DIR/cas/image/$two/info.json")"; do
		rm "$RKT_DIR/cas/image/$one/info.json"
		printf %s "$content" >"$RKT_DIR/cas/image/$one/info.json"
		run --separate-stderr cas-store get "$one"
		test "$status" = 65 || test "$status" = 74
		is ''
		run -0 --separate-stderr cas-store ls
		is "cas-store: $one: damaged, skipped" "$stderr"
	done
	ln -sf "$RKT_DIR/cas/image/$two/info.json" \
		"$RKT_DIR/cas/image/$one/info.json"
	run cas-store get "$one"
	test "$status" != 0
}

@test "cas-store: lists images as records, keys and a table" {
	is '' "$(cas-store ls)"
	store example.com/b 1.0
	store example.com/a ''
	run -0 cas-store ls
	is $'example.com/a\nexample.com/b:1.0' "$(jq -r .image <<<"$output" | sort)"
	jq -e '.size > 0 and .imported > 1600000000000000000 and
		.latest == false' <<<"$output"
	is "$(jq -r .store.key <<<"$output")" "$(cas-store ls -q)"
	run -0 cas-store ls --table
	matches '^ID	+NAME	+SIZE	+IMPORT TIME	+LAST USED$' "${lines[0]}"
	matches '^sha512-[0-9a-f]{12}	+example.com/' "${lines[1]}"
	is 3 "${#lines[@]}"
	run -0 cas-store ls --table --no-legend --full
	matches '^sha512-[0-9a-f]{64}	+example.com/' "${lines[0]}"
	is 2 "${#lines[@]}"
}

@test "cas-store cat: prints a manifest byte for byte" {
	printf '{ "acKind": "ImageManifest", "acVersion": "0.8.11",\n "name": "example.com/m", "x": 1.0,\n "labels": [{"name":"os","value":"linux"},{"name":"arch","value":"%s"}] }\n\n' \
		"$(test "$(uname -m)" = x86_64 && echo amd64 || echo aarch64)" \
		>"$T/manifest"
	mkdir "$T/root"
	mkaci -M "$T/manifest" "$T/root" "$T/x.aci"
	put_aci "$T/x.aci"
	cas-store cat-manifest example.com/m | cmp - "$T/manifest"
	cas-store cat example.com/m | cmp - "$T/manifest"
	run -1 cas-store cat-manifest example.com/none
	run -1 cas-store cat example.com/none
}

@test "cas-store: mounts an image once, read-only, for the host alone" {
	key=$(store example.com/app 1.0)
	run -0 --separate-stderr cas-store mount "$key"
	is "$RKT_RUN/mnt/$key"
	is 'example.com/app 1.0' "$(cat "$output/file")"
	run -1 touch "$output/file"
	for _ in 1 2 3 4 5 6; do cas-store mount "$key" & done
	wait
	is 1 "$(grep -c " $RKT_RUN/mnt/$key " /proc/self/mountinfo)"
	matches ' ro,nosuid,nodev' "$(grep "/mnt/$key " /proc/self/mountinfo)"
	# Private: no other namespace gets a copy.
	run -1 grep -E " $RKT_RUN/mnt.* shared:" /proc/self/mountinfo
	is 700 "$(stat -c %a "$RKT_RUN/mnt")"
	run -0 cas-store umount "$key"
	run -0 cas-store umount "$key"
	test ! -e "$RKT_RUN/mnt/$key"
}

@test "cas-store: does not unmount what is in use" {
	key=$(store example.com/app 1.0)
	cd "$(cas-store mount "$key")"
	run -75 --separate-stderr cas-store umount "$key"
	matches 'busy$' "$stderr"
	cd /
	run -0 cas-store umount "$key"
}

@test "cas-store: mounts from a pod's links what the store no longer has" {
	key=$(store example.com/app 1.0)
	cas-store get "$key" >"$T/record"
	mkdir "$T/pod"
	ln "$(jq -r .store.root.path "$T/record")" "$T/pod/$key.index"
	ln "$(jq -r '.store.root.devices[0]' "$T/record")" "$T/pod/$key.0"
	run -0 cas-store rm "$key"
	is "$key"
	run -1 --separate-stderr cas-store mount "$key"
	test "$status" != 0
	is 'example.com/app 1.0' \
		"$(cat "$(cas-store mount "--from=$T/pod" "$key")/file")"
	cas-store umount "$key"
	# A symbolic link is not what a pod has there.
	ln -sf "$T/record" "$T/pod/$key.index"
	run --separate-stderr cas-store mount "--from=$T/pod" "$key"
	test "$status" != 0
	run -64 cas-store mount "--from=$T/pod" ../../etc
}

@test "cas-store: rm takes all that the image had, and no more" {
	store example.com/app 1.0
	cas-store rm example.com/app:1.0
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR/cas" ! -type d)"
	one=$(store example.com/app 1.0)
	before=$(snapshot "$RKT_DIR/cas/blob" "$RKT_DIR/cas/index" \
		"$RKT_DIR/cas/image" | grep -v '^d')
	two=$(store example.com/app 2.0)
	run -0 cas-store rm example.com/app:2.0
	is "$two"
	is "$before" "$(snapshot "$RKT_DIR/cas/blob" "$RKT_DIR/cas/index" \
		"$RKT_DIR/cas/image" | grep -v '^d')"
	is "$one" "$(cas-store get -q example.com/app)"
	run -1 --separate-stderr cas-store rm example.com/app:2.0 example.com/app
	is "$one"
	is 'cas-store: example.com/app:2.0: not in the store' "$stderr"
	is '' "$(find "$RKT_DIR"/cas/{blob,index,image,name,tmp} ! -type d)"
}

@test "cas-store: of two that remove an image at once, one says that it is gone" {
	key=$(store example.com/app 1.0)
	mkfifo "$T/go"
	flock -s "$RKT_DIR/cas" cat "$T/go" 3>&- &
	exec 8>"$T/go"
	for n in 1 2; do
		{
			status=0
			cas-store rm example.com/app >"$T/out$n" 2>"$T/err$n" || status=$?
			echo "$status" >"$T/status$n"
		} 3>&- 8>&- &
	done
	# Both have found it.
	both() { test "$(grep -c -- '-> FLOCK' /proc/locks)" = 2; }
	wait_for both
	exec 8>&-
	wait
	is $'0\n1' "$(sort "$T/status1" "$T/status2")"
	is "$key" "$(cat "$T"/out?)"
	is "cas-store: $key: not in the store" "$(cat "$T"/err?)"
}

@test "cas-store: a tree that a pod has linked stays until it is free" {
	mkdir -p "$T/root" "$T/pod"
	touch "$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	key=$(put_aci "$T/x.aci" --render=tree)
	ln "$RKT_DIR/cas/tree/$key/marker" "$T/pod/$key.tree"
	cas-store rm "$key"
	run -1 cas-store get "$key"
	tree=$(cas-store mount "--from=$T/pod" "$key")
	test -f "$tree/file"
	cas-store gc --grace-period=0s
	test -f "$tree/file"
	rm -r "$T/pod"
	cas-store gc
	test -f "$tree/file"
	cas-store gc --grace-period=0s
	is '' "$(find "$RKT_DIR"/cas/{tree,tmp} -mindepth 1)"
}

@test "cas-store: rm does not move a tree that a pod has, not for a moment" {
	mkdir "$T/root" "$T/pod"
	echo text >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	key=$(put_aci "$T/x.aci" --render=tree)
	ln "$RKT_DIR/cas/tree/$key/marker" "$T/pod/$key.tree"
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o "$T/trace" \
		-e trace=rename,renameat,renameat2 cas-store rm "$key"
	grep -q "$key" "$T/trace" # that of the image
	run -1 grep "tree/$key" "$T/trace"
}

@test "cas-store: gc removes what a crash left, once it is old" {
	one=$(store example.com/app 1.0)
	before=$(find "$RKT_DIR/cas" ! -type d | sort)
	lost=sha512-$(printf '%064d' 1)
	litter() {
		mkdir -p "$RKT_DIR"/cas/tmp/image-1/sub \
			"$RKT_DIR/cas/blob/sha512/00" "$RKT_DIR/cas/name/example.com,x" \
			"$RKT_DIR/cas/tree/$lost/rootfs"
		touch "$RKT_DIR/cas/tmp/fetch-1" "$RKT_DIR/cas/tmp/image-1/sub/x" \
			"$RKT_DIR/cas/blob/sha512/00/$lost" \
			"$RKT_DIR/cas/index/$lost" "$RKT_DIR/cas/tree/$lost/marker"
		ln -s "../../image/$lost" "$RKT_DIR/cas/name/example.com,x/$lost"
		printf '{"v":1,"url":"https://x/x.aci","key":"%s"}' "$lost" \
			>"$RKT_DIR/cas/remote/0000000000000000"
		# Of a good image, but it never got its name.
		printf '{"v":1,"url":"https://x/x.aci","key":"%s"}' "$one" \
			>"$RKT_DIR/cas/remote/.1-$lost"
	}
	litter
	run -0 cas-store gc
	test -e "$RKT_DIR/cas/tmp/fetch-1"
	test -e "$RKT_DIR/cas/index/$lost"
	# Nobody can be at that one.
	test ! -e "$RKT_DIR/cas/tmp/image-1"
	run -0 --separate-stderr cas-store gc --grace-period=0s
	is '' "$output$stderr"
	is "$before" "$(find "$RKT_DIR/cas" ! -type d | sort)"
	test ! -e "$RKT_DIR/cas/tmp/image-1"
	test ! -e "$RKT_DIR/cas/tree/$lost"
	is "$one" "$(cas-store get -q example.com/app)"
	run -64 cas-store gc --grace-period=soon
}

@test "cas-store: gc says what it could not remove" {
	mkdir -p "$RKT_DIR/cas/tmp/image-1"
	mount -t tmpfs tmpfs "$RKT_DIR/cas/tmp/image-1"
	run -71 --separate-stderr cas-store gc --grace-period=0s
	is 'cas-store: tmp: Invalid cross-device link' "$stderr"
}

@test "cas-store: who is not root removes directories without permission too" {
	mkdir -p "$T/root/closed/below"
	echo data >"$T/root/closed/below/file"
	chmod 555 "$T/root/closed/below"
	chmod 0 "$T/root/closed"
	mkaci "$T/root" "$T/x.aci"
	chmod a+rX "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/{file,test} \
		"$BATS_FILE_TMPDIR" "$T/x.aci"
	chown 65534 "$RKT_DIR"
	user() {
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	}
	jq -nc --arg aci "$T/x.aci" '{v: 1, fetch: {aci: $aci}}' |
		user cas-put --insecure -q
	user cas-store rm example.com/app
	is '' "$(find "$RKT_DIR/cas" ! -type d)$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "cas-store: gc waits for nobody: an image being stored ends it" {
	store example.com/app 1.0
	run -75 --separate-stderr flock -s "$RKT_DIR/cas" \
		cas-store gc --grace-period=0s
	is 'cas-store: an image is being stored, try again later' "$stderr"
}

@test "cas-store: leaves another rkt's store alone" {
	mkdir -p "$RKT_DIR/cas/db"
	run -78 --separate-stderr cas-store ls
	matches 'the store of another rkt, left alone$' "$stderr"
}

@test "cas-store: refuses a word or an option that is not its own" {
	for line in '' frob 'get' 'ls x' 'ls --from=x' 'mount' 'mount x' \
		'rm' 'gc x' 'get --table x' 'umount x' '-q ls'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr cas-store $line
		is ''
	done
	run -0 --separate-stderr cas-store --help
	matches '^usage: cas-store get' "$output"
	run -0 cas-store get --help
}

@test "cas-put, cas-store: killed at any moment, the store is whole" {
	mkdir "$T/root"
	head -c 300000 /dev/urandom >"$T/root/file"
	mkaci "$T/root" "$T/x.aci"
	export ASAN_OPTIONS=detect_leaks=0
	record=$(jq -nc --arg aci "$T/x.aci" '{v: 1, image: "x", fetch: {aci: $aci,
		url: "https://x/x.aci"}}')
	for kind in erofs tree; do
		total=$(strace -fqqo "$T/trace" cas-put --insecure -q \
			--render="$kind" <<<"$record" >"$T/key"
			wc -l <"$T/trace")
		read -r key <"$T/key"
		for call in linkat renameat2 renameat symlinkat fsync syncfs mkdirat \
			pwrite64 ftruncate fsconfig unlinkat openat2; do
			count=$(grep -c "$call(" "$T/trace" || :)
			for ((n = 1; n <= count && n <= 6; n++)); do
				rm -rf "$RKT_DIR/cas"
				strace -fqqo /dev/null -e "inject=$call:signal=KILL:when=$n" \
					cas-put --insecure -q --render="$kind" \
					<<<"$record" >"$T/out" 2>/dev/null || :
				# As before, or complete.
				if run cas-store get example.com/app; test "$status" = 0; then
					is "$key" "$(field .store.key)"
					cmp -s "$T/root/file" \
						"$(cas-store mount "$key")/file"
					cas-store umount "$key"
				else
					is '' "$(cas-store ls)"
				fi
				# The same again works.
				run -0 --separate-stderr cas-put --insecure -q --render="$kind" \
					<<<"$record"
				is "$key"
				cas-store rm "$key"
				cas-store gc --grace-period=0s
				is '' "$(find "$RKT_DIR/cas" ! -type d)"
			done
		done
	done
	test "$total" -gt 50
}

# three: images of three sizes, stored one after the other; $one $two $three.
three() {
	mkdir -p "$T/root"
	for name in one two three; do
		head -c 20000 /dev/urandom >>"$T/root/data"
		mkaci -n "example.com/$name" -z none "$T/root" "$T/x.aci"
		declare -g "$name=$(put_aci "$T/x.aci")"
	done
}

@test "cas-store ls: fields, order and form as told" {
	three
	list() { rkt image list "$@"; }
	is 'ID NAME SIZE IMPORT TIME LAST USED' "$(list | head -1 | tr -s '\t' ' ')"
	is "${one:0:19} example.com/one:1.0 $(stat -c %s "$RKT_DIR/cas/blob/sha512/${one:7:2}/$one" |
		awk '{ printf "%.0fKiB", $1 / 1024 }')" \
		"$(list --no-legend | head -1 | tr -s '\t' ' ' | cut -d' ' -f 1-3)"
	matches '(now|1 second ago|[0-9]+ seconds ago)$' "$(list | tail -1)"
	is "example.com/two:1.0
example.com/three:1.0
example.com/one:1.0" "$(list --fields=name --no-legend --sort=name --order=desc)"
	is "SIZE	ID
$(for key in "$three" "$two" "$one"; do
		printf '%s\t%s\n' "$(stat -c %s \
			"$RKT_DIR/cas/blob/sha512/${key:7:2}/$key")" "$key"
	done)" "$(list --full --fields=size,id --sort=size --order=desc | tr -s '\t')"
	is '["example.com/one:1.0","example.com/two:1.0","example.com/three:1.0"]' \
		"$(list --format=json | jq -c 'map(.name)')"
	is '["id","import_time","last_used_time","name","size"]' \
		"$(list --format=json-pretty | jq -c '.[0] | keys')"
	is "$(list --format=json | jq .)" "$(list --format=json-pretty | jq .)"
	test "$(list --format=json-pretty | wc -l)" -gt 10
	# Who prepares a pod uses the image.
	sleep 1.1
	rkt prepare example.com/one --exec=/x >/dev/null
	is "$one" "$(list --full --fields=id --sort=lastused --no-legend | tail -1)"
	while IFS='|' read -r option why; do
		run -64 --separate-stderr cas-store ls "$option"
		is "cas-store: $why" "$stderr"
	done <<-'END'
	--order=up|--order: wrong sort order
	--sort=color|--sort: no such field
	--fields=id,|--fields: an unknown one
	--fields=|--fields: an unknown one
	--format=xml|--format: neither json nor json-pretty
	END
	rkt image rm example.com/one example.com/two example.com/three
	is '[]' "$(list --format=json)"
}

@test "cas-store du: the apparent size of the unique files, before and after" {
	total() {
		find "$RKT_DIR"/cas/{blob,entries,index,tree,image} -type f -printf '%i %s\n' \
			2>/dev/null | sort -u | awk '{ n += $2 } END { print n + 0 }'
	}
	three
	mkdir "$T/root/sub"
	ln "$T/root/data" "$T/root/sub/again"
	mkaci -n example.com/tree "$T/root" "$T/x.aci"
	tree=$(put_aci "$T/x.aci" --render=tree)
	mkaci -n example.com/child -m '.dependencies = [{imageName: "example.com/one"}]' \
		"$T/root" "$T/x.aci"
	child=$(put_aci "$T/x.aci")
	run -0 --separate-stderr cas-store du
	is "$(total)	total" "${lines[-1]}"
	is 6 "${#lines[@]}"
	# What a dependency lends is not the child's alone.
	read -r all alone _ < <(grep "$child" <<<"$output")
	test "$all" -gt "$alone"
	read -r all alone _ < <(grep "$tree" <<<"$output")
	test "$all" = "$alone"
	before=$(total)
	rkt image rm "$tree"
	is "$((before - alone))" "$(total)"
	is "$(total)	total" "$(cas-store du | tail -1)"
	rkt image rm example.com/one example.com/two example.com/three "$child"
	is '0	total' "$(cas-store du)"
}

@test "cas-store du: a blob that images share counts once, and for none alone" {
	local low high one two shared before
	# layered NAME FILE...: an image of these layers.
	layered() {
		local name=$1 digests='' layers='' file
		for file in "${@:2}"; do
			digest=sha256-$(sha256sum <"$file" | cut -d' ' -f1)
			digests+="\"$digest\" "
			layers+="{\"digest\":\"$digest\",\"path\":\"$file\",\"size\":$(
				stat -c %s "$file"),\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"} "
		done
		"$TEST/mktar" "$T/m.tar" "manifest(name='example.com/$name')"
		tar -C "$T" -xf "$T/m.tar" manifest
		mv "$T/manifest" "$T/manifest-$name"
		jq -nc --arg manifest "$T/manifest-$name" --arg digest \
			"sha512-$(sha512sum <"$T/manifest-$name" | cut -d' ' -f1)" \
			--argjson ids "$(jq -sc . <<<"$digests")" \
			--argjson layers "$(jq -sc . <<<"$layers")" '{v: 1,
			image: "x", fetch: {layers: $layers}, convert: {
			manifest: $manifest, digest: $digest, layers: $ids}}' |
			cas-put --insecure -q
	}
	for name in low high; do
		mkdir "$T/$name"
		head -c 100000 /dev/urandom >"$T/$name/$name"
		tar -C "$T/$name" -cf "$T/$name.tar" "$name"
	done
	one=$(layered one "$T/low.tar")
	two=$(layered two "$T/low.tar" "$T/high.tar")
	total() {
		find "$RKT_DIR"/cas/{blob,entries,index,tree,image} -type f \
			-printf '%i %s\n' 2>/dev/null | sort -u |
			awk '{ n += $2 } END { print n + 0 }'
	}
	run -0 --separate-stderr cas-store du
	is "$(total)	total" "${lines[-1]}"
	low=$(stat -c %s "$T/low.tar") high=$(stat -c %s "$T/high.tar")
	read -r all alone _ < <(grep "$one" <<<"$output")
	shared=$((all - alone))
	# The blob, and what was read of it.
	test "$shared" -ge "$low"
	test "$shared" -lt $((low + 4096))
	test "$alone" -lt 16384
	read -r all alone _ < <(grep "$two" <<<"$output")
	is "$shared" "$((all - alone))"
	test "$alone" -ge "$high"
	before=$(total)
	cas-store rm "$two"
	is "$((before - alone))" "$(total)"
	run -0 cas-store du
	is "$(total)	total" "${lines[-1]}"
	# What it shared is its own now.
	read -r all alone _ < <(grep "$one" <<<"$output")
	is "$all" "$alone"
	is "$(total)" "$all"
	cas-store rm "$one"
	is '0	total' "$(cas-store du)"
}

@test "cas-store export: becomes aci-export, and what comes out is what came in" {
	mkdir "$T/root"
	echo hello >"$T/root/file"
	mkaci -n example.com/out -z none "$T/root" "$T/x.aci"
	key=$(put_aci "$T/x.aci")
	run -0 --separate-stderr cas-store export "$key" "$T/out.aci"
	is '' "$output$stderr"
	cmp "$T/x.aci" "$T/out.aci"
	run -73 cas-store export "$key" "$T/out.aci"
	cas-store export --format=directory --rootfs-only "$key" "$T/out"
	is hello "$(cat "$T/out/file")"
	run -64 cas-store export
	run -66 cas-store export example.com/none "$T/none.aci"
}

@test "cas-store import: becomes cas-put, and the file stays" {
	mkdir "$T/root"
	mkaci -n example.com/file "$T/root" "$T/it is.aci"
	run -65 --separate-stderr cas-store import "$T/it is.aci"
	is '' "$(cas-store ls)"
	run -0 --separate-stderr cas-store import -q --insecure "$T/it is.aci"
	is "$(cas-store get -q example.com/file)"
	test -f "$T/it is.aci"
	(cd "$T" && cas-store import --insecure "it is.aci" |
		jq -e '.store.name == "example.com/file"')
	run -66 --separate-stderr cas-store import "$T/none.aci"
	is "cas-store: $T/none.aci: No such file or directory" "$stderr"
}
