/* SPDX-License-Identifier: Apache-2.0 */
/* scope - variables that release what they own at the end of their block */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Declare each at the top of a block, initialised, one in a declaration:
 * autofd int fd = -1; autofree char *name = NULL.  The clean-ups accept the
 * empty value and leave errno as it was.
 */
#define autofree __attribute__((cleanup(scope_free)))
#define autofd   __attribute__((cleanup(scope_close)))
#define autofile __attribute__((cleanup(scope_fclose)))
#define autodir  __attribute__((cleanup(scope_closedir)))

static inline void
scope_free(void *pointer)
{
	int saved = errno;

	free(*(void **)pointer);
	errno = saved;
}

static inline void
scope_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void
scope_fclose(FILE **file)
{
	int saved = errno;

	if (*file != NULL)
		(void)fclose(*file);
	*file = NULL;
	errno = saved;
}

static inline void
scope_closedir(DIR **dir)
{
	int saved = errno;

	if (*dir != NULL)
		(void)closedir(*dir);
	*dir = NULL;
	errno = saved;
}

/* Hands a descriptor out of its block: return take_fd(&fd). */
static inline int
take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Hands a pointer out of its block: return take_ptr(&name). */
#define take_ptr(pointer) \
	__extension__({ \
		__typeof__(pointer) from_ = (pointer); \
		__typeof__(*from_) taken_ = *from_; \
		*from_ = NULL; \
		taken_; \
	})
