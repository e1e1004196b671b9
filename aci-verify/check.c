/* SPDX-License-Identifier: Apache-2.0 */
/* check - what gpg says about a file and its signature: facts, no verdict */

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "alloc.h"
#include "check.h"
#include "escape.h"
#include "gpg.h"
#include "scope.h"
#include "worker.h"

/*
 * Time for gpg: the time for a small file and that for each megabyte of a
 * big one, on a machine twenty times slower than today's.
 */
enum { SECONDS = 10, BYTES_A_SECOND = 20 * 1000 * 1000 };

enum { RSA_BITS_MIN = 2048, CURVE_BITS_MIN = 255 };

/* The signed file on its way to gpg, hashed as it passes. */
struct stream {
	int fd;
	EVP_MD_CTX *md;
	bool ended;
	bool failed;
};

static ssize_t
stream_read(void *handle, void *buffer, size_t size)
{
	struct stream *stream = handle;
	ssize_t n;

	do
		n = read(stream->fd, buffer, size);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		stream->ended = true;
	else if (n < 0 || !EVP_DigestUpdate(stream->md, buffer, (size_t)n))
		stream->failed = true;
	return stream->failed ? -1 : n;
}

static json_t *
digest(struct stream *stream)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char text[sizeof "sha512-" + 2 * EVP_MAX_MD_SIZE] = "sha512-";
	char *at = text + strlen(text);
	unsigned size = 0;

	if (!stream->ended || stream->failed ||
	    !EVP_DigestFinal_ex(stream->md, bytes, &size))
		return NULL;
	for (unsigned i = 0; i < size; i++) {
		*at++ = "0123456789abcdef"[bytes[i] >> 4];
		*at++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*at = '\0';
	return json_string(text);
}

/* Long enough that nobody makes a second key of it. */
static bool
is_strong(gpgme_subkey_t key)
{
	switch ((int)key->pubkey_algo) {
	case GPGME_PK_RSA:
	case GPGME_PK_RSA_S:
	case GPGME_PK_DSA:
		return key->length >= RSA_BITS_MIN;
	case GPGME_PK_ECDSA:
	case GPGME_PK_EDDSA:
		return key->length >= CURVE_BITS_MIN;
	default:
		return false;
	}
}

/* Is the key as a whole, and that part of it, fit for signing? */
static bool
is_sound(gpgme_key_t key, const char *fingerprint)
{
	if (!gpg_key_usable(key) || !is_strong(key->subkeys))
		return false;
	for (gpgme_subkey_t part = key->subkeys; part; part = part->next)
		if (part->fpr != NULL && strcmp(part->fpr, fingerprint) == 0)
			return !part->revoked && !part->expired &&
			       !part->disabled && !part->invalid &&
			       part->can_sign && is_strong(part);
	return false;
}

static json_t *
key_facts(gpgme_ctx_t context, const char *fingerprint)
{
	gpgme_key_t key =
	    fingerprint == NULL ? NULL : gpg_find(context, fingerprint);
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

	return json_pack("{so si si si sb sI so*}", "fingerprint",
	    gpg_fingerprint(signature->fpr), "status", status, "summary",
	    (int)signature->summary, "hash", (int)signature->hash_algo,
	    "misused", (int)signature->wrong_key_usage, "made",
	    (json_int_t)signature->timestamp, "key", key);
}

/*
 * gpgme keeps its results only until the next operation: the first pass
 * copies the list by holding a reference to it.
 */
static json_t *
all_facts(gpgme_ctx_t context)
{
	gpgme_verify_result_t result = gpgme_op_verify_result(context);
	json_t *list = json_array();

	if (result == NULL)
		return list;
	gpgme_result_ref(result);
	for (gpgme_signature_t s = result->signatures; s != NULL; s = s->next)
		(void)json_array_append_new(list, signature_facts(context, s));
	gpgme_result_unref(result);
	return list;
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

static json_t *
verify(
    gpgme_ctx_t context, const struct openpgp *signature, struct stream *stream)
{
	struct gpgme_data_cbs calls = { .read = stream_read };
	gpgme_data_t sig = NULL, file = NULL;
	gpgme_error_t error;
	json_t *facts;

	error = gpgme_data_new_from_mem(
	    &sig, (const char *)signature->bytes, signature->length, 0);
	if (error == 0)
		error = gpgme_data_new_from_cbs(&file, &calls, stream);
	/* As much as a pipe holds; more makes it slower. */
	if (error == 0)
		error = gpgme_data_set_flag(file, "io-buffer-size", "65536");
	if (error != 0)
		return failure("engine", error);
	error = gpgme_op_verify(context, sig, file, NULL);
	if (error != 0)
		facts = failure(is_engine(error) ? "engine" : "failed", error);
	else
		facts = json_pack("{so}", "signatures", all_facts(context));
	gpgme_data_release(file);
	gpgme_data_release(sig);
	return facts;
}

static json_t *
work(const void *data)
{
	const struct check *check = data;
	struct stream stream = { .fd = check->file, .md = EVP_MD_CTX_new() };
	gpgme_ctx_t context = NULL;
	gpgme_error_t error;
	json_t *facts;

	if (stream.md == NULL ||
	    !EVP_DigestInit_ex(stream.md, EVP_sha512(), NULL))
		return json_pack("{ss}", "engine", "libcrypto has no SHA-512");
	error = gpg_start(check->home->path, &context);
	if (error == 0)
		error = gpg_merge(context, check->store);
	if (error != 0)
		return failure("engine", error);
	facts = verify(context, check->signature, &stream);
	(void)json_object_set_new(facts, "digest", digest(&stream));
	gpgme_release(context);
	EVP_MD_CTX_free(stream.md);
	return facts;
}

json_t *
check_run(const struct check *check, const char **why)
{
	struct stat file;
	unsigned seconds = SECONDS;

	*why = "cannot be read";
	if (fstat(check->file, &file) < 0)
		return NULL;
	seconds += (unsigned)(file.st_size / BYTES_A_SECOND);
	return worker_run(work, check, seconds, why);
}
