# SPDX-License-Identifier: Apache-2.0
# archives - what the store makes of archives that nobody should be handed
#
# All of archives/named.tsv are put into stores first, some at a time
# (archives/run says what must hold of each); the tests look at what came of
# them.
# shellcheck disable=SC2154
load helpers

setup_file() {
	"$TEST/archives/run" named >"$BATS_FILE_TMPDIR/results" || :
}

# all_of ROW LEAST: the archives of a row, so many at least, did no harm and
# were refused, or became what is told.
all_of() {
	local results=$BATS_FILE_TMPDIR/results
	run -1 grep -E "^not ok [^ ]+ $1:" "$results"
	test "$(grep -cE "^ok [^ ]+ $1\$" "$results")" -ge "$2"
}

@test "the table has 440 archives, and each name once" {
	grep -v '^#' "$TEST/archives/named.tsv" | cut -f 1 >"$T/names"
	test "$(wc -l <"$T/names")" -ge 440
	is '' "$(sort "$T/names" | uniq -d)"
	is "$(wc -l <"$T/names") archives, 0 failed" \
		"$(tail -n 1 "$BATS_FILE_TMPDIR/results")"
}

@test "B1: names that lead out, or are no names" {
	all_of B1 60
}

@test "B2: symbolic links on the way" {
	all_of B2 31
}

@test "B3: the root is no directory" {
	all_of B3 22
}

@test "B4: attributes of what links point to" {
	all_of B4 8
}

@test "B5: hard links to the host, to links, to what comes later" {
	all_of B5 36
}

@test "B6: symbolic links of the layers below" {
	all_of B6 16
}

@test "B7: devices, fifos, sockets" {
	all_of B7 20
}

@test "B8: setuid and capabilities" {
	all_of B8 8
}

@test "B9: helper programs and libraries of the image" {
	all_of B9 1
}

@test "B10: sizes that are not there" {
	all_of B10 2
}

@test "B11: manifests, and what is there twice" {
	all_of B11 39
}

@test "B12: headers, attributes, sparse files, ends, compression" {
	all_of B12 145
}

@test "B13: whiteouts, opaque directories, overlay options" {
	all_of B13 39
}

@test "B16: bytes of names" {
	all_of B16 11
}

@test "B17: the image's own users" {
	all_of B17 4
}

@test "D2: names of images" {
	all_of D2 4
}
