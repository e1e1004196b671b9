/* SPDX-License-Identifier: Apache-2.0 */
/* adoption - the keys of some files, each shown, asked about, and stored */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "adoption.h"
#include "escape.h"
#include "home.h"
#include "localkeys.h"
#include "offer.h"
#include "openpgp.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "review.h"
#include "scope.h"

/* What has become of the keys so far: one trusted is a success. */
struct outcome {
	size_t trusted;
	size_t declined;
};

static char *
read_file(const struct keyfile *file, const char *shown, size_t *length)
{
	char *text = path_read(AT_FDCWD, file->path, OPENPGP_MAX, length);

	if (text == NULL && errno == EFBIG)
		errx(
		    EX_DATAERR, "%s: longer than %d bytes", shown, OPENPGP_MAX);
	if (text == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	return text;
}

/* What gpg makes of them; the caller owns it. */
static json_t *
examine(const char *text, size_t length, const char *shown)
{
	struct home home;
	struct offer offer = { text, length, &home };
	autofree char *failed = NULL;
	const char *why = NULL;
	json_t *answer;

	if (home_make(&home, NULL, &failed) < 0) {
		autofree char *where = escape(failed);

		err(EX_CANTCREAT, "%s", where);
	}
	answer = offer_read(&offer, &why);
	home_remove(&home);
	if (answer != NULL)
		why = record_string(answer, "failed");
	if (why != NULL)
		errx(EX_DATAERR, "%s: %s", shown, why);
	return answer;
}

static void
store(const char *prefix, const json_t *key)
{
	autofree char *why = NULL;
	autofree char *path =
	    localkeys_add(prefix, record_string(key, "fingerprint"),
		record_string(key, "armour"), &why);

	if (path == NULL)
		errx(EX_CANTCREAT, "%s", why);
	if (*prefix == '\0')
		(void)fprintf(stderr, "Added root key at \"%s\"\n", path);
	else
		(void)fprintf(stderr, "Added key for prefix \"%s\" at \"%s\"\n",
		    prefix, path);
}

static void
decide(const struct adoption *adoption, const json_t *key, const char *shown,
    struct outcome *outcome)
{
	const char *fingerprint = record_string(key, "fingerprint");
	const char *state = record_string(key, "state");

	if (adoption->fingerprint != NULL &&
	    strcmp(adoption->fingerprint, fingerprint) != 0)
		state = "another";
	if (strcmp(state, "good") != 0) {
		warnx("%s: key %s is %s, skipped", shown, fingerprint, state);
		return;
	}
	review_show(adoption->prefix, shown, key);
	if (adoption->ask && !review_ask()) {
		(void)fprintf(stderr, "Not trusting \"%s\".\n", shown);
		outcome->declined++;
		return;
	}
	(void)fprintf(stderr, "Trusting \"%s\" for prefix \"%s\".\n", shown,
	    adoption->prefix);
	store(adoption->prefix, key);
	outcome->trusted++;
}

static void
take_file(const struct adoption *adoption, const struct keyfile *file,
    struct outcome *outcome)
{
	autofree char *shown = escape(file->location);
	size_t length = 0;
	autofree char *text = read_file(file, shown, &length);
	autojson json_t *answer = examine(text, length, shown);
	const json_t *list = json_object_get(answer, "keys");

	for (size_t i = 0; i < json_array_size(list); i++)
		decide(adoption, json_array_get(list, i), shown, outcome);
}

int
adoption_run(const struct adoption *adoption, const struct keyfiles *files)
{
	struct outcome outcome = { 0 };

	for (size_t i = 0; i < files->count; i++)
		take_file(adoption, &files->list[i], &outcome);
	if (outcome.trusted > 0)
		return 0;
	return outcome.declined > 0 ? EX_NO : EX_DATAERR;
}
