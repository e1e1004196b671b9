/* SPDX-License-Identifier: Apache-2.0 */
/* import - an image file into the store, by way of cas-put */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "import.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "scope.h"

static char *
record_of(const char *path)
{
	autofree char *shown = escape(path);
	autofree char *real = realpath(path, NULL);
	autofree char *url = NULL;
	autojson json_t *record = NULL;
	autofree char *line = NULL;

	if (real == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	url = xasprintf("file://%s", real);
	record = json_pack("{s:i,s:s,s:{s:s,s:s}}", "v", 1, "image", url,
	    "fetch", "url", url, "aci", real);
	if (record == NULL)
		errx(EX_DATAERR, "%s: path is not UTF-8", shown);
	line = record_line(record);
	return xasprintf("%s\n", line);
}

/* A pipe that nobody reads yet has room for the longest record. */
static void
give_to_stdin(const char *line)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0 ||
	    write_all(ends[1], line, strlen(line)) < 0 ||
	    dup2(ends[0], STDIN_FILENO) < 0)
		err(EX_OSERR, "pipe");
	(void)close(ends[1]);
}

void
import_file(const char *path, bool insecure, bool quiet)
{
	autofree char *line = record_of(path);
	char *argv[4] = { xstrdup("cas-put") };
	size_t used = 1;

	if (insecure)
		argv[used++] = xstrdup("--insecure");
	if (quiet)
		argv[used++] = xstrdup("--quiet");
	give_to_stdin(line);
	prog_chain(argv);
}
