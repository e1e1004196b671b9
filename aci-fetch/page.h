/* SPDX-License-Identifier: Apache-2.0 */
/* page - the discovery tags in the head of an HTML page */
#pragma once

#include <stddef.h>

/*
 * Calls visit for each <meta name="NAME" content="PREFIX VALUE"> that is a
 * child of the page's head, in their order.  Whatever else the page holds is
 * passed over; only what comes before the first "</head" or "<body" is read.
 * Returns 0, or -1 if the page is too complicated to be an honest one (it
 * would take more than 16 MiB, or half a second of the processor).
 */
int page_tags(const char *html, size_t length,
    void (*visit)(
	void *data, const char *name, const char *prefix, const char *value),
    void *data);
