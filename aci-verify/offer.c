/* SPDX-License-Identifier: Apache-2.0 */
/* offer - the keys in a file that somebody is asked to trust */

#include <stdlib.h>

#include "escape.h"
#include "gpg.h"
#include "offer.h"
#include "openpgp.h"
#include "record.h"
#include "roster.h"
#include "scope.h"
#include "worker.h"

enum { SECONDS = 10 };

/* The key as text, or NULL. */
static json_t *
armoured(gpgme_ctx_t context, const char *fingerprint)
{
	gpgme_data_t data = NULL;
	json_t *text = NULL;
	size_t length = 0;
	char *bytes;

	if (gpgme_data_new(&data) != 0)
		return NULL;
	gpgme_set_armor(context, 1);
	if (gpgme_op_export(
		context, fingerprint, GPGME_EXPORT_MODE_MINIMAL, data) != 0) {
		gpgme_data_release(data);
		return NULL;
	}
	bytes = gpgme_data_release_and_get_mem(data, &length);
	if (bytes != NULL && length > 0)
		text = json_stringn(bytes, length);
	gpgme_free(bytes);
	return text;
}

static json_t *
failure(gpgme_error_t error)
{
	autofree char *text = escape(gpgme_strerror(error));

	return json_pack("{ss}", "failed", text);
}

/* In gpg's words, and again as text. */
static json_t *
import(const struct offer *offer, const struct openpgp *packets)
{
	gpgme_ctx_t context = NULL;
	gpgme_error_t error = gpg_start(offer->home->path, NULL, &context);
	json_t *keys;

	if (error == 0)
		error = gpg_import(context, packets);
	if (error != 0)
		return failure(error);
	keys = roster_list(context);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		json_t *key = json_array_get(keys, i);
		json_t *text =
		    armoured(context, record_string(key, "fingerprint"));

		if (text == NULL)
			return failure(gpgme_error(GPG_ERR_INV_DATA));
		(void)json_object_set_new(key, "armour", text);
	}
	gpgme_release(context);
	return json_pack("{so}", "keys", keys);
}

static json_t *
work(const void *data)
{
	const struct offer *offer = data;
	struct openpgp packets;
	size_t count = 0;
	const char *why =
	    openpgp_keys(offer->text, offer->length, &packets, &count);
	json_t *answer;

	if (why != NULL)
		return json_pack("{ss}", "failed", why);
	answer = import(offer, &packets);
	free(packets.bytes);
	return answer;
}

json_t *
offer_read(const struct offer *offer, const char **why)
{
	return worker_run(offer->home, work, offer, SECONDS, why);
}
