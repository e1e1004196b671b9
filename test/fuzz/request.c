/* SPDX-License-Identifier: Apache-2.0 */
/* request - fuzz the HTTP requests of pods */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_field(const struct request *request, const char *name)
{
	static char value[REQUEST_MAX];
	size_t length = 0;
	const int found = request_field(request, name, value, &length);

	assert(found >= -1 && found <= 1);
	assert(found != 1 || length <= request->length);
}

/* What is whole is of printable ASCII, and its body lies in the bytes. */
static void
check_whole(const char *bytes, size_t size, const struct request *request)
{
	assert(request->body >= bytes);
	assert(request->body + request->length <= bytes + size);
	assert(*request->method != '\0');
	assert(strlen(request->method) < sizeof request->method);
	assert(*request->path == '/');
	for (const char *p = request->path; *p != '\0'; p++)
		assert(*p >= ' ' && *p < 0x7f);
	check_field(request, "content");
	check_field(request, "");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request request, again;
	const char *bytes = (const char *)data;
	int status;

	if (size > REQUEST_MAX)
		return 0;
	status = request_parse(bytes, size, &request);
	assert(status == REQUEST_MORE || status == REQUEST_WHOLE ||
	       (status >= 400 && status < 600));
	if (status != REQUEST_WHOLE)
		return 0;
	check_whole(bytes, size, &request);
	/* It ends where its body ends, whatever comes behind it. */
	size = (size_t)(request.body - bytes) + request.length;
	assert(request_parse(bytes, size, &again) == REQUEST_WHOLE);
	assert(strcmp(request.path, again.path) == 0);
	assert(request.length == again.length && request.form == again.form);
	assert(request_parse(bytes, size - 1, &again) == REQUEST_MORE);
	return 0;
}
