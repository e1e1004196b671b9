/* SPDX-License-Identifier: Apache-2.0 */
/* spill - the sparse files that an index cannot take from their archives
 *
 * A table of chunks tells no pieces that begin or end inside a block, and is
 * too long for small pieces of a huge file.  Such files are copied, with their
 * holes, one behind the other into a file that is the image's last device.
 */
#pragma once

#include <stdbool.h>

#include "entry.h"
#include "fault.h"

struct spill {
	int tmp;
	int fd; /* without a name; -1: there are no such files */
	uint64_t size;
	struct spilled *list; /* by inode */
	size_t count;
	size_t next; /* for spill_has() */
	struct fault *fault;
};

/* The file will be made in the directory tmp, if it is needed. */
void spill_start(struct spill *spill, int tmp, struct fault *fault);
void spill_free(struct spill *spill);

/*
 * Copies the file of an inode, greater than those before, out of its archive.
 * Returns 0, or -1 with fault.
 */
int spill_add(struct spill *spill, uint32_t inode, const struct entry *entry,
    int archive);

/*
 * Is the inode's file in there?  Then *at is where it begins.  To be asked in
 * the order of inodes.
 */
bool spill_has(struct spill *spill, uint32_t inode, uint64_t *at);
