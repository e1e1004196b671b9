/* SPDX-License-Identifier: Apache-2.0 */
/* erofs - an index: an EROFS image of metadata, whose data is in tar archives
 */
#pragma once

#include "fault.h"
#include "tree.h"

/* A tar archive; the tree's devices are numbered from 1 in this order. */
struct erofs_device {
	uint64_t size; /* a multiple of 512 */
	char tag[64];  /* for people: its key, without the "sha512-" */
};

/*
 * Writes the index of a finished tree (tree_finish()) to fd, from its
 * beginning.  The same tree gives the same bytes.  uuid may be anything that
 * tells images apart.  Returns 0, or -1 with fault: EX_DATAERR if the tree
 * cannot be had in this way (a sparse file of tiny pieces, data beyond a
 * device).
 */
int erofs_write(int fd, const struct tree *tree,
    const struct erofs_device *devices, uint32_t count,
    const unsigned char uuid[16], struct fault *fault);
