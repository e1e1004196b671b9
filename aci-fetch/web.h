/* SPDX-License-Identifier: Apache-2.0 */
/* web - GET over https, several at a time, with a bound on everything */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What --insecure-options may give up: plain http where nobody named such a
 * URL, the check of the server's certificate, and http for public keys.  And
 * what --deny-private asks for: no address of a private network is spoken to.
 */
enum {
	WEB_HTTP = 1,
	WEB_NO_TLS_CHECK = 2,
	WEB_HTTP_KEYS = 4,
	WEB_DENY_PRIVATE = 8
};

/* Of a request's wanted headers, and of requests that run at the same time. */
enum { WEB_WANTED = 4, WEB_PARALLEL = 6 };

/* One client, which keeps connections open from one request to the next. */
struct web;

/* How a request ended. */
enum web_end {
	WEB_CAME,     /* there is no why */
	WEB_REFUSED,  /* by the server, or by us: again would be no better */
	WEB_SILENT,   /* nobody answered */
	WEB_BROKEN,   /* the body began, and ended too soon */
	WEB_LATE,     /* the body began, and took too long */
	WEB_GIVEN_UP, /* as another one failed */
};

struct web_answer {
	enum web_end end;
	long status;              /* of HTTP, the last one; 0: none came */
	char *why;                /* what went wrong; NULL: nothing */
	bool moved;               /* it is not about the first server */
	char *etag;               /* NULL: none that can be used */
	int64_t max_age;          /* seconds; 0: ask again each time */
	char *values[WEB_WANTED]; /* of the wanted headers; NULL: not there */
};

struct web_request {
	const char *url;
	bool http;       /* it may be http */
	bool head;       /* HEAD, to learn the status */
	int64_t max;     /* bytes of the body, those before from included */
	int64_t seconds; /* for all of it, redirects and repetitions included */
	int64_t slowest; /* bytes a second, for half a minute; 0: 1024 */
	int64_t pause;   /* milliseconds until it is asked */
	long also;       /* this status, too, is a success (without a body) */

	/* A header's value; goes to the URL's own host and port, over TLS. */
	const char *authorization;
	/* More headers, "Accept: text/html", up to a NULL; may be NULL. */
	const char *const *headers;
	/* Names of headers of the answer, up to a NULL; may be NULL. */
	const char *const *wanted;

	/*
	 * The body's first bytes are there already: only the others are asked
	 * for, if it is still the one with this (strong) ETag.
	 */
	int64_t from;
	const char *if_range;

	/*
	 * May be NULL if from is 0.  The body begins, with its byte first:
	 * from, or 0 if it is another one by now.  etag is NULL if there is
	 * none that can be used.
	 */
	void (*begin)(void *data, int64_t first, const char *etag);
	/* Is given the body of an answer with status 200, or 206 to from. */
	void (*take)(void *data, const void *bytes, size_t length);
	/* May be NULL; total is 0 if the server does not say. */
	void (*progress)(void *data, int64_t done, int64_t total);
	/*
	 * May be NULL.  The request failed as answer says: is it to be asked
	 * again?  The function may change the request before.
	 */
	bool (*again)(
	    struct web_request *request, const struct web_answer *answer);
	void *data;
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
struct web *web_open(unsigned flags);
void web_close(struct web *web);

/*
 * Follows at most 10 redirects, none from https to http; reads neither netrc
 * nor cookies; uses the proxies of the environment.  Returns 0 if status 200
 * came with a whole body (206 with the rest of it; or status also), else -1
 * with answer->why, a text that fits behind "URL: ".  The caller gives the
 * answer to web_answer_free() in both cases.
 */
int web_get(
    struct web *web, struct web_request *request, struct web_answer *answer);

/*
 * The same for all of them, WEB_PARALLEL at a time.  When one fails, those
 * that have been answered are given up, and those that have not are waited
 * for until they are: so each answer has its status.  Returns 0, or -1 if any
 * of them has answer.why.
 */
int web_get_all(struct web *web, struct web_request *requests,
    struct web_answer *answers, size_t count);

void web_answer_free(struct web_answer *answer);
