# SPDX-License-Identifier: Apache-2.0
# aci-verify - whose signature counts for which name
#
# A1 to A13 are rows of the threat model; signatures.bats has a table of more.
load helpers

setup() {
	fresh
	aci=$T/image.aci
	head -c 1000 /dev/urandom >"$aci"
}

# record NAME [ACI [ASC]]: what aci-fetch would say; NAME - for a file.
record() {
	jq -nc --arg name "$1" --arg aci "${2-$aci}" --arg asc "${3-$aci.asc}" '{
		v: 1, image: "the/image", future: [1],
		fetch: ({aci: $aci} + if $asc == "" then {} else
			{asc: $asc} end)
	} + if $name == "-" then {} else {discover: {name: $name}} end'
}

# verify STATUS NAME [ACI [ASC]]: runs it, and looks that nothing is left.
verify() {
	local status=$1
	shift
	record "$@" >"$T/record"
	run "-$status" --separate-stderr aci-verify <"$T/record"
	test "$status" = 0 ||
		is '{"v":1,"error":{"step":"verify","status":'"$status"'}}'
	is '' "$(ls -A "$RKT_DIR/cas/tmp" 2>/dev/null)"
}

# At a time gone by: at YYYYMMDD GPG-ARGUMENT...
at() {
	gpg_in --faked-system-time "$1T000000" "${@:2}"
}

# old_key NAME [EXPIRE]: one that was made in 2020.
old_key() {
	test ! -f "$BATS_FILE_TMPDIR/$1.pub" || return 0
	at 20200101 --quick-generate-key "$1 <$1@example.com>" ed25519 sign \
		"${2:-never}" 2>/dev/null
	gpg_in --armor --export "=$1 <$1@example.com>" \
		>"$BATS_FILE_TMPDIR/$1.pub"
}

# revoke NAME: exports the key again, revoked.
revoke() {
	local fingerprint home=$BATS_FILE_TMPDIR/gnupg
	fingerprint=$(fingerprint "$1")
	sed 's/^:---/---/' "$home/openpgp-revocs.d/${fingerprint^^}.rev" |
		gpg_in --import 2>/dev/null
	gpg_in --armor --export "=$1 <$1@example.com>" \
		>"$BATS_FILE_TMPDIR/$1.pub"
}

@test "aci-verify: adds what it verified, and names the signer" {
	trust_key alice example.com/app
	sign alice "$aci"
	verify 0 example.com/app
	is "aci-verify: signature verified:
  alice <alice@example.com>" "$stderr"
	is "sha512-$(sha512sum <"$aci" | cut -d ' ' -f 1)" \
		"$(field .verify.digest)"
	is "$(fingerprint alice)" "$(field .verify.fingerprint)"
	is 'alice <alice@example.com>' "$(field .verify.uid)"
	is '["example.com/app"]' "$(jq -c .verify.prefixes <<<"$output")"
	is "$(jq -cS . "$T/record")" "$(jq -cS 'del(.verify)' <<<"$output")"
}

@test "aci-verify: takes a binary signature, and one by a subkey" {
	trust_key alice example.com/app
	sign alice "$aci"
	gpg_in --yes --dearmor -o "$T/binary" <"$aci.asc"
	verify 0 example.com/app "$aci" "$T/binary"

	mkkey carol
	gpg_in --quick-add-key "$(fingerprint carol)" ed25519 sign
	gpg_in --armor --export '=carol <carol@example.com>' \
		>"$BATS_FILE_TMPDIR/carol.pub"
	trust_key carol example.com/app
	sign carol "$aci"
	verify 0 example.com/app
	is "$(fingerprint carol)" "$(field .verify.fingerprint)"
}

@test "aci-verify: calls itself as RKT_PROG says" {
	trust_key alice example.com/app
	sign alice "$aci"
	RKT_PROG=rkt verify 0 example.com/app
	is "rkt: signature verified:
  alice <alice@example.com>" "$stderr"
}

@test "aci-verify: a root key counts for every name" {
	trust_key alice --root
	sign alice "$aci"
	verify 0 example.com/app
	is '[""]' "$(jq -c .verify.prefixes <<<"$output")"
	verify 0 a
}

@test "aci-verify: tries a file without a name against every key" {
	trust_key alice example.com/app
	trust_key alice other.org
	sign alice "$aci"
	verify 0 -
	is '["example.com/app","other.org"]' \
		"$(jq -c '.verify.prefixes | sort' <<<"$output")"
	sign bob "$aci" "$T/bob.asc"
	verify 77 - "$aci" "$T/bob.asc"
	is "aci-verify: the/image: signature by a key that is not trusted: \
$(fingerprint bob)" "$stderr"
}

@test "A2 copies: a key that is revoked in one place is so in all" {
	trust_key fay other.org
	sign fay "$aci"
	verify 0 -
	# Only this one is known to be revoked, whichever is read first.
	revoke fay
	trust_key fay another.org
	verify 65 -
	matches 'signature by a revoked key' "$stderr"
	verify 0 other.org
	RKT_CONF=$RKT_SYSTEM_CONF trust_key fay --root
	verify 65 other.org
}

@test "aci-verify: an empty local file masks the system's key" {
	local key
	RKT_CONF=$RKT_SYSTEM_CONF trust_key alice example.com/app
	key=trustedkeys/prefix.d/example.com/app/$(fingerprint alice)
	sign alice "$aci"
	verify 0 example.com/app
	mkdir -p "$RKT_CONF/${key%/*}"
	: >"$RKT_CONF/$key"
	verify 77 example.com/app
	verify 77 -
	# It masks that place alone.
	RKT_CONF=$RKT_SYSTEM_CONF trust_key alice --root
	verify 0 example.com/app
}

@test "aci-verify: refuses a key file that is not what its name says" {
	local dir=$RKT_CONF/trustedkeys/prefix.d/example.com/app alice bob
	alice=$(fingerprint alice) bob=$(fingerprint bob)
	sign alice "$aci"
	trust_key alice example.com/app

	cp "$(key_file alice)" "$dir/$bob"
	verify 78 example.com/app
	is "aci-verify: $dir/$bob: holds another key: $alice" "$stderr"

	ln -sf "$(key_file bob)" "$dir/$bob"
	verify 78 example.com/app
	is "aci-verify: $dir/$bob: Too many levels of symbolic links" "$stderr"

	rm "$dir/$bob"
	cat "$(key_file alice)" "$(key_file bob)" >"$dir/$bob"
	verify 78 example.com/app
	is "aci-verify: $dir/$bob: more than one key" "$stderr"

	rm "$dir/$bob"
	cp "$(key_file bob)" "$dir/bob.asc"
	verify 78 example.com/app
	is "aci-verify: $dir/bob.asc: not named by the fingerprint of a key" \
		"$stderr"

	# Another name's keys are none of its business; nor is a hidden file.
	mv "$dir/bob.asc" "$dir/.bob.asc"
	verify 0 example.com/app
}

@test "aci-verify: refuses other bytes than were signed" {
	trust_key alice example.com/app
	sign alice "$aci"
	printf x >>"$aci"
	verify 65 example.com/app
	matches '^aci-verify: example.com/app: the signature does not verify' \
		"$stderr"
	: >"$aci"
	verify 65 example.com/app
}

@test "A4 type-confusion: only a detached signature is shown to gpg" {
	local size what start count=0
	trust_key alice example.com/app
	gpg_s() {
		gpg_in --yes --armor --local-user '=alice <alice@example.com>' \
			-o "$T/asc" "$@"
	}
	for size in 1000 3000000; do
		head -c "$size" /dev/urandom | base64 >"$aci"
		sign alice "$aci" "$T/good"
		for what in clearsign inline store compressed encrypted keyblock \
			twice-armoured text-before text-after; do
			echo "$what $size"
			case $what in
			clearsign) gpg_s --clearsign "$aci" ;;
			inline) gpg_s --sign "$aci" ;;
			store) gpg_s --store "$aci" ;;
			compressed) gpg_s --compress-level 9 --sign "$aci" ;;
			encrypted) gpg_s --passphrase x --symmetric "$aci" ;;
			keyblock) cp "$(key_file alice)" "$T/asc" ;;
			twice-armoured) cat "$T/good" "$T/good" >"$T/asc" ;;
			text-before) sed '1i hello' "$T/good" >"$T/asc" ;;
			text-after) sed '$a hello' "$T/good" >"$T/asc" ;;
			esac
			start=$SECONDS
			verify 65 example.com/app "$aci" "$T/asc"
			test $((SECONDS - start)) -lt 5
			matches '^aci-verify: example.com/app: signature' "$stderr"
			count=$((count + 1))
		done
	done
	test "$count" = 18
}

@test "A4 unsigned: no signature is not a signature" {
	trust_key alice example.com/app
	verify 65 example.com/app "$aci" ''
	is 'aci-verify: example.com/app: no signature' "$stderr"
	: >"$T/empty"
	verify 65 example.com/app "$aci" "$T/empty"
	is 'aci-verify: example.com/app: no signature' "$stderr"
	verify 66 example.com/app "$aci" "$T/absent"
	is "aci-verify: $T/absent: No such file or directory" "$stderr"
	verify 66 example.com/app "$T/absent" "$T/empty"
	is "aci-verify: $T/absent: No such file or directory" "$stderr"
	verify 65 example.com/app "$T" "$T/empty"
	is 'aci-verify: record: fetch.aci is not a file' "$stderr"
}

@test "A5 size: a huge signature and a huge key are not read" {
	trust_key alice example.com/app
	sign alice "$aci"
	head -c 20000000 /dev/zero >"$T/asc"
	verify 65 example.com/app "$aci" "$T/asc"
	is 'aci-verify: example.com/app: signature longer than 1048576 bytes' \
		"$stderr"
	truncate -s 20000000 \
		"$RKT_CONF/trustedkeys/prefix.d/example.com/app/$(fingerprint alice)"
	verify 78 example.com/app
	matches ': File too large$' "$stderr"
}

@test "A13 swap: the receipt is for the bytes that the record names" {
	local digest
	trust_key alice example.com/app
	sign alice "$aci"
	digest=sha512-$(sha512sum <"$aci" | cut -d ' ' -f 1)
	record example.com/app | jq -c ".fetch.digest = \"$digest\"" >"$T/record"
	run -0 --separate-stderr aci-verify <"$T/record"
	is "$digest" "$(field .verify.digest)"

	# Another file, well signed too, but not the one that was fetched.
	head -c 1000 /dev/urandom >"$aci"
	sign alice "$aci"
	run -65 --separate-stderr aci-verify <"$T/record"
	is 'aci-verify: example.com/app: the file has changed since it was fetched' \
		"$stderr"
}

# A gpg that waits with a verification until its sleep is ended.
slow_gpg() {
	mkdir -p /usr/lib/slow
	cat >/usr/lib/slow/gpg <<-END
	#!/bin/sh
	case " \$* " in
	*' --verify '*) sleep 1000 ;;
	esac
	exec $(command -v gpg) "\$@"
	END
	chmod 755 /usr/lib/slow/gpg
	PATH=/usr/lib/slow:$PATH
}

# signed_tail: $aci with its last byte changed was signed; not $aci itself.
signed_tail() {
	mkdir "$T/root"
	head -c 3000000 /dev/urandom >"$T/root/file"
	mkaci -z none "$T/root" "$aci"
	cp "$aci" "$T/signed"
	write_tail S "$T/signed"
	sign alice "$T/signed" "$aci.asc"
}

# write_tail BYTE FILE: in its place, where a tar has zeros.
write_tail() {
	printf %s "$1" | dd of="$2" bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s "$2") - 10))
}

@test "A13 rewritten: what gpg saw is what the receipt says" {
	local digest job
	trust_key alice example.com/app
	signed_tail
	ln "$aci" "$T/link"
	digest=sha512-$(sha512sum <"$T/signed" | cut -d ' ' -f 1)
	record example.com/app >"$T/record"
	slow_gpg
	aci-verify <"$T/record" >"$T/out" 2>"$T/err" 3>&- &
	job=$!
	wait_for gpg_runs
	write_tail S "$T/link"
	pkill -u nobody -x sleep
	wait "$job"
	is "$digest" "$(jq -r .verify.digest "$T/out")"
	# The same, when the downloader has hashed it: it saw something else.
	write_tail X "$T/link"
	jq -c --arg d "sha512-$(sha512sum <"$aci" | cut -d ' ' -f 1)" \
		'.fetch.digest = $d' "$T/record" >"$T/hashed"
	aci-verify <"$T/hashed" >"$T/out" 2>"$T/err" 3>&- &
	job=$!
	wait_for gpg_runs
	write_tail S "$T/link"
	pkill -u nobody -x sleep
	status=0
	wait "$job" || status=$?
	is 65 "$status"
	is 'aci-verify: example.com/app: the file has changed since it was fetched' \
		"$(cat "$T/err")"
}

@test "A13 stored: what was verified is what is stored, or nothing is" {
	local how
	trust_key alice example.com/app
	mkdir "$T/root"
	for how in swapped rewritten none; do
		echo "$how" >"$T/root/file"
		mkaci "$T/root" "$aci"
		sign alice "$aci"
		rm -f "$T/link"
		ln "$aci" "$T/link"
		run -0 --separate-stderr aci-verify < <(record example.com/app)
		echo "$output" >"$T/verified"
		echo other >"$T/root/file"
		mkaci "$T/root" "$T/other"
		case $how in
		swapped) mv "$T/other" "$aci" ;;
		rewritten) cat "$T/other" >"$T/link" ;;
		esac
		if test "$how" = none; then
			run -0 cas-put -q <"$T/verified"
			continue
		fi
		run -65 --separate-stderr cas-put -q <"$T/verified"
		matches 'changed since it was verified' "$stderr"
		is '' "$(find "$RKT_DIR/cas/blob" "$RKT_DIR/cas/image" \
			"$RKT_DIR/cas/tmp" -type f)"
	done
	is 1 "$(find "$RKT_DIR/cas/blob" -type f | wc -l)"
}

@test "aci-verify: an image without a name is stored for its signer's names only" {
	local name
	trust_key alice example.com/app
	mkdir "$T/root"
	for name in example.com/app example.com/app/x example.com/application \
		example.org; do
		mkaci -n "$name" "$T/root" "$aci"
		sign alice "$aci"
		record - | jq -c '.fetch.url = "https://example.com/x.aci"' \
			>"$T/record"
		case $name in
		example.com/app | example.com/app/x)
			run -0 sh -c 'aci-verify <"$1" | cas-put -q' sh \
				"$T/record" ;;
		*)
			run -77 --separate-stderr sh -c 'aci-verify <"$1" |
				cas-put -q' sh "$T/record"
			matches "signed by a key that is not trusted for its \
name \"$name\"" "$stderr" ;;
		esac
	done
	is 2 "$(cas-store ls -q | wc -l)"
}

@test "aci-verify: refuses names that are none before it looks for keys" {
	local name
	sign alice "$aci"
	for name in .. ../x a/../b /a a/ a//b A 'a b' $'a\nb' '' .; do
		echo "$name"
		verify 65 "$name"
		matches '^aci-verify: record: discover.name: ' "$stderr"
		test "$(grep -c . <<<"$stderr")" = 1
	done
}

@test "aci-verify: removes the pipe's files when it fails, and no others" {
	local tmp=$RKT_DIR/cas/tmp
	trust_key alice example.com/app
	mkdir -p "$RKT_DIR/cas" && mkdir -m 700 "$tmp"
	for status in 0 65; do
		cp "$aci" "$tmp/fetch-1"
		sign alice "$aci" "$tmp/fetch-2"
		test "$status" = 0 || printf x >>"$tmp/fetch-1"
		record example.com/app "$tmp/fetch-1" "$tmp/fetch-2" >"$T/record"
		run "-$status" --separate-stderr aci-verify <"$T/record"
		case $status in
		0) is "fetch-1
fetch-2" "$(ls -A "$tmp")" ;;
		*) is '' "$(ls -A "$tmp")" ;;
		esac
		rm -f "$tmp"/fetch-*
	done
	verify 65 example.com/app "$aci" ''
	test -f "$aci"
}

# A gpg that does not end: as a stand-in in PATH, where gpg is looked for, among
# the machine's programs, and none else will be run.
endless_gpg() {
	mkdir -p /usr/lib/endless
	printf '#!/bin/sh\nexec sleep 1000\n' >/usr/lib/endless/gpg
	chmod 755 /usr/lib/endless/gpg
	PATH=/usr/lib/endless:$PATH
}

gpg_runs() {
	pgrep -u nobody -x sleep
}

gpg_is_gone() {
	! gpg_runs
}

@test "L2 endless: gpg is killed when it takes too long" {
	trust_key alice example.com/app
	sign alice "$aci"
	record example.com/app >"$T/record"
	endless_gpg
	local start=$SECONDS
	run -65 --separate-stderr aci-verify <"$T/record"
	is 'aci-verify: example.com/app: signature: gpg took too long' "$stderr"
	test $((SECONDS - start)) -lt 20
	gpg_is_gone
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "aci-verify: a killed one leaves no file and no process" {
	local pid path=$PATH
	trust_key alice example.com/app
	sign alice "$aci"
	record example.com/app >"$T/record"
	endless_gpg
	aci-verify <"$T/record" >/dev/null 2>&1 3>&- &
	pid=$!
	PATH=$path
	wait_for gpg_runs
	# One that is at work is left alone.
	record example.com/app | aci-verify >"$T/out" 2>&1 3>&-
	gpg_runs
	kill -KILL "$pid"
	wait "$pid" || :
	wait_for gpg_is_gone
	verify 0 example.com/app
}

@test "aci-verify: ended or unread, it leaves no file of the pipe's" {
	local signal pid
	trust_key alice example.com/app
	mkdir -p "$RKT_DIR/cas/tmp"
	aci=$RKT_DIR/cas/tmp/fetch-1
	head -c 1000 /dev/urandom >"$aci"
	sign alice "$aci"
	cp "$aci" "$T/1"
	cp "$aci.asc" "$T/2"
	record example.com/app >"$T/record"
	run -74 bash -c 'aci-verify <"$1" | true; exit "${PIPESTATUS[0]}"' \
		bash "$T/record"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
	endless_gpg
	for signal in HUP INT TERM; do
		cp "$T/1" "$aci"
		cp "$T/2" "$aci.asc"
		env --default-signal=INT aci-verify <"$T/record" \
			>/dev/null 2>&1 3>&- &
		pid=$!
		wait_for gpg_runs
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		is "$((128 + $(kill -l "$signal")))" "$status"
		wait_for gpg_is_gone
		is '' "$(find "$RKT_DIR/cas/tmp" -name 'fetch-*')"
	done
}

# waits PID: it catches HUP and TERM, and has nothing to read.
waits() {
	wait_for eval "(( (0x\$(sed -n 's/^SigCgt:.//p' /proc/$1/status) &
		0x4001) == 0x4001 ))"
	wait_for grep -q '^State:.S' "/proc/$1/status"
}

@test "aci-verify: ended before it has read the record, it takes the files along" {
	local signal pid
	mkdir -p "$RKT_DIR/cas/tmp"
	aci=$RKT_DIR/cas/tmp/fetch-1
	record example.com/app >"$T/record"
	mkfifo "$T/pipe"
	for tool in aci-verify cas-put aci-convert; do
		for signal in HUP TERM; do
			touch "$aci" "$aci.asc"
			"$tool" <"$T/pipe" >"$T/out" 2>&1 3>&- 7>&- &
			pid=$!
			exec 7>"$T/pipe"
			waits "$pid"
			kill -s STOP "$pid"
			cat "$T/record" >&7
			kill -s "$signal" "$pid"
			kill -s CONT "$pid"
			exec 7>&-
			status=0
			wait "$pid" || status=$?
			is "$((128 + $(kill -l "$signal")))" "$status"
			is '' "$(find "$RKT_DIR/cas/tmp" -name 'fetch-*')"
		done
	done
	# Nor does it wait for a record that nobody sends.
	aci-verify <"$T/pipe" 3>&- &
	pid=$!
	exec 7>"$T/pipe"
	waits "$pid"
	kill -s TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	is 143 "$status"
}

@test "aci-verify: no room for gpg's own files is no verdict" {
	local inodes status=1
	trust_key alice example.com/app
	sign alice "$aci"
	record example.com/app >"$T/record"
	for inodes in {3..20}; do
		mount -t tmpfs -o "nr_inodes=$inodes" tmpfs "$RKT_DIR"
		status=0
		aci-verify <"$T/record" >"$T/out" 2>&1 || status=$?
		echo "$inodes inodes: $status"
		cat "$T/out"
		test "$status" = 0 || test "$status" = 73
		umount "$RKT_DIR"
		test "$status" != 0 || break
	done
	is 0 "$status"
}

@test "aci-verify: says so when there is no gpg" {
	trust_key alice example.com/app
	sign alice "$aci"
	record example.com/app >"$T/record"
	run -69 --separate-stderr env PATH="$BIN" aci-verify <"$T/record"
	matches '^aci-verify: example.com/app: gpg: ' "$stderr"
}

@test "aci-verify: reads no key ring and no options of the user's" {
	trust_key alice example.com/app
	sign bob "$aci"
	mkdir -m 700 "$T/home" "$T/home/.gnupg"
	gpg --homedir "$T/home/.gnupg" --quiet --batch --import \
		"$(key_file bob)" 2>/dev/null
	before=$(snapshot "$T/home")
	HOME=$T/home GNUPGHOME=$T/home/.gnupg verify 77 example.com/app
	is "$before" "$(snapshot "$T/home")"
}
