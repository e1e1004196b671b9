/* SPDX-License-Identifier: Apache-2.0 */
/* confirm - an image that the store has already, and that is still the one */

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "actype.h"
#include "alloc.h"
#include "checks.h"
#include "clock.h"
#include "commit.h"
#include "confirm.h"
#include "image.h"
#include "manifest.h"
#include "path.h"
#include "record.h"
#include "remote.h"
#include "scope.h"

bool
confirm_wanted(const json_t *record)
{
	return json_is_true(record_get(record, "fetch.unchanged"));
}

static json_t *
load(int cas, const json_t *record, char key[KEY_TEXT], struct fault *fault)
{
	const char *id = record_string(record, "fetch.id");
	autojson json_t *info = NULL;

	if (id == NULL || imageid_check(id) != NULL ||
	    strlen(id) < KEY_TEXT - 1) {
		(void)fault_set(
		    fault, EX_DATAERR, "the record has no fetch.id");
		return NULL;
	}
	store_key(id, key);
	info = image_load(cas, key);
	if (info == NULL && errno == ENOENT)
		(void)fault_set(fault, EX_TEMPFAIL,
		    "%s was removed from the store meanwhile", key);
	else if (info == NULL)
		(void)fault_errno(fault, "image/%s", key);
	else if (strcmp(record_string(info, "id"), id) == 0)
		return take_ptr(&info);
	else
		(void)fault_set(fault, EX_DATAERR,
		    "the store has another image as %s", key);
	return NULL;
}

/* The verification that the record bears is the one that was noted. */
static int
check_noted(const json_t *record, const json_t *info, struct fault *fault)
{
	const char *says = record_string(record, "verify.digest");
	const char *noted = record_string(info, "verify.digest");

	if (says == NULL || (noted != NULL && strcmp(noted, says) == 0))
		return 0;
	return fault_set(fault, EX_DATAERR,
	    "the store's image was not verified as the record says");
}

/* A URL may be asked for by names that its image does not have. */
static int
check_stored(
    int cas, const char *key, const json_t *record, struct fault *fault)
{
	autofree char *path = xasprintf("image/%s/manifest", key);
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	struct image_manifest *manifest;
	size_t length = 0;
	int result;

	bytes = path_read(cas, path, MANIFEST_MAX, &length);
	if (bytes == NULL)
		return fault_errno(fault, "%s", path);
	manifest = image_manifest_parse(bytes, length, &why);
	if (manifest == NULL)
		return fault_set(fault, EX_DATAERR, "manifest: %s", why);
	result = check_manifest(record, manifest, fault);
	image_manifest_free(manifest);
	return result;
}

/* Does the name that was asked for mean another image of the store? */
static bool
means_another(int cas, const json_t *record, const char *key)
{
	struct strings candidates = { 0 };
	autofree char *why = NULL;
	struct ref ref;
	char found[KEY_TEXT];
	bool other;

	if (ref_parse(record_string(record, "image"), &ref, &why) < 0)
		return false;
	other = ref.kind == REF_NAME &&
		image_find(cas, &ref, found, &candidates) == 1 &&
		strcmp(found, key) != 0;
	strings_free(&candidates);
	ref_free(&ref);
	return other;
}

static int
touch(int cas, const json_t *record, const char *key, json_t *info,
    struct fault *fault)
{
	json_int_t now = clock_wall();
	bool other = means_another(cas, record, key);

	if (!other && !check_is_latest(record))
		return 0;
	if (check_is_latest(record))
		(void)json_object_set_new(info, "latest", json_integer(now));
	if (other)
		(void)json_object_set_new(info, "imported", json_integer(now));
	return commit_info(cas, key, info, fault);
}

/* When the server was asked; what it did not say again still holds. */
static int
refresh(int cas, const json_t *record, const char *key, struct fault *fault)
{
	const char *url = record_string(record, "fetch.url");
	const char *etag = record_string(record, "fetch.etag");
	struct remote remote;
	int result = 0;

	if (url == NULL || record_get(record, "fetch.maxAge") == NULL)
		return 0;
	if (remote_read(cas, url, &remote) < 0)
		return fault_errno(fault, "remote");
	store_key(key, remote.key);
	remote.fetched = clock_wall();
	remote.max_age = record_number(record, "fetch.maxAge", 0);
	if (etag != NULL) {
		free(remote.etag);
		remote.etag = xstrdup(etag);
	}
	if (remote_write(cas, url, &remote) < 0)
		result = fault_errno(fault, "remote");
	remote_free(&remote);
	return result;
}

json_t *
confirm_image(int cas, const json_t *record, struct fault *fault)
{
	autofd int lock = store_lock(cas, STORE_SHARED);
	autojson json_t *info = NULL;
	char key[KEY_TEXT];

	if (lock < 0) {
		(void)fault_errno(fault, "store");
		return NULL;
	}
	info = load(cas, record, key, fault);
	if (info == NULL || check_noted(record, info, fault) < 0 ||
	    check_stored(cas, key, record, fault) < 0 ||
	    touch(cas, record, key, info, fault) < 0 ||
	    refresh(cas, record, key, fault) < 0)
		return NULL;
	return take_ptr(&info);
}
