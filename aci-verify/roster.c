/* SPDX-License-Identifier: Apache-2.0 */
/* roster - what gpg says of keys: whose they are, and what they are worth */

#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "gpg.h"
#include "record.h"
#include "roster.h"
#include "scope.h"
#include "worker.h"

enum { SECONDS = 10 };

static bool
has_weak_part(gpgme_key_t key)
{
	for (gpgme_subkey_t part = key->subkeys; part; part = part->next)
		if (part->can_sign && !gpg_is_strong(part))
			return true;
	return false;
}

static const char *
state_of(gpgme_key_t key)
{
	bool can_sign = false;

	if (key->revoked)
		return "revoked";
	if (key->expired)
		return "expired";
	if (!gpg_key_usable(key))
		return "unfit";
	if (!gpg_is_strong(key->subkeys))
		return "weak";
	for (gpgme_subkey_t part = key->subkeys; part; part = part->next)
		can_sign = can_sign || gpg_can_sign(part);
	if (can_sign)
		return "good";
	return has_weak_part(key) ? "weak" : "unfit";
}

json_t *
roster_list(gpgme_ctx_t context)
{
	json_t *keys = json_array();
	gpgme_key_t key = NULL;

	if (gpgme_op_keylist_start(context, NULL, 0) != 0)
		return keys;
	while (gpgme_op_keylist_next(context, &key) == 0) {
		if (key->subkeys != NULL && key->subkeys->fpr != NULL)
			(void)json_array_append_new(
			    keys, json_pack("{so ss so}", "fingerprint",
				      gpg_fingerprint(key->subkeys->fpr),
				      "state", state_of(key), "identities",
				      gpg_identities(key)));
		gpgme_key_unref(key);
	}
	(void)gpgme_op_keylist_end(context);
	return keys;
}

/* What the worker is told. */
struct request {
	const struct home *home;
	const struct keystore *store;
};

static json_t *
work(const void *data)
{
	const struct request *request = data;
	gpgme_ctx_t context = NULL;
	gpgme_error_t error =
	    gpg_start(request->home->path, request->store, &context);
	autofree char *text = NULL;
	json_t *keys;

	if (error != 0) {
		text = escape(gpgme_strerror(error));
		return json_string(text);
	}
	keys = roster_list(context);
	gpgme_release(context);
	return keys;
}

json_t *
roster_read(const struct home *home, const struct keystore *store, char **why)
{
	const struct request request = { home, store };
	const char *late = NULL;
	json_t *answer = worker_run(home, work, &request, SECONDS, &late);

	if (json_is_array(answer))
		return answer;
	*why = answer == NULL ? xstrdup(late)
			      : xasprintf("gpg: %s", json_string_value(answer));
	json_decref(answer);
	return NULL;
}

const json_t *
roster_find(const json_t *roster, const char *fingerprint)
{
	for (size_t i = 0; i < json_array_size(roster); i++) {
		const json_t *key = json_array_get(roster, i);

		if (strcmp(record_string(key, "fingerprint"), fingerprint) == 0)
			return key;
	}
	return NULL;
}
