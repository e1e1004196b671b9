/* SPDX-License-Identifier: Apache-2.0 */
/* gpg - a gpgme context in a home of ours */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "gpg.h"
#include "scope.h"

gpgme_error_t
gpg_start(const char *home, gpgme_ctx_t *context)
{
	/*
	 * The home by the environment and no gpgconf: gpgme then runs one
	 * "gpg --version", where it else runs six programs.
	 */
	if (setenv("GNUPGHOME", home, 1) < 0)
		return gpgme_error_from_syserror();
	(void)gpgme_set_global_flag("disable-gpgconf", "1");
	(void)gpgme_check_version(NULL);
	return gpgme_new(context);
}

gpgme_error_t
gpg_import(gpgme_ctx_t context, const struct openpgp *keys)
{
	gpgme_import_result_t result;
	gpgme_data_t data = NULL;
	gpgme_error_t error = gpgme_data_new_from_mem(
	    &data, (const char *)keys->bytes, keys->length, 0);

	if (error == 0)
		error = gpgme_op_import(context, data);
	gpgme_data_release(data);
	result = gpgme_op_import_result(context);
	if (error == 0 && (result == NULL || result->considered == 0))
		error = gpgme_error(GPG_ERR_NO_PUBKEY);
	return error;
}

/*
 * Copies of a key that differ, below different prefixes: what one of them
 * says, that it is revoked for instance, is true of the others.
 */
gpgme_error_t
gpg_merge(gpgme_ctx_t context, const struct keystore *store)
{
	gpgme_error_t error = 0;

	for (size_t i = 0; i < store->count && error == 0; i++) {
		const struct openpgp *key = &store->keys[i].key;
		const struct openpgp *first =
		    &keystore_first(store, &store->keys[i])->key;

		if (key->length != first->length ||
		    memcmp(key->bytes, first->bytes, key->length) != 0)
			error = gpg_import(context, key);
	}
	return error;
}

/* Not gpgme_get_key(): that asks a new gpg for its version first. */
gpgme_key_t
gpg_find(gpgme_ctx_t context, const char *fingerprint)
{
	gpgme_key_t key = NULL, second = NULL;

	if (gpgme_op_keylist_start(context, fingerprint, 0) != 0)
		return NULL;
	if (gpgme_op_keylist_next(context, &key) != 0)
		key = NULL;
	else if (gpgme_op_keylist_next(context, &second) == 0) {
		/* Two keys claim that part: whose it is cannot be told. */
		gpgme_key_unref(second);
		gpgme_key_unref(key);
		key = NULL;
	}
	(void)gpgme_op_keylist_end(context);
	return key;
}

json_t *
gpg_identities(gpgme_key_t key)
{
	json_t *identities = json_array();

	for (gpgme_user_id_t id = key->uids; id != NULL; id = id->next) {
		autofree char *shown = escape(id->uid);

		if (!id->revoked && !id->invalid)
			(void)json_array_append_new(
			    identities, json_string(shown));
	}
	return identities;
}

json_t *
gpg_fingerprint(const char *text)
{
	autofree char *lower = escape(text == NULL ? "unknown" : text);

	for (char *p = lower; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return json_string(lower);
}

int
gpg_key_usable(gpgme_key_t key)
{
	return !key->revoked && !key->expired && !key->disabled &&
	       !key->invalid && key->subkeys != NULL &&
	       key->subkeys->fpr != NULL;
}
