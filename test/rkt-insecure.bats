#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# rkt-insecure - --insecure-options: each part by itself, with its own warning
# shellcheck disable=SC2016,SC2154

load helpers
load web

setup_file() {
	web_start example.com wrong.example plain.example
	web_plain plain.example
	# Who asks wrong.example finds somebody else's certificate.
	web_certificate wrong.example example.org
	web_restart
	mkdir "$BATS_FILE_TMPDIR/root"
	local host
	for host in example.com wrong.example plain.example; do
		mkaci -n "$host/app" "$BATS_FILE_TMPDIR/root" \
			"$WEB/$host/app.aci"
		sign good "$WEB/$host/app.aci"
		cp "$(key_file good)" "$WEB/$host/key.gpg"
	done
	web_page plain.example "$(
		web_tag ac-discovery plain.example/app \
			'http://plain.example/app.{ext}'
	)"
}

teardown_file() {
	web_end
}

# What a warning is about, in rkt's words.
IMAGE='rkt: warning: signature verification has been disabled'
TLS='rkt: warning: TLS verification has been disabled'
HTTP='rkt: warning: discovery and download over http have been allowed'
CAPABILITIES='rkt: warning: bounds on capabilities have been disabled'
PATHS='rkt: warning: protection of paths has been disabled'
SECCOMP='rkt: warning: system call filters have been disabled'

# warnings: those of $stderr, in the order of letters.
warnings() {
	grep '^rkt: warning: ' <<<"$stderr" | sort
}

# lines TEXT...: sorted, a line each.
lines() {
	printf '%s\n' "$@" | sort
}

@test "rkt --insecure-options: what a fetch may do without, by each word" {
	local word url status rows=0
	while read -r word url status; do
		rows=$((rows + 1))
		rm -rf "$RKT_DIR/cas" "$RKT_CONF/trustedkeys"
		case $url in signed:*) trust_key good --root ;; esac
		echo "$word $url"
		run "-$status" --separate-stderr rkt --insecure-options="$word" \
			fetch --no-store "${url#*:}"
	done <<-'END'
	none signed:https://example.com/app.aci 0
	none unsigned:https://example.com/app.aci 254
	image unsigned:https://example.com/app.aci 0
	tls unsigned:https://example.com/app.aci 254
	http unsigned:https://example.com/app.aci 254
	pubkey unsigned:https://example.com/app.aci 254
	ondisk unsigned:https://example.com/app.aci 254
	all-run unsigned:https://example.com/app.aci 254
	all-fetch unsigned:https://example.com/app.aci 0
	all unsigned:https://example.com/app.aci 0
	none signed:https://wrong.example/app.aci 254
	image signed:https://wrong.example/app.aci 254
	http signed:https://wrong.example/app.aci 254
	tls signed:https://wrong.example/app.aci 0
	tls unsigned:https://wrong.example/app.aci 254
	image,tls unsigned:https://wrong.example/app.aci 0
	all-fetch unsigned:https://wrong.example/app.aci 0
	none signed:plain.example/app 254
	tls signed:plain.example/app 254
	http signed:plain.example/app 0
	image,http unsigned:plain.example/app 0
	http unsigned:plain.example/app 254
	all unsigned:plain.example/app 0
	END
	is 23 "$rows"
}

@test "rkt --insecure-options: a warning for each part, and none for others" {
	local url=https://example.com/app.aci
	trust_key good --root
	run -0 --separate-stderr rkt fetch "$url"
	is '' "$(warnings)"
	run -0 --separate-stderr rkt --insecure-options=image fetch "$url"
	is "$IMAGE" "$(warnings)"
	run -0 --separate-stderr rkt --insecure-options tls fetch "$url"
	is "$TLS" "$(warnings)"
	run -0 --separate-stderr rkt --insecure-options=http fetch \
		plain.example/app
	is "$HTTP" "$(warnings)"
	run -0 --separate-stderr rkt --insecure-options=all fetch \
		plain.example/app
	is "$(lines "$IMAGE" "$TLS" "$HTTP")" "$(warnings)"
	for option in --insecure-skip-verify -insecure-skip-verify; do
		run -0 --separate-stderr rkt "$option" fetch "$url"
		is "$(lines "$IMAGE" "$TLS")" "$(warnings)"
	done
	run -0 --separate-stderr rkt --insecure-options=ondisk fetch "$url"
	is '' "$(warnings)"
}

@test "rkt --insecure-options: a key over http" {
	local url=http://plain.example/key.gpg
	run -254 --separate-stderr rkt --insecure-options=image,tls trust \
		--root "$url" <<<yes
	run -0 --separate-stderr rkt --insecure-options=pubkey trust --root \
		"$url" <<<yes
	is 'rkt: warning: keys over http have been allowed' "$(warnings)"
	test -f "$RKT_CONF/trustedkeys/root.d/$(fingerprint good)"
}

# What a pod is kept from: its capabilities, whether there is a filter, and
# what covers something in /proc.
LOOK='sed -n "s/^CapBnd:.//p; s/^Seccomp:.//p" /proc/self/status
	grep " /proc/[^ ]* " /proc/self/mountinfo | wc -l'

@test "rkt --insecure-options: what a pod may do without, by each word" {
	local all part want
	all=$(sed -n 's/^CapBnd:.//p' /proc/self/status)
	busybox_aci "$T/image.aci" -z none
	put_aci "$T/image.aci"
	run -0 --separate-stderr rkt run example.com/busybox -- "$LOOK"
	is '00000000a80425fb 2' "${lines[*]:0:2}"
	test "${lines[2]}" -gt 10
	is '' "$stderr"
	while read -r part want; do
		echo "$part"
		run -0 --separate-stderr rkt "--insecure-options=$part" \
			run example.com/busybox -- "$LOOK"
		matches "^${want/ALL/$all}\$" "${lines[*]}"
		case $part in
		capabilities) is "$CAPABILITIES" "$stderr" ;;
		paths) is "$PATHS" "$stderr" ;;
		seccomp) is "$SECCOMP" "$stderr" ;;
		ondisk) is 'rkt: warning: ondisk: stored images are'\
' not checked anyway' "$stderr" ;;
		all | all-run) is "$(lines "$CAPABILITIES" "$PATHS" "$SECCOMP")" \
			"$(warnings)" ;;
		*) is '' "$stderr" ;;
		esac
	done <<-'END'
	none 00000000a80425fb 2 [1-9][0-9]+
	image 00000000a80425fb 2 [1-9][0-9]+
	ondisk 00000000a80425fb 2 [1-9][0-9]+
	all-fetch 00000000a80425fb 2 [1-9][0-9]+
	capabilities ALL 2 [1-9][0-9]+
	paths 00000000a80425fb 2 0
	seccomp 00000000a80425fb 0 [1-9][0-9]+
	all-run ALL 0 0
	all ALL 0 0
	END
}

@test "rkt --insecure-options: what an image asks for itself is given up, too" {
	busybox_aci "$T/image.aci" -z none -m '.app.isolators = [
		{name: "os/linux/capabilities-remove-set",
			value: {set: ["CAP_KILL"]}},
		{name: "os/linux/seccomp-remove-set",
			value: {set: ["reboot"]}}]'
	put_aci "$T/image.aci"
	run -0 --separate-stderr rkt --insecure-options=all-run run \
		example.com/busybox -- "$LOOK"
	is "$(sed -n 's/^CapBnd:.//p' /proc/self/status) 0 0" "${lines[*]}"
}

@test "rkt --insecure-options: they hold for a prepared pod, and who enters" {
	busybox_aci "$T/image.aci" -z none
	put_aci "$T/image.aci"
	run -0 --separate-stderr rkt --insecure-options=seccomp prepare \
		example.com/busybox -- "$LOOK"
	is "$SECCOMP" "$stderr"
	run -0 --separate-stderr rkt run-prepared "$output"
	is '00000000a80425fb 0' "${lines[*]:0:2}"
	run -0 --separate-stderr rkt --insecure-options=all-run run --detach \
		example.com/busybox -- 'sleep 1000'
	run -0 --separate-stderr rkt enter "$output" /bin/sh -c "$LOOK"
	is "$(sed -n 's/^CapBnd:.//p' /proc/self/status) 0 0" "${lines[*]}"
}

@test "rkt --insecure-options: a word that is none of its own" {
	run -254 --separate-stderr rkt --insecure-options=image,sometimes fetch x
	is 'rkt: --insecure-options: sometimes: no such option' "$stderr"
	run -254 --separate-stderr rkt '--insecure-options=image *' fetch x
	is 'rkt: --insecure-options: image *: no such option' "$stderr"
	run -64 --separate-stderr pod-prepare --insecure-options=sometimes x
	is 'pod-prepare: --insecure-options: no such word' "$stderr"
	run -254 --separate-stderr rkt --insecure-options
	is 'rkt: --insecure-options: needs a value' "$stderr"
}
