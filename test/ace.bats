# SPDX-License-Identifier: Apache-2.0
# ace - what the specification asks of an executor, and the test of each
load helpers

# Every title of a test, as it stands in its file.
titles() {
	sed -nE 's/^@test "(.*)" \{$/\1/p' "$TEST"/*.bats
}

@test "ace: each demand of the specification has a test that is there" {
	local section demand title
	titles | sort >"$T/titles"
	is '' "$(uniq -d "$T/titles")"
	grep -v '^#' "$TEST/ace.tsv" >"$T/rows"
	test "$(wc -l <"$T/rows")" -ge 100
	while IFS=$'\t' read -r section demand title; do
		test -n "$section" && test -n "$demand" && test -n "$title"
		grep -qxF -- "$title" "$T/titles" || {
			echo "$section: $demand: no test \"$title\""
			return 1
		}
	done <"$T/rows"
	# No demand twice, and each of the sections has its rows.
	is '' "$(cut -f 2 "$T/rows" | sort | uniq -d)"
	for section in types aci pod ace discovery; do
		grep -q "^$section" "$T/rows"
	done
}

@test "ace: each class of attacks on a running pod has a test by its number" {
	for ((i = 1; i <= 27; i++)); do
		titles | grep -qE "(^|[ :])C$i( |$)" || {
			echo "C$i"
			return 1
		}
	done
}
