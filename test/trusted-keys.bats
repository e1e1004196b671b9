# SPDX-License-Identifier: Apache-2.0
# trusted-keys - the key files, listed and removed, and whose they may be
load helpers

setup() {
	fresh
	local=$RKT_CONF/trustedkeys
	system=$RKT_SYSTEM_CONF/trustedkeys
}

# system_key NAME PREFIX: one that the distribution ships.
system_key() {
	RKT_CONF=$RKT_SYSTEM_CONF trust_key "$@"
}

# keys: what aci-trust --list says, a row a line: prefix,
# fingerprint, state, file, "system" or "local".
keys() {
	aci-trust --list --format=json >"$T/json"
	jq -r '.[] | [.prefix, .fingerprint, .state, .file,
		if .system then "system" else "local" end] | join(" ")' \
		"$T/json"
}

# remove STATUS ARGUMENT...
remove() {
	run "-$1" --separate-stderr aci-trust --remove "${@:2}"
	is ''
}

# left: the key files that there are, with their sizes' signs.
left() {
	(cd "$T" && find etc/trustedkeys system/trustedkeys -type f \
		\( -empty -printf '%P mask\n' -o -printf '%P\n' \) | sort)
}

@test "aci-trust --list: a table of prefix, fingerprint, state, identity, file" {
	local alice bob
	alice=$(fingerprint alice) bob=$(fingerprint bob)
	trust_key alice example.com/app
	system_key bob --root
	run -0 --separate-stderr aci-trust --list
	is '' "$stderr"
	is "PREFIX FINGERPRINT STATE IDENTITY FILE
* $bob good bob <bob@example.com> $system/root.d/$bob
example.com/app $alice good alice <alice@example.com> \
$local/prefix.d/example.com/app/$alice" "$(tr -s '\t' ' ' <<<"$output")"
	run -0 --separate-stderr aci-trust --list --no-legend --root
	is "* $bob good bob <bob@example.com> $system/root.d/$bob" \
		"$(tr -s '\t' ' ' <<<"$output")"
	run -0 --separate-stderr aci-trust --list --no-legend --prefix example.com
	is ''
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "aci-trust --list: nothing is trusted at first" {
	run -0 --separate-stderr aci-trust --list --format=json
	is '[]'
	run -0 --separate-stderr aci-trust --list --no-legend
	is ''
	run -0 rkt trust --list --format=json-pretty
	is '[]'
}

@test "aci-trust --list: says what a key is worth" {
	gpg_in --faked-system-time 20200101T000000 --quick-generate-key \
		'old <old@example.com>' ed25519 sign 30d 2>/dev/null
	gpg_in --armor --export old@example.com >"$BATS_FILE_TMPDIR/old.pub"
	mkkey gone
	sed 's/^:---/---/' "$BATS_FILE_TMPDIR/gnupg/openpgp-revocs.d/$(
		fingerprint gone | tr a-f A-F).rev" | gpg_in --import
	gpg_in --armor --export gone@example.com >"$BATS_FILE_TMPDIR/gone.pub"
	mkkey weak rsa1024
	gpg_in --quick-generate-key 'enc <enc@example.com>' rsa2048 encr \
		never 2>/dev/null
	gpg_in --armor --export enc@example.com >"$BATS_FILE_TMPDIR/enc.pub"
	for name in alice old gone weak enc; do
		trust_key "$name" "example.com/$name"
	done
	is "example.com/alice good
example.com/enc unfit
example.com/gone revoked
example.com/old expired
example.com/weak weak" "$(keys | cut -d ' ' -f 1,3)"
	# A copy that is revoked speaks for the others.
	trust_key gone --root
	is 2 "$(keys | grep -c revoked)"
}

@test "aci-trust --list: what a local file masks is said to be masked" {
	local alice
	alice=$(fingerprint alice)
	system_key alice example.com/app
	mkdir -p "$local/prefix.d/example.com/app"
	: >"$local/prefix.d/example.com/app/$alice"
	is "example.com/app $alice masked $system/prefix.d/example.com/app/\
$alice system" "$(keys)"
	is 'alice <alice@example.com>' "$(jq -r '.[0].identities[0]' "$T/json")"
	trust_key alice example.com/app
	is "example.com/app $alice good $local/prefix.d/example.com/app/$alice local
example.com/app $alice masked $system/prefix.d/example.com/app/$alice system" \
		"$(keys)"
}

@test "aci-trust --list: a file that is no key is broken, with the reason" {
	local alice bob dir=$local/prefix.d/example.com
	alice=$(fingerprint alice) bob=$(fingerprint bob)
	trust_key alice --root
	mkdir -p "$dir"
	cp "$(key_file alice)" "$dir/$bob"
	echo x >"$dir/name"
	echo x >"$dir/$(printf '%040d' 0)"
	cat "$(key_file alice)" "$(key_file bob)" >"$dir/$(printf '%040d' 1)"
	ln -s "$alice" "$dir/$(printf '%040d' 2)"
	mkfifo "$dir/$(printf '%040d' 3)"
	truncate -s 2M "$dir/$(printf '%040d' 4)"
	install -m 666 "$(key_file alice)" "$dir/$(printf '%040d' 5)"
	run -0 --separate-stderr aci-trust --list --format=json
	is "good
broken: not the armour that belongs here
broken: more than one key
broken: Too many levels of symbolic links
broken: Invalid argument
broken: File too large
broken: can be written by everybody
broken: holds another key
broken: not named by the fingerprint of a key" "$(jq -r 'sort_by(.fingerprint !=
		"'"$alice"'")[] | .state + if .why then ": " + .why else "" end' \
		<<<"$output" | sed "/another key/{h;d};/not named/{x;G}")"
	run -0 --separate-stderr aci-trust --list
	matches "aci-trust: $dir/name: not named by the fingerprint of a key" \
		"$stderr"
	is 8 "$(wc -l <<<"$stderr")"
}

@test "A3 list: identities and names of files are shown escaped" {
	local dir=$local/prefix.d/example.com
	gpg_in --allow-freeform-uid --quick-generate-key \
		$'evil\x1b[2J \u202e x' ed25519 sign never 2>/dev/null
	mkdir -p "$dir"
	gpg_in --export evil >"$T/key"
	cp "$T/key" "$dir/$(gpg_in --show-keys --with-colons "$T/key" |
		awk -F: '$1 == "fpr" { print tolower($10); exit }')"
	echo x >"$dir/"$'a\x1b[31m\nb'
	run -0 aci-trust --list
	run -1 grep -aP '[^\x20-\x7e\t\n]' <<<"$output"
	run -0 --separate-stderr aci-trust --list --format=json
	matches 'evil\\\\x1b\[2J'
}

@test "aci-trust --remove: removes a key, from one prefix or from all" {
	local alice bob
	alice=$(fingerprint alice) bob=$(fingerprint bob)
	for prefix in example.com example.com/app --root; do
		trust_key alice "$prefix"
		trust_key bob "$prefix"
	done
	remove 0 "$alice" --prefix example.com
	is "Removed key for prefix \"example.com\" at \
\"$local/prefix.d/example.com/$alice\"" "$stderr"
	remove 66 "$alice" --prefix example.com
	is "aci-trust: $alice: no such key is trusted for prefix \
\"example.com\"" "$stderr"
	remove 0 "$alice" --root
	is "Removed root key at \"$local/root.d/$alice\"" "$stderr"
	remove 0 "$bob"
	is 3 "$(wc -l <<<"$stderr")"
	is "prefix.d/example.com/app/$alice" "$(left)"
	remove 66 "$bob"
	is "aci-trust: $bob: no such key is trusted" "$stderr"
	remove 0 "$alice"
	is '' "$(left)"
}

@test "aci-trust --remove: takes a fingerprint as people write it, and all of it" {
	local alice
	alice=$(fingerprint alice)
	trust_key alice --root
	for wrong in "${alice:0:39}" "${alice:32}" '' x "0x$alice" ../x \
		"$alice$alice"; do
		echo "$wrong"
		remove 64 "$wrong"
		is "aci-trust: fingerprint \"$wrong\": not 40 or 64 hexadecimal \
digits" "$stderr"
	done
	remove 0 "$(sed 's/..../& /g' <<<"${alice^^}")"
	is '' "$(left)"
}

@test "aci-trust --remove: masks what the system has" {
	local alice
	alice=$(fingerprint alice)
	system_key alice example.com/app
	sign alice "$T/record" 2>/dev/null || :
	remove 0 "$alice"
	is "Masked key for prefix \"example.com/app\" at \
\"$local/prefix.d/example.com/app/$alice\"" "$stderr"
	is "prefix.d/example.com/app/$alice
prefix.d/example.com/app/$alice mask" "$(left)"
	is masked "$(keys | cut -d ' ' -f 3)"
	remove 66 "$alice"
	# A local one over it is replaced by a mask: never is the other seen.
	trust_key alice example.com/app
	system_key alice --root
	remove 0 "$alice"
	is 4 "$(left | wc -l)"
	is 'masked masked' "$(keys | cut -d ' ' -f 3 | xargs)"
}

@test "aci-trust --remove: a broken file can be removed by its name" {
	mkdir -p "$local/root.d"
	echo x >"$local/root.d/$(printf '%040d' 0)"
	remove 0 "$(printf '%040d' 0)"
	is '' "$(left)"
}

@test "aci-trust: killed at any system call, a key is there or is not" {
	local file n=0 alice
	alice=$(fingerprint alice)
	file=$(key_file alice)
	trust_key alice --root
	cp "$local/root.d/$alice" "$T/whole"
	for call in renameat renameat2 rename linkat unlinkat fsync mkdirat \
		write; do
		for when in 1 2 3; do
			rm -rf "$local"
			mkdir -p "$local/root.d"
			cp "$T/whole" "$local/root.d/$alice"
			ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$T/trace" \
				-e "inject=$call:signal=KILL:when=$when" \
				aci-trust --skip-fingerprint-review --root \
				"$file" 2>/dev/null || n=$((n + 1))
			keys >"$T/keys"
			is good "$(cut -d ' ' -f 3 "$T/keys")"
			aci-trust --remove "$alice" 2>/dev/null
			is '' "$(keys)"
		done
	done
	test "$n" -gt 8
}

@test "aci-verify: what others may write says nothing about trust" {
	local alice dir=$local/prefix.d/example.com count=0 what text
	alice=$(fingerprint alice)
	echo image >"$T/aci"
	sign alice "$T/aci"
	while IFS='|' read -r what file text; do
		echo "$what $file"
		rm -rf "$local"
		trust_key alice example.com
		$what "$local$file"
		jq -nc --arg f "$T/aci" '{v: 1, image: "x", discover:
			{name: "example.com/app"}, fetch: {aci: $f,
			asc: ($f + ".asc")}}' >"$T/record"
		if test -z "$text"; then
			run -0 aci-verify <"$T/record"
		else
			run -78 --separate-stderr aci-verify <"$T/record"
			is "aci-verify: $local$file: $text" "$stderr"
		fi
		count=$((count + 1))
	done <<-END
		chmod 666|/prefix.d/example.com/$alice|can be written by everybody
		chmod 777|/prefix.d/example.com|can be written by everybody
		chmod 777|/prefix.d|can be written by everybody
		chmod 1777||can be written by everybody
		chown 1000|/prefix.d/example.com/$alice|belongs to another user
		chown 1000|/prefix.d/example.com|belongs to another user
		chown 1000|/prefix.d|belongs to another user
		chown 1000||belongs to another user
		chmod 664|/prefix.d/example.com/$alice|
		chmod 400|/prefix.d/example.com/$alice|
		chmod 700|/prefix.d|
	END
	test "$count" = 11
	chgrp 1000 "$dir" && chmod 775 "$dir"
	run -78 --separate-stderr aci-verify <"$T/record"
	is "aci-verify: $dir: can be written by a group of users" "$stderr"
	# Nothing is added there either.
	run -73 --separate-stderr aci-trust --skip-fingerprint-review \
		--prefix example.com "$(key_file bob)"
	is "aci-trust: $dir: can be written by a group of users" \
		"${stderr##*$'\n'}"
}

@test "aci-verify: a file in prefix.d itself is trusted for no name" {
	mkdir -p "$local/prefix.d"
	cp "$(key_file alice)" "$local/prefix.d/$(fingerprint alice)"
	echo image >"$T/aci"
	sign alice "$T/aci"
	jq -nc --arg f "$T/aci" '{v: 1, image: "x", fetch: {aci: $f,
		asc: ($f + ".asc")}}' >"$T/record"
	run -77 aci-verify <"$T/record"
	is '' "$(keys)"
}

@test "aci-trust: works for a user who is not root, with what is his" {
	local home file
	file=$(key_file alice)
	home=$(mktemp -d "$TMPDIR/user.XXXXXX") # bats lets nobody into its own
	chown 1000:1000 "$home"
	cp "$BIN"/aci-{trust,verify} "$home"
	install -m 644 "$file" "$home/key"
	as() {
		run "-$1" --separate-stderr setpriv --reuid 1000 --regid 1000 \
			--clear-groups env -u RKT_DIR -u RKT_CONF -u RKT_RUN \
			-u RKT_SYSTEM_CONF \
			HOME="$home" XDG_RUNTIME_DIR="$home" \
			PATH="$home:$PATH" "${@:2}"
	}
	as 0 aci-trust --skip-fingerprint-review --prefix example.com \
		"$home/key"
	matches "at \"$home/.config/rkt/trustedkeys/prefix.d/example.com/" \
		"$stderr"
	as 0 aci-trust --list --no-legend
	matches "example.com.*good.*alice"
	echo image >"$home/aci"
	sign alice "$home/aci"
	chmod 644 "$home"/aci{,.asc}
	echo '{"v":1,"image":"x","fetch":{"aci":"'"$home/aci"'","asc":"'\
"$home/aci.asc"'"}}' >"$home/record"
	as 0 sh -c 'aci-verify <"$1"' sh "$home/record"
	is '["example.com"]' "$(jq -c .verify.prefixes <<<"$output")"
	as 0 aci-trust --remove "$(fingerprint alice)"
	as 77 sh -c 'aci-verify <"$1"' sh "$home/record"
	rm -r "$home"
}
