/* SPDX-License-Identifier: Apache-2.0 */
/* etag - the name that a server has given to a state of something */
#pragma once

#include <stdbool.h>

/* Bytes; a longer one is of no use. */
enum { ETAG_MAX = 256 };

/* Can it (or NULL) be sent back in a header, and printed? */
bool etag_usable(const char *etag);

/* Does it stand for these very bytes ("x"), not for their likes (W/"x")? */
bool etag_strong(const char *etag);
