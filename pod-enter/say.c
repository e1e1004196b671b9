/* SPDX-License-Identifier: Apache-2.0 */
/* say - one line on stderr, without a buffer or a library */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

enum { LINE = 1024 };

/* In the library's words, for what can come of what pod-init calls. */
static const char *
error_text(int error)
{
	static const struct {
		int number;
		char text[44];
	} errors[] = {
		{ EPERM, "Operation not permitted" },
		{ ENOENT, "No such file or directory" },
		{ ESRCH, "No such process" },
		{ EIO, "Input/output error" },
		{ E2BIG, "Argument list too long" },
		{ ENOEXEC, "Exec format error" },
		{ EBADF, "Bad file descriptor" },
		{ EAGAIN, "Resource temporarily unavailable" },
		{ ENOMEM, "Cannot allocate memory" },
		{ EACCES, "Permission denied" },
		{ EFAULT, "Bad address" },
		{ EBUSY, "Device or resource busy" },
		{ ENOTDIR, "Not a directory" },
		{ EISDIR, "Is a directory" },
		{ EINVAL, "Invalid argument" },
		{ ENFILE, "Too many open files in system" },
		{ EMFILE, "Too many open files" },
		{ ETXTBSY, "Text file busy" },
		{ EFBIG, "File too large" },
		{ ENOSPC, "No space left on device" },
		{ EROFS, "Read-only file system" },
		{ EPIPE, "Broken pipe" },
		{ ENAMETOOLONG, "File name too long" },
		{ ENOSYS, "Function not implemented" },
		{ ELOOP, "Too many levels of symbolic links" },
		{ ELIBBAD, "Accessing a corrupted shared library" },
		{ EOPNOTSUPP, "Operation not supported" },
		{ EDQUOT, "Disk quota exceeded" },
	};

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].number == error)
			return errors[i].text;
	return "Unknown error";
}

/* Appends what fits before the newline; returns the new length. */
static size_t
append(char *line, size_t used, const char *text)
{
	size_t length = strnlen(text, LINE - 1 - used);

	memcpy(line + used, text, length);
	return used + length;
}

void
say(const char *a, const char *b, const char *c, int error)
{
	const char *why = error == 0 ? NULL : error_text(error);
	const char *const parts[] = { a, b, c, why };
	char line[LINE];
	size_t used = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i] == NULL)
			continue;
		if (used > 0)
			used = append(line, used, ": ");
		used = append(line, used, parts[i]);
	}
	line[used++] = '\n';
	/* There is nobody to tell that nothing can be told. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}
