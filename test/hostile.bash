# SPDX-License-Identifier: Apache-2.0
# hostile - walking a table of what tools do with servers that misbehave
#
# The file that loads this sets TABLE, whose rows are BEHAVIOUR ROW WHAT COMMAND
# STATUS MESSAGE, and ROWS, a directory for what comes of them.
# shellcheck shell=bash disable=SC2034,SC2154

DOMAIN=hostile.example
AT_A_TIME=12

# What is not a comment: BEHAVIOUR ROW WHAT COMMAND STATUS MESSAGE
table() {
	grep -v '^#' "$TABLE"
}

# hostile_start [MODULE]: hostile.py, with the behaviours of a module.
hostile_start() {
	python3 -B "$TEST/hostile.py" "$WEB_ADDRESS" "$WEB" "$@" 3>&- 4>&- &
	echo "$!" >"$WEB/pid"
	disown
	wait_for bash -c ": </dev/tcp/$WEB_ADDRESS/443"
}

hostile_end() {
	kill "$(cat "$WEB/pid")"
	umount /etc/hosts /etc/ssl/certs/ca-certificates.crt
}

# certificate NAME SUBJECT-ALT-NAME [X509-OPTION...]: of the authority, unless
# the options name another; with the key NAME.key if there is one.
certificate() {
	local key=$WEB/$1.key
	test -f "$key" || key=$WEB/server.key
	openssl req -new -key "$key" -subj /CN=x 2>/dev/null |
		openssl x509 -req -days 20 -CA "$WEB/etc/ca.pem" \
			-CAkey "$WEB/etc/ca.key" "${@:3}" -out "$WEB/$1.pem" \
			-extfile <(echo "subjectAltName=DNS:$2") 2>/dev/null
}

run_rows() {
	local number=0 row
	while IFS=$'\t' read -ra row; do
		((++number))
		while test "$(jobs -pr | wc -l)" -ge "$AT_A_TIME"; do
			wait -n || :
		done
		run_row "$ROWS/$number" "${row[3]//HOST/${row[0]}.$DOMAIN}" &
	done < <(table)
	wait
}

# run_row DIRECTORY COMMAND: what came of it is in files there.
run_row() {
	local status=0
	mkdir -p "$1"/{lib,run,system}
	cp -r "$BATS_FILE_TMPDIR/etc" "$1/etc"
	RKT_DIR=$1/lib RKT_RUN=$1/run RKT_CONF=$1/etc RKT_SYSTEM_CONF=$1/system \
		/usr/bin/time -q -o "$1/cost" -f '%e %M' bash -c "$2" \
		>"$1/out" 2>"$1/err" </dev/null 3>&- 4>&- || status=$?
	echo "$status" >"$1/status"
	tail -n 1 "$1/err" >"$1/last"
	find "$1/lib/cas/tmp" -mindepth 1 >"$1/left" 2>/dev/null || :
}

# each_row FUNCTION: calls it for each row, with its columns in $name, $row,
# $what, $command, $status and $message and what came of it in $dir; tells
# which it failed for.
each_row() {
	local number=0 failed=0 name row what command status message dir
	while IFS=$'\t' read -r name row what command status message; do
		((++number))
		dir=$ROWS/$number
		"$1" || {
			((++failed))
			printf '%s %s: %s: %s\nstatus %s, cost %s, left %s:\n' \
				"$name" "$row" "$what" "$command" "$(<"$dir/status")" \
				"$(cat "$dir/cost")" "$(wc -l <"$dir/left")"
			tail -n 3 "$dir/err"
		}
	done < <(table)
	echo "$number rows, $failed failed"
	test "$failed" = 0
}

# as_told PATTERN FILE: the file is as the table's pattern has it?
as_told() {
	local pattern=${1//HOST/$name.$DOMAIN}
	pattern=${pattern//\\/\\\\}
	pattern=${pattern//\[/\\[}
	# shellcheck disable=SC2053
	[[ $(<"$2") == ${pattern//\?/\\?} ]]
}

ends_as_told() {
	test "$status" = "$(<"$dir/status")" || return
	if test "$status" = 0; then
		test "$message" = - || as_told "$message" "$dir/out"
	else
		as_told "$message" "$dir/last"
	fi
}

is_cheap() {
	local seconds kilobytes limit=65536
	test -z "$SANITIZED" || limit=524288
	read -r seconds kilobytes <"$dir/cost"
	test "${seconds%.*}" -lt 30 && test "$kilobytes" -le "$limit"
}
