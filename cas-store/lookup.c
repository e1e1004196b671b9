/* SPDX-License-Identifier: Apache-2.0 */
/* lookup - the image that an operand means, for programs with no record */

#include <err.h>
#include <errno.h>
#include <stdio.h>

#include "alloc.h"
#include "dirs.h"
#include "escape.h"
#include "image.h"
#include "lookup.h"
#include "prog.h"
#include "ref.h"
#include "scope.h"

int
lookup_store(void)
{
	int cas = store_open(), status = EX_CANTCREAT;

	if (cas < 0) {
		autofree char *why = store_failure("cas", &status);

		errx(status, "%s", why);
	}
	return cas;
}

int
lookup_by(const enum pull *policy, int cas, const char *text,
    char key[KEY_TEXT], bool *ask)
{
	struct strings candidates = { 0 };
	struct ref ref;
	autofree char *shown = escape(text);
	autofree char *why = NULL;
	int found;

	if (ref_parse(text, &ref, &why) < 0)
		errx(EX_USAGE, "%s: %s", shown, why);
	found = pull_find(cas, &ref, policy, key, &candidates, ask);
	if (found < 0)
		err(EX_IOERR, "%s", shown);
	if (found == 0 && !*ask)
		warnx("%s: not in the store", shown);
	if (found > 1) {
		warnx("%s: ambiguous image ID, it may be", shown);
		for (size_t i = 0; i < candidates.count; i++)
			(void)fprintf(stderr, "  %s\n", candidates.list[i]);
	}
	strings_free(&candidates);
	ref_free(&ref);
	return found == 1;
}

int
lookup_image(int cas, const char *text, char key[KEY_TEXT])
{
	bool ask;

	return lookup_by(NULL, cas, text, key, &ask);
}

json_t *
lookup_info(int cas, const char *key)
{
	json_t *info = image_load(cas, key);

	if (info == NULL && errno == ENOENT)
		errx(EX_NO, "%s: not in the store", key);
	if (info == NULL && errno == EBADMSG)
		errx(EX_DATAERR, "%s: damaged", key);
	if (info == NULL)
		err(EX_IOERR, "%s", key);
	return info;
}
