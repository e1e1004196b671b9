/* SPDX-License-Identifier: Apache-2.0 */
/* sparse - where the pieces of a sparse file lie in a tar archive */
#pragma once

#include <stdbool.h>

#include "pax.h"
#include "tar.h"

/*
 * Fills in size, data, extents of an entry whose stored bytes begin at
 * entry->data, by whichever of GNU tar's forms the headers say: the old one
 * (type S, header at the offset header), 0.1 or 1.0.  *stored is the number of
 * stored bytes.  Returns 0, or -1 with fault.
 */
int sparse_old(
    struct tar *tar, uint64_t header, uint64_t *stored, struct entry *entry);
int sparse_pax(struct tar *tar, const struct pax *pax, uint64_t *stored,
    struct entry *entry);
