/* SPDX-License-Identifier: Apache-2.0 */
/* spill - the sparse files that an index cannot take from their archives */

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "copy.h"
#include "publish.h"
#include "shape.h"
#include "spill.h"

enum { PAGE = 4096 };

/* The blocks of a device have numbers of 32 bits. */
#define SPILL_MAX (UINT64_C(2) << 40)

struct spilled {
	uint32_t inode;
	uint64_t at;
};

void
spill_start(struct spill *spill, int tmp, struct fault *fault)
{
	*spill = (struct spill){ .tmp = tmp, .fd = -1, .fault = fault };
}

void
spill_free(struct spill *spill)
{
	if (spill->fd >= 0)
		(void)close(spill->fd);
	free(spill->list);
	*spill = (struct spill){ .tmp = -1, .fd = -1 };
}

static int
copy_pieces(struct spill *spill, const struct entry *entry, int archive)
{
	for (size_t i = 0; i < entry->extent_count; i++) {
		const struct extent *e = &entry->extents[i];

		if (copy_range(archive, e->where, spill->fd,
			spill->size + e->offset, e->length) < 0)
			return -1;
	}
	return 0;
}

int
spill_add(
    struct spill *spill, uint32_t inode, const struct entry *entry, int archive)
{
	if (entry->size > SPILL_MAX - PAGE - spill->size)
		return fault_set(spill->fault, EX_DATAERR,
		    "a sparse file too large for an index");
	if (spill->fd < 0)
		spill->fd = publish_open(spill->tmp, 0444);
	if (spill->fd < 0 || copy_pieces(spill, entry, archive) < 0)
		return fault_errno(spill->fault, "sparse file");
	if ((spill->count & (spill->count + 1)) == 0)
		spill->list = xreallocarray(
		    spill->list, 2 * spill->count + 1, sizeof *spill->list);
	spill->list[spill->count++] = (struct spilled){ inode, spill->size };
	spill->size = shape_align(spill->size + entry->size, PAGE);
	if (ftruncate(spill->fd, (off_t)spill->size) < 0)
		return fault_errno(spill->fault, "sparse file");
	return 0;
}

bool
spill_has(struct spill *spill, uint32_t inode, uint64_t *at)
{
	if (spill->next == spill->count ||
	    spill->list[spill->next].inode != inode)
		return false;
	*at = spill->list[spill->next++].at;
	return true;
}
