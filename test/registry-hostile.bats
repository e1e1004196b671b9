#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# registry-hostile - what aci-fetch does with registries that misbehave
#
# Each row of registry.tsv is one command against one behaviour of
# registry_misdeeds.py.  All rows are run first, some at a time; the tests look
# at what came of them.
# shellcheck disable=SC2034,SC2154

load helpers
load web
load hostile

TABLE=$TEST/registry.tsv

setup_file() {
	export WEB=$BATS_FILE_TMPDIR/web ROWS=$BATS_FILE_TMPDIR/rows
	PATH=$BIN:$PATH
	web_prepare
	host_names | sed "s/^/$WEB_ADDRESS /" >>"$WEB/etc/hosts"
	cp "$WEB/etc/server.key" "$WEB/server.key"
	certificate good "*.$DOMAIN"
	mkdir "$WEB/files"
	credentials
	hostile_start registry_misdeeds
	run_rows
}

teardown_file() {
	hostile_end
}

# The rows and those that redirects and challenges lead to.
host_names() {
	{
		table | cut -f 1
		printf '%s\n' elsewhere asks nothing
	} | sort -u | sed "s/\$/.$DOMAIN/"
}

# Of every row, and of none of the others.
credentials() {
	local conf=$BATS_FILE_TMPDIR/etc
	mkdir -p "$conf/auth.d"
	host_names | grep -vE "^(elsewhere|asks|nothing)\." | jq -nR '{
		rktKind: "dockerAuth", rktVersion: "v1", registries: [inputs],
		credentials: {user: "me", password: "secret"}}' \
		>"$conf/auth.d/hostile.json"
	chmod 600 "$conf/auth.d/hostile.json"
}

# A layer for each line, and no line of errors but the last.
says_it_once() {
	local others
	! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' \
		"$dir/err" || return
	others=$(grep -cvE -e '^aci-fetch: (warning: |fetching image from )' \
		-e '^Downloading layer: [0-9a-f]{64}$' "$dir/err") || :
	test "$others" = "$((status != 0))"
}

leaves_nothing() {
	test "$status" = 0 || test ! -s "$dir/left"
}

@test "registry: every row ends with the status and the line that it says" {
	each_row ends_as_told
}

@test "A9 registry: one line says what is wrong, and none holds a control character" {
	each_row says_it_once
}

@test "A12 registry: every row is over within 30 seconds and 64 MiB" {
	SANITIZED=''
	! readelf -dW "$BIN/aci-fetch" | grep -qF libasan || SANITIZED=yes
	each_row is_cheap
}

@test "A12 registry: nothing is left in the store's tmp" {
	each_row leaves_nothing
}

@test "A8 registry: the password goes by https to its own registry, and nowhere else" {
	run -0 awk -F '\t' '$5 ~ /^Basic/ && ($2 != "https" || $3 != 443 ||
		$1 ~ /^(elsewhere|asks|nothing)$/ ||
		$5 != "Basic bWU6c2VjcmV0")' "$WEB/requests"
	is ''
	# Nor what a token was given for.
	run -0 awk -F '\t' '$5 != "-" && $1 ~ /^(elsewhere|asks|nothing)$/' \
		"$WEB/requests"
	is ''
	test "$(grep -c 'Basic ' "$WEB/requests")" -ge 30
	test "$(grep -c 'Bearer ' "$WEB/requests")" -ge 30
	test "$(grep -c '^elsewhere' "$WEB/requests")" -ge 6
}

@test "A8 registry: a token is asked for this repository, to be read" {
	run -0 awk -F '\t' '$4 ~ /^\/token/ && $1 != "elsewhere" &&
		$4 !~ /[?&]scope=repository%3Ax%2Fapp%3Apull$/' "$WEB/requests"
	is ''
}

@test "A14 registry: the URLs that a layer names are not asked" {
	run -1 grep '^nothing' "$WEB/requests"
}

@test "registry: whoever is killed in the middle of a layer leaves nothing" {
	local signal fetcher
	for signal in TERM HUP KILL; do
		: >"$T/err"
		aci-fetch --no-signature \
			"docker://layer-stalls.$DOMAIN/x/app:1" \
			>/dev/null 2>"$T/err" </dev/null 3>&- &
		fetcher=$!
		wait_for grep -q 'Downloading layer' "$T/err"
		sleep 0.2
		kill "-$signal" "$fetcher"
		wait "$fetcher" || :
		is '' "$(find "$RKT_DIR/cas/tmp" -mindepth 1)"
	done
}

@test "registry: nothing is asked twice without need" {
	# Nobody tries a password, or a token, that was refused.
	for name in basic-refused token-useless token-401; do
		test "$(grep -c "^$name	" "$WEB/requests")" -le 4
	done
}

@test "registry: the table has its rows, and every behaviour its row" {
	test "$(table | wc -l)" -ge 150
	run -0 python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from registry_misdeeds import BEHAVIOURS
print(*sorted({*BEHAVIOURS} - {"elsewhere", "asks", "nothing"}), sep="\n")' "$TEST"
	is "$(table | cut -f 1 | LC_ALL=C sort -u)"
}
