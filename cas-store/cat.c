/* SPDX-License-Identifier: Apache-2.0 */
/* cat - an image's manifest */

#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "alloc.h"
#include "cat.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "scope.h"
#include "store.h"

static int
print_pretty(const char *bytes, size_t length)
{
	autojson json_t *manifest =
	    json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);

	if (manifest == NULL) {
		errno = EBADMSG;
		return -1;
	}
	(void)json_dumpf(manifest, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	return 0;
}

int
cat_manifest(int cas, const char *key, bool pretty)
{
	autofree char *path = xasprintf("image/%s/manifest", key);
	size_t length = 0;
	autofree char *bytes = path_read(cas, path, MANIFEST_MAX, &length);

	if (bytes == NULL)
		return -1;
	if (pretty)
		return print_pretty(bytes, length);
	(void)fwrite(bytes, 1, length, stdout);
	return 0;
}
