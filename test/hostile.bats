#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hostile - what the tools do with servers that do what they should not
#
# Each row of hostile.tsv is one command against one behaviour of hostile.py.
# All rows are run first, some at a time; the tests look at what came of them.
# shellcheck disable=SC2034,SC2154

load helpers
load web
load hostile

TABLE=$TEST/hostile.tsv

setup_file() {
	export WEB=$BATS_FILE_TMPDIR/web ROWS=$BATS_FILE_TMPDIR/rows
	PATH=$BIN:$PATH
	web_prepare
	host_names | sed "s/^/$WEB_ADDRESS /" >>"$WEB/etc/hosts"
	certificates
	files
	configuration
	hostile_start falsehoods
	run_rows
}

teardown_file() {
	hostile_end
}

# The rows and those that redirects lead to.
host_names() {
	{
		table | cut -f 1
		printf '%s\n' elsewhere back
	} | sort -u | sed "s/\$/.$DOMAIN/"
}

certificates() {
	cp "$WEB/etc/server.key" "$WEB/server.key"
	openssl genrsa -out "$WEB/short-key.key" 1024 2>/dev/null
	certificate good "*.$DOMAIN"
	certificate expired "*.$DOMAIN" -days -1
	certificate wrong-host '*.example.net'
	certificate too-deep '*.example'
	certificate short-key "*.$DOMAIN"
	certificate sha1 "*.$DOMAIN" -sha1
	certificate no-authority "*.$DOMAIN" -CA "$WEB/good.pem" \
		-CAkey "$WEB/server.key"
	cat "$WEB/good.pem" >>"$WEB/no-authority.pem"
	openssl req -x509 -new -key "$WEB/server.key" -days 20 -subj /CN=x \
		-addext "subjectAltName=DNS:*.$DOMAIN" \
		-out "$WEB/self-signed.pem"
	openssl req -x509 -new -key "$WEB/server.key" -days 20 \
		-subj /CN=nobody -out "$WEB/nobody.pem"
	certificate unknown-authority "*.$DOMAIN" -CA "$WEB/nobody.pem" \
		-CAkey "$WEB/server.key"
}

# What an honest server has: images, signatures, keys; and what none has.
files() {
	mkdir -p "$WEB/files" "$BATS_FILE_TMPDIR/root"
	cd "$WEB/files" || return
	head -c 50000 /dev/urandom >"$BATS_FILE_TMPDIR/root/file"
	mkaci "$BATS_FILE_TMPDIR/root" app.aci
	mkaci -v 2.0 "$BATS_FILE_TMPDIR/root" other.aci
	sign good app.aci
	sign good other.aci
	sign stranger app.aci stranger.asc
	gpg_in --armor --local-user '=good <good@example.com>' --output clear.asc --clearsign app.aci
	gpg_in --armor --local-user '=good <good@example.com>' --output inline.asc --sign app.aci
	cat app.aci.asc stranger.asc >twice.asc
	cp "$(key_file good)" key.gpg
	cat key.gpg "$(key_file stranger)" >several.gpg
	head -c 300 key.gpg >cut.gpg
	gpg_in --armor --export-secret-keys '=good <good@example.com>' >secret.gpg
	mkkey expired ed25519 seconds=1
	cp "$(key_file expired)" expired.gpg
	head -c 20000 app.aci >cut.aci
	head -c 200M /dev/zero | gzip -9 >bomb.aci
	cd "$OLDPWD" || return
}

# Of every row: the key, and credentials for each host but elsewhere.
configuration() {
	RKT_CONF=$BATS_FILE_TMPDIR/etc
	trust_key good example.com
	mkdir -m 700 "$RKT_CONF/auth.d"
	host_names | grep -vxF "elsewhere.$DOMAIN" | jq -nR '{rktKind: "auth",
		rktVersion: "v1", domains: [inputs], type: "basic",
		credentials: {user: "me", password: "secret"}}' \
		>"$RKT_CONF/auth.d/hostile.json"
	chmod 600 "$RKT_CONF/auth.d/hostile.json"
	printf 'default login netrc password netrc\n' >"$HOME/.netrc"
}

# One line says why, and what else is said is not of errors.
says_it_once() {
	local others
	! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' \
		"$dir/err" || return
	case $command in *--debug*) return 0 ;; esac
	others=$(grep -cvE -e '^[a-z-]+: (warning: |fetching image from |searching for )' \
		-e '^[a-z-]+: signature verified:$' -e '^  [a-z]+ <.*>$' \
		-e '^(Downloading|Resuming) ' -e '^(Trusting|Added) ' \
		-e '^(Prefix|Key|GPG key fingerprint is): ' "$dir/err") || :
	test "$others" = "$((status != 0))"
}

# What a record names stays, and whoever ends the pipe removes it.
leaves_nothing() {
	case $status-${command##*[|&] } in
	0-aci-trust*) ;;
	0-aci-* | 0-https_proxy*) return 0 ;;
	esac
	test ! -s "$dir/left"
}

@test "hostile: every row ends with the status and the line that it says" {
	each_row ends_as_told
}

@test "A9 hostile: one line says what is wrong, and none holds a control character" {
	each_row says_it_once
}

@test "A12 hostile: every row is over within 30 seconds and 64 MiB" {
	SANITIZED=''
	! readelf -dW "$BIN/aci-fetch" | grep -qF libasan || SANITIZED=yes
	each_row is_cheap
}

@test "A12 hostile: nothing is left in the store's tmp" {
	each_row leaves_nothing
}

@test "A8 hostile: credentials go by https, to their host and port, and nowhere else" {
	local secret='Basic bWU6c2VjcmV0'
	run -0 awk -F '\t' -v secret="$secret" '$5 != "-" && ($2 != "https" ||
		$3 != 443 || $1 == "elsewhere" || $5 != secret)' "$WEB/requests"
	is ''
	# Nor cookies; and the others had them indeed.
	run -0 awk -F '\t' '$6 != "-"' "$WEB/requests"
	is ''
	test "$(grep -c "$secret" "$WEB/requests")" -ge 200
	test "$(grep -c '^elsewhere' "$WEB/requests")" -ge 10
	test "$(awk '$3 == 8443' "$WEB/requests" | wc -l)" -ge 2
}

@test "A7 hostile: nothing is asked by http but what was allowed to be" {
	local name
	while read -r name; do
		table | grep -P "^$name\t" |
			grep -qE -- '--insecure-options=(http|pubkey)|https_proxy='
	done < <(awk -F '\t' '$2 == "http" { print $1 }' "$WEB/requests" |
		sort -u)
}

@test "hostile: the table has its rows, and every behaviour its row" {
	test "$(table | wc -l)" -ge 425
	test "$(table | cut -f 1 | sort -u | wc -l)" -ge 270
	run -0 python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from falsehoods import BEHAVIOURS, WIRES
print(*sorted({*BEHAVIOURS, *WIRES} - {"elsewhere", "back"}), sep="\n")' "$TEST"
	is "$(table | cut -f 1 | LC_ALL=C sort -u)"
	for row in A4 R4 A7 A8 A9 A10 A11 A12 A14 A15; do
		table | cut -f 2 | grep -qx "$row"
	done
}
