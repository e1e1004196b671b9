/* SPDX-License-Identifier: Apache-2.0 */
/* decoder - inflating, in a process that can do nothing else */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "apart.h"
#include "confine.h"
#include "copy.h"
#include "decoder.h"
#include "escape.h"
#include "publish.h"
#include "scope.h"

enum {
	IN_SIZE = 64 * 1024,
	OUT_SIZE = 256 * 1024,
	WHY_MAX = 240,
};

/* What the child says; less than PIPE_BUF, so it comes as a whole. */
struct note {
	uint64_t size;
	int status; /* 0, or that of its fault */
	bool end;
	char why[WHY_MAX];
};

/* The child's. */
struct work {
	struct inflate *inflate;
	int in, notes;
	struct growing out;
	unsigned char *input, *output;
	struct fault fault;
};

static int
tell(struct work *work, bool end)
{
	struct note note = {
		.size = work->out.size,
		.status = work->fault.status,
		.end = end,
	};

	if (work->fault.why != NULL)
		(void)strncpy(note.why, work->fault.why, WHY_MAX - 1);
	return write_all(work->notes, &note, sizeof note);
}

static int
write_out(struct work *work, size_t length)
{
	if (growing_add(&work->out, work->output, length) < 0)
		return fault_errno(&work->fault, "write");
	return length == 0 ? 0 : tell(work, false);
}

/* All that the input gives, piece by piece. */
static int
inflate_input(struct work *work, bool at_end)
{
	struct inflate *inflate = work->inflate;
	bool full = true;

	while (full) {
		inflate->next_out = work->output;
		inflate->left_out = OUT_SIZE;
		if (inflate_run(inflate, at_end, &work->fault) < 0)
			return -1;
		full = inflate->left_out == 0;
		if (write_out(work, OUT_SIZE - inflate->left_out) < 0)
			return -1;
	}
	return 0;
}

static int
decode(struct work *work)
{
	for (;;) {
		ssize_t n = read(work->in, work->input, IN_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_errno(&work->fault, "read");
		work->inflate->next_in = work->input;
		work->inflate->left_in = (size_t)n;
		if (inflate_input(work, n == 0) < 0)
			return -1;
		if (n == 0)
			break;
	}
	return inflate_done(work->inflate)
		   ? 0
		   : fault_set(&work->fault, EX_DATAERR, "truncated");
}

static _Noreturn void
child(struct work *work)
{
	work->input = xreallocarray(NULL, IN_SIZE, 1);
	work->output = xreallocarray(NULL, OUT_SIZE, 1);
	(void)decode(work);
	_exit(tell(work, true) < 0 ? EX_IOERR : 0);
}

int
decoder_start(struct decoder *decoder, struct inflate *inflate, int to,
    struct fault *fault)
{
	int in[2], notes[2];

	*decoder = (struct decoder){ .input = -1, .notes = -1, .to = to };
	if (fcntl(to, F_SETFL, O_APPEND) < 0 || pipe2(in, O_CLOEXEC) < 0)
		return fault_errno(fault, "pipe");
	if (pipe2(notes, O_CLOEXEC) < 0) {
		(void)close(in[0]);
		(void)close(in[1]);
		return fault_errno(fault, "pipe");
	}
	decoder->pid =
	    apart_fork(&confine_decode, (int[]){ in[0], to, notes[1] }, 3);
	if (decoder->pid == 0)
		child(&(struct work){ .inflate = inflate,
		    .in = in[0],
		    .out = { .fd = to },
		    .notes = notes[1] });
	(void)close(in[0]);
	(void)close(notes[1]);
	decoder->input = in[1];
	decoder->notes = notes[0];
	if (decoder->pid < 0 || fcntl(in[1], F_SETFL, O_NONBLOCK) < 0)
		return fault_errno(fault, "process");
	return 0;
}

/* It ended without a word. */
static int
lost(struct decoder *decoder, struct fault *fault)
{
	int status = apart_wait(decoder->pid);

	decoder->pid = -1;
	return fault_set(fault, EX_OSERR, "the process that unpacks it: %s",
	    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "failed");
}

static int
check_end(const struct decoder *decoder, uint64_t size, struct fault *fault)
{
	struct stat status;

	if (fstat(decoder->to, &status) < 0)
		return fault_errno(fault, "tar");
	return (uint64_t)status.st_size == size
		   ? 0
		   : fault_set(fault, EX_SOFTWARE, "the tar has another size");
}

int
decoder_note(struct decoder *decoder, uint64_t *size, struct fault *fault)
{
	struct note note;
	ssize_t n;

	do
		n = read(decoder->notes, &note, sizeof note);
	while (n < 0 && errno == EINTR);
	if (n != sizeof note)
		return lost(decoder, fault);
	if (note.status != 0) {
		autofree char *why = NULL;

		note.why[WHY_MAX - 1] = '\0';
		why = escape_again(note.why);
		return fault_set(fault,
		    note.status > 0 && note.status < 256 ? note.status
							 : EX_SOFTWARE,
		    "%s", why);
	}
	*size = note.size;
	if (!note.end)
		return 1;
	/* Not before it is gone: then nobody can add to it. */
	(void)kill(decoder->pid, SIGKILL);
	(void)apart_wait(decoder->pid);
	decoder->pid = -1;
	return check_end(decoder, note.size, fault);
}

void
decoder_stop(struct decoder *decoder)
{
	if (decoder->input >= 0)
		(void)close(decoder->input);
	if (decoder->notes >= 0)
		(void)close(decoder->notes);
	if (decoder->pid > 0) {
		(void)kill(decoder->pid, SIGKILL);
		(void)apart_wait(decoder->pid);
	}
	*decoder = (struct decoder){ .input = -1, .notes = -1 };
}
