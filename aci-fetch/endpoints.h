/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints - where on which servers an image may be had */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* More than these are never asked. */
enum { ENDPOINTS_MAX = 16 };

struct endpoint {
	char *aci;
	char *asc; /* NULL: its signature is not known to be anywhere */
	bool http; /* the URLs may be such */
	/* For the servers of these URLs; NULL: none. */
	char *aci_authorization;
	char *asc_authorization;
};

struct endpoints {
	struct endpoint list[ENDPOINTS_MAX];
	size_t count;
};

/*
 * The endpoints of a record, or one URL, with the credentials for their
 * servers (auth.h: before confine(3)), for endpoints_free().  http: the
 * endpoints may be such; who names such a URL himself has asked for it.  The
 * filter ends with EX_DATAERR if there are none.
 */
void endpoints_discovered(
    struct endpoints *endpoints, const json_t *record, bool http);
void endpoints_named(struct endpoints *endpoints, const char *url);
void endpoints_free(struct endpoints *endpoints);
