# SPDX-License-Identifier: Apache-2.0
# contract - what every tool keeps to: rkt-tools(7) and rkt-records(5)
load helpers

# Each program that the build makes, by its kind; the first test compares.
FILTERS=(aci-fetch aci-local aci-verify aci-convert cas-put)
ONESHOTS=(aci-config aci-discover aci-export aci-make aci-trust cas-check cas-store pod-attach pod-gc pod-list pod-logs pod-metadata pod-prepare pod-stop)
CHAINS=(pod-netns pod-enter pod-root)
TOOLS=("${FILTERS[@]}" "${ONESHOTS[@]}" "${CHAINS[@]}")
OTHERS=(pod-init rkt)

# A filter as part of a pipe (pod-prepare is one when told so).
as_filter() {
	case $1 in
	pod-prepare) echo 'pod-prepare --records example.com/x' ;;
	*) echo "$1" ;;
	esac
}

# The status of wrong usage and of what cannot be done at all.
usage_status() {
	case " ${CHAINS[*]} " in
	*" $1 "*) echo 125 ;;
	*) echo 64 ;;
	esac
}

page_of() {
	compgen -G "$ROOT/*/$1.[1-8]" || compgen -G "$ROOT/$1.[1-8]"
}

error_record='{"v":1,"future":[1],"error":{"step":"fetch","status":69}}'

@test "every program in bin is held to this contract" {
	run -0 ls "$BIN"
	is "$(printf '%s\n' "${TOOLS[@]}" "${OTHERS[@]}" | sort)"
}

@test "-h and --help print the usage on stdout and exit 0" {
	for tool in "${TOOLS[@]}"; do
		for option in -h --help; do
			echo "$tool $option"
			run -0 --separate-stderr "$tool" "$option" </dev/null
			matches "^usage: $tool( |\$)"
			is '' "$stderr"
		done
	done
}

@test "--version prints the program and its version" {
	for tool in "${TOOLS[@]}"; do
		echo "$tool"
		run -0 --separate-stderr "$tool" --version </dev/null
		matches "^$tool [0-9]+\.[0-9]+\.[0-9]+\$"
		is '' "$stderr"
	done
}

@test "an unknown option is refused with the usage on stderr" {
	for tool in "${TOOLS[@]}"; do
		echo "$tool"
		run "-$(usage_status "$tool")" --separate-stderr \
			"$tool" --no-such-option </dev/null
		is ''
		matches "usage: $tool( |\$)" "$stderr"
		matches no-such-option "$stderr"
	done
}

@test "an operand too many, or one too few, is refused" {
	for line in 'aci-config x' 'aci-discover' 'aci-verify x' 'aci-local x' 'aci-convert x' 'aci-trust' 'cas-put x' \
		'aci-export' 'aci-export x' 'aci-make' 'aci-make x' 'aci-make --check x y' 'aci-make --sign=x y z' \
		'cas-store' 'cas-store nonsense' 'cas-store get' 'pod-stop' 'pod-logs' 'pod-logs x y' 'pod-attach' \
		'pod-gc x' 'pod-metadata' 'pod-metadata x' 'pod-netns' 'pod-root' 'pod-root x' 'pod-enter' 'pod-enter --join' \
		'pod-netns 01234567-89ab-4cde-8f01-23456789abcd'; do
		echo "$line"
		# shellcheck disable=SC2086
		run "-$(usage_status "${line%% *}")" --separate-stderr \
			$line </dev/null
		is ''
		test -n "$stderr"
	done
}

@test "a filter refuses an empty input" {
	for tool in "${FILTERS[@]}" pod-prepare; do
		read -ra command < <(as_filter "$tool")
		echo "$tool"
		run -66 --separate-stderr "${command[@]}" </dev/null
		matches "^$tool: " "$stderr"
	done
}

@test "a filter refuses to read records from a terminal" {
	for tool in "${FILTERS[@]}" pod-prepare; do
		read -ra command < <(as_filter "$tool")
		echo "$tool"
		run -64 in_tty "${command[@]}" </dev/null
		matches "$tool: "
	done
}

@test "a filter refuses what is no record" {
	printf '{"v":1,"image":"%070000d"}\n' 0 >"$T/long"
	printf '{"v":1,"image":"a\0b"}\n' >"$T/nul"
	for input in garbage '[]' '{}' '{"v":2}' '{"v":1' '{"v":1,"v":1}' \
		'{"v":"1"}' '{"v":1} trailing' $'{"v":1,"image":"\xff"}' \
		$'{"v":1}\nmore' "$(cat "$T/long")" '{"v":1,"fetch":7}'; do
		for tool in "${FILTERS[@]}" pod-prepare; do
			read -ra command < <(as_filter "$tool")
			echo "$tool ${input::40}"
			run -65 --separate-stderr "${command[@]}" <<<"$input"
			matches "^$tool: " "$stderr"
			test "$(wc -l <<<"$stderr")" = 1
		done
	done
	for tool in "${FILTERS[@]}"; do
		echo "$tool NUL"
		run -65 --separate-stderr "$tool" <"$T/nul"
	done
}

@test "a filter that fails hands on an error record with its status" {
	for tool in "${FILTERS[@]}"; do
		echo "$tool"
		run -65 --separate-stderr "$tool" <<<garbage
		is 65 "$(field .error.status)"
		matches '^[a-z]+$' "$(field .error.step)"
		is 1 "$(field .v)"
		test "${#lines[@]}" = 1
	done
}

@test "an error record is passed on as it is, with its status, silently" {
	for tool in "${FILTERS[@]}"; do
		echo "$tool"
		run -69 --separate-stderr "$tool" <<<"$error_record"
		is "$error_record" "$(jq -c . <<<"$output")"
		is '' "$stderr"
	done
	run -69 --separate-stderr pod-prepare --records x <<<"$error_record"
	is '' "$stderr"
}

@test "the status of the first that failed is the pipe's, in any shell" {
	for shell in dash bash 'busybox sh'; do
		echo "$shell"
		run -65 --separate-stderr $shell -c \
			'echo nonsense | aci-fetch | aci-verify | cas-put -q'
		is ''
		test "$(wc -l <<<"$stderr")" = 1
		run -66 --separate-stderr $shell -c \
			': | aci-fetch | aci-verify | cas-put -q'
		is ''
	done
}

@test "a full disk behind stdout is an error" {
	for tool in "${FILTERS[@]}" "${ONESHOTS[@]}"; do
		echo "$tool"
		for option in --help --version; do
			run -74 --separate-stderr sh -c \
				'exec "$1" "$2" >/dev/full' sh "$tool" $option
			matches "^$tool: .*No space left" "$stderr"
		done
	done
	busybox_aci "$T/image.aci"
	run -74 --separate-stderr sh -c \
		'aci-fetch --no-signature "$1" >/dev/full' sh "$T/image.aci"
	matches '^aci-fetch: .*No space left' "$stderr"
	run -74 --separate-stderr sh -c 'aci-fetch --no-signature "$1" |
		cas-put --insecure >/dev/full' sh "$T/image.aci"
	matches 'cas-put: .*No space left' "$stderr"
	# The image is there all the same; only nobody was told.
	run -74 --separate-stderr sh -c 'cas-store get "$1" >/dev/full' sh \
		example.com/busybox
	run -74 --separate-stderr sh -c 'pod-prepare -q "$1" >/dev/full' sh \
		example.com/busybox
}

@test "with stdin, stdout or stderr closed a tool says and does the same" {
	for tool in "${FILTERS[@]}"; do
		echo "$tool"
		run -66 --separate-stderr sh -c 'exec "$1" <&-' sh "$tool"
		run -66 sh -c 'exec "$1" </dev/null 2>&-' sh "$tool"
		run -69 sh -c 'exec "$1" >&-' sh "$tool" <<<"$error_record"
		is ''
	done
	for tool in "${TOOLS[@]}"; do
		echo "$tool"
		run "-$(usage_status "$tool")" sh -c \
			'exec "$1" --no-such-option <&- >&- 2>&-' sh "$tool"
		is ''
	done
}

@test "a variable for a directory that is not absolute is refused" {
	uuid=01234567-89ab-4cde-8f01-23456789abcd
	for line in 'cas-store ls' 'pod-list' 'pod-gc' \
		'pod-prepare example.com/x' 'cas-put --insecure' \
		"pod-enter $uuid" "pod-enter --fail-status=9 $uuid" \
		"pod-netns --fail-status=9 $uuid pod-enter $uuid" \
		'pod-prepare --start --fail-status=9 example.com/x' \
		"pod-netns --fail-status=71 $uuid x" \
		'rkt list' 'rkt run example.com/x' "rkt enter $uuid"; do
		case $line in
		*--fail-status=9*) status=9 ;;
		*--fail-status=71*) status=71 ;;
		pod-enter*) status=125 ;;
		rkt*) status=254 ;;
		*) status=78 ;;
		esac
		echo "$line"
		# shellcheck disable=SC2086
		RKT_DIR=relative run "-$status" --separate-stderr $line \
			<<<'{"v":1,"image":"x","fetch":{"url":"file:///x","aci":"/x"}}'
		matches 'RKT_DIR' "$stderr"
	done
}

@test "RKT_PROG is what a tool calls itself" {
	for tool in "${FILTERS[@]}" 'pod-prepare --records x' 'pod-list -q x' \
		'pod-stop x' 'cas-store get x'; do
		echo "$tool"
		# shellcheck disable=SC2086
		RKT_PROG=rkt run --separate-stderr $tool </dev/null
		test "$status" != 0
		matches '^rkt: ' "$stderr"
	done
}

@test "an unknown member of a record passes through" {
	busybox_aci "$T/image.aci"
	sign somebody "$T/image.aci"
	trust_key somebody example.com/busybox
	run -0 --separate-stderr sh -c 'aci-fetch "$1" |
		jq -c ".future = {deep: [1.5, null]}" | aci-verify | cas-put' \
		sh "$T/image.aci"
	is '{"deep":[1.5,null]}' "$(jq -c .future <<<"$output")"
}

@test "no descriptor leaks along the chain, or into the app" {
	busybox_aci "$T/image.aci"
	put_aci "$T/image.aci"
	# A shell that opens nothing to find out.
	open='for n in 0 1 2 3 4 5 6 7 8 9; do
		test ! -e /proc/self/fd/$n || printf %s $n; done'
	for network in --net=host --private-net; do
		echo "$network"
		want=0123
		test "$network" = --net=host || want=01235
		pod=$(pod-prepare -q "$network" example.com/busybox)
		run -0 bash -c 'exec 7</ 9>"$2" && exec pod-netns "$1" \
			dash -c "$3"' sh "$pod" "$T/file" "$open"
		is "$want"
		run -0 bash -c 'exec 7</ 9>"$1" && exec rkt run "$2" \
			example.com/busybox -- "$3"' sh "$T/file" "$network" "$open"
		is 012
	done
}

@test "rkt: help, version, and 254 for what it does not know" {
	run -0 --separate-stderr rkt help
	matches 'COMMANDS:.*GLOBAL OPTIONS:'
	is '' "$stderr"
	run -0 rkt --help
	run -0 rkt version
	matches "^rkt Version: [0-9]+\.[0-9]+\.[0-9]+"
	run -254 --separate-stderr rkt no-such-command
	is ''
	run -254 --separate-stderr rkt --no-such-option list
	is ''
	for command in fetch run prepare enter status stop rm run-prepared \
		trust; do
		echo "$command"
		run -254 --separate-stderr rkt "$command" </dev/null
		is ''
		matches '^rkt: |^[Uu]sage: ' "$stderr"
	done
}

@test "pod-init refuses to be run by hand" {
	run -125 --separate-stderr pod-init </dev/null
	is ''
	matches '^pod-init: ' "$stderr"
}

@test "every tool has a man page that lists the statuses its code uses" {
	local -A number=([EX_NO]=1 [EX_USAGE]=64 [EX_DATAERR]=65
		[EX_NOINPUT]=66 [EX_UNAVAILABLE]=69 [EX_SOFTWARE]=70
		[EX_OSERR]=71 [EX_CANTCREAT]=73 [EX_IOERR]=74
		[EX_TEMPFAIL]=75 [EX_NOPERM]=77 [EX_CONFIG]=78)
	missing=()
	for tool in "${TOOLS[@]}" pod-init; do
		page=$(page_of "$tool") || {
			missing+=("$tool: no page")
			continue
		}
		section=$(mandoc -T ascii "$page" | col -b |
			sed -n '/^EXIT STATUS/,/^[A-Z]/p')
		for name in $(grep -ohE '\bEX_[A-Z]+' "$ROOT"/*/"$tool".c |
			sort -u); do
			test -n "${number[$name]-}" || continue
			grep -qE "^ +[0-9, ]*\b${number[$name]}\b" <<<"$section" ||
				missing+=("$tool: $name ${number[$name]}")
		done
		for heading in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' \
			EXAMPLES 'SEE ALSO' 'SECURITY CONSIDERATIONS'; do
			grep -qE "^\.Sh \"?$heading" "$page" ||
				missing+=("$tool: no $heading")
		done
	done
	is '' "$(printf '%s\n' "${missing[@]}")"
}

@test "every option that a usage names is in the man page" {
	missing=()
	for tool in "${TOOLS[@]}"; do
		run -0 "$tool" --help
		text=$(mandoc -T ascii "$(page_of "$tool")" | col -b)
		for option in $(grep -oE -- '--[a-z][a-z-]+' <<<"$output" |
			sort -u); do
			grep -qF -- "$option" <<<"$text" ||
				missing+=("$tool $option")
		done
	done
	is '' "$(printf '%s\n' "${missing[@]}")"
}

@test "rkt makes its users' words safe for a terminal" {
	for words in $'fo\e[31mo' $'--fo\e[31mo' $'--dir=fo\e[31mo'; do
		run -254 --separate-stderr rkt "$words"
		matches '^rkt: .*fo\?\[31mo' "$stderr"
	done
}

@test "an option has one dash or two, and a wrong one is rkt's" {
	for line in 'logs -zz x' 'enter -zz x' 'attach -zz x' 'list -zz' \
		'image list -zz' 'image export -zz x y' 'gc -zz' 'stop -zz'; do
		echo "$line"
		# shellcheck disable=SC2086
		run -254 --separate-stderr rkt $line
		is "rkt: unrecognized option '-zz'" "$(head -n 1 <<<"$stderr")"
	done
	run -0 rkt image list -no-legend
	run -0 rkt list -no-legend
	run -0 rkt trust -list -no-legend
	run -254 --separate-stderr rkt trust -remove=x
	matches 'fingerprint "x": not 40' "$stderr"
	run -254 --separate-stderr rkt trust -root -fingerprint x y
	matches 'fingerprint "x": not 40' "$stderr"
	run -254 --separate-stderr rkt logs -follow -tail=3 0000
	is 'rkt: no matches found for "0000"' "$stderr"
}
