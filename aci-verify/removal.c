/* SPDX-License-Identifier: Apache-2.0 */
/* removal - a key that is to be trusted no more */

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "alloc.h"
#include "escape.h"
#include "keystore.h"
#include "localkeys.h"
#include "removal.h"
#include "scope.h"

/* Does the system have that key for that prefix too? */
static bool
has_system(const struct keystore *store, const struct trusted_key *key)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->keys[i].system &&
		    strcmp(store->keys[i].prefix, key->prefix) == 0 &&
		    strcmp(store->keys[i].fingerprint, key->fingerprint) == 0)
			return true;
	return false;
}

/*
 * A mask takes the place of the local file in one step: at no time does the
 * system's come to the surface.
 */
static void
drop(const struct keystore *store, const struct trusted_key *key)
{
	bool mask = has_system(store, key);
	char *why = NULL;
	autofree char *path =
	    mask ? localkeys_mask(key, &why) : localkeys_remove(key, &why);
	autofree char *shown = path == NULL ? NULL : escape(path);

	if (path == NULL)
		errx(EX_CANTCREAT, "%s", why);
	(void)fprintf(stderr, "%s ", mask ? "Masked" : "Removed");
	if (*key->prefix == '\0')
		(void)fprintf(stderr, "root key at \"%s\"\n", shown);
	else
		(void)fprintf(stderr, "key for prefix \"%s\" at \"%s\"\n",
		    key->prefix, shown);
}

int
removal_run(const char *fingerprint, const char *prefix)
{
	struct keystore store;
	autofree char *why = NULL;
	size_t dropped = 0;

	if (keystore_survey(&store, &why) < 0)
		errx(EX_CONFIG, "%s", why);
	for (size_t i = 0; i < store.count; i++) {
		const struct trusted_key *key = &store.keys[i];

		if (key->masked || strcmp(key->fingerprint, fingerprint) != 0 ||
		    (prefix != NULL && strcmp(key->prefix, prefix) != 0))
			continue;
		drop(&store, key);
		dropped++;
	}
	keystore_free(&store);
	if (dropped > 0)
		return 0;
	if (prefix == NULL)
		warnx("%s: no such key is trusted", fingerprint);
	else
		warnx("%s: no such key is trusted for prefix \"%s\"",
		    fingerprint, prefix);
	return EX_NOINPUT;
}
