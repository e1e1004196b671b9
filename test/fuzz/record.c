/* SPDX-License-Identifier: Apache-2.0 */
/* record - fuzz records: one that was read can be written and read again */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "escape.h"
#include "num.h"
#include "record.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *why = NULL;
	autofree char *line = NULL;
	autofree char *shown = escape_bytes(data, size);
	autojson json_t *json = NULL;
	autojson json_t *same = NULL;
	int64_t duration;
	autofree char *text = NULL;

	for (const char *p = shown; *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	json = json_parse((const char *)data, size, &why);
	assert((json == NULL) == (why != NULL));
	if (json == NULL)
		return 0;
	(void)record_number(json, "fetch.maxAge", 0);
	if (record_string(json, "for") != NULL &&
	    duration_parse(record_string(json, "for"), &duration) == 0) {
		int64_t again;

		text = duration_format(duration);
		assert(duration_parse(text, &again) == 0 && again == duration);
	}
	line = record_line(json);
	assert(strchr(line, '\n') == NULL);
	same = json_parse(line, strlen(line), &why);
	assert(same != NULL && json_equal(json, same));
	return 0;
}
