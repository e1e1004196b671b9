/* SPDX-License-Identifier: Apache-2.0 */
/* places - where on which servers an image may be had */

#include <stdlib.h>

#include "alloc.h"
#include "auth.h"
#include "filter.h"
#include "places.h"
#include "prog.h"
#include "record.h"
#include "url.h"

/* No more of them than are needed stay with us. */
static void
authorize(struct places *places)
{
	struct auth *auth = auth_read();

	for (size_t i = 0; i < places->count; i++) {
		struct place *place = &places->list[i];

		place->aci_authorization = auth_for_url(auth, place->aci);
		if (place->asc != NULL)
			place->asc_authorization =
			    auth_for_url(auth, place->asc);
	}
	auth_free(auth);
}

void
places_discovered(struct places *places, const json_t *record, bool http)
{
	json_t *endpoints = record_get(record, "discover.endpoints");
	size_t i;
	json_t *endpoint;

	*places = (struct places){ 0 };
	if (json_array_size(endpoints) == 0)
		filter_failx(EX_DATAERR, "stdin: no discover.endpoints");
	json_array_foreach(endpoints, i, endpoint)
	{
		const char *aci = record_string(endpoint, "aci");
		const char *asc = record_string(endpoint, "asc");

		if (i == PLACES_MAX)
			break;
		if (aci == NULL || asc == NULL)
			filter_failx(EX_DATAERR,
			    "stdin: discover.endpoints[%zu]: no URL", i);
		places->list[i] = (struct place){
			.aci = xstrdup(aci), .asc = xstrdup(asc), .http = http
		};
		places->count = i + 1;
	}
	authorize(places);
}

void
places_named(struct places *places, const char *url)
{
	*places = (struct places){ .count = 1 };
	places->list[0] = (struct place){ .aci = xstrdup(url),
		.asc = url_swap(url, ".aci", ".aci.asc"),
		.http = true };
	authorize(places);
}

void
places_free(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		free(places->list[i].aci);
		free(places->list[i].asc);
		free(places->list[i].aci_authorization);
		free(places->list[i].asc_authorization);
	}
	*places = (struct places){ 0 };
}
