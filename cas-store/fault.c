/* SPDX-License-Identifier: Apache-2.0 */
/* fault - why something was refused, and with which exit status */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "alloc.h"
#include "fault.h"
#include "scope.h"

enum { TEXT_MAX = 4096 };

int
fault_set(struct fault *fault, int status, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	if (fault->why != NULL)
		return -1;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	fault->status = status;
	fault->why = xstrdup(text);
	return -1;
}

static int
status_of(int error)
{
	switch (error) {
	case ENOENT:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return EX_IOERR;
	default:
		return EX_OSERR;
	}
}

int
fault_errno(struct fault *fault, const char *format, ...)
{
	int error = errno;
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return fault_set(
	    fault, status_of(error), "%s: %s", text, strerror(error));
}
