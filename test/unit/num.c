/* SPDX-License-Identifier: Apache-2.0 */
/* num - test of lib/num.c */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "scope.h"

static void
numbers(void)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		int error;
		uint64_t value;
	} table[] = {
		{ "0", 0, 0, 0, 0 }, { "007", 0, 9, 0, 7 },
		{ "65535", 1, 65535, 0, 65535 },
		{ "65536", 1, 65535, ERANGE, 0 }, { "0", 1, 65535, ERANGE, 0 },
		{ "18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX - 1, ERANGE, 0 },
		{ "99999999999999999999999", 0, 5, ERANGE, 0 },
		{ "", 0, 9, EINVAL, 0 }, { "-1", 0, 9, EINVAL, 0 },
		{ "+1", 0, 9, EINVAL, 0 }, { " 1", 0, 9, EINVAL, 0 },
		{ "1 ", 0, 9, EINVAL, 0 }, { "0x1", 0, 9, EINVAL, 0 },
		{ "1e3", 0, 9999, EINVAL, 0 }, { "99x", 0, 9, EINVAL, 0 },
		{ "\xd9\xa0", 0, 9, EINVAL, 0 }, /* a digit, not of ASCII */
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint64_t value = 4711;
		int result;

		errno = 0;
		result = num_parse(
		    table[i].text, table[i].min, table[i].max, &value);
		assert(result == (table[i].error != 0 ? -1 : 0));
		assert(errno == table[i].error);
		assert(value == (result == 0 ? table[i].value : 4711));
	}
}

static void
durations(void)
{
	static const struct {
		const char *text;
		int64_t value; /* -EINVAL or -ERANGE if refused */
		const char *canonical;
	} table[] = {
		{ "0", 0, "0s" },
		{ "0s", 0, "0s" },
		{ "30m0s", 1800000000000, "30m0s" },
		{ "30m", 1800000000000, "30m0s" },
		{ "24h", 86400000000000, "24h0m0s" },
		{ "1h2m3s", 3723000000000, "1h2m3s" },
		{ "1.5s", 1500000000, "1.5s" },
		{ ".5s", 500000000, "500ms" },
		{ "1.5h", 5400000000000, "1h30m0s" },
		{ "1500us", 1500000, "1.5ms" },
		{ "2us", 2000, "2us" },
		{ "12ns", 12, "12ns" },
		{ "0.0000000001s", 0, "0s" },
		{ "", -EINVAL, NULL },
		{ "5", -EINVAL, NULL },
		{ "s", -EINVAL, NULL },
		{ ".s", -EINVAL, NULL },
		{ "-5s", -EINVAL, NULL },
		{ "5s ", -EINVAL, NULL },
		{ "5d", -EINVAL, NULL },
		{ "1s2", -EINVAL, NULL },
		{ "9223372037s", -ERANGE, NULL },
		{ "99999999999999999999s", -ERANGE, NULL },
		{ "9223372036s9223372036s", -ERANGE, NULL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t value = -1;
		int result = duration_parse(table[i].text, &value);

		if (table[i].value < 0) {
			assert(result == -1 && errno == -table[i].value);
			continue;
		}
		autofree char *text = duration_format(value);

		assert(result == 0 && value == table[i].value);
		assert(strcmp(text, table[i].canonical) == 0);
	}
}

int
main(void)
{
	numbers();
	durations();
	return 0;
}
