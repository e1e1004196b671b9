/* SPDX-License-Identifier: Apache-2.0 */
/* check - what gpg says about a file and its signature: facts, no verdict */

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "check.h"
#include "escape.h"
#include "gpg.h"
#include "message.h"
#include "record.h"
#include "scope.h"
#include "stream.h"
#include "worker.h"

/*
 * Time for gpg: the time for a small file and that for each megabyte of a
 * big one, on a machine twenty times slower than today's.
 */
enum { SECONDS = 10, BYTES_A_SECOND = 20 * 1000 * 1000 };

/* Is the key as a whole, and that part of it, fit for signing? */
static bool
is_sound(gpgme_key_t key, const char *fingerprint)
{
	if (!gpg_key_usable(key) || !gpg_is_strong(key->subkeys))
		return false;
	for (gpgme_subkey_t part = key->subkeys; part; part = part->next)
		if (part->fpr != NULL && strcmp(part->fpr, fingerprint) == 0)
			return gpg_can_sign(part);
	return false;
}

/* Not gpgme_get_key(): that asks a new gpg for its version first. */
static gpgme_key_t
find_key(gpgme_ctx_t context, const char *fingerprint)
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

static json_t *
key_facts(gpgme_ctx_t context, const char *fingerprint)
{
	gpgme_key_t key =
	    fingerprint == NULL ? NULL : find_key(context, fingerprint);
	json_t *facts;

	if (key == NULL)
		return NULL;
	facts = json_pack("{so so so}", "fingerprint",
	    gpg_fingerprint(key->subkeys == NULL ? NULL : key->subkeys->fpr),
	    "sound", json_boolean(is_sound(key, fingerprint)), "identities",
	    gpg_identities(key));
	gpgme_key_unref(key);
	return facts;
}

static json_t *
signature_facts(gpgme_ctx_t context, gpgme_signature_t signature)
{
	int status = (int)gpgme_err_code(signature->status);
	json_t *key = status == GPG_ERR_NO_PUBKEY
			  ? NULL
			  : key_facts(context, signature->fpr);

	return json_pack("{so si si si sb sI sI so*}", "fingerprint",
	    gpg_fingerprint(signature->fpr), "status", status, "summary",
	    (int)signature->summary, "hash", (int)signature->hash_algo,
	    "misused", (int)signature->wrong_key_usage, "made",
	    (json_int_t)signature->timestamp, "expires",
	    (json_int_t)signature->exp_timestamp, "key", key);
}

/*
 * gpgme keeps its results only until the next operation: the list of them is
 * held by a reference to it.
 */
static void
add_facts(gpgme_ctx_t context, json_t *list)
{
	gpgme_verify_result_t result = gpgme_op_verify_result(context);

	if (result == NULL)
		return;
	gpgme_result_ref(result);
	for (gpgme_signature_t s = result->signatures; s != NULL; s = s->next)
		(void)json_array_append_new(list, signature_facts(context, s));
	gpgme_result_unref(result);
}

/* Is it gpg that is missing or broken, and not what it was given? */
static bool
is_engine(gpgme_error_t error)
{
	return gpgme_err_code(error) == GPG_ERR_INV_ENGINE ||
	       gpgme_err_code(error) == GPG_ERR_UNSUPPORTED_PROTOCOL;
}

static json_t *
failure(const char *member, gpgme_error_t error)
{
	autofree char *text = escape(gpgme_strerror(error));

	return json_pack("{ss}", member, text);
}

/*
 * Has gpg check one detached signature of that.  NULL: the list has got what it
 * says of it; else why there is nothing.
 */
static json_t *
verify(gpgme_ctx_t context, const struct packet *signature, gpgme_data_t what,
    json_t *list)
{
	gpgme_data_t sig = NULL;
	gpgme_error_t error;

	error = gpgme_data_new_from_mem(
	    &sig, (const char *)signature->bytes, signature->size, 0);
	if (error != 0)
		return failure("engine", error);
	error = gpgme_op_verify(context, sig, what, NULL);
	gpgme_data_release(sig);
	if (error != 0)
		return failure(is_engine(error) ? "engine" : "failed", error);
	add_facts(context, list);
	return NULL;
}

/* The same of the file, from its start; the digest is that of what gpg saw. */
static json_t *
verify_file(gpgme_ctx_t context, int fd, const struct packet *signature,
    json_t *list, char **digest)
{
	struct gpgme_data_cbs calls = { .read = stream_read };
	struct stream *stream =
	    lseek(fd, 0, SEEK_SET) < 0 ? NULL : stream_open(fd);
	gpgme_data_t data = NULL;
	gpgme_error_t error;
	json_t *failed;

	if (stream == NULL)
		return json_pack("{ss}", "engine", "cannot hash");
	error = gpgme_data_new_from_cbs(&data, &calls, stream);
	/* As much as a pipe holds; more makes it slower. */
	if (error == 0)
		error = gpgme_data_set_flag(data, "io-buffer-size", "65536");
	failed = error != 0 ? failure("engine", error)
			    : verify(context, signature, data, list);
	gpgme_data_release(data);
	*digest = stream_close(stream);
	return failed;
}

static bool
is_same(const char *one, const char *other)
{
	return one != NULL && other != NULL && strcmp(one, other) == 0;
}

/*
 * One after the other: of several gpg checks none behind the first that fails,
 * so that their order would count.  All must have been of the same bytes.
 */
static json_t *
verify_signatures(
    gpgme_ctx_t context, int file, const struct openpgp *signatures)
{
	const unsigned char *at = signatures->bytes;
	size_t left = signatures->length;
	autofree char *first = NULL;
	autojson json_t *list = json_array();
	json_t *facts, *failed;
	struct packet signature;

	while (left > 0 && packet_next(&at, &left, &signature)) {
		autofree char *digest = NULL;

		failed = verify_file(context, file, &signature, list, &digest);
		if (failed != NULL)
			return failed;
		if (first == NULL)
			first = take_ptr(&digest);
		else if (!is_same(first, digest))
			return json_pack(
			    "{ss}", "failed", "the file changes meanwhile");
	}
	facts = json_pack("{sO}", "signatures", list);
	if (first != NULL)
		(void)json_object_set_new(facts, "digest", json_string(first));
	return facts;
}

static json_t *
verify_message(gpgme_ctx_t context, const struct message *message)
{
	const unsigned char *at = message->signature.bytes;
	size_t left = message->signature.length;
	autojson json_t *list = json_array();
	struct packet signature;
	gpgme_data_t data = NULL;
	gpgme_error_t error;
	json_t *facts, *failed;

	if (!packet_next(&at, &left, &signature))
		return json_pack("{ss}", "malformed", "a malformed packet");
	error =
	    gpgme_data_new_from_mem(&data, message->text, message->length, 0);
	failed = error != 0 ? failure("engine", error)
			    : verify(context, &signature, data, list);
	gpgme_data_release(data);
	if (failed != NULL)
		return failed;
	facts = json_pack("{sO}", "signatures", list);
	/* Left out if it is not UTF-8. */
	(void)json_object_set_new(
	    facts, "text", json_stringn(message->text, message->length));
	return facts;
}

static json_t *
work(const void *data)
{
	const struct check *check = data;
	const bool detached = check->file >= 0;
	struct openpgp signatures = { 0 };
	struct message message = { 0 };
	gpgme_ctx_t context = NULL;
	gpgme_error_t error;
	const char *why =
	    detached
		? openpgp_signature(check->text, check->length, &signatures)
		: message_read(check->text, check->length, &message);
	json_t *facts;

	if (why != NULL)
		return json_pack("{ss}", "malformed", why);
	error = gpg_start(check->home->path, check->store, &context);
	if (error != 0)
		facts = failure("engine", error);
	else if (detached)
		facts = verify_signatures(context, check->file, &signatures);
	else
		facts = verify_message(context, &message);
	gpgme_release(context);
	message_free(&message);
	free(signatures.bytes);
	return facts;
}

/* How long gpg may take, however many signatures there are. */
static unsigned
seconds_for(const struct check *check)
{
	struct stat file;

	if (check->file < 0 || fstat(check->file, &file) < 0)
		return SECONDS;
	return SECONDS + (unsigned)(file.st_size / BYTES_A_SECOND);
}

json_t *
check_run(const struct check *check, const char **why)
{
	return worker_run(check->home, work, check, seconds_for(check), why);
}
