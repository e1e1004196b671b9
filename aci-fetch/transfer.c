/* SPDX-License-Identifier: Apache-2.0 */
/* transfer - one request to one server, without redirects, by libcurl */

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "address.h"
#include "alloc.h"
#include "etag.h"
#include "filter.h"
#include "num.h"
#include "prog.h"
#include "scope.h"
#include "transfer.h"
#include "web.h"

enum {
	CONNECT_SECONDS = 20,
	SLOW_BYTES = 1024,      /* fewer than this a second … */
	SLOW_SECONDS = 30,      /* … for so long: given up */
	HEADER_MAX = 64 * 1024, /* bytes of headers, of one answer */
	ASIDE_MAX = 64 * 1024,  /* bytes of the body of a redirect or error */
	BUFFER = 256 * 1024,    /* libcurl's */
};

static const char another_part[] = "answered with another part";

void
transfer_ok(CURLcode code)
{
	if (code != CURLE_OK)
		filter_failx(
		    EX_SOFTWARE, "libcurl: %s", curl_easy_strerror(code));
}

/* Ends the transfer; the text is told in place of libcurl's. */
static size_t
stop(struct transfer *transfer, const char *why)
{
	transfer->why = why;
	return 0;
}

static long
status_of(const struct transfer *transfer)
{
	long status = 0;

	(void)curl_easy_getinfo(
	    transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 ||
	       status == 307 || status == 308;
}

long
transfer_status(const struct transfer *transfer)
{
	long status = status_of(transfer);

	return status < 200 || is_redirect(status) ? 0 : status;
}

const char *
transfer_header(const struct transfer *transfer, const char *name)
{
	struct curl_header *found = NULL;

	if (curl_easy_header(
		transfer->easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return NULL;
	return found->value;
}

/*
 * Is it all from there on: "bytes 500-999/1000", or "bytes 500-999" and an
 * asterisk for what the server does not know?  Returns the size of the whole,
 * or -1.
 */
static int64_t
rest_end(const char *range, int64_t from)
{
	autofree char *copy = xstrdup(range == NULL ? "" : range);
	char *last = strchr(copy, '-');
	char *size = strchr(copy, '/');
	uint64_t first_byte, last_byte, count;

	if (strncmp(copy, "bytes ", 6) != 0 || last == NULL || size == NULL ||
	    size < last)
		return -1;
	*last++ = '\0';
	*size++ = '\0';
	if (num_parse(copy + 6, 0, INT64_MAX, &first_byte) < 0 ||
	    num_parse(last, 0, INT64_MAX - 1, &last_byte) < 0 ||
	    first_byte != (uint64_t)from || last_byte < first_byte)
		return -1;
	if (strcmp(size, "*") != 0 &&
	    (num_parse(size, 1, INT64_MAX, &count) < 0 ||
		last_byte != count - 1))
		return -1;
	return (int64_t)last_byte + 1;
}

/* A part must say of what it is a part, if it says anything. */
static bool
is_another(const char *etag, const char *wanted)
{
	return etag != NULL && strcmp(etag, wanted) != 0;
}

/*
 * Libcurl takes the end of a connection for that of the body, though over TLS
 * anybody on the way could have ended it, where no length says better.
 */
static bool
has_end(const struct transfer *transfer)
{
	const char *scheme = NULL;

	(void)curl_easy_getinfo(transfer->easy, CURLINFO_SCHEME, &scheme);
	return transfer->request->head ||
	       (scheme != NULL && strcasecmp(scheme, "https") != 0) ||
	       transfer_header(transfer, "Content-Length") != NULL ||
	       transfer_header(transfer, "Transfer-Encoding") != NULL;
}

/* Why the rest that was asked for is not to be had; NULL: it may come. */
static const char *
begin_rest(struct transfer *transfer)
{
	const struct web_request *request = transfer->request;

	transfer->end =
	    rest_end(transfer_header(transfer, "Content-Range"), request->from);
	if (transfer->end < 0)
		return another_part;
	if (is_another(transfer_header(transfer, "ETag"), request->if_range))
		return "answered with part of another";
	transfer->taken = request->from;
	return NULL;
}

/* All headers of an answer are here: whose body is it? */
static size_t
on_headers(struct transfer *transfer, size_t length)
{
	const struct web_request *request = transfer->request;
	const char *etag = transfer_header(transfer, "ETag");
	long status = transfer_status(transfer);
	bool rest = status == 206 && request->from > 0;
	const char *unfit = NULL;

	if (status_of(transfer) == 101)
		return stop(transfer, "answers in another protocol");
	transfer->headed = status_of(transfer) >= 200;
	transfer->wanted = status == 200 || rest;
	transfer->taken = 0;
	transfer->end = 0;
	if (!transfer->wanted)
		return length;
	if (!has_end(transfer))
		unfit = "does not say where its answer ends";
	else if (rest)
		unfit = begin_rest(transfer);
	if (unfit != NULL)
		return stop(transfer, unfit);
	if (request->begin != NULL)
		request->begin(request->data, transfer->taken,
		    etag_usable(etag) ? etag : NULL);
	return length;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	size_t length = size * count;

	transfer->header_size += length;
	if (transfer->header_size > HEADER_MAX)
		return stop(transfer, "too many headers");
	if (length <= 2 && (*bytes == '\r' || *bytes == '\n'))
		return on_headers(transfer, length);
	return length;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *data)
{
	struct transfer *transfer = data;
	const struct web_request *request = transfer->request;
	size_t length = size * count;

	transfer->taken += (int64_t)length;
	if (!transfer->wanted)
		return transfer->taken > ASIDE_MAX ? stop(transfer, "")
						   : length;
	if (transfer->taken > request->max)
		return stop(transfer, "larger than allowed");
	if (transfer->end > 0 && transfer->taken > transfer->end)
		return stop(transfer, another_part);
	request->take(request->data, bytes, length);
	return length;
}

static int
on_progress(void *data, curl_off_t total, curl_off_t done, curl_off_t out_total,
    curl_off_t out_done)
{
	struct transfer *transfer = data;
	const struct web_request *request = transfer->request;
	int64_t before = transfer->taken - done;

	(void)out_total;
	(void)out_done;
	if (transfer->wanted && request->progress != NULL)
		request->progress(request->data, transfer->taken,
		    total > 0 ? before + total : 0);
	return 0;
}

/* As libcurl connects: whatever name has led to the address. */
static curl_socket_t
open_public(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = data;

	(void)purpose;
	if (address_is_private(&address->addr)) {
		transfer->denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC,
	    address->protocol);
}

/* Never set here: netrc, cookies, content encodings, redirects. */
static void
set_up(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	transfer_ok(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	transfer_ok(curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1));
	transfer_ok(curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_USERAGENT, "rkt/" RKT_VERSION));
	transfer_ok(curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER));
	/* What is for the server is not for a proxy on the way to it. */
	transfer_ok(curl_easy_setopt(
	    easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L));
}

static void
set_callbacks(struct transfer *transfer)
{
	CURL *easy = transfer->easy;

	transfer_ok(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer));
}

void
transfer_open(struct transfer *transfer, unsigned flags, void *private)
{
	CURL *easy = curl_easy_init();

	*transfer = (struct transfer){ .easy = easy };
	if (easy == NULL)
		filter_failx(EX_OSERR, "libcurl: no handle");
	set_up(transfer);
	set_callbacks(transfer);
	transfer_ok(curl_easy_setopt(easy, CURLOPT_PRIVATE, private));
	if ((flags & WEB_DENY_PRIVATE) != 0) {
		transfer_ok(curl_easy_setopt(
		    easy, CURLOPT_OPENSOCKETFUNCTION, open_public));
		transfer_ok(
		    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer));
	}
	if ((flags & WEB_NO_TLS_CHECK) != 0) {
		transfer_ok(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L));
		transfer_ok(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L));
	}
}

void
transfer_close(struct transfer *transfer)
{
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	*transfer = (struct transfer){ 0 };
}

/* Takes the text. */
static void
add_header(struct transfer *transfer, char *text)
{
	struct curl_slist *longer;

	/* Whoever made it should have looked: it would be two headers. */
	for (const char *p = text; *p != '\0'; p++)
		if ((*p >= '\0' && *p < ' ') || *p == '\177')
			filter_failx(
			    EX_SOFTWARE, "a control character in a header");
	longer = curl_slist_append(transfer->headers, text);
	free(text);
	if (longer == NULL)
		filter_failx(EX_OSERR, "libcurl: no memory");
	transfer->headers = longer;
}

static void
set_headers(struct transfer *transfer, bool authorized)
{
	const struct web_request *request = transfer->request;
	char range[32];

	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	for (size_t i = 0;
	     request->headers != NULL && request->headers[i] != NULL; i++)
		add_header(transfer, xstrdup(request->headers[i]));
	if (authorized && request->authorization != NULL)
		add_header(transfer,
		    xasprintf("Authorization: %s", request->authorization));
	if (request->from > 0)
		add_header(
		    transfer, xasprintf("If-Range: %s", request->if_range));
	transfer_ok(curl_easy_setopt(
	    transfer->easy, CURLOPT_HTTPHEADER, transfer->headers));
	(void)snprintf(range, sizeof range, "%lld-", (long long)request->from);
	transfer_ok(curl_easy_setopt(
	    transfer->easy, CURLOPT_RANGE, request->from > 0 ? range : NULL));
}

void
transfer_prepare(struct transfer *transfer, const struct web_request *request,
    const char *url, bool authorized, long milliseconds)
{
	CURL *easy = transfer->easy;
	int64_t slowest = request->slowest > 0 ? request->slowest : SLOW_BYTES;

	transfer->request = request;
	transfer->taken = 0;
	transfer->end = 0;
	transfer->header_size = 0;
	transfer->headed = false;
	transfer->wanted = false;
	transfer->denied = false;
	transfer->why = NULL;
	*transfer->error = '\0';
	transfer_ok(curl_easy_setopt(easy, CURLOPT_URL, url));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_NOBODY, (long)request->head));
	if (!request->head)
		transfer_ok(curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L));
	transfer_ok(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds));
	transfer_ok(
	    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)slowest));
	transfer_ok(curl_easy_setopt(
	    easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max));
	set_headers(transfer, authorized);
}

/* All headers of that name, as one. */
static char *
joined(const struct transfer *transfer, const char *name)
{
	struct curl_header *found = NULL;
	char *all = NULL;
	size_t i = 0;

	do {
		char *more;

		if (curl_easy_header(transfer->easy, name, i, CURLH_HEADER, -1,
			&found) != CURLHE_OK)
			return all;
		more = i == 0 ? xstrdup(found->value)
			      : xasprintf("%s, %s", all, found->value);
		free(all);
		all = more;
	} while (++i < found->amount);
	return all;
}

static void
read_wanted(const struct transfer *transfer, struct web_answer *answer)
{
	const char *const *names = transfer->request->wanted;

	for (size_t i = 0; i < WEB_WANTED && names != NULL && names[i] != NULL;
	     i++)
		answer->values[i] = joined(transfer, names[i]);
}

static enum web_end
end_of(const struct transfer *transfer, CURLcode code)
{
	if (transfer->why != NULL || code == CURLE_FILESIZE_EXCEEDED)
		return WEB_REFUSED;
	if (!transfer->wanted)
		return status_of(transfer) == 0 ? WEB_SILENT : WEB_REFUSED;
	if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)
		return WEB_BROKEN;
	return code == CURLE_OPERATION_TIMEDOUT ? WEB_LATE : WEB_REFUSED;
}

static const char *
why_of(const struct transfer *transfer, CURLcode code)
{
	if (code == CURLE_FILESIZE_EXCEEDED)
		return "larger than allowed";
	if (transfer->why != NULL)
		return transfer->why;
	if (code == CURLE_OUT_OF_MEMORY && !transfer->headed)
		return "too many headers"; /* one of more than 100 KB */
	if (transfer->denied && code == CURLE_COULDNT_CONNECT)
		return "has an address of a private network only";
	return *transfer->error != '\0' ? transfer->error
					: curl_easy_strerror(code);
}

int
transfer_end(
    struct transfer *transfer, CURLcode code, struct web_answer *answer)
{
	answer->status = status_of(transfer);
	read_wanted(transfer, answer);
	if (code == CURLE_OK && !transfer->headed)
		transfer->why = "head of the answer cut short";
	else if (code == CURLE_OK && transfer->taken < transfer->end)
		transfer->why = another_part;
	/* The rest of an error's page is of no use to anybody. */
	if ((code == CURLE_OK && transfer->why == NULL) ||
	    (transfer->why != NULL && *transfer->why == '\0'))
		return 0;
	answer->end = end_of(transfer, code);
	answer->why = xstrdup(why_of(transfer, code));
	return -1;
}
