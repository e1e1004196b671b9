/* SPDX-License-Identifier: Apache-2.0 */
/* pull - is the store's image enough, or is somebody to be asked? */

#include <string.h>

#include "image.h"
#include "pull.h"
#include "record.h"
#include "remote.h"
#include "scope.h"

int
pull_parse(const char *text, enum pull *policy)
{
	static const char *const names[] = {
		[PULL_NEW] = "new",
		[PULL_NEVER] = "never",
		[PULL_UPDATE] = "update",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(text, names[i]) != 0)
			continue;
		*policy = (enum pull)i;
		return 0;
	}
	return -1;
}

/* What cannot be read is not fresh. */
static bool
is_fresh(int cas, const char *url)
{
	struct remote remote;
	bool fresh =
	    remote_read(cas, url, &remote) == 1 && remote_is_fresh(&remote);

	remote_free(&remote);
	return fresh;
}

bool
pull_again(int cas, const struct ref *ref, enum pull policy)
{
	if (ref_is_local(ref))
		return true;
	if (policy == PULL_NEVER)
		return false;
	if (ref->kind == REF_URL)
		return !is_fresh(cas, ref->text);
	if (ref->kind == REF_DOCKER && ref->docker.digest != NULL)
		return false;
	return ref->kind != REF_HASH && policy == PULL_UPDATE;
}

bool
pull_missing(const struct ref *ref, enum pull policy)
{
	return ref_is_local(ref) ||
	       (policy != PULL_NEVER && ref->kind != REF_HASH);
}

int
pull_find(int cas, const struct ref *ref, const enum pull *policy,
    char key[KEY_TEXT], struct strings *candidates, bool *ask)
{
	autojson json_t *info = NULL;
	int found;

	*ask = policy != NULL && pull_again(cas, ref, *policy);
	if (*ask)
		return 0;
	found = image_find(cas, ref, key, candidates);
	if (policy == NULL)
		return found;
	if (found == 1)
		info = image_load(cas, key);
	/* One that lost a part is mended by getting it again. */
	if (info != NULL && !image_complete(cas, info))
		found = 0;
	*ask = found == 0 && pull_missing(ref, *policy);
	return found;
}
