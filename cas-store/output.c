/* SPDX-License-Identifier: Apache-2.0 */
/* output - an index on its way to the disk, from its beginning to its end */

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format.h"
#include "output.h"
#include "publish.h"

enum { BUFFER = 256 * 1024 };

void
output_start(struct output *output, int fd)
{
	*output = (struct output){ .fd = fd, .buffer = xcalloc(BUFFER, 1) };
}

static uint32_t
crc32c(const unsigned char *bytes, size_t length)
{
	uint32_t crc = 0xffffffffU;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc =
			    crc >> 1 ^ ((crc & 1) != 0 ? CRC32C_POLYNOMIAL : 0);
	}
	return crc;
}

/*
 * The checksum is over the block that begins with the superblock: with few
 * archives the first inodes are in it too.
 */
static void
put_checksum(struct output *output)
{
	unsigned char *super = output->buffer + SUPER;
	uint32_t sum = htole32(crc32c(super, BLOCK));

	memcpy(super + offsetof(struct superblock, checksum), &sum, sizeof sum);
}

static int
flush(struct output *output)
{
	size_t filled = output->filled;

	if (output->written == filled) /* the first time */
		put_checksum(output);
	output->filled = 0;
	return write_all(output->fd, output->buffer, filled);
}

int
output_end(struct output *output)
{
	int result = flush(output);

	free(output->buffer);
	output->buffer = NULL;
	return result;
}

int
output_put(struct output *output, const void *bytes, uint64_t length)
{
	const unsigned char *from = bytes;

	while (length > 0) {
		size_t n = BUFFER - output->filled;

		if (n > length)
			n = (size_t)length;
		memcpy(output->buffer + output->filled, from, n);
		output->filled += n;
		output->written += n;
		from += n;
		length -= n;
		if (output->filled == BUFFER && flush(output) < 0)
			return -1;
	}
	return 0;
}

int
output_pad(struct output *output, uint64_t to)
{
	static const unsigned char zeros[SUPER];

	if (to >= output->written && to - output->written <= sizeof zeros)
		return output_put(output, zeros, to - output->written);
	errno = EINVAL;
	return -1;
}
