/* SPDX-License-Identifier: Apache-2.0 */
/* verdict - are these facts about a signature good enough? */

#include <stdbool.h>
#include <string.h>
#include <sysexits.h>

#include <gpgme.h>

#include "alloc.h"
#include "record.h"
#include "verdict.h"

/* A signer's clock may be ahead of ours by so many seconds. */
enum { CLOCK_SKEW = 300 };

/* Worst last: the worst of several signatures decides, but see judge(). */
enum grade { UNKNOWN, UNFIT, GOOD, BAD };

static bool
has_key(const struct keystore *store, const char *fingerprint)
{
	for (size_t i = 0; fingerprint != NULL && i < store->count; i++)
		if (strcmp(store->keys[i].fingerprint, fingerprint) == 0)
			return true;
	return false;
}

static bool
is_good_hash(int64_t hash)
{
	return hash == GPGME_MD_SHA256 || hash == GPGME_MD_SHA384 ||
	       hash == GPGME_MD_SHA512;
}

/* What gpg says is wrong with a signature that it could check; or NULL. */
static const char *
defect(int64_t status, int64_t summary)
{
	const int64_t fine = GPGME_SIGSUM_VALID | GPGME_SIGSUM_GREEN;

	if (status == GPG_ERR_CERT_REVOKED ||
	    (summary & GPGME_SIGSUM_KEY_REVOKED) != 0)
		return "signature by a revoked key";
	if (status == GPG_ERR_KEY_EXPIRED ||
	    (summary & GPGME_SIGSUM_KEY_EXPIRED) != 0)
		return "signature by an expired key";
	if (status == GPG_ERR_SIG_EXPIRED ||
	    (summary & GPGME_SIGSUM_SIG_EXPIRED) != 0)
		return "the signature has expired";
	if (status == 0 &&
	    ((summary & GPGME_SIGSUM_VALID) == 0 || (summary & ~fine) != 0))
		return "signature not fully valid";
	return NULL;
}

/* The same for what gpg accepts and we do not. */
static const char *
weakness(const json_t *signature, time_t now)
{
	if (!is_good_hash(record_number(signature, "hash", 0)))
		return "signature with a hash weaker than SHA-256";
	if (json_is_true(json_object_get(signature, "misused")))
		return "signature by a key that is not for signing";
	if (record_number(signature, "made", INT64_MAX) >
	    (int64_t)now + CLOCK_SKEW)
		return "the signature was made in the future";
	if (!json_is_true(record_get(signature, "key.sound")))
		return "signature by a key that is too weak or not usable";
	return NULL;
}

static const char *
untrusted(const struct keystore *store)
{
	return store->all
		   ? "signature by a key that is not trusted"
		   : "signature by a key that is not trusted for this name";
}

static enum grade
grade_of(const json_t *signature, const struct keystore *store, time_t now,
    const char **why)
{
	int64_t status = record_number(signature, "status", -1);

	*why = untrusted(store);
	if (status == GPG_ERR_NO_PUBKEY)
		return UNKNOWN;
	*why = defect(status, record_number(signature, "summary", 0));
	if (*why != NULL)
		return UNFIT;
	*why = "the signature does not verify";
	if (status != GPG_ERR_NO_ERROR)
		return BAD;
	*why = weakness(signature, now);
	if (*why != NULL)
		return UNFIT;
	*why = untrusted(store);
	return has_key(store, record_string(signature, "key.fingerprint"))
		   ? GOOD
		   : UNKNOWN;
}

static struct verdict
refuse(int status, const char *why, const char *detail)
{
	return (struct verdict){
		.status = status,
		.why = detail == NULL ? xstrdup(why)
				      : xasprintf("%s: %s", why, detail),
	};
}

static struct verdict
judge(const json_t *list, const struct keystore *store, time_t now)
{
	const json_t *worst = NULL;
	const char *why = "no signature in it";
	enum grade grade = UNKNOWN;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *signature = json_array_get(list, i);
		const char *text = NULL;
		enum grade one = grade_of(signature, store, now, &text);

		/* One good signature is enough, one bad too many. */
		if (worst != NULL && one <= grade)
			continue;
		worst = signature;
		grade = one;
		why = text;
	}
	if (worst != NULL && grade == GOOD)
		return (struct verdict){
			.key = json_object_get(worst, "key"),
			.expires = record_number(worst, "expires", 0),
		};
	return refuse(
	    worst != NULL && grade == UNKNOWN ? EX_NOPERM : EX_DATAERR, why,
	    record_string(worst, "fingerprint"));
}

struct verdict
verdict_of(const json_t *facts, const struct keystore *store, time_t now)
{
	const char *engine = record_string(facts, "engine");
	const char *failed = record_string(facts, "failed");
	const char *malformed = record_string(facts, "malformed");

	if (malformed != NULL)
		return refuse(EX_DATAERR, "signature", malformed);
	if (engine != NULL)
		return refuse(EX_UNAVAILABLE, "gpg", engine);
	if (failed != NULL)
		return refuse(
		    EX_DATAERR, "the signature does not verify", failed);
	return judge(json_object_get(facts, "signatures"), store, now);
}
