#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# readme - README.md shows what is seen
load helpers

@test "readme: each command line, in order, shows what stands below it" {
	unset RKT_DIR RKT_RUN RKT_CONF RKT_SYSTEM_CONF
	run -0 timeout 200 "$TEST/demo" --shell \
		"$TEST/readme.py" "$ROOT/README.md"
	test "$(grep -c '^as shown: ' <<<"$output")" -ge 12
}
