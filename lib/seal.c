/* SPDX-License-Identifier: Apache-2.0 */
/* seal - a sum in a file of JSON, which tells when a byte of it has changed */

#include <string.h>

#include "alloc.h"
#include "record.h"
#include "scope.h"
#include "seal.h"
#include "store.h"

char *
seal_line(const json_t *record)
{
	autojson json_t *plain = json_object();
	autofree char *line = NULL;
	autofree char *sum = NULL;

	/* In their order; the sum comes last, whether it was there or not. */
	(void)json_object_update(
	    plain, (json_t *)(uintptr_t)record); /* which it only reads */
	(void)json_object_del(plain, "sum");
	line = record_line(plain);
	sum = xasprintf("%016llx", (unsigned long long)store_text_hash(line));
	(void)json_object_set_new(plain, "sum", json_string(sum));
	return record_line(plain);
}

bool
seal_holds(const char *bytes, size_t length)
{
	autofree char *why = NULL;
	autojson json_t *record = json_parse(bytes, length, &why);
	autofree char *line = NULL;

	if (record == NULL)
		return false;
	line = seal_line(record);
	return strlen(line) == length && memcmp(line, bytes, length) == 0;
}
