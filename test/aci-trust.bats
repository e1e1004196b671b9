# SPDX-License-Identifier: Apache-2.0
# aci-trust - a key is shown, somebody answers, and it is stored or not
load helpers

setup() {
	fresh
	trusted=$RKT_CONF/trustedkeys
	question='Are you sure you want to trust this key (yes/no)? '
}

# trust STATUS ANSWERS ARGUMENT...: with so much typed ahead.
trust() {
	printf '%b' "$2" >"$T/answers"
	run "-$1" --separate-stderr aci-trust "${@:3}" <"$T/answers"
	is ''
	is '' "$(ls -A "$RKT_DIR/cas/tmp" 2>/dev/null)"
}

# The fingerprint of NAME as people are shown it.
shown() {
	local f
	f=$(fingerprint "$1")
	sed 's/..../& /g; s/ $//; s/^.\{25\}/& /' <<<"${f^^}"
}

# What is stored, by its path.
stored() {
	test ! -e "$trusted" || (cd "$trusted" && find . -type f | sort)
}

@test "aci-trust: shows the key, asks, and stores it after a yes" {
	local file dir
	file=$(key_file alice)
	dir=$trusted/prefix.d/coreos.com/etcd
	trust 0 'yes\n' --prefix coreos.com/etcd "$file"
	is "Prefix: \"coreos.com/etcd\"
Key: \"$file\"
GPG key fingerprint is: $(shown alice)
  alice <alice@example.com>
${question}Trusting \"$file\" for prefix \"coreos.com/etcd\".
Added key for prefix \"coreos.com/etcd\" at \"$dir/$(fingerprint alice)\"" \
		"$stderr"
	matches '^GPG key fingerprint is:( [0-9A-F]{4}){5} ( [0-9A-F]{4}){5}$' \
		"$(grep ^GPG <<<"$stderr")"
	is '644 755 755' "$(stat -c %a "$dir/"* "$dir" "$trusted" | xargs)"
	is "$(fingerprint alice)" "$(gpg_in --show-keys --with-colons \
		"$dir/"* | awk -F: '$1 == "fpr" { print tolower($10); exit }')"
	is '-----BEGIN PGP PUBLIC KEY BLOCK-----' "$(head -n 1 "$dir/"*)"
}

@test "aci-trust: what it stores makes images verify" {
	trust 0 'yes\n' --prefix example.com/app "$(key_file alice)"
	echo image >"$T/aci"
	sign alice "$T/aci"
	for name in example.com/app:0 example.com/application:77; do
		jq -nc --arg n "${name%:*}" --arg f "$T/aci" '{v: 1,
			discover: {name: $n}, fetch: {aci: $f, asc: ($f + ".asc")}}' |
			{ run "-${name#*:}" --separate-stderr aci-verify; }
	done
}

@test "aci-trust: a no stores nothing" {
	trust 1 'no\n' --prefix example.com "$(key_file alice)"
	matches "Not trusting \"$(key_file alice)\"\\.\$" "$stderr"
	is '' "$(stored)"
}

@test "aci-trust: the end of the input is a no" {
	for answers in '' 'ye' 'yes' 'y\n'; do
		trust 1 "$answers" --prefix example.com "$(key_file alice)"
		is '' "$(stored)"
	done
}

@test "aci-trust: anything else than yes or no is asked again" {
	local file
	file=$(key_file alice)
	trust 0 'y\nYES\n\nnope\nyes \n' --prefix example.com "$file"
	is 5 "$(grep -o 'Are you sure' <<<"$stderr" | grep -c .)"
	is 4 "$(grep -c "Please enter 'yes' or 'no'\$" <<<"$stderr")"
	trust 1 "$(head -c 5000 /dev/zero | tr '\0' y)\\nno\\n" \
		--prefix example.org "$file"
	is "./prefix.d/example.com/$(fingerprint alice)" "$(stored)"
}

@test "aci-trust: stores a root key" {
	local file
	file=$(key_file alice)
	trust 0 'yes\n' --root "$file"
	is "Prefix: \"\"
Key: \"$file\"" "$(head -n 2 <<<"$stderr")"
	is "Added root key at \"$trusted/root.d/$(fingerprint alice)\"" \
		"${stderr##*$'\n'}"
	is "./root.d/$(fingerprint alice)" "$(stored)"
}

@test "aci-trust: asks for each key of a file" {
	cat "$(key_file alice)" "$(key_file bob)" >"$T/both"
	trust 0 'no\nyes\n' --prefix example.com "$T/both"
	is 2 "$(grep -c '^GPG key fingerprint is: ' <<<"$stderr")"
	is 1 "$(stored | wc -l)"
	gpg_in --export alice bob >"$T/binary"
	trust 0 'yes\nyes\n' --prefix example.com "$T/binary"
	is "$(printf "./prefix.d/example.com/%s\n" "$(fingerprint alice)" \
		"$(fingerprint bob)" | sort)" "$(stored)"
}

@test "aci-trust: does not ask with --skip-fingerprint-review" {
	trust 0 '' --skip-fingerprint-review --prefix example.com \
		"$(key_file alice)"
	run -1 grep -F "$question" <<<"$stderr"
	matches 'GPG key fingerprint is: ' "$stderr"
	is "./prefix.d/example.com/$(fingerprint alice)" "$(stored)"
}

@test "aci-trust: takes records, and removes what was downloaded" {
	mkdir -p "$RKT_DIR/cas" && mkdir -m 700 "$RKT_DIR/cas/tmp"
	for answer in yes no; do
		cp "$(key_file alice)" "$RKT_DIR/cas/tmp/fetch-1"
		cp "$(key_file bob)" "$T/mine"
		jq -nc --arg a "$RKT_DIR/cas/tmp/fetch-1" --arg b "$T/mine" \
			'{v: 1, fetch: {keys: [
				{url: "https://example.com/a.gpg", path: $a},
				{url: "https://example.com/b.gpg", path: $b}]}}' \
			>"$T/records"
		test "$answer" = no && status=1 || status=0
		exec 4<"$T/records"
		trust "$status" "$answer\n$answer\n" --prefix example.com \
			--records /dev/fd/4
		exec 4<&-
		matches 'Key: "https://example.com/a.gpg"' "$stderr"
		test -f "$T/mine"
		is 2 "$(stored | wc -l)"
	done
}

@test "aci-trust: follows the failure of the pipe before it" {
	echo '{"v":1,"error":{"step":"fetch","status":69}}' >"$T/records"
	trust 69 'yes\n' --prefix example.com --records "$T/records"
	is '' "$stderr"
	: >"$T/records"
	trust 66 'yes\n' --prefix example.com --records "$T/records"
	is 'aci-trust: record: there is none' "$stderr"
	echo '{"v":1}' >"$T/records"
	trust 65 'yes\n' --prefix example.com --records "$T/records"
	trust 66 'yes\n' --prefix example.com --records "$T/absent"
}

@test "aci-trust: refuses a command line that trusts too much" {
	local file count=0 arguments text
	file=$(key_file alice)
	while IFS='|' read -r arguments text; do
		# shellcheck disable=SC2086
		trust 64 'yes\n' $arguments "$file"
		matches "^aci-trust: $text" "$stderr"
		is '' "$(stored)"
		count=$((count + 1))
	done <<-'END'
		|aborting due to implicit unbounded trust
		--prefix a --root|--prefix and --root exclude each other
		--prefix https://example.com|prefix "https://example.com": omit https://
		--prefix ../x|prefix "../x": 
		--prefix /etc|prefix "/etc": 
		--prefix example.com/|prefix "example.com/": 
		--prefix Example|prefix "Example": 
	END
	test "$count" = 7
	trust 64 '' --prefix '' "$file"
	trust 64 '' --prefix example.com
	trust 64 '' --prefix example.com --records "$T/records" "$file"
}

@test "aci-trust: refuses what is not a public key" {
	local text
	echo hello >"$T/text"
	trust 65 'yes\n' --root "$T/text"
	is "aci-trust: $T/text: not the armour that belongs here" "$stderr"
	: >"$T/empty"
	trust 65 'yes\n' --root "$T/empty"
	is "aci-trust: $T/empty: no key" "$stderr"
	sign alice "$T/text"
	trust 65 'yes\n' --root "$T/text.asc"
	mkkey alice
	gpg_in --export-secret-keys alice >"$T/secret"
	trust 65 'yes\n' --root "$T/secret"
	is "aci-trust: $T/secret: a secret key" "$stderr"
	truncate -s 2M "$T/big"
	trust 65 'yes\n' --root "$T/big"
	is "aci-trust: $T/big: longer than 1048576 bytes" "$stderr"
	trust 66 'yes\n' --root "$T/absent"
	is "aci-trust: $T/absent: No such file or directory" "$stderr"
	gpg_in --export alice | head -c 60 >"$T/cut"
	trust 65 'yes\n' --root "$T/cut"
	is '' "$(stored)"
}

@test "A2 trust: a revoked, expired or encrypting key is not offered" {
	local fingerprint home=$BATS_FILE_TMPDIR/gnupg
	gpg_in --faked-system-time 20200101T000000 --quick-generate-key \
		'old <old@example.com>' ed25519 sign 30d 2>/dev/null
	gpg_in --quick-generate-key 'enc <enc@example.com>' rsa2048 encr \
		never 2>/dev/null
	mkkey gone
	fingerprint=$(fingerprint gone)
	sed 's/^:---/---/' "$home/openpgp-revocs.d/${fingerprint^^}.rev" |
		gpg_in --import 2>/dev/null
	gpg_in --export old@example.com gone@example.com enc@example.com \
		>"$T/keys"
	trust 65 'yes\nyes\nyes\n' --root "$T/keys"
	is 3 "$(grep -cE 'is (revoked|expired|unfit), skipped$' \
		<<<"$stderr")"
	is '' "$(stored)"
	# One that is fit is offered all the same.
	mkkey alice
	gpg_in --export gone@example.com alice@example.com >"$T/keys"
	trust 0 'yes\n' --root "$T/keys"
	is "./root.d/$(fingerprint alice)" "$(stored)"
}

@test "A3 trust: an identity and a location are shown escaped" {
	local file=$T/$'k\x1b[31m\nkey'
	gpg_in --allow-freeform-uid --quick-generate-key \
		$'evil\x1b[2J \u202e x' ed25519 sign never 2>/dev/null
	gpg_in --export evil >"$file"
	trust 0 'yes\n' --root "$file"
	run -1 grep -P '[^\x20-\x7e]' <<<"$stderr"
	matches 'evil\\x1b\[2J' "$stderr"
	matches 'Key: "[^"]*k\\x1b\[31m\\x0akey"' "$stderr"
}

@test "A5 trust: the signatures of others are not stored" {
	local before
	mkkey alice
	mkkey bob
	mkkey dave
	before=$(gpg_in --export alice@example.com | wc -c)
	for name in bob dave; do
		gpg_in --yes --local-user "$name@example.com" \
			--quick-sign-key "$(fingerprint alice)" 2>/dev/null
	done
	gpg_in --export alice@example.com >"$T/key"
	test "$(wc -c <"$T/key")" -gt "$before"
	trust 0 'yes\n' --root "$T/key"
	is "$before" "$(gpg_in --dearmor <"$trusted/root.d/$(fingerprint alice)" |
		wc -c)"
}

@test "aci-trust: a key that is there already is replaced" {
	mkdir -p "$trusted/root.d"
	: >"$trusted/root.d/$(fingerprint alice)"
	trust 0 'yes\n' --root "$(key_file alice)"
	test -s "$trusted/root.d/$(fingerprint alice)"
	is "./root.d/$(fingerprint alice)" "$(stored)"
}

@test "aci-trust: says where it cannot write" {
	: >"$trusted"
	trust 73 'yes\n' --root "$(key_file alice)"
	matches "aci-trust: $trusted/root.d: Not a directory\$" "$stderr"
}
