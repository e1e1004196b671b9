/* SPDX-License-Identifier: Apache-2.0 */
/* copy - bytes into a file: a range of another, or those that come */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "alloc.h"
#include "copy.h"
#include "publish.h"
#include "scope.h"

enum { COPY_SIZE = 256 * 1024, WRITE_BEHIND = 8 * 1024 * 1024 };

/* Where the file systems cannot do it by themselves. */
static int
copy_through(int from, uint64_t at, int to, uint64_t length)
{
	autofree char *buffer = xcalloc(COPY_SIZE, 1);

	while (length > 0) {
		size_t want = length < COPY_SIZE ? (size_t)length : COPY_SIZE;
		ssize_t n = pread(from, buffer, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0 || write_all(to, buffer, (size_t)n) < 0)
			return -1;
		at += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return 0;
}

int
copy_range(int from, uint64_t at, int to, uint64_t offset, uint64_t length)
{
	off_t in = (off_t)at, out = (off_t)offset;

	while (length > 0) {
		ssize_t n =
		    copy_file_range(from, &in, to, &out, (size_t)length, 0);

		if (n <= 0)
			break;
		length -= (uint64_t)n;
	}
	if (length == 0)
		return 0;
	if (lseek(to, out, SEEK_SET) < 0)
		return -1;
	return copy_through(from, (uint64_t)in, to, length);
}

int
growing_add(struct growing *file, const void *bytes, size_t length)
{
	if (write_all(file->fd, bytes, length) < 0)
		return -1;
	file->size += length;
	if (file->size - file->told >= WRITE_BEHIND) {
		(void)sync_file_range(file->fd, (off_t)file->told,
		    (off_t)(file->size - file->told), SYNC_FILE_RANGE_WRITE);
		file->told = file->size;
	}
	return 0;
}
