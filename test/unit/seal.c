/* SPDX-License-Identifier: Apache-2.0 */
/* seal - test of lib/seal.c: no change of a sealed line goes unnoticed */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "record.h"
#include "scope.h"
#include "seal.h"

int
main(void)
{
	autojson json_t *record = json_pack(
	    "{s:i,s:s,s:{s:b}}", "v", 1, "name", "caf\xc3\xa9", "in", "t", 1);
	autofree char *line = seal_line(record);
	autojson json_t *read = json_loads(line, 0, NULL);
	autofree char *again = seal_line(read);
	size_t length = strlen(line);

	assert(seal_holds(line, length));
	/* A seal is no part of what it seals. */
	assert(strcmp(line, again) == 0);
	assert(!seal_holds(line, length - 1));
	assert(!seal_holds("{}", 2));
	for (size_t i = 0; i < length * 8; i++) {
		line[i / 8] ^= (char)(1 << i % 8);
		assert(!seal_holds(line, length));
		line[i / 8] ^= (char)(1 << i % 8);
	}
	return 0;
}
