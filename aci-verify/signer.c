/* SPDX-License-Identifier: Apache-2.0 */
/* signer - who signed it: the steps that all kinds of image share */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "home.h"
#include "openpgp.h"
#include "path.h"
#include "record.h"
#include "roster.h"
#include "scope.h"
#include "signer.h"

/* A file that bears the name of another key is a mistake, or worse. */
static void
check_fingerprints(const struct keystore *store)
{
	for (size_t i = 0; i < store->count; i++) {
		const struct trusted_key *key = &store->keys[i];
		autofree char *real = openpgp_fingerprint(&key->key);
		autofree char *path = escape(key->path);

		if (real == NULL || strcmp(real, key->fingerprint) != 0)
			filter_failx(EX_CONFIG, "%s: holds another key: %s",
			    path, real == NULL ? "unknown" : real);
	}
}

struct keystore
signer_keys(const char *name)
{
	struct keystore store;
	char *why = NULL;

	if (keystore_read(name, &store, &why) < 0)
		filter_failx(EX_CONFIG, "%s", why);
	check_fingerprints(&store);
	return store;
}

static struct home
make_home(const struct keystore *store)
{
	struct home home;
	autofree char *failed = NULL;
	autofree char *shown = NULL;

	if (home_make(&home, store, &failed) == 0)
		return home;
	shown = escape(failed);
	if (errno == EBADMSG)
		filter_failx(EX_CONFIG,
		    "%s: the store of another rkt, left alone", shown);
	filter_fail(EX_CANTCREAT, "%s", shown);
}

json_t *
signer_facts(struct check *check, const char *title)
{
	struct home home = make_home(check->store);
	const char *why = NULL;
	json_t *facts;

	check->home = &home;
	facts = check_run(check, &why);
	check->home = NULL;
	home_remove(&home);
	if (facts == NULL)
		filter_failx(EX_DATAERR, "%s: signature: %s", title, why);
	return facts;
}

json_t *
signer_roster(const struct keystore *store, const char *title)
{
	struct home home = make_home(store);
	autofree char *why = NULL;
	json_t *roster = roster_read(&home, store, &why);

	home_remove(&home);
	if (roster == NULL)
		filter_failx(EX_UNAVAILABLE, "%s: %s", title, why);
	return roster;
}

static void
print(const json_t *identities)
{
	warnx("signature verified:");
	for (size_t i = 0; i < json_array_size(identities); i++)
		(void)fprintf(stderr, "  %s\n",
		    json_string_value(json_array_get(identities, i)));
}

void
signer_accept(json_t *record, const char *digest, const struct verdict *verdict,
    const struct keystore *store)
{
	const json_t *identities = json_object_get(verdict->key, "identities");
	const char *first = json_string_value(json_array_get(identities, 0));
	const char *fingerprint = record_string(verdict->key, "fingerprint");
	json_t *member = json_pack("{ss ss ss so}", "digest", digest,
	    "fingerprint", fingerprint, "uid", first == NULL ? "" : first,
	    "prefixes", keystore_prefixes(store, fingerprint));

	if (verdict->expires > 0)
		(void)json_object_set_new(
		    member, "expires", json_integer(verdict->expires));
	(void)json_object_set_new(record, "verify", member);
	print(identities);
}

char *
signer_read(const char *path, size_t max, size_t *length, const char *title,
    const char *what)
{
	char *bytes = path_read(AT_FDCWD, path, max, length);
	autofree char *shown = NULL;

	if (bytes != NULL)
		return bytes;
	if (errno == EFBIG)
		filter_failx(EX_DATAERR, "%s: %s longer than %zu bytes", title,
		    what, max);
	shown = escape(path);
	filter_fail(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
}
