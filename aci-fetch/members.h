/* SPDX-License-Identifier: Apache-2.0 */
/* members - the files of a layout, be it a directory or an archive */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "spool.h"

struct members;

/*
 * Of the directory that is shared (keeper.h), or of an archive, which is read
 * at once into memory and files without a name.  max: bytes of all that is
 * read; shown: what messages call it.  What is wrong with it ends the filter
 * with one line.
 */
struct members *members_of_directory(const char *shown, int64_t max);
struct members *members_of_archive(int fd, const char *shown, int64_t max);
void members_free(struct members *members);

/*
 * Gives away a member, as a file without a name that can be had only once, and
 * its "sha256-" digest, for the caller.  Returns -1 if there is no such member.
 */
int members_take(struct members *members, const char *name, struct spool *spool,
    char **digest);

/* The digest and size of an archive's member; -1 if there is none. */
int members_describe(const struct members *members, const char *name,
    char **digest, int64_t *size);

/*
 * The bytes of a small member, with a NUL after them, for the caller; NULL if
 * there is none.
 */
char *members_read(
    struct members *members, const char *name, size_t max, size_t *length);

/* What messages call the whole. */
const char *members_shown(const struct members *members);

/* Ends the filter: the member is missing, or malformed. */
_Noreturn void members_refuse(
    const struct members *members, const char *name, const char *why);

/* One more member of an archive: bytes, which are copied. */
void members_add(struct members *members, const char *name, const void *bytes,
    size_t length);
/* A file, which is given away with its digest. */
void members_add_spool(struct members *members, const char *name,
    const struct spool *spool, char *digest);
/* A name that stands for another, as links in an archive do. */
void members_add_link(
    struct members *members, const char *name, const char *target);
