/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints - where on which servers an image may be had */

#include <stdlib.h>

#include "alloc.h"
#include "auth.h"
#include "endpoints.h"
#include "filter.h"
#include "prog.h"
#include "record.h"
#include "url.h"

/* No more of them than are needed stay with us. */
static void
authorize(struct endpoints *endpoints)
{
	struct auth *auth = auth_read();

	for (size_t i = 0; i < endpoints->count; i++) {
		struct endpoint *endpoint = &endpoints->list[i];

		endpoint->aci_authorization = auth_for_url(auth, endpoint->aci);
		if (endpoint->asc != NULL)
			endpoint->asc_authorization =
			    auth_for_url(auth, endpoint->asc);
	}
	auth_free(auth);
}

void
endpoints_discovered(
    struct endpoints *endpoints, const json_t *record, bool http)
{
	json_t *list = record_get(record, "discover.endpoints");
	size_t i;
	json_t *entry;

	*endpoints = (struct endpoints){ 0 };
	if (json_array_size(list) == 0)
		filter_failx(EX_DATAERR, "stdin: no discover.endpoints");
	json_array_foreach(list, i, entry)
	{
		const char *aci = record_string(entry, "aci");
		const char *asc = record_string(entry, "asc");

		if (i == ENDPOINTS_MAX)
			break;
		if (aci == NULL || asc == NULL)
			filter_failx(EX_DATAERR,
			    "stdin: discover.endpoints[%zu]: no URL", i);
		endpoints->list[i] = (struct endpoint){
			.aci = xstrdup(aci), .asc = xstrdup(asc), .http = http
		};
		endpoints->count = i + 1;
	}
	authorize(endpoints);
}

void
endpoints_named(struct endpoints *endpoints, const char *url)
{
	*endpoints = (struct endpoints){ .count = 1 };
	endpoints->list[0] = (struct endpoint){ .aci = xstrdup(url),
		.asc = url_swap(url, ".aci", ".aci.asc"),
		.http = true };
	authorize(endpoints);
}

void
endpoints_free(struct endpoints *endpoints)
{
	for (size_t i = 0; i < endpoints->count; i++) {
		free(endpoints->list[i].aci);
		free(endpoints->list[i].asc);
		free(endpoints->list[i].aci_authorization);
		free(endpoints->list[i].asc_authorization);
	}
	*endpoints = (struct endpoints){ 0 };
}
