/* SPDX-License-Identifier: Apache-2.0 */
/* reader - an archive's entries, read by a process that can do nothing else */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "apart.h"
#include "confine.h"
#include "escape.h"
#include "publish.h"
#include "reader.h"
#include "scan.h"
#include "scope.h"

/* What the process that read it says; both texts are escaped. */
struct answer {
	uint64_t end;
	uint32_t count;
	int status; /* 0, or that of its fault */
	char why[2 * ESCAPE_MAX];
	char dropped[ESCAPE_MAX + 4];
};

static _Noreturn void
answer(struct entries *entries, int out, const char *dropped)
{
	const struct fault *fault = entries->fault;
	struct answer said = {
		.end = entries->end,
		.count = entries->count,
		.status = fault->status,
	};

	if (fault->why != NULL)
		(void)strncpy(said.why, fault->why, sizeof said.why - 1);
	if (dropped != NULL)
		(void)strncpy(said.dropped, dropped, sizeof said.dropped - 1);
	_exit(write_all(out, &said, sizeof said) < 0 ? EX_IOERR : 0);
}

/* Starts it; *in is where its answer comes from. */
static pid_t
start_reader(struct entries *entries, int fd, uint64_t size, int *in)
{
	/* The archive has its digest: nobody is to write in it any more. */
	autofree char *path = xasprintf("/proc/self/fd/%d", fd);
	autofd int archive = open(path, O_RDONLY | O_CLOEXEC);
	char *dropped = NULL;
	int ends[2];
	pid_t pid;

	if (archive < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid = apart_fork(&confine_archive,
	    (int[]){
		archive, entries_file(entries, entries->part_count), ends[1] },
	    3);
	if (pid == 0) {
		(void)scan_archive(entries, archive, size, &dropped);
		answer(entries, ends[1], dropped);
	}
	(void)close(ends[1]);
	*in = ends[0];
	return pid;
}

/* What it says of the file must be so; what it wrote is looked at later. */
static int
take_answer(struct entries *entries, struct answer *said, char **dropped)
{
	struct stat file;

	said->why[sizeof said->why - 1] = '\0';
	said->dropped[sizeof said->dropped - 1] = '\0';
	if (said->status != 0) {
		autofree char *why = escape_again(said->why);

		return fault_set(entries->fault,
		    said->status > 0 && said->status < 256 ? said->status
							   : EX_SOFTWARE,
		    "%s", why);
	}
	if (fstat(entries_file(entries, entries->part_count), &file) < 0)
		return fault_errno(entries->fault, "entries");
	if (said->end < entries->end || said->end > ENTRIES_END ||
	    said->end % ENTRIES_UNIT != 0 || said->count < entries->count ||
	    said->count > ENTRIES_MAX)
		return entries_damaged(entries);
	entries->end = said->end;
	entries->count = said->count;
	if (entries_size(entries) != (uint64_t)file.st_size)
		return entries_damaged(entries);
	if (*dropped == NULL && *said->dropped != '\0')
		*dropped = escape_again(said->dropped);
	return 0;
}

int
reader_run(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	autofree struct answer *said = xcalloc(1, sizeof *said);
	autofd int in = -1;
	size_t length = 0;
	pid_t pid;
	int status;

	if (entries_begin(entries) < 0)
		return -1;
	pid = start_reader(entries, fd, size, &in);
	if (pid < 0)
		return fault_errno(entries->fault, "process");
	for (ssize_t n = 1; n > 0 || (n < 0 && errno == EINTR);) {
		n = read(in, (char *)said + length, sizeof *said - length);
		length += n > 0 ? (size_t)n : 0;
	}
	status = apart_wait(pid);
	if (length != sizeof *said)
		return fault_set(entries->fault, EX_OSERR,
		    "the process that reads the archive: %s",
		    WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
					: "failed");
	return take_answer(entries, said, dropped) < 0
		   ? -1
		   : entries_finish(entries);
}
