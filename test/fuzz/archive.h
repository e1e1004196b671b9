/* SPDX-License-Identifier: Apache-2.0 */
/* archive - a tar archive out of a fuzzer's bytes, composed and indexed */
#pragma once

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compose.h"
#include "erofs.h"
#include "reader.h"
#include "scan.h"
#include "scope.h"
#include "tar.h"

/* What reader.c does in another process, of which a fuzzer sees nothing. */
static int
read_here(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	if (entries_begin(entries) < 0 ||
	    scan_archive(entries, fd, size, dropped) < 0)
		return -1;
	return entries_finish(entries);
}

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
archive_file(const uint8_t *data, size_t size)
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

/* A name for the nth archive. */
static const char *
archive_name(unsigned n)
{
	static char name[KEY_TEXT];

	(void)snprintf(name, sizeof name, "sha256-%064u", n);
	return name;
}

/* Whatever was refused was refused for what it is, in printable words. */
static void
check_fault(struct fault *fault)
{
	assert(fault->why != NULL && fault->status == 65);
	for (const char *p = fault->why; *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != 0x7f);
	free(fault->why);
	*fault = (struct fault){ 0 };
}
