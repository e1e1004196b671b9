/* SPDX-License-Identifier: Apache-2.0 */
/* args - fuzz the command line: one argument a line */

#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "alloc.h"
#include "args.h"
#include "scope.h"

enum { ARGS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = xstrndup((const char *)data, size);
	autofree char *why = NULL;
	char *argv[ARGS_MAX + 1] = { NULL };
	struct args args;
	int argc = 0;

	for (char *line = text; line != NULL && argc < ARGS_MAX; argc++)
		argv[argc] = strsep(&line, "\n");
	if (args_parse(argc, argv, &args, &why) < 0) {
		assert(why != NULL && args.images == NULL);
		return 0;
	}
	assert(why == NULL);
	assert((args.image_count > 0) != (args.pod_manifest != NULL));
	args_free(&args);
	return 0;
}
