/* SPDX-License-Identifier: Apache-2.0 */
/* gpg - a gpgme context in a home of ours */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "gpg.h"
#include "scope.h"

enum { RSA_BITS_MIN = 2048, CURVE_BITS_MIN = 255 };

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
static gpgme_error_t
merge_copies(gpgme_ctx_t context, const struct keystore *store)
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

gpgme_error_t
gpg_start(const char *home, const struct keystore *store, gpgme_ctx_t *context)
{
	gpgme_error_t error;

	/*
	 * The home by the environment and no gpgconf: gpgme then runs one
	 * "gpg --version", where it else runs six programs.
	 */
	if (setenv("GNUPGHOME", home, 1) < 0)
		return gpgme_error_from_syserror();
	(void)gpgme_set_global_flag("disable-gpgconf", "1");
	(void)gpgme_check_version(NULL);
	error = gpgme_new(context);
	return error != 0 || store == NULL ? error
					   : merge_copies(*context, store);
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

/* Long enough that nobody makes a second key of it. */
bool
gpg_is_strong(gpgme_subkey_t part)
{
	switch ((int)part->pubkey_algo) {
	case GPGME_PK_RSA:
	case GPGME_PK_RSA_S:
		return part->length >= RSA_BITS_MIN;
	case GPGME_PK_ECDSA:
	case GPGME_PK_EDDSA:
		return part->length >= CURVE_BITS_MIN;
	default:
		return false;
	}
}

bool
gpg_can_sign(gpgme_subkey_t part)
{
	return !part->revoked && !part->expired && !part->disabled &&
	       !part->invalid && part->can_sign && gpg_is_strong(part);
}

bool
gpg_key_usable(gpgme_key_t key)
{
	return !key->revoked && !key->expired && !key->disabled &&
	       !key->invalid && key->subkeys != NULL &&
	       key->subkeys->fpr != NULL;
}
