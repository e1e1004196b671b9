/* SPDX-License-Identifier: Apache-2.0 */
/* request - one HTTP request, read strictly */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Line, headers and body together have at most so many bytes. */
enum { REQUEST_MAX = 8192 };

/* More bytes are needed: what is no status of HTTP for us. */
enum { REQUEST_MORE = 100, REQUEST_WHOLE = 200 };

struct request {
	char method[16];
	char path[REQUEST_MAX]; /* decoded; printable ASCII */
	bool form;              /* so its body is said to be */
	const char *body;       /* in the bytes that were parsed */
	size_t length;
};

/*
 * Reads HTTP/1.0 and 1.1.  One request is all that there is: what comes after
 * it is not looked at.  A body has the length that the one Content-Length says;
 * whatever two readers might take for two different things (a line that ends in
 * LF alone, blanks before a colon, folded lines, a second Content-Length or
 * Host, Transfer-Encoding) is refused.  Returns REQUEST_WHOLE, REQUEST_MORE, or
 * the status of the refusal.
 */
int request_parse(const char *bytes, size_t length, struct request *request);

/*
 * The field of a form, decoded; value has room for REQUEST_MAX bytes.  Returns
 * 1, 0 if it is not there, or -1 if the form is malformed or has two of them.
 */
int request_field(const struct request *request, const char *name, char *value,
    size_t *length);
