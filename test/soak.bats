# SPDX-License-Identifier: Apache-2.0
# soak - many pods with private networks at a time
# shellcheck disable=SC2154
load helpers

@test "E5 pool: 60 pods, 8 at a time, no address twice, 12 killed, nothing left" {
	run -0 "$TEST/soak" 60 8 20
	matches '^60 pods, 8 at a time, 12 killed, .*; nothing is left$' \
		"${lines[-1]}"
}
