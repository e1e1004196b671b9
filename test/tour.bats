# SPDX-License-Identifier: Apache-2.0
# tour - doc/tour.md does what it says
load helpers

@test "tour: every block of doc/tour.md runs, in order, in the demo's shell" {
	# Each block is shown before it runs; the first that fails ends it.
	awk '/^```sh$/ { inside = 1; print "cat <<\"BLOCK\""; text = ""; next }
		/^```$/ { if (inside) print "BLOCK\n" text; inside = 0; next }
		inside { print "> " $0; text = text $0 "\n" }' \
		"$ROOT/doc/tour.md" >"$T/tour"
	test "$(grep -c '^BLOCK$' "$T/tour")" -gt 5
	unset RKT_DIR RKT_RUN RKT_CONF RKT_SYSTEM_CONF
	run -0 timeout 120 "$TEST/demo" --shell bash -eu "$T/tour"
}
