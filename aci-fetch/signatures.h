/* SPDX-License-Identifier: Apache-2.0 */
/* signatures - those that are kept aside for an image of a registry */
#pragma once

struct parcel;
struct web;

/*
 * Fetches PLACE@sha256=HEX/signature-1 and so on until there is none, for the
 * manifest of parcel->digest.  place is a URL by lookaside.h; if it is a
 * file's, beside is the directory that it is in (-1: that is not there).  The
 * filter ends if there is not even one, with EX_DATAERR, or if it cannot be
 * told.
 */
void signatures_fetch(
    struct web *web, const char *place, int beside, struct parcel *parcel);

/* The one in the file open at fd, which path names. */
void signatures_copy(int fd, const char *path, struct parcel *parcel);
