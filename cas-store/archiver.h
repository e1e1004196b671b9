/* SPDX-License-Identifier: Apache-2.0 */
/* archiver - a tar that is written: the same content gives the same bytes */
#pragma once

#include "compose.h"

struct archiver;

/* To fd, from where it stands.  NULL with fault. */
struct archiver *archiver_start(int fd, struct fault *fault);

/*
 * What goes into it, under names that end with no slash: bytes, or so many of
 * the file fd from its beginning, as a file 0644 of root's; a directory 0755.
 * Each returns 0, or -1 with fault.
 */
int archiver_bytes(struct archiver *archiver, const char *name,
    const void *bytes, size_t length);
int archiver_file(
    struct archiver *archiver, const char *name, int fd, uint64_t size);
int archiver_directory(struct archiver *archiver, const char *name);

/*
 * All of a composed image (compose_finish()), its root as the directory name;
 * "" is the root of the archive.  Likewise.
 */
int archiver_tree(
    struct archiver *archiver, const char *name, struct compose *compose);

/* Writes the end, if all went well; frees it in any case.  Likewise. */
int archiver_finish(struct archiver *archiver, bool good);
