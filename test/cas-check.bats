# SPDX-License-Identifier: Apache-2.0
# cas-check - what is damaged in the store is named, and no image any more
# shellcheck disable=SC2154
load helpers

setup() {
	fresh
	mkdir -p "$T/root/etc"
	echo hello >"$T/root/etc/motd"
	ln -s motd "$T/root/etc/link"
	mkaci "$T/root" "$T/x.aci"
}

# store KIND: the image is stored, by its URL too; $key.
store() {
	rm -rf "$RKT_DIR/cas"
	export RKT_STORE_KIND=$1
	key=$(rkt --insecure-options=image fetch --full \
		"$T/x.aci" 2>/dev/null)
	cas=$RKT_DIR/cas
}

# flip FILE OFFSET [BIT]: turns over a bit of it.
flip() {
	python3 - "$@" <<-'END'
	import os, sys
	fd = os.open(sys.argv[1], os.O_RDWR)
	at = int(sys.argv[2])
	bit = 1 << int(sys.argv[3] if len(sys.argv) > 3 else 0)
	os.pwrite(fd, bytes([os.pread(fd, 1, at)[0] ^ bit]), at)
	END
}

# named REGEX: a check names it, in one line, and says so by its status.
named() {
	run -1 --separate-stderr cas-store check -q
	is ''
	matches "^cas-check: $1\$" "$stderr"
	test "${#stderr_lines[@]}" = "${2-1}"
}

# refused: there is no such image, until it is fetched again.
refused() {
	run -66 pod-prepare -q example.com/app
	rkt --insecure-options=image fetch --pull-policy=new "$T/x.aci"
	run -0 --separate-stderr cas-store check
	is "$key"
	is '' "$stderr"
	is hello "$(cat "$(cas-store mount "$key")/etc/motd")"
}

@test "cas-check: what is sound is named on stdout, and stays" {
	for kind in erofs tree; do
		store "$kind"
		before=$(snapshot "$cas")
		run -0 --separate-stderr cas-store check
		is "$key"
		is '' "$stderr"
		run -0 --separate-stderr cas-check -q example.com/app
		is ''
		is "$before" "$(snapshot "$cas")"
	done
}

@test "D5: a blob that is not what its name says is taken out" {
	for kind in erofs tree; do
		store "$kind"
		path=blob/sha512/${key:7:2}/$key
		flip "$cas/$path" 1000 3
		named "$path: not what its name says
cas-check: image/$key: not all of it is there" 2
		refused
	done
}

@test "D5: what is kept of a blob's entries, damaged, is taken out; the image stays" {
	store erofs
	size=$(stat -c %s "$cas/entries/$key")
	for offset in 0 5 20 $((size / 2)) $((size - 1)); do
		flip "$cas/entries/$key" "$offset" 2
		run -1 --separate-stderr cas-store check
		is "$key"
		is "cas-check: entries/$key: damaged" "$stderr"
		test ! -e "$cas/entries/$key"
		run -0 --separate-stderr cas-store check
		# Nobody misses it; and who composes the image makes it again.
		rm "$cas/index/$key"
		run -0 cas-store render -q "$key"
		is "$size" "$(stat -c %s "$cas/entries/$key")"
	done
}

@test "D5: a damaged index, manifest or record is taken out" {
	store erofs
	for file in "index/$key" "image/$key/manifest" "image/$key/info.json"; do
		echo "$file"
		flip "$cas/$file" 20 1
		named "$file: (damaged|not the archive's)"
		refused
	done
	truncate -s -1 "$cas/index/$key"
	named "index/$key: damaged"
	refused
	echo >>"$cas/index/$key"
	named "index/$key: damaged"
	refused
	rm "$cas/index/$key"
	named "image/$key: not all of it is there"
	refused
}

@test "D5: whatever changes in a tree is found" {
	store tree
	root=$cas/tree/$key/rootfs
	while IFS='|' read -r path change; do
		echo "$change"
		(cd "$root" && eval "$change")
		named "tree/$key/rootfs$path: damaged"
		refused
	done <<-'END'
	/etc/motd|touch -r etc/motd $T/t; echo hellO >etc/motd; touch -r $T/t etc/motd
	/etc/motd|chmod 4644 etc/motd
	/etc/motd|chown 1 etc/motd
	/etc/motd|touch -d @1 etc/motd
	/etc/motd|setfattr -n user.x -v 1 etc/motd
	/etc/motd|truncate -s 3 etc/motd
	/etc/link|touch -r etc $T/t; ln -sfn moth etc/link; touch -hd @1000000000 etc/link; touch -r $T/t etc
	/etc|chmod 700 etc
	/etc|touch -r etc $T/t; touch etc/more; touch -r $T/t etc
	|chmod 700 .
	END
}

@test "D5: a damaged record of a URL is taken out; the image stays" {
	store erofs
	file=$(basename "$cas"/remote/*)
	flip "$cas/remote/$file" 20
	named "remote/$file: damaged"
	test ! -e "$cas/remote/$file"
	cas-store get -q example.com/app
}

@test "cas-check --report: names it, and leaves it where it is" {
	store erofs
	flip "$cas/index/$key" 1100
	before=$(snapshot "$cas")
	run -1 --separate-stderr cas-store check --report
	is "cas-check: index/$key: damaged" "$stderr"
	is "$before" "$(snapshot "$cas")"
	cas-store get -q example.com/app
}

@test "cas-check IMAGE: looks at that one alone" {
	store erofs
	mkaci -n example.com/other -z none "$T/root" "$T/y.aci"
	other=$(put_aci "$T/y.aci")
	flip "$cas/blob/sha512/${other:7:2}/$other" 5
	run -0 cas-store check example.com/app
	is "$key"
	run -1 --separate-stderr cas-store check example.com/other
	matches "^cas-check: blob/.*: not what its name says" "$stderr"
	run -1 --separate-stderr cas-store check example.com/none
	is '' "$(cas-store check -q)"
}

@test "cas-check: a running pod keeps what is taken out" {
	busybox_aci "$T/b.aci"
	for kind in erofs tree; do
		rm -rf "$RKT_DIR/cas"
		key=$(put_aci "$T/b.aci" --render="$kind")
		rkt run example.com/busybox -- 'sleep 1; cat /etc/passwd; :' \
			>"$T/out" </dev/null 3>&- &
		wait_for pgrep -f 'sleep 1'
		if test "$kind" = tree; then
			echo >>"$RKT_DIR/cas/tree/$key/rootfs/etc/group"
		else
			flip "$RKT_DIR/cas/index/$key" 30
		fi
		run -1 cas-store check -q
		run -66 pod-prepare -q example.com/busybox
		put_aci "$T/b.aci" --render="$kind"
		wait $!
		cmp "$T/out" "$BATS_FILE_TMPDIR/busybox/etc/passwd"
		is x "$(rkt run example.com/busybox -- 'echo x' </dev/null)"
		rkt gc --grace-period=0s && rkt gc --grace-period=0s
		cas-store gc --grace-period=0s
		is '' "$(ls "$RKT_DIR/cas/tmp")"
	done
}

@test "D5: of a thousand flips each is found" {
	store erofs
	run -0 python3 - "$cas" "$key" <<-'END'
	import os, random, subprocess, sys
	cas, key = sys.argv[1:]
	files = [f'{cas}/blob/sha512/{key[7:9]}/{key}', f'{cas}/index/{key}',
	         f'{cas}/image/{key}/manifest', f'{cas}/image/{key}/info.json']
	rounds, missed = 1000, []
	for i in range(rounds):
	    name = files[i % 4]
	    fd = os.open(name, os.O_RDWR)
	    at = random.randrange(os.fstat(fd).st_size)
	    old = os.pread(fd, 1, at)
	    os.pwrite(fd, bytes([old[0] ^ 1 << random.randrange(8)]), at)
	    end = subprocess.run(['cas-check', '-q', '--report'],
	                         stderr=subprocess.DEVNULL)
	    if end.returncode != 1:
	        missed.append((name, at, old, end.returncode))
	    os.pwrite(fd, old, at)
	    os.close(fd)
	print(rounds, missed)
	END
	is '1000 []'
	cas-store check -q
}
