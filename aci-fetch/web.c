/* SPDX-License-Identifier: Apache-2.0 */
/* web - GET over https, with a bound on everything */

#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "alloc.h"
#include "filter.h"
#include "num.h"
#include "prog.h"
#include "scope.h"
#include "url.h"
#include "web.h"

enum {
	REDIRECTS = 10,
	CONNECT_SECONDS = 20,
	SLOW_BYTES = 1024,      /* fewer than this a second … */
	SLOW_SECONDS = 30,      /* … for so long: given up */
	HEADER_MAX = 64 * 1024, /* bytes of headers, of one answer */
	ASIDE_MAX = 64 * 1024,  /* bytes of the body of a redirect or error */
	ETAG_MAX = 256,         /* a longer one is not remembered */
	BUFFER = 256 * 1024,    /* libcurl's */
	AGE_MAX = 365 * 24 * 3600, /* no longer than a year */
};

struct web {
	CURL *easy;
	char error[CURL_ERROR_SIZE];
	const struct web_request *request; /* the one that runs */
	int64_t taken;                     /* bytes of its body */
	size_t headers;                    /* bytes of its headers */
	const char *broken;                /* why we stopped it */
};

int
web_insecure(const char *list, unsigned *flags)
{
	static const struct {
		const char *word;
		unsigned flags;
	} words[] = {
		{ "none", 0 },
		{ "image", 0 },
		{ "tls", WEB_NO_TLS_CHECK },
		{ "http", WEB_HTTP },
		{ "pubkey", WEB_HTTP_KEYS },
		{ "ondisk", 0 },
		{ "capabilities", 0 },
		{ "paths", 0 },
		{ "seccomp", 0 },
		{ "all-fetch", WEB_NO_TLS_CHECK | WEB_HTTP | WEB_HTTP_KEYS },
		{ "all-run", 0 },
		{ "all", WEB_NO_TLS_CHECK | WEB_HTTP | WEB_HTTP_KEYS },
	};
	autofree char *copy = xstrdup(list);
	char *rest = copy;

	for (char *word; (word = strsep(&rest, ",")) != NULL;) {
		size_t i = 0;

		while (i < sizeof words / sizeof *words &&
		       strcmp(words[i].word, word) != 0)
			i++;
		if (i == sizeof words / sizeof *words)
			return -1;
		*flags |= words[i].flags;
	}
	return 0;
}

/* Ends the transfer; the text is told in place of libcurl's. */
static size_t
stop(struct web *web, const char *why)
{
	web->broken = why;
	return 0;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct web *web = data;
	size_t length = size * count;
	long status = 0;

	(void)curl_easy_getinfo(web->easy, CURLINFO_RESPONSE_CODE, &status);
	web->taken += (int64_t)length;
	if (status != 200)
		return web->taken > ASIDE_MAX ? stop(web, "") : length;
	if (web->taken > web->request->max)
		return stop(web, "larger than allowed");
	web->request->take(web->request->data, bytes, length);
	return length;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct web *web = data;

	(void)bytes;
	web->headers += size * count;
	if (web->headers > HEADER_MAX)
		return stop(web, "too many headers");
	return size * count;
}

static int
on_progress(void *data, curl_off_t total, curl_off_t done, curl_off_t out_total,
    curl_off_t out_done)
{
	struct web *web = data;
	long status = 0;

	(void)out_total;
	(void)out_done;
	(void)curl_easy_getinfo(web->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 200 && web->request->progress != NULL)
		web->request->progress(web->request->data, done, total);
	return 0;
}

/* An option is refused by a libcurl that was built without it. */
static void
set_ok(CURLcode code)
{
	if (code != CURLE_OK)
		filter_failx(
		    EX_SOFTWARE, "libcurl: %s", curl_easy_strerror(code));
}

/* Never set here: netrc, cookies, content encodings, redirects. */
static void
set_up(struct web *web, unsigned insecure)
{
	CURL *easy = web->easy;

	set_ok(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	set_ok(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, web->error));
	set_ok(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	set_ok(curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1));
	set_ok(curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2));
	set_ok(curl_easy_setopt(easy, CURLOPT_USERAGENT, "rkt/" RKT_VERSION));
	set_ok(curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS));
	set_ok(
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES));
	set_ok(
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS));
	set_ok(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER));
	set_ok(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	set_ok(curl_easy_setopt(easy, CURLOPT_WRITEDATA, web));
	set_ok(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
	set_ok(curl_easy_setopt(easy, CURLOPT_HEADERDATA, web));
	set_ok(curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress));
	set_ok(curl_easy_setopt(easy, CURLOPT_XFERINFODATA, web));
	set_ok(curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L));
	if ((insecure & WEB_NO_TLS_CHECK) == 0)
		return;
	set_ok(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L));
	set_ok(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L));
}

struct web *
web_open(unsigned insecure)
{
	struct web *web = xcalloc(1, sizeof *web);

	set_ok(curl_global_init(CURL_GLOBAL_DEFAULT));
	web->easy = curl_easy_init();
	if (web->easy == NULL)
		filter_failx(EX_OSERR, "libcurl: no handle");
	set_up(web, insecure);
	return web;
}

void
web_close(struct web *web)
{
	if (web == NULL)
		return;
	curl_easy_cleanup(web->easy);
	free(web);
	curl_global_cleanup();
}

/* A header of the last answer, borrowed until the next request; or NULL. */
static const char *
header(struct web *web, const char *name)
{
	struct curl_header *found = NULL;

	if (curl_easy_header(web->easy, name, 0, CURLH_HEADER, -1, &found) !=
	    CURLHE_OK)
		return NULL;
	return found->value;
}

/* How long the answer may be used without asking again. */
static int64_t
max_age(const char *control)
{
	autofree char *copy = xstrdup(control == NULL ? "" : control);
	char *rest = copy;
	uint64_t seconds = 0;

	for (char *word; (word = strsep(&rest, ", ")) != NULL;) {
		if (strcasecmp(word, "no-cache") == 0 ||
		    strcasecmp(word, "no-store") == 0)
			return 0;
		if (strncasecmp(word, "max-age=", 8) == 0)
			(void)num_parse(word + 8, 0, AGE_MAX, &seconds);
	}
	return (int64_t)seconds;
}

/* Can it be sent back in a header, and printed? */
static bool
etag_usable(const char *etag)
{
	if (etag == NULL || *etag == '\0' || strlen(etag) > ETAG_MAX)
		return false;
	for (; *etag != '\0'; etag++)
		if (*etag < ' ' || *etag > '~')
			return false;
	return true;
}

static void
read_headers(struct web *web, struct web_answer *answer)
{
	const char *etag = header(web, "ETag");

	if (etag_usable(etag))
		answer->etag = xstrdup(etag);
	answer->max_age = max_age(header(web, "Cache-Control"));
}

/* One request, without redirects.  Returns 0 if there was any answer. */
static int
get_once(struct web *web, const char *url, long milliseconds,
    struct web_answer *answer)
{
	const struct web_request *request = web->request;
	CURLcode code;

	web->taken = 0;
	web->headers = 0;
	web->broken = NULL;
	*web->error = '\0';
	set_ok(curl_easy_setopt(web->easy, CURLOPT_URL, url));
	set_ok(
	    curl_easy_setopt(web->easy, CURLOPT_NOBODY, (long)request->head));
	if (!request->head)
		set_ok(curl_easy_setopt(web->easy, CURLOPT_HTTPGET, 1L));
	set_ok(curl_easy_setopt(web->easy, CURLOPT_TIMEOUT_MS, milliseconds));
	set_ok(curl_easy_setopt(
	    web->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max));
	code = curl_easy_perform(web->easy);
	answer->status = 0;
	(void)curl_easy_getinfo(
	    web->easy, CURLINFO_RESPONSE_CODE, &answer->status);
	/* The rest of an error's page is of no use to anybody. */
	if (code == CURLE_OK || (web->broken != NULL && *web->broken == '\0'))
		return 0;
	if (code == CURLE_FILESIZE_EXCEEDED)
		web->broken = "larger than allowed";
	if (web->broken != NULL)
		answer->why = xstrdup(web->broken);
	else
		answer->why =
		    xstrdup(*web->error != '\0' ? web->error
						: curl_easy_strerror(code));
	return -1;
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

/* Where the answer sends us; NULL with why if it may not. */
static char *
redirect(struct web *web, const char *url, char **why)
{
	bool plain = strncasecmp(url, "http:", 5) == 0;
	char *next = NULL;
	const char *unfit;

	(void)curl_easy_getinfo(web->easy, CURLINFO_REDIRECT_URL, &next);
	if (next == NULL) {
		*why = xstrdup("redirect to nowhere");
		return NULL;
	}
	/* A server may not choose that the rest goes unprotected. */
	unfit = url_unfit(next, plain);
	if (unfit != NULL) {
		*why = xasprintf("redirect to %s refused: %s", next, unfit);
		return NULL;
	}
	return xstrdup(next);
}

static int64_t
now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int
follow(struct web *web, struct web_answer *answer)
{
	int64_t end = now() + web->request->seconds * 1000;
	autofree char *url = xstrdup(web->request->url);

	for (int hops = 0; hops <= REDIRECTS; hops++) {
		int64_t left = end - now();
		char *next;

		if (get_once(web, url, left > 0 ? (long)left : 1, answer) < 0)
			return -1;
		if (!is_redirect(answer->status))
			return 0;
		next = redirect(web, url, &answer->why);
		if (next == NULL)
			return -1;
		free(url);
		url = next;
	}
	answer->why = xstrdup("too many redirects");
	return -1;
}

int
web_get(struct web *web, const struct web_request *request,
    struct web_answer *answer)
{
	const char *unfit = url_unfit(request->url, request->http);

	*answer = (struct web_answer){ 0 };
	web->request = request;
	if (unfit != NULL) {
		answer->why = xstrdup(unfit);
		return -1;
	}
	if (follow(web, answer) < 0)
		return -1;
	if (answer->status != 200) {
		answer->why =
		    xasprintf("bad HTTP status code: %ld", answer->status);
		return -1;
	}
	read_headers(web, answer);
	return 0;
}

void
web_answer_free(struct web_answer *answer)
{
	free(answer->why);
	free(answer->etag);
	*answer = (struct web_answer){ 0 };
}
