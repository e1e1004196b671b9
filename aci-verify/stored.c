/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store: is its signer still trusted for it? */

#include <errno.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "filter.h"
#include "gpg.h"
#include "home.h"
#include "image.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "stored.h"
#include "worker.h"

enum { SECONDS = 10 }; /* for gpg, to list a few keys */

struct question {
	const struct home *home;
	const struct keystore *store;
	const char *fingerprint;
};

bool
stored_wanted(const json_t *record)
{
	return json_is_true(record_get(record, "fetch.unchanged")) ||
	       (record_get(record, "fetch") == NULL &&
		   record_get(record, "store") != NULL);
}

/* What the store knows of it; the caller owns it. */
static json_t *
load(const json_t *record, const char *title)
{
	const char *member =
	    record_get(record, "fetch") != NULL ? "fetch.id" : "store.id";
	const char *id = record_string(record, member);
	autofd int cas = store_open();
	char key[KEY_TEXT];
	json_t *info;

	if (id == NULL || imageid_check(id) != NULL ||
	    strlen(id) < KEY_TEXT - 1)
		filter_failx(EX_DATAERR, "record: no %s", member);
	if (cas < 0)
		filter_fail(EX_IOERR, "store");
	store_key(id, key);
	info = image_load(cas, key);
	if (info == NULL && errno == ENOENT)
		filter_failx(EX_TEMPFAIL, "%s: no longer in the store", title);
	if (info == NULL)
		filter_fail(EX_IOERR, "%s: %s", title, key);
	return info;
}

/* May the key still be used?  A worker asks. */
static json_t *
ask(const void *data)
{
	const struct question *question = data;
	gpgme_ctx_t context = NULL;
	gpgme_key_t key = NULL;
	bool usable;

	if (gpg_start(question->home->path, &context) != 0 ||
	    gpg_merge(context, question->store) != 0)
		return NULL;
	key = gpg_find(context, question->fingerprint);
	usable = key != NULL && gpg_key_usable(key);
	gpgme_key_unref(key);
	gpgme_release(context);
	return json_pack("{sb}", "usable", usable);
}

static void
check_usable(
    const struct keystore *store, const char *fingerprint, const char *title)
{
	struct home home;
	struct question question = { &home, store, fingerprint };
	autofree char *failed = NULL;
	autojson json_t *answer = NULL;
	const char *why = NULL;

	if (home_make(&home, store, &failed) < 0) {
		autofree char *shown = escape(failed);

		filter_fail(EX_CANTCREAT, "%s", shown);
	}
	answer = worker_run(ask, &question, SECONDS, &why);
	home_remove(&home);
	if (answer == NULL)
		filter_failx(EX_UNAVAILABLE, "%s: gpg: %s", title, why);
	if (!json_is_true(json_object_get(answer, "usable")))
		filter_failx(EX_DATAERR,
		    "%s: the key that signed the store's image was revoked, "
		    "or has expired: %s",
		    title, fingerprint);
}

/* Of the prefixes that the key is trusted for, those that cover the image. */
static json_t *
covering(const json_t *info, const struct keystore *store)
{
	autojson json_t *all =
	    keystore_prefixes(store, record_string(info, "verify.fingerprint"));
	const char *name = record_string(info, "verify.name");
	json_t *list = json_array();
	size_t i;
	json_t *prefix;

	/* Of a converted image trust goes by the name that it came by. */
	if (name == NULL)
		name = record_string(info, "name");
	json_array_foreach(all, i, prefix)
	{
		const char *text = json_string_value(prefix);

		if (*text == '\0' || name_has_prefix(name, text))
			(void)json_array_append(list, prefix);
	}
	return list;
}

json_t *
stored_receipt(
    const json_t *record, const struct keystore *store, const char *title)
{
	autojson json_t *info = load(record, title);
	const char *fingerprint = record_string(info, "verify.fingerprint");
	autofree char *shown = NULL;
	autojson json_t *prefixes = NULL;
	json_t *receipt;

	if (fingerprint == NULL)
		filter_failx(EX_DATAERR,
		    "%s: the store's image was never verified", title);
	shown = escape(fingerprint);
	prefixes = covering(info, store);
	if (json_array_size(prefixes) == 0)
		filter_failx(EX_NOPERM,
		    "%s: the store's image was signed by a key that is no "
		    "longer trusted for it: %s",
		    title, shown);
	check_usable(store, fingerprint, title);
	receipt = json_deep_copy(json_object_get(info, "verify"));
	(void)json_object_set(receipt, "prefixes", prefixes);
	return receipt;
}
