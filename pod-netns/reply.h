/* SPDX-License-Identifier: Apache-2.0 */
/* reply - one HTTP response */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct reply {
	int status;
	const char *allow; /* the method, of a 405 */
	const char *type;
	char *body; /* NULL: what the status says */
	size_t length;
};

/* Each makes it a 200 of its type; the argument stays the caller's. */
void reply_text(struct reply *reply, const char *text);
void reply_bytes(struct reply *reply, const char *bytes, size_t length);
void reply_json(struct reply *reply, const json_t *json);
void reply_base64(
    struct reply *reply, const unsigned char *bytes, size_t length);

/* Is that text the base64 of size bytes, as the last one writes it? */
bool reply_unbase64(
    const char *text, size_t length, unsigned char *bytes, size_t size);

/* Writes it, and frees the body.  Who does not read it loses it. */
void reply_send(int connection, struct reply *reply);
