/* SPDX-License-Identifier: Apache-2.0 */
/* tar - fuzz an image's archive, from its headers to the index made of it */

#include "index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In place of reader.c's. */
int
reader_run(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	return read_here(entries, fd, size, dropped);
}

/* The manifest is found, and then the tree made. */
static int
compose_it(struct compose *compose, const uint8_t *data, size_t size)
{
	const struct strings none = { 0 };
	uint32_t device = compose_archive(
	    compose, archive_file(data, size), size, archive_name(0));
	autofree char *manifest = NULL;
	size_t length;

	if (device == 0)
		return -1;
	manifest = compose_manifest(compose, device, &length);
	if (manifest == NULL ||
	    compose_image(compose, device, archive_name(1), NULL, &none) < 0)
		return -1;
	return compose_finish(compose);
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
