/* SPDX-License-Identifier: Apache-2.0 */
/* detached - an image file, and beside it a file with its signature */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#include "actype.h"
#include "alloc.h"
#include "detached.h"
#include "escape.h"
#include "filter.h"
#include "openpgp.h"
#include "record.h"
#include "scope.h"
#include "signer.h"

/* The downloaded file, which is opened once for all that is done to it. */
static int
open_image(const json_t *record)
{
	const char *path = record_string(record, "fetch.aci");
	struct stat file;
	int fd = path == NULL
		     ? -1
		     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (path == NULL)
		filter_failx(EX_DATAERR, "record: no fetch.aci");
	if (fd < 0 || fstat(fd, &file) < 0) {
		autofree char *shown = escape(path);

		filter_fail(
		    errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	}
	if (!S_ISREG(file.st_mode))
		filter_failx(EX_DATAERR, "record: fetch.aci is not a file");
	return fd;
}

static char *
read_signature(const json_t *record, const char *title, size_t *length)
{
	const char *path = record_string(record, "fetch.asc");
	char *text;

	if (path == NULL)
		filter_failx(EX_DATAERR, "%s: no signature", title);
	text = signer_read(path, OPENPGP_MAX, length, title, "signature");
	if (*length == 0)
		filter_failx(EX_DATAERR, "%s: no signature", title);
	return text;
}

static struct keystore
read_keys(const json_t *record)
{
	const char *name = record_string(record, "discover.name");
	const char *wrong = name == NULL ? NULL : acidentifier_check(name);

	if (wrong != NULL)
		filter_failx(EX_DATAERR, "record: discover.name: %s", wrong);
	return signer_keys(name);
}

/* The downloader hashed the file too: both must have seen the same. */
static const char *
compare_digest(const json_t *record, const json_t *facts, const char *title)
{
	const char *fetched = record_string(record, "fetch.digest");
	const char *verified = record_string(facts, "digest");

	if (verified == NULL)
		filter_failx(
		    EX_DATAERR, "%s: the file was not read to its end", title);
	if (fetched != NULL && strcmp(fetched, verified) != 0)
		filter_failx(EX_DATAERR,
		    "%s: the file has changed since it was fetched", title);
	return verified;
}

void
detached_verify(json_t *record, const char *title)
{
	autofd int file = open_image(record);
	size_t length = 0;
	autofree char *signature = read_signature(record, title, &length);
	struct keystore store = read_keys(record);
	struct check check = {
		.file = file,
		.text = signature,
		.length = length,
		.store = &store,
	};
	autojson json_t *facts = signer_facts(&check, title);
	struct verdict verdict = verdict_of(facts, &store, time(NULL));

	if (verdict.status != 0)
		filter_failx(verdict.status, "%s: %s", title, verdict.why);
	signer_accept(
	    record, compare_digest(record, facts, title), &verdict, &store);
	keystore_free(&store);
}
