/* SPDX-License-Identifier: Apache-2.0 */
/* web - GET over https, with a bound on everything */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What --insecure-options may give up: plain http where nobody named such a
 * URL, the check of the server's certificate, and http for public keys.
 */
enum { WEB_HTTP = 1, WEB_NO_TLS_CHECK = 2, WEB_HTTP_KEYS = 4 };

/* One client, which keeps connections open from one request to the next. */
struct web;

struct web_request {
	const char *url;
	bool http;       /* it may be http */
	bool head;       /* HEAD, to learn the status */
	int64_t max;     /* bytes of the body */
	int64_t seconds; /* for all of it, redirects included */
	/* Is given the body of an answer with status 200. */
	void (*take)(void *data, const void *bytes, size_t length);
	/* May be NULL; total is 0 if the server does not say. */
	void (*progress)(void *data, int64_t done, int64_t total);
	void *data;
};

struct web_answer {
	long status;     /* of HTTP, the last one; 0: nobody answered */
	char *why;       /* what went wrong; NULL: nothing */
	char *etag;      /* NULL: none that can be used */
	int64_t max_age; /* seconds; 0: ask again each time */
};

/*
 * Reads a list of rkt's words for --insecure-options ("http,tls") into the
 * flags above; words that concern other programs are accepted.  Returns 0, or
 * -1 if there is an unknown one.
 */
int web_insecure(const char *list, unsigned *flags);

/*
 * The client, for web_close(), which accepts NULL.  Ends the process if libcurl
 * cannot be set up.
 */
struct web *web_open(unsigned insecure);
void web_close(struct web *web);

/*
 * Follows at most 10 redirects, none from https to http; reads neither netrc
 * nor cookies; uses the proxies of the environment.  Returns 0 if status 200
 * came with a whole body, else -1 with answer->why, a text that fits behind
 * "URL: ".  The caller gives the answer to web_answer_free() in both cases.
 */
int web_get(struct web *web, const struct web_request *request,
    struct web_answer *answer);
void web_answer_free(struct web_answer *answer);
