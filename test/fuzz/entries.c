/* SPDX-License-Identifier: Apache-2.0 */
/* entries - fuzz what the process that reads an archive hands to its parent
 *
 * The input is changes to be made in the file of entries (their number, and
 * three bytes each: where, and what is to be another bit), and the archive.
 */

#include <sysexits.h>

#include "index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHANGES_MAX = 64, CHANGE = 3 };

static const uint8_t *changes;
static size_t change_count;

/* In place of reader.c's: an honest one at first, and then somebody else. */
int
reader_run(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	int file;

	if (read_here(entries, fd, size, dropped) < 0)
		return -1;
	file = entries_file(entries, entries->part_count);
	for (size_t i = 0; i < change_count; i++) {
		const uint8_t *change = changes + CHANGE * i;
		off_t at = (off_t)((change[0] | change[1] << 8) %
				   entries_size(entries));
		uint8_t byte;

		assert(pread(file, &byte, 1, at) == 1);
		byte ^= change[2];
		assert(pwrite(file, &byte, 1, at) == 1);
	}
	return 0;
}

static int
compose_it(struct compose *compose, const uint8_t *data, size_t size)
{
	uint32_t device = compose_archive(
	    compose, archive_file(data, size), size, archive_name(0));

	if (device == 0 || compose_layer(compose, device) < 0)
		return -1;
	return compose_finish(compose);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int tmp = -1;
	struct compose compose;
	struct fault fault = { 0 };

	if (size == 0 || size < 1 + CHANGE * (size_t)(*data % CHANGES_MAX))
		return 0;
	change_count = *data % CHANGES_MAX;
	changes = data + 1;
	data = changes + CHANGE * change_count;
	size -= 1 + CHANGE * change_count;
	if (tmp < 0)
		tmp = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	compose_start(&compose, -1, tmp, &fault);
	if (compose_it(&compose, data, size) == 0)
		check_index(&compose, tmp, &fault);
	/* Else it says that the file is damaged. */
	if (fault.status == EX_DATAERR)
		check_fault(&fault);
	free(fault.why);
	compose_stop(&compose);
	return 0;
}
