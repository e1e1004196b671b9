/* SPDX-License-Identifier: Apache-2.0 */
/* stored - an image of the store: is its signer still trusted for it? */

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "alloc.h"
#include "docker.h"
#include "escape.h"
#include "filter.h"
#include "image.h"
#include "keystore.h"
#include "record.h"
#include "roster.h"
#include "scope.h"
#include "signer.h"
#include "store.h"
#include "stored.h"

bool
stored_is(const json_t *record)
{
	return json_is_true(record_get(record, "fetch.unchanged")) ||
	       (json_object_get(record, "fetch") == NULL &&
		   json_object_get(record, "store") != NULL);
}

/* What the store knows of the image; the caller owns it. */
static json_t *
read_info(const json_t *record, const char *title)
{
	const char *member =
	    json_object_get(record, "fetch") != NULL ? "fetch.id" : "store.id";
	const char *id = record_string(record, member);
	autofd int cas = store_open();
	char key[KEY_TEXT] = "";
	json_t *info;

	if (id != NULL)
		store_key(id, key);
	if (!store_is_key(key))
		filter_failx(EX_DATAERR, "record: no %s", member);
	if (cas < 0) {
		int status = EX_CANTCREAT;
		autofree char *why = store_failure("cas", &status);

		filter_failx(status, "%s", why);
	}
	info = image_load(cas, key);
	if (info == NULL && errno == ENOENT)
		filter_failx(EX_TEMPFAIL, "%s: no longer in the store", title);
	if (info == NULL)
		filter_fail(errno == EBADMSG ? EX_DATAERR : EX_IOERR, "%s: %s",
		    title, key);
	return info;
}

/* The name that it is asked for by, if it is by one; the caller frees it. */
static char *
asked_name(const json_t *record)
{
	const char *name = record_string(record, "discover.name");
	const char *image = record_string(record, "image");
	struct docker_ref ref;
	const char *why;
	char *full;

	if (name != NULL)
		return xstrdup(name);
	if (image == NULL || docker_ref_parse(image, &ref, &why) < 0)
		return NULL;
	full = docker_ref_name(&ref);
	docker_ref_free(&ref);
	return full;
}

/* The name that its signature counts for. */
static const char *
signed_name(const json_t *record, const json_t *info, const char *title)
{
	autofree char *asked = asked_name(record);
	const char *name = record_string(info, "verify.name");

	if (name == NULL)
		name = record_string(info, "name");
	if (prefix_check(name) != NULL ||
	    (asked != NULL && strcmp(asked, name) != 0))
		filter_failx(EX_DATAERR,
		    "%s: the store's image has another name", title);
	return name;
}

static void
check_key(
    const struct keystore *keys, const char *fingerprint, const char *title)
{
	autojson json_t *roster = signer_roster(keys, title);
	const char *state =
	    record_string(roster_find(roster, fingerprint), "state");

	if (state == NULL || strcmp(state, "good") != 0)
		filter_failx(EX_DATAERR,
		    "%s: the key that signed the store's image is %s: %s",
		    title, state == NULL ? "unknown" : state, fingerprint);
}

void
stored_verify(json_t *record, const char *title)
{
	autojson json_t *info = read_info(record, title);
	const char *name = signed_name(record, info, title);
	json_t *noted = json_object_get(info, "verify");
	const char *fingerprint = record_string(noted, "fingerprint");
	autofree char *shown = escape(fingerprint);
	struct keystore keys;

	if (fingerprint == NULL)
		filter_failx(EX_DATAERR,
		    "%s: the store's image was never verified", title);
	if (record_number(noted, "expires", INT64_MAX) <= time(NULL))
		filter_failx(
		    EX_DATAERR, "%s: the signature has expired", title);
	keys = signer_keys(name);
	keystore_keep(&keys, fingerprint);
	if (keys.count == 0)
		filter_failx(EX_NOPERM,
		    "%s: the store's image was signed by a key that is no "
		    "longer trusted for it: %s",
		    title, shown);
	check_key(&keys, fingerprint, title);
	(void)json_object_set(record, "verify", noted);
	(void)json_object_set_new(json_object_get(record, "verify"), "prefixes",
	    keystore_prefixes(&keys, fingerprint));
	keystore_free(&keys);
}
