# SPDX-License-Identifier: Apache-2.0
# aci-export - images of the store as files and directories for others
load helpers
load layouts

setup() {
	fresh
	cd "$T" || return
}

# attributes DIR: of all in it: type, mode, ids, time, links, target, content.
attributes() {
	(cd "$1" && find . -printf '%p %y %m %U:%G %T@ %n %l\n' | sort &&
		find . -type f -exec sha256sum {} + | sort -k 2)
}

# A root file system that has all there is but devices.
odd_root() {
	mkdir -p "$1"/{bin,etc,empty,sub/sub} "$1/$(printf 'not\377utf8')"
	printf 'setuid\n' >"$1/bin/su"
	chmod 4755 "$1/bin/su"
	ln "$1/bin/su" "$1/etc/hard"
	ln -s ../../.. "$1/sub/link"
	ln -s /etc "$1/sub/absolute"
	mkfifo "$1/fifo"
	printf '%0300d' 0 >"$1/$(printf '%0200d' 7)"
	printf 'x' >"$1/sub/sub/$(printf 'new\nline')"
	truncate -s 1M "$1/sparse"
	printf end >>"$1/sparse"
	setfattr -n user.key -v value "$1/etc"
	chown 1234:4321 "$1/etc"
	chown 4000000000:4000000000 "$1/empty"
	touch -d '2001-02-03 04:05:06.123456789 UTC' "$1/etc/hard"
	touch -d '1969-12-31 UTC' "$1/empty"
	touch -hd '2002-02-02 UTC' "$1/sub/link"
	chmod 1777 "$1/sub"
}

# put_odd [MKACI-OPTION...]: an image of it, with all its attributes.
put_odd() {
	test -d "$T/root" || odd_root "$T/root"
	mkaci -n example.com/odd -x '["/bin/su"]' -z none "$@" \
		"$(mktemp -d "$T/none.XXXXXX")" "$T/manifest.tar"
	tar -xf "$T/manifest.tar" -C "$T" manifest
	tar --format=pax --numeric-owner --sort=name --sparse --xattrs \
		--transform 's,^\.,rootfs,rhS' -cf "$T/odd.tar" \
		-C "$T" manifest -C "$T/root" .
	gzip -nc "$T/odd.tar" >"$T/odd.aci"
	key=$(put_aci "$T/odd.aci")
}

# put_layout LAYOUT: an image of docker or OCI kind, unsigned; its key.
put_layout() {
	aci-fetch --no-signature "oci:$1" 2>/dev/null | aci-convert |
		cas-put --insecure -q
}

### Archives

@test "an App Container comes out byte for byte" {
	put_odd
	run -0 --separate-stderr aci-export "$key" out.aci
	is '' "$output$stderr"
	gunzip -c "$T/odd.aci" | cmp - out.aci
	is "644 0:0" "$(stat -c '%a %u:%g' out.aci)"
	matches "^$key" "sha512-$(sha512sum out.aci)"
}

@test "rkt image export, as rkt had it" {
	put_odd
	run -0 --separate-stderr rkt image export example.com/odd:1.0 out.aci
	is '' "$output$stderr"
	cp out.aci before
	run -254 --separate-stderr rkt image export example.com/odd out.aci
	is 'rkt: output ACI file exists (try --overwrite)' "$stderr"
	cmp before out.aci
	echo other >out.aci
	run -0 rkt image export --overwrite example.com/odd out.aci
	cmp before out.aci
	run -254 --separate-stderr rkt image export example.com/none x
	is 'rkt: example.com/none: not in the store' "$stderr"
	test ! -e x
}

@test "- is standard output" {
	put_odd
	aci-export "$key" - >out.aci
	gunzip -c "$T/odd.aci" | cmp - out.aci
	run -64 in_tty aci-export "$key" -
	run -74 --separate-stderr sh -c 'aci-export "$1" - >/dev/full' sh "$key"
	matches 'No space left' "$stderr"
}

@test "an image with dependencies comes out as one that has none" {
	mkdir -p "$T/low/etc" "$T/high/etc"
	echo low >"$T/low/etc/low" && echo low >"$T/low/etc/both"
	echo low >"$T/low/etc/dropped"
	echo high >"$T/high/etc/both"
	mkaci -n example.com/low "$T/low" "$T/low.aci"
	mkaci -n example.com/high -m '.dependencies =
		[{imageName: "example.com/low"}] |
		.pathWhitelist = ["/etc/low", "/etc/both"] |
		.annotations = [{name: "kept", value: "1"}]' \
		"$T/high" "$T/high.aci"
	put_aci "$T/low.aci" >/dev/null
	key=$(put_aci "$T/high.aci")
	aci-export "$key" flat.aci
	aci-export "$key" again.aci
	cmp flat.aci again.aci
	other=$(put_aci flat.aci)
	test "$other" != "$key"
	run -0 cas-store cat-manifest "$other"
	is '["acKind","acVersion","annotations","labels","name"]' \
		"$(jq -c keys <<<"$output")"
	aci-export --format=directory --rootfs-only "$other" tree
	is 'both
low' "$(ls tree/etc)"
	is high "$(cat tree/etc/both)"
	# extract is without them, render with them.
	rkt image extract --rootfs-only "$key" own
	is 'both' "$(ls own/etc)"
	rkt image render --rootfs-only "$key" all
	is 'both
low' "$(ls all/etc)"
}

@test "a layered image comes out as an App Container that is the same" {
	mklayout "$T/l"
	key=$(put_layout "$T/l")
	aci-export "$key" flat.aci
	aci-export "$key" again.aci
	cmp flat.aci again.aci
	other=$(put_aci flat.aci)
	for k in "$key" "$other"; do
		aci-export --format=directory --rootfs-only "$k" "$T/$k"
	done
	is "$(attributes "$T/$key")" "$(attributes "$T/$other")"
	is high "$(cat "$T/$key/shared")"
	# What would not be true of it is gone from the manifest.
	run -0 cas-store cat-manifest "$other"
	is '[]' "$(jq -c '[.annotations[].name |
		select(test("docker/(layers|config)$"))]' <<<"$output")"
	is localhost/l "$(field .name)"
}

@test "a packed tree is read by GNU tar, bsdtar and cas-put alike" {
	put_odd
	mkdir "$T/top"
	mkaci -n example.com/top -m '.dependencies =
		[{imageName: "example.com/odd"}]' "$T/top" "$T/top.aci"
	key=$(put_aci "$T/top.aci")
	aci-export "$key" flat.aci
	mkdir gnu bsd
	tar --xattrs --xattrs-include='*' --numeric-owner -xpf flat.aci -C gnu
	bsdtar --numeric-owner -xpf flat.aci -C bsd
	key=$(put_aci flat.aci)
	aci-export --format=directory --rootfs-only "$key" ours
	rmdir gnu/rootfs/{dev,proc,sys} bsd/rootfs/{dev,proc,sys} ours/{dev,proc,sys}
	touch -d @0 gnu/rootfs bsd/rootfs ours "$T/root"
	is "$(attributes "$T/root")" "$(attributes gnu/rootfs)"
	is "$(attributes "$T/root")" "$(attributes bsd/rootfs)"
	is "$(attributes "$T/root")" "$(attributes ours)"
	for dir in gnu/rootfs bsd/rootfs ours; do
		is value "$(getfattr --only-values -n user.key "$dir/etc")"
	done
	test "$(stat -c %b ours/sparse)" -lt 100
}

### OCI

@test "a layered image comes out as the OCI layout that it was" {
	mklayout "$T/l" . '.future = {a: [1.50]} | .config.Healthcheck =
		{Test: ["NONE"]}'
	key=$(put_layout "$T/l")
	aci-export --format=oci "$key" out
	aci-export --format=oci-archive "$key" out.tar
	# The configuration is the one that came in, byte for byte.
	cmp "$T/config" "out/blobs/sha256/$(digest_of "$T/config")"
	cmp "$T/low.tar" "out/blobs/sha256/$(digest_of "$T/low.tar")"
	is 4 "$(find out/blobs -type f | wc -l)"
	is '755 0:0' "$(stat -c '%a %u:%g' out)"
	for from in oci:out oci-archive:out.tar; do
		is "$(skopeo inspect --config --raw "oci:$T/l:one" | sha256sum)" \
			"$(skopeo inspect --config --raw "$from:one" | sha256sum)"
		is "sha256:$(digest_of "$T/low.tar") sha256:$(digest_of "$T/high.tar")" \
			"$(skopeo inspect --raw "$from:one" |
				jq -r '[.layers[].digest] | join(" ")')"
	done
	mkdir tar && tar -xf out.tar -C tar
	diff -r out tar
	umoci unpack --image "$T/l:one" "$T/before"
	umoci unpack --image out:one "$T/after"
	is "$(attributes "$T/before/rootfs")" "$(attributes "$T/after/rootfs")"
}

@test "what comes out as OCI comes in again as the same image" {
	mklayout "$T/l" '.manifests[0].annotations |= map_values("example.com/app:7")'
	key=$(put_layout "$T/l")
	aci-export --format=oci "$key" out
	again=$(put_layout out)
	diff <(cas-store cat-manifest "$key" | jq -S 'del(.annotations[] |
		select(.name | test("manifesthash")))') \
		<(cas-store cat-manifest "$again" | jq -S 'del(.annotations[] |
		select(.name | test("manifesthash")))')
	aci-export --format=oci "$again" twice
	diff -r out twice
}

@test "an App Container comes out as an OCI image of one layer" {
	put_odd -v 2.5 -m '.app += {user: "7", group: "8",
		workingDirectory: "/etc", environment: [{name: "A", value: "b=c"}],
		ports: [{name: "web", port: 80, protocol: "tcp", count: 2}],
		mountPoints: [{name: "data", path: "/data"}]} | .annotations =
		[{name: "authors", value: "me"},
		{name: "created", value: "2020-01-01T00:00:00Z"}]'
	aci-export --format=oci "$key" out
	run -0 skopeo inspect --config --raw oci:out:2.5
	is '{"User":"7:8","ExposedPorts":{"80/tcp":{},"81/tcp":{}},"Env":["A=b=c"],"Entrypoint":["/bin/su"],"Volumes":{"/data":{}},"WorkingDir":"/etc","Labels":{"authors":"me","created":"2020-01-01T00:00:00Z"}}' \
		"$(jq -c .config <<<"$output")"
	is "[\"2020-01-01T00:00:00Z\",\"me\",\"$(arch)\",\"linux\"]" \
		"$(jq -c '[.created, .author, .architecture, .os]' <<<"$output")"
	is example.com/odd:2.5 "$(jq -r '.manifests[0].annotations
		["io.containerd.image.name"]' out/index.json)"
	umoci unpack --image out:2.5 bundle
	rmdir bundle/rootfs/{dev,proc,sys}
	touch -d @0 bundle/rootfs "$T/root"
	is "$(attributes "$T/root")" "$(attributes bundle/rootfs)"
	# And back: the name, the command and the files are the same.
	again=$(put_layout out)
	run -0 cas-store cat-manifest "$again"
	is '["example.com/odd","2.5",["/bin/su"]]' \
		"$(jq -c '[.name, .labels[0].value, .app.exec]' <<<"$output")"
}

@test "podman takes what comes out, and it runs" {
	busybox_aci "$T/b.aci" -m '.app.exec = ["/bin/echo", "it", "runs"]'
	key=$(put_aci "$T/b.aci")
	aci-export --format=oci-archive "$key" out.tar
	run -0 --separate-stderr podman --root "$T/podman" --runroot /run/podman \
		--storage-driver vfs --runtime crun --cgroup-manager=cgroupfs \
		run --rm --network=none --cgroups=disabled oci-archive:out.tar \
		there
	is 'it runs there'
	skopeo copy -q oci-archive:out.tar docker-archive:d.tar:example.com/b:1
	# And docker's form of it comes in again.
	run -0 --separate-stderr rkt --insecure-options=image run \
		"docker-archive:$T/d.tar" </dev/null
	is 'it runs'
}

@test "what OCI cannot say is said" {
	put_odd -m '.app.isolators = [{name: "os/linux/no-new-privileges",
		value: true}]'
	run -0 --separate-stderr aci-export --format=oci "$key" out
	is 'aci-export: isolators left out: OCI cannot say them' "$stderr"
	mkaci -n example.com/path -x '["/x"]' -m '.app.user = "/bin/su"' \
		"$T/root" "$T/path.aci"
	key=$(put_aci "$T/path.aci")
	run -65 --separate-stderr aci-export --format=oci "$key" none
	is 'aci-export: its user is the owner of a file, which OCI cannot say' \
		"$stderr"
	test ! -e none
	is '' "$(find . -maxdepth 1 -name '.none*')"
}

### Directories

@test "rkt image extract and render, as rkt had them" {
	put_odd
	for verb in extract render; do
		run -0 --separate-stderr rkt image "$verb" "$key" "$verb"
		is '' "$output$stderr"
		is 'manifest
rootfs' "$(ls -A "$verb")"
		is 700 "$(stat -c %a "$verb")"
		cmp <(cas-store cat-manifest "$key") "$verb/manifest"
		rmdir "$verb"/rootfs/{dev,proc,sys}
		touch -d @0 "$verb/rootfs" "$T/root"
		is "$(attributes "$T/root")" "$(attributes "$verb/rootfs")"
		run -254 --separate-stderr rkt image "$verb" "$key" "$verb"
		is 'rkt: output directory exists (try --overwrite)' "$stderr"
		touch "$verb/old"
		run -0 rkt image "$verb" --overwrite --rootfs-only "$key" "$verb"
		test -e "$verb/bin/su" && test ! -e "$verb/old"
		is "$(stat -c %a "$T/root")" "$(stat -c %a "$verb")"
		run -254 --separate-stderr rkt image "$verb" --overwrite "$key" /
		is 'rkt: this would delete your root filesystem. Refusing.' \
			"$stderr"
	done
	is '' "$(find . -maxdepth 1 -name '.[er]*')"
}

@test "B7: no device node is made unless it is asked for" {
	python3 "$TEST/mktar" d.tar 'manifest()' rootfs \
		"h('rootfs/null', '3', mode=0o640, uid=7, major=1, minor=3)" \
		"h('rootfs/sda', '4', major=8, minor=0)"
	key=$(put_aci d.tar 2>/dev/null)
	run -0 --separate-stderr aci-export --format=directory "$key" a
	is 'aci-export: 2 devices left out' "$stderr"
	is '' "$(find a -type b -o -type c)"
	run -0 --separate-stderr aci-export --format=directory --devices \
		"$key" b
	is '' "$stderr"
	is '1:3 640 7 character special file' \
		"$(stat -c '%t:%T %a %u %F' b/rootfs/null)"
	is '8:0 755 0 block special file' \
		"$(stat -c '%t:%T %a %u %F' b/rootfs/sda)"
}

@test "B2: links in an image lead nowhere while it is unpacked" {
	mkdir -p "$T/outside"
	echo untouched >"$T/outside/file"
	mklayout "$T/l"
	python3 "$TEST/mktar" one.tar "h('dir', '2', link='$T/outside')" \
		"h('up', '2', link='../../../..$T/outside')"
	python3 "$TEST/mktar" two.tar "h('dir/file', data='evil')" \
		"h('up/file', data='evil')" "h('up/new', data='evil')"
	before=$(snapshot "$T/outside")
	for n in one two; do
		gzip -nkf "$n.tar"
	done
	config . one.tar two.tar >config
	jq -nc --argjson c "$(blob h config)" --argjson a "$(blob h one.tar.gz)" \
		--argjson b "$(blob h two.tar.gz)" "{schemaVersion: 2, config:
		(\$c + {mediaType: \"$OCI.config.v1+json\"}), layers: [\$a, \$b |
		. + {mediaType: \"$OCI.layer.v1.tar+gzip\"}]}" >manifest
	jq -nc --argjson m "$(blob h manifest)" "{schemaVersion: 2, manifests:
		[\$m + {mediaType: \"$OCI.manifest.v1+json\"}]}" >h/index.json
	printf '{"imageLayoutVersion":"1.0.0"}' >h/oci-layout
	key=$(put_layout h) || return 0 # refused is as good
	aci-export --format=directory "$key" out || :
	is "$before" "$(snapshot "$T/outside")"
}

@test "whatever ends it, what was there stays, and nothing else" {
	put_odd
	mkdir out && echo mine >out/file
	for n in 1 2 3 4 5 6 7 8; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /dev/null \
			-e "inject=fchmod:error=ENOSPC:when=$n" \
			aci-export --format=directory --overwrite "$key" out \
			2>/dev/null || is mine "$(cat out/file)"
		is '' "$(find . -maxdepth 1 -name '.out*')"
		test ! -e out/manifest || break
	done
	for n in 1 2 3; do
		rm -f file.aci
		ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null \
			-e "inject=copy_file_range,write:error=ENOSPC:when=$n" \
			aci-export "$key" file.aci 2>/dev/null || test ! -e file.aci
	done
	put_odd -v 2.0
	timeout -s TERM 0.01 aci-export --format=directory "$key" killed || :
	test -d killed || is '' "$(find . -maxdepth 1 -name '.killed*')"
}

@test "what is no place for it is refused" {
	put_odd
	for line in '.' '..' 'no/such/dir' "$T/odd.aci/x"; do
		run aci-export "$key" "$line"
		test "$status" != 0
		run aci-export --format=directory "$key" "$line"
		test "$status" != 0
	done
	run -73 --separate-stderr aci-export "$key" "$T"
	is 'aci-export: output ACI file exists (try --overwrite)' "$stderr"
	run aci-export --overwrite "$key" "$T/root"
	test "$status" != 0
	test -d "$T/root"
	run -64 aci-export --format=tar "$key" x
	run -64 aci-export --devices "$key" x
	run -66 --separate-stderr aci-export sha512-00 x
	is 'aci-export: sha512-00: not in the store' "$stderr"
}
