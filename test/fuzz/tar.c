/* SPDX-License-Identifier: Apache-2.0 */
/* tar - fuzz an image's archive, from its headers to the index made of it */

#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aci.h"
#include "erofs.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A header that a mutation has hit gets a good sum: else nothing is read. */
static void
mend(unsigned char *header)
{
	unsigned sum = 0;
	char text[8] = "000000\0";

	if (memcmp(header + 257, "ustar", 5) != 0)
		return;
	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += header[i];
	for (int i = 5; i >= 0; i--, sum >>= 3)
		text[i] = (char)('0' + (sum & 7));
	text[7] = ' ';
	memcpy(header + 148, text, sizeof text);
}

static int
archive(const uint8_t *data, size_t size)
{
	autofree unsigned char *bytes = malloc(size + 1);
	int fd = memfd_create("archive", MFD_CLOEXEC);

	assert(bytes != NULL && fd >= 0);
	memcpy(bytes, data, size);
	for (size_t i = 0; i + TAR_BLOCK <= size; i += TAR_BLOCK)
		mend(bytes + i);
	assert(write(fd, bytes, size) == (ssize_t)size);
	return fd;
}

static void
check_index(const struct aci *aci, size_t size)
{
	const struct erofs_device device = { .size = size };
	const unsigned char uuid[16] = { 0 };
	autofd int out = memfd_create("index", MFD_CLOEXEC);
	struct fault fault = { 0 };

	assert(aci->manifest != NULL);
	tree_finish(aci->tree);
	if (erofs_write(out, aci->tree, &device, 1, uuid, &fault) < 0)
		assert(fault.why != NULL && fault.status == 65);
	free(fault.why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofd int fd = archive(data, size);
	struct aci aci = { 0 };
	struct fault fault = { 0 };

	if (aci_read(fd, size, &aci, &fault) == 0)
		check_index(&aci, size);
	else
		assert(fault.why != NULL && fault.status == 65);
	for (const char *p = fault.why; p != NULL && *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	free(fault.why);
	aci_free(&aci);
	return 0;
}
