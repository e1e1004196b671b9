/* SPDX-License-Identifier: Apache-2.0 */
/* review - the dialogue in which somebody looks at a key and decides */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * Shows, on stderr, a key of offer_read(), from where (escaped already) and for
 * what it is; "" as prefix means every name.
 */
void review_show(const char *prefix, const char *location, const json_t *key);

/* Asks until stdin says yes or no; its end is a no. */
bool review_ask(void);
