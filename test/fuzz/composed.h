/* SPDX-License-Identifier: Apache-2.0 */
/* composed - what the fuzzers of archives do with what they composed
 *
 * Whoever includes this has compose_it(), which makes an image of the input.
 */
#pragma once

#include "index.h"

static int compose_it(
    struct compose *compose, const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of reader.c's. */
int
reader_run(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	return read_here(entries, fd, size, dropped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int tmp = -1;
	struct compose compose;
	struct fault fault = { 0 };

	if (tmp < 0)
		tmp = open("/dev/shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	compose_start(&compose, -1, tmp, &fault);
	if (compose_it(&compose, data, size) == 0)
		check_index(&compose, tmp, &fault);
	if (fault.why != NULL)
		check_fault(&fault);
	compose_stop(&compose);
	return 0;
}
