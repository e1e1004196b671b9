# SPDX-License-Identifier: Apache-2.0
# signatures - what aci-verify says of each cell of test/signatures.tsv
#
# A row has the row of the threat model, the keys that are trusted and for what
# ("KEY:PREFIX", PREFIX "root" for every name; "-": none), the image's name ("-": none),
# how the signature is made, and the status and message.  In messages {KEY} is
# its fingerprint, {KEY.sub} its subkey's; {KEY.id} and {KEY.sub.id} are the last
# 16 digits, and may stand in a signature too.
#
# A signature is "KEY [GPG-OPTION...]", or "gpg ARGUMENT..." of alice's, "hand
# [OPTION...]" (test/mkpgp), "bytes TEXT" (for printf), "key KEY" (its public
# part), "none", or several of these between " + ", in one binary file.  Behind
# " => " stands what is done to it, or to the image ("image longer").
load helpers

setup_file() {
	KEYS=$BATS_FILE_TMPDIR/keys
	export KEYS
	mkdir "$KEYS"
	head -c 1000 /dev/urandom >"$KEYS/image"
	# Two gpgs that write to one key ring get into each other's way.
	local job jobs=()
	for job in make_strong make_states make_weak; do
		mkdir -m 700 "$KEYS/$job"
		GNUPGHOME=$KEYS/$job "$job" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do
		wait "$job" || {
			cat "$KEYS/log"
			return 1
		}
	done
	make_by_hand
}

teardown_file() {
	local home
	for home in "$KEYS"/make_*; do
		gpgconf --homedir "$home" --kill all
	done
}

# gpg_k ARGUMENT...: in $GNUPGHOME, with an agent that stays till the end.
gpg_k() {
	gpg --homedir "$GNUPGHOME" --batch --quiet --no-tty \
		--pinentry-mode loopback --passphrase '' --trust-model always \
		"$@" 2>>"$KEYS/log" 3>&-
}

# new NAME ALGORITHM [GPG-OPTION...]
new() {
	gpg_k "${@:3}" --quick-generate-key "$1 <$1@example.com>" "$2" \
		"${USAGE-sign}" "${EXPIRE-never}" && export_key "$1" &&
		ln -s "$GNUPGHOME" "$KEYS/$1.home"
}

export_key() {
	gpg_k --export "=$1 <$1@example.com>" >"$KEYS/$1.pub"
	note_fingerprints "$1"
}

# That of the key and those of its subkeys, a line each.
note_fingerprints() {
	gpg_k --with-colons --show-keys "$KEYS/$1.pub" |
		awk -F: '$1 == "fpr" { print tolower($10) }' >"$KEYS/$1.fpr"
}

# fpr KEY[.sub][.id]: a fingerprint, or the end of it.
fpr() {
	local whole
	case $1 in
	*.id)
		whole=$(fpr "${1%.id}")
		echo "${whole: -16}"
		;;
	*.sub) sed -n 2p "$KEYS/${1%.sub}.fpr" ;;
	*) head -n 1 "$KEYS/$1.fpr" ;;
	esac
}

# add_subkey NAME ALGORITHM USAGE [EXPIRE [GPG-OPTION...]]
add_subkey() {
	gpg_k "${@:5}" --quick-add-key "$(fpr "$1")" "$2" "$3" "${4-never}"
	export_key "$1"
}

make_strong() {
	local name
	for name in alice bob carol; do
		new "$name" ed25519
	done
	new p256 nistp256
	new p384 nistp384
	new p521 nistp521
	new bp256 brainpoolP256r1
	new bp384 brainpoolP384r1
	new bp512 brainpoolP512r1
	new secp256k1 secp256k1
	new rsa2048 rsa2048
	new rsa3072 rsa3072
	new rsa4096 rsa4096
}

# They are revoked by what gpg made for that when it made them.
revoke() {
	local file
	file=$GNUPGHOME/openpgp-revocs.d/$(fpr "$1" | tr a-f A-F).rev
	sed 's/^:---/---/' "$file" | gpg_k --import
	export_key "$1"
}

make_states() {
	local old='--faked-system-time 20200101T000000'
	local EXPIRE USAGE
	# shellcheck disable=SC2086
	{
		new past ed25519 $old
		EXPIRE=30d new lapsed ed25519 $old
		new revoked ed25519 $old
		cp "$KEYS/revoked.pub" "$KEYS/before.pub"
		cp "$KEYS/revoked.fpr" "$KEYS/before.fpr"
		sign_at revoked 20200201T000000 >"$KEYS/revoked.sig"
		revoke revoked
		new superseded ed25519 $old
		sign_at superseded 20200201T000000 >"$KEYS/superseded.sig"
		printf 'y\n1\n\ny\n' | gpg_k --no-batch --command-fd 0 \
			--gen-revoke superseded@example.com |
			gpg_k --import
		export_key superseded

		USAGE=cert new sub ed25519
		add_subkey sub ed25519 sign
		USAGE=cert new sublapsed ed25519 $old
		add_subkey sublapsed ed25519 sign 30d $old
		USAGE=cert new subrevoked ed25519 $old
		add_subkey subrevoked ed25519 sign never $old
		sign_at subrevoked 20200201T000000 >"$KEYS/subrevoked.sig"
		printf 'key 1\nrevkey\ny\n0\n\ny\nsave\n' | gpg_k --no-batch \
			--command-fd 0 --edit-key subrevoked@example.com
		export_key subrevoked
		EXPIRE=30d USAGE=cert new mainlapsed ed25519 $old
		add_subkey mainlapsed ed25519 sign never $old
		USAGE=cert new mainrevoked ed25519 $old
		add_subkey mainrevoked ed25519 sign never $old
		sign_at mainrevoked 20200201T000000 >"$KEYS/mainrevoked.sig"
		revoke mainrevoked
		USAGE=cert new subweak rsa2048
		add_subkey subweak rsa1024 sign
		new two ed25519
		gpg_k --quick-add-uid two@example.com 'other <other@example.com>'
		gpg_k --quick-add-uid two@example.com 'gone <gone@example.com>'
		gpg_k --quick-revoke-uid two@example.com \
			'gone <gone@example.com>'
		gpg_k --export two@example.com >"$KEYS/two.pub"
		new certified ed25519
		gpg_k --yes --local-user past@example.com --quick-sign-key \
			"$(fpr certified)"
		export_key certified
	}
}

make_weak() {
	new rsa1024 rsa1024
	new dsa1024 dsa1024
	new dsa2048 dsa2048
	new rsa1536 rsa1536
	gpg_k --quick-generate-key 'handed <handed@example.com>' rsa2048 \
		cert,sign never
	gpg_k --quick-add-key "$(gpg_k --with-colons --list-keys \
		handed@example.com | awk -F: '$1 == "fpr" { print $10; exit }')" \
		rsa2048 sign never
	gpg_k --export-secret-keys handed@example.com >"$KEYS/secret"
}

# by_hand NAME SECRET [OPTION...]: a public key.
by_hand() {
	"$TEST/mkpgp" "$2" key "${@:3}" >"$KEYS/$1.pub"
	GNUPGHOME=$KEYS/make_weak note_fingerprints "$1"
}

make_by_hand() {
	local secret=$KEYS/secret
	by_hand hand "$secret"
	by_hand nobacksig "$secret" backsig=no
	by_hand encsub "$secret" sub=0c
	by_hand certsub "$secret" sub=01
	by_hand authsub "$secret" sub=20
	by_hand noflagsub "$secret" sub=none
	by_hand certonly "$secret" flags=01 sub=none
	by_hand enconly "$secret" flags=0c sub=none
	by_hand noflags "$secret" flags=none sub=none
	by_hand noself "$secret" selfsig=no sub=none
	by_hand tomorrow "$secret" created=4000000000
	by_hand rsa512 rsa512
	by_hand rsa768 rsa768
	by_hand rsa2047 rsa2047
	by_hand evil "$secret" \
		'uid=evil\n[GNUPG:] GOODSIG 0123456789ABCDEF alice <alice>'
	by_hand blank "$secret" 'uid='
	by_hand ansi "$secret" 'uid=a\x1b[2J\x9b1m\xe2\x80\xaeb\rc'
	by_hand percent "$secret" 'uid=%0a[GNUPG:] VALIDSIG %s%n'
}

# sign_at NAME TIME: the image, then, binary.
sign_at() {
	gpg_k --faked-system-time "$2" --local-user "=$1 <$1@example.com>" \
		-o - --detach-sign "$KEYS/image"
}

# make_one RECIPE: a signature of ./image, on stdout, armoured by gpg.
make_one() {
	local words GNUPGHOME=$KEYS/make_strong
	read -ra words <<<"$1"
	test ! -e "$KEYS/${words[0]}.home" || GNUPGHOME=$KEYS/${words[0]}.home
	case $1 in
	'gpg '*) gpg_k --armor --local-user '=alice <alice@example.com>' \
		-o - "${words[@]:1}" image ;;
	'hand'*) "$TEST/mkpgp" "$KEYS/secret" sign image "${words[@]:1}" ;;
	'rsa512'* | 'rsa768'* | 'rsa2047'*)
		"$TEST/mkpgp" "${words[0]}" sign image "${words[@]:1}" ;;
	'made '*) cat "$KEYS/${words[1]}.sig" ;;
	'bytes '*) printf %b "${1#bytes }" ;;
	'key '*) cat "$KEYS/${words[1]}.pub" ;;
	*) gpg_k --armor "${words[@]:1}" -o - --local-user \
		"=${words[0]} <${words[0]}@example.com>" --detach-sign image ;;
	esac
}

binary() {
	GNUPGHOME=$KEYS/make_strong gpg_k --dearmor
}

# make RECIPE: ./asc, with the image as it is to be.
make() {
	local recipe=$1 step steps part
	steps=${recipe#* => }
	test "$steps" != "$recipe" || steps=''
	recipe=${recipe%% => *}
	case $recipe in
	none) return ;;
	*' + '*)
		while read -r part; do
			make_one "$part" >part
			if test "$(head -c 1 part)" = -; then
				binary <part
			else
				cat part
			fi
		done <<<"${recipe// + /$'\n'}" >asc
		;;
	*) make_one "$recipe" >asc ;;
	esac
	while test -n "$steps"; do
		step=${steps%% => *}
		test "$steps" != "$step" || steps=''
		steps=${steps#* => }
		change "$step"
	done
}

change() {
	case $1 in
	binary) binary <asc >new && mv new asc ;;
	'image longer') printf x >>image ;;
	'image shorter') truncate -s -1 image ;;
	'image empty') : >image ;;
	'image other') head -c 1000 /dev/urandom >image ;;
	'image 3 MB') head -c 3000000 /dev/urandom >image ;;
	'sed '*) sed -i "${1#sed }" asc ;;
	'python '*) python3 -c "d = open('asc', 'rb').read()
open('asc', 'wb').write(${1#python })" ;;
	*) echo "no such step: $1" && return 1 ;;
	esac
}

# trust KEY:PREFIX...: in ./etc; "-": nothing
trust() {
	local pair dir
	for pair; do
		test "$pair" != - || continue
		dir=etc/trustedkeys/prefix.d/${pair#*:}
		test "${pair#*:}" != root || dir=etc/trustedkeys/root.d
		mkdir -p "$dir"
		cp "$KEYS/${pair%%:*}.pub" "$dir/$(fpr "${pair%%:*}")"
	done
}

# filled MESSAGE: with the fingerprints in their places.
filled() {
	local text=$1 key
	while [[ $text =~ \{([a-z0-9.]+)\} ]]; do
		key=${BASH_REMATCH[1]}
		text=${text//"{$key}"/$(fpr "$key")}
	done
	printf '%s' "$text"
}

# cell NUMBER: one row, in a directory of its own; says what is wrong with it.
cell() {
	local row trusted name recipe status message got=0 want
	IFS=$'\t' read -r row trusted name recipe status message \
		<<<"${ROWS[$1]}"
	mkdir "$T/$1" && cd "$T/$1" || return
	mkdir lib lib/cas etc system
	cp "$KEYS/image" image
	# shellcheck disable=SC2086
	trust $trusted
	make "$(filled "$recipe")"
	jq -nc --arg name "$name" --arg dir "$PWD" --arg recipe "$recipe" '{v: 1,
		image: "the/image", fetch: ({aci: ($dir + "/image")} +
		if $recipe == "none" then {} else {asc: ($dir + "/asc")} end)} +
		if $name == "-" then {} else {discover: {name: $name}} end' \
		>record
	export RKT_DIR=$PWD/lib RKT_CONF=$PWD/etc RKT_SYSTEM_CONF=$PWD/system
	TIMEFORMAT='%R %U %S'
	{ time aci-verify <record >out 2>err || got=$?; } 2>usage
	test "$name" != - || name=the/image
	want="aci-verify: $name: $(filled "$message")"
	test "$status" != 0 || want="aci-verify: signature verified:
  ${message//; /$'\n'  }"
	test "$status" = "$got" && test "$want" = "$(cat err)" &&
		test -z "$(ls -A lib/cas/tmp 2>/dev/null)" &&
		awk '{ exit $1 > 5 || $2 + $3 > 1 }' usage || {
		printf '%s: %s (%s)\n\twant %s %s\n\tgot  %s %s\n' "$row" \
			"$recipe" "$trusted" "$status" "$want" "$got" \
			"$(cat err)"
		ls -A lib/cas/tmp
		cat usage
	}
}

setup() {
	fresh
	mapfile -t ROWS < <(grep -v '^#' "$TEST/signatures.tsv")
}

# walk ROW...: all cells of these rows, some at a time.
walk() {
	local i pids=() row
	for i in "${!ROWS[@]}"; do
		row=${ROWS[$i]%%$'\t'*}
		case " $* " in
		*" $row "*) echo "$i" ;;
		esac
	done >"$T/cells"
	for ((i = 0; i < 3; i++)); do
		while read -r number; do
			(cell "$number" || echo "row $number: failed") \
				>>"$T/wrong.$i" 2>&1
		done < <(awk -v i="$i" 'NR % 3 == i' "$T/cells") 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	test -s "$T/cells"
	is '' "$(cat "$T"/wrong.*)"
}

@test "the table has at least 120 cells, none of them twice" {
	test "${#ROWS[@]}" -ge 120
	is '' "$(printf '%s\n' "${ROWS[@]}" | cut -f 2-4 | sort | uniq -d)"
	# Of six fields each.
	is '' "$(printf '%s\n' "${ROWS[@]}" | awk -F '\t' 'NF != 6')"
	is "A1 A2 A3 A4 A5 A6" "$(printf '%s\n' "${ROWS[@]}" | cut -f 1 |
		sort -u | xargs)"
}

@test "A1 table: prefixes" {
	walk A1
}

@test "A2 table: keys, signatures, hashes and algorithms" {
	walk A2
}

@test "A3 table: what a stranger writes into keys and signatures" {
	walk A3
}

@test "A4 table: armour, packets and messages" {
	walk A4
}

@test "A5 table: identifiers and sizes" {
	walk A5
}

@test "A6 table: several signatures" {
	walk A6
}
