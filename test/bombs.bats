# SPDX-License-Identifier: Apache-2.0
# bombs - archives that are larger than they look, and archives made by chance
#
# Of "make hostile", which takes more of the latter, a part: the same each time,
# and what fails says by which seed it can be had again.
# shellcheck disable=SC2154
load helpers

@test "B10: 50 bombs, refused at a limit in 64 MiB and 10 s, all given back" {
	run -0 "$TEST/archives/run" bombs
	is '50 archives, 0 failed' "${lines[-1]}"
	is 50 "$(grep -c '^ok ' <<<"$output")"
}

@test "B1-B16: 500 archives made by chance do no harm, and are as tar has them" {
	run -0 "$TEST/archives/run" generated --seed 1 500
	matches '^500 archives, [0-9]+ accepted, 0 failed$'
}
