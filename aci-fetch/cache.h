/* SPDX-License-Identifier: Apache-2.0 */
/* cache - what a server's headers say about keeping its answer */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * For how many seconds the answer may be used without asking again; 0: not at
 * all.  Each header may be NULL: Cache-Control, or else Expires and Date; and
 * Age, by which it is less.
 */
int64_t cache_lifetime(const char *control, const char *expires,
    const char *date, const char *age);

/* Can this ETag (or NULL) be sent back in a header, and printed? */
bool cache_etag_usable(const char *etag);

/* Does it stand for these very bytes ("x"), not for their likes (W/"x")? */
bool cache_etag_strong(const char *etag);
