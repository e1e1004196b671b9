/* SPDX-License-Identifier: Apache-2.0 */
/* merge - fuzz several archives laid over one another, and their index
 *
 * The input is archives, one behind the other: each ends with its first two
 * blocks of zeros.
 */

#include "composed.h"

enum { LAYERS = 8 };

/* The bytes of the first archive. */
static size_t
first_archive(const uint8_t *data, size_t size)
{
	static const uint8_t zeros[2 * TAR_BLOCK];

	for (size_t i = 0; i + sizeof zeros <= size; i += TAR_BLOCK)
		if (memcmp(data + i, zeros, sizeof zeros) == 0)
			return i + sizeof zeros;
	return size;
}

static int
compose_it(struct compose *compose, const uint8_t *data, size_t size)
{
	for (unsigned n = 0; size > 0 && n < LAYERS; n++) {
		size_t length = first_archive(data, size);
		uint32_t device = compose_archive(compose,
		    archive_file(data, length), length, archive_name(n));

		if (device == 0 || compose_layer(compose, device) < 0)
			return -1;
		data += length;
		size -= length;
	}
	return compose_finish(compose);
}
