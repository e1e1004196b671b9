#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# readme - README.md and rkt(1) show what is seen
load helpers

# shows FILE LEAST: each of at least so many.
shows() {
	unset RKT_DIR RKT_RUN RKT_CONF RKT_SYSTEM_CONF
	run -0 timeout 200 "$TEST/demo" --shell "$TEST/readme.py" "$ROOT/$1"
	test "$(grep -c '^as shown: ' <<<"$output")" -ge "$2"
}

@test "README.md: each command line, in order, shows what stands below it" {
	shows README.md 12
}

@test "rkt(1): so do its examples" {
	shows man/rkt.1 5
}
