# SPDX-License-Identifier: Apache-2.0
# completions - what bash offers after rkt, and what install puts where
load helpers

# complete WORD...: the offers for the last of the words, one a line.
complete_words() {
	bash -c 'compopt() { :; }
		. "$1" && shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_rkt && printf "%s\n" "${COMPREPLY[@]}"' \
		bash "$RKT_BUILD/rkt.bash" "$@"
}

@test "completions: commands and global options" {
	is $'run\nrun-prepared' "$(complete_words rkt run)"
	is '--dir=' "$(complete_words rkt --di)"
	is 'fetch' "$(complete_words rkt --debug f)"
	# Each command that is offered is one, and has its usage.
	run -0 rkt help
	for command in $(complete_words rkt '' | grep -v '^-'); do
		matches "    $command " "$output"
	done
}

@test "rkt completion: prints the completion that is installed" {
	run -0 --separate-stderr rkt completion bash
	is "$(cat "$RKT_BUILD/rkt.bash")"
	is '' "$stderr"
	is "$output" "$(rkt completion)"
	run -254 --separate-stderr rkt completion zsh
	is 'rkt: completion: zsh: only bash is known' "$stderr"
	is ''
}

@test "rkt help: each command has its own, by whatever it is asked for" {
	for command in $(complete_words rkt '' | grep -v '^-'); do
		run -0 --separate-stderr rkt help "$command"
		matches "^Usage: rkt $command" "$output"
		is '' "$stderr"
		run -1 grep '^@' <<<"$output"
		is "$(rkt help "$command")" "$(rkt "$command" --help)"
		is "$(rkt help "$command")" "$(rkt "$command" -h)"
		run -0 grep -E "^\.It Cm .*\<$command\>|^\.Cm .*\<$command\>" \
			"$ROOT/man/rkt.1"
	done
	run -254 --separate-stderr rkt help nope
	is 'rkt: nope: no such command; rkt help lists them' "$stderr"
	is '' "$(rkt help >/dev/full 2>&1 | grep -v '^sed: ')"
}

@test "rkt: a command may be cut as short as it is clear" {
	is "$(rkt version)" "$(rkt ver)"
	is "$(rkt list)" "$(rkt li)"
	run -254 --separate-stderr rkt st
	is 'rkt: st: ambiguous command, one of status stop' "$stderr"
	is ''
	# run is one, and the beginning of another.
	run -254 --separate-stderr rkt run
	matches 'must provide at least one image' "$stderr"
	for word in '' 'l*' 'li.t' / $'list\n'; do
		run -254 --separate-stderr rkt "$word"
		is ''
	done
}

@test "completions: images of the store, and pods" {
	busybox_aci "$T/image.aci" -z none
	put_aci "$T/image.aci" >/dev/null
	is '' "$(complete_words rkt status 0)"
	matches '^example.com/busybox' "$(complete_words rkt run exam)"
	uuid=$(rkt prepare example.com/busybox -- true)
	is "$uuid" "$(complete_words rkt rm "${uuid::4}")"
}

@test "install: programs, pages, completion and units lie below DESTDIR" {
	make -C "$ROOT" -s install BIN="$BIN" B="$RKT_BUILD" -o all DESTDIR="$T/to" PREFIX=/usr
	run -0 "$T/to/usr/bin/rkt" version
	for file in bin/pod-init share/man/man1/rkt.1 share/man/man8/pod-gc.8 \
		share/bash-completion/completions/rkt \
		lib/systemd/system/rkt-{gc.timer,pod@.service,metadata.socket} \
		lib/{tmpfiles,sysusers}.d/rkt.conf; do
		test -f "$T/to/usr/$file"
	done
	run -0 grep -x 'ExecStart=/usr/bin/rkt gc' \
		"$T/to/usr/lib/systemd/system/rkt-gc.service"
	run -0 find "$T/to" -perm /6000
	is ''
}
