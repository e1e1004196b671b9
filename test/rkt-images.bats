#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rkt-images - rkt trust and rkt image: words, streams and the traced lines
#
# The rows are those of the founding documents' commands: what people saw
# there on stderr and stdout is what they see here.
# shellcheck disable=SC2154

load helpers
load web

setup_file() {
	web_start example.com
	mkdir "$BATS_FILE_TMPDIR/root"
	echo data >"$BATS_FILE_TMPDIR/root/file"
	web_page example.com "$(
		web_tag ac-discovery example.com/app \
			'https://example.com/app-{version}.{ext}'
		web_tag ac-discovery-pubkeys example.com/app \
			https://example.com/key.gpg
	)"
	mkaci "$BATS_FILE_TMPDIR/root" "$WEB/example.com/app-1.0.aci"
	sign good "$WEB/example.com/app-1.0.aci"
	cp "$(key_file good)" "$WEB/example.com/key.gpg"
}

teardown_file() {
	web_end
}

# The fingerprint as people compare it.
spaced() {
	fingerprint good | tr a-f A-F | sed -E 's/(.{4})/\1 /g; s/ $//;
		s/^(.{24})/\1 /'
}

# What rkt trust says of the key from there before it asks.
shown() {
	printf 'Prefix: "%s"\nKey: "%s"\n' "$1" "$2"
	printf 'GPG key fingerprint is: %s\n' "$(spaced)"
	printf '  good <good@example.com>\n'
	printf 'Are you sure you want to trust this key (yes/no)? '
}

# key_path PREFIX
key_path() {
	echo "$RKT_CONF/trustedkeys/prefix.d/$1/$(fingerprint good)"
}

@test "row 2 rkt trust: the six lines, and the key is there after a yes" {
	run -0 --separate-stderr rkt trust --prefix example.com/app <<<yes
	is ''
	is "$(shown example.com/app https://example.com/key.gpg)Trusting\
 \"https://example.com/key.gpg\" for prefix \"example.com/app\".
Added key for prefix \"example.com/app\" at \"$(key_path example.com/app)\"" \
		"$stderr"
	test -f "$(key_path example.com/app)"
	is '' "$(ls -A "$RKT_DIR/cas/tmp")"
}

@test "row 3 rkt trust: a no stores nothing, anything else is asked again" {
	run -254 --separate-stderr rkt trust --prefix example.com/app \
		< <(printf 'what\nno\n')
	is ''
	is "$(shown example.com/app https://example.com/key.gpg)Please enter\
 'yes' or 'no'
Are you sure you want to trust this key (yes/no)? Not trusting\
 \"https://example.com/key.gpg\"." "$stderr"
	is '' "$(find "$RKT_CONF" "$RKT_DIR/cas/tmp" -type f)"
	# With nobody to ask there is no yes.
	run -254 --separate-stderr rkt trust --prefix example.com/app </dev/null
	# (In a shell of its own: bats would have its pipe there.)
	run -254 --separate-stderr sh -c \
		'rkt trust --prefix example.com/app <&-'
	is '' "$(find "$RKT_CONF" "$RKT_DIR/cas/tmp" -type f)"
}

@test "rows 4 and 7 rkt trust: a key from a URL or a file, for a prefix" {
	local location

	for location in https://example.com/key.gpg "$(key_file good)"; do
		rm -rf "$RKT_CONF/trustedkeys"
		run -0 --separate-stderr rkt trust -prefix=example.com \
			"$location" <<<yes
		matches "^Prefix: \"example.com\"
Key: \"$location\"
.*Trusting \"$location\" for prefix \"example.com\".
Added key for prefix \"example.com\" at" "$stderr"
		is "$(key_path example.com)" \
			"$(find "$RKT_CONF/trustedkeys" -type f)"
	done
}

@test "row 5 rkt trust: --root DOMAIN is for the domain, --root FILE for all" {
	web_page example.com/app "$(web_tag ac-discovery-pubkeys \
		example.com/app https://example.com/key.gpg)"
	run -0 --separate-stderr rkt trust --root example.com/app <<<yes
	is "$(key_path example.com/app)" \
		"$(find "$RKT_CONF/trustedkeys" -type f)"
	run -0 --separate-stderr rkt trust --root "$(key_file good)" <<<yes
	test -f "$RKT_CONF/trustedkeys/root.d/$(fingerprint good)"
}

@test "row 6 rkt trust: a host without tags, and what is no prefix" {
	local why='Error determining key location: --prefix meta discovery error'
	run -254 --separate-stderr rkt trust --prefix example.com/other <<<yes
	is ''
	is "$why: found no ACI meta tags" "$stderr"
	run -254 --separate-stderr rkt trust --prefix 'a b' <<<yes
	is "$why: prefix \"a b\" may hold only a-z, 0-9 and -._~/" "$stderr"
	run -254 --separate-stderr rkt trust --prefix example.com/app \
		https://example.com/absent.gpg <<<yes
	is 'rkt: https://example.com/absent.gpg: bad HTTP status code: 404' \
		"$stderr"
	is '' "$(find "$RKT_CONF" "$RKT_DIR" -type f)"
}

@test "A15 rkt trust: a key over http needs a switch, and says which key it is" {
	web_plain example.com
	run -254 --separate-stderr rkt trust --prefix example.com \
		http://example.com/key.gpg <<<yes
	is 'rkt: --insecure-allow-http required for http URLs' "$stderr"
	run -254 --separate-stderr rkt --insecure-options=tls trust --prefix \
		example.com http://example.com/key.gpg <<<yes
	is '' "$(find "$RKT_CONF" -type f)"
	for switch in 'trust --insecure-allow-http' \
		'--insecure-options=pubkey trust' \
		'--insecure-options=tls trust --insecure-allow-http'; do
		rm -rf "$RKT_CONF/trustedkeys"
		# shellcheck disable=SC2086
		run -0 --separate-stderr rkt $switch --prefix example.com \
			http://example.com/key.gpg <<<yes
		matches "GPG key fingerprint is: $(spaced)" "$stderr"
		test -f "$(key_path example.com)"
	done
	web_extra example.com ''
}

@test "A15 rkt trust: --fingerprint takes that key, and asks nothing" {
	cat "$(key_file bob)" "$(key_file good)" >"$T/keys"
	run -0 --separate-stderr rkt trust --prefix example.com \
		--fingerprint "$(spaced)" "$T/keys" </dev/null
	is "$(key_path example.com)" "$(find "$RKT_CONF" -type f)"
	is "rkt: $T/keys: key $(fingerprint bob) is another, skipped" \
		"$(head -n 1 <<<"$stderr")"
	[[ $stderr != *'Are you sure'* ]]
	run -254 --separate-stderr rkt trust --root \
		"--fingerprint=$(fingerprint alice)" "$T/keys" </dev/null
	is 2 "$(grep -c 'is another, skipped$' <<<"$stderr")"
	is "$(key_path example.com)" "$(find "$RKT_CONF" -type f)"
}

@test "rkt trust: refuses trust without bounds, in rkt's words" {
	run -254 --separate-stderr rkt trust "$(key_file good)" <<<yes
	is 'rkt: aborting due to implicit unbounded trust (root domain): say
 --prefix "example.com/foo" or --root' "${stderr/say /say$'\n' }"
	run -254 --separate-stderr rkt trust --prefix a --root x <<<yes
	is 'rkt: --prefix and --root exclude each other' "$stderr"
	run -254 --separate-stderr rkt trust --prefix https://example.com \
		"$(key_file good)" <<<yes
	is 'rkt: prefix "https://example.com": omit https://' "$stderr"
	run -254 --separate-stderr rkt trust --root ./absent.gpg <<<yes
	is 'rkt: ./absent.gpg: No such file or directory' "$stderr"
	is '' "$(find "$RKT_CONF" -type f)"
}

@test "rkt trust: --list and --remove, and what is trusted no more" {
	rkt trust --prefix example.com/app <<<yes
	run -0 --separate-stderr rkt trust --list --no-legend
	is "example.com/app $(fingerprint good) good good <good@example.com> \
$(key_path example.com/app)" "$(tr -s '\t' ' ' <<<"$output")"
	run -0 rkt fetch example.com/app:1.0
	run -0 --separate-stderr rkt trust --remove "$(spaced)"
	is "Removed key for prefix \"example.com/app\" at \
\"$(key_path example.com/app)\"" "$stderr"
	run -254 --separate-stderr rkt fetch example.com/app:1.0
	run -254 --separate-stderr rkt trust "--remove=$(fingerprint good)"
	is "rkt: $(fingerprint good): no such key is trusted" "$stderr"
}

@test "D8 rkt image list: what a manifest says is shown escaped" {
	mkaci -v $'1\e]0;x\a\u202e' "$BATS_FILE_TMPDIR/root" "$T/x.aci"
	put_aci "$T/x.aci"
	run -0 --separate-stderr rkt image list --no-legend
	matches 'example.com/app:1\\x1b\]0;x\\x07\\xe2\\x80\\xae	' "$output"
}

@test "rkt image: the words, and 254 for what is not there" {
	put_aci "$WEB/example.com/app-1.0.aci"
	run -0 --separate-stderr rkt image cat-manifest \
		--pretty-print=false example.com/app
	is "$(tar -xzOf "$WEB/example.com/app-1.0.aci" manifest)"
	is "$(jq --indent 2 . <<<"$output")" \
		"$(rkt image cat-manifest example.com/app)"
	key=$(cas-store ls -q)
	run -0 --separate-stderr rkt image rm example.com/app
	is "successfully removed aci for image: \"$key\""
	is 'rkt: 1 image(s) successfully removed' "$stderr"
	run -254 --separate-stderr rkt image rm example.com/app
	is 'rkt: example.com/app: not in the store' "$stderr"
	run -0 --separate-stderr rkt image gc --grace-period=0s
	is '' "$(find "$RKT_DIR" -type f)"
	run -254 --separate-stderr rkt image list --no-such-option
	run -254 --separate-stderr rkt image no-such-word
}

@test "rkt image gc: goes by the last use, and leaves what a pod has" {
	busybox_aci "$T/b.aci"
	kept=$(put_aci "$T/b.aci")
	key=$(put_aci "$WEB/example.com/app-1.0.aci")
	rkt prepare example.com/busybox -- true
	rkt image gc
	rkt image gc --grace-period=1h
	is "$(printf '%s\n' "$kept" "$key" | sort)" "$(cas-store ls -q | sort)"
	run -0 --separate-stderr rkt image gc --grace-period=0s
	is "successfully removed aci for image: \"$key\""
	is "$kept" "$(cas-store ls -q)"
	is '' "$(cas-store ls -q --unused=1s)"
}

@test "rkt: 254 and one line when a result cannot be written" {
	local words
	put_aci "$WEB/example.com/app-1.0.aci"
	for words in 'fetch --pull-policy=never example.com/app' version \
		'image list' 'prepare example.com/app --exec=/x' help; do
		run -254 --separate-stderr sh -c "rkt $words >/dev/full"
		is 1 "$(wc -l <<<"$stderr")"
		matches 'stdout|write error' "$stderr"
	done
}

@test "rkt fetch, rkt trust: an option behind an image is refused at once" {
	run -254 --separate-stderr rkt fetch example.com/app:1.0 --full
	matches '^Usage: rkt fetch ' "$stderr"
	run -254 --separate-stderr rkt trust --root "$(key_file good)" --prefix=x
	matches '^Usage: rkt trust ' "$stderr"
	is '' "$(find "$RKT_DIR" "$RKT_CONF" -type f)"
}

# traced RKT-ARG...: the lines that RKT_TRACE=1 shows, with its success.
traced() {
	RKT_TRACE=1 rkt "$@" 2>&1 >/dev/null <<<yes |
		grep -E '^(aci|cas|pod)-'
}

@test "RKT_TRACE: each line of a trust runs by itself on a terminal" {
	local line
	for words in --prefix=example.com/app \
		"--root $(key_file good)"; do
		# shellcheck disable=SC2086
		line=$(traced trust $words)
		rm -r "$RKT_CONF/trustedkeys"
		in_tty sh -c "$line" <<<yes
		is "$(fingerprint good)" \
			"$(find "$RKT_CONF/trustedkeys" -type f -printf %f)"
	done
}

@test "rkt image verify: each image that is sound by name, 254 if one is not" {
	put_aci "$WEB/example.com/app-1.0.aci"
	key=$(cas-store ls -q)
	run -0 --separate-stderr rkt image verify
	is "successfully verified checksum for image: \"$key\""
	echo >>"$RKT_DIR/cas/index/$key"
	run -254 --separate-stderr rkt image verify example.com/app
	is "rkt: index/$key: damaged" "$stderr"
	is ''
}
