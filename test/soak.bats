# SPDX-License-Identifier: Apache-2.0
# soak - many pods with private networks at a time
# shellcheck disable=SC2154
load helpers

@test "E5 pool: 64 pods, 16 at a time, no address twice, and nothing is left" {
	run -0 "$TEST/soak" 64 16
	matches '^64 pods, 16 at a time, .*; nothing is left$' "${lines[-1]}"
}
