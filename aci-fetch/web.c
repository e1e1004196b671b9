/* SPDX-License-Identifier: Apache-2.0 */
/* web - GET over https, several at a time, with a bound on everything */

#include <err.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "alloc.h"
#include "cache.h"
#include "clock.h"
#include "escape.h"
#include "etag.h"
#include "filter.h"
#include "insecure.h"
#include "prog.h"
#include "scope.h"
#include "transfer.h"
#include "url.h"
#include "web.h"

enum {
	REDIRECTS = 10,
	POLL = 1000,  /* milliseconds: nothing is waited for longer */
	GRACE = 5000, /* until an answer that matters no more */
};

struct web {
	CURLM *multi;
	unsigned flags;
};

/* A request on its way from one server to the next. */
struct job {
	struct web_request *request;
	struct web_answer *answer;
	struct transfer transfer;
	enum state { WAITING, RUNNING, OVER } state;
	char *url;       /* where it is asked now */
	int hops;        /* redirects so far */
	bool asked;      /* a server, once at least */
	bool authorized; /* no redirect has led elsewhere */
	int64_t start;   /* not before; milliseconds */
	int64_t end;     /* given up then */
};

int
web_insecure(const char *list, unsigned *flags)
{
	unsigned words = 0;

	if (insecure_parse(list, &words) < 0)
		return -1;
	if ((words & INSECURE_TLS) != 0)
		*flags |= WEB_NO_TLS_CHECK;
	if ((words & INSECURE_HTTP) != 0)
		*flags |= WEB_HTTP;
	if ((words & INSECURE_PUBKEY) != 0)
		*flags |= WEB_HTTP_KEYS;
	return 0;
}

static void
multi_ok(CURLMcode code)
{
	if (code != CURLM_OK)
		filter_failx(
		    EX_SOFTWARE, "libcurl: %s", curl_multi_strerror(code));
}

struct web *
web_open(unsigned flags)
{
	struct web *web = xcalloc(1, sizeof *web);

	transfer_ok(curl_global_init(CURL_GLOBAL_DEFAULT));
	web->flags = flags;
	web->multi = curl_multi_init();
	if (web->multi == NULL)
		filter_failx(EX_OSERR, "libcurl: no handle");
	return web;
}

void
web_close(struct web *web)
{
	if (web == NULL)
		return;
	(void)curl_multi_cleanup(web->multi);
	free(web);
	curl_global_cleanup();
}

/* At the first server again. */
static void
rewind_job(struct job *job)
{
	free(job->url);
	job->url = xstrdup(job->request->url);
	job->hops = 0;
	job->authorized = strncasecmp(job->url, "https:", 6) == 0;
	job->start = clock_ms() + job->request->pause;
	job->state = WAITING;
}

static void
fail(struct job *job, enum web_end end, char *why)
{
	free(job->answer->why);
	job->answer->end = end;
	job->answer->why = why;
	job->state = OVER;
}

static void
job_open(struct job *job, struct web *web, struct web_request *request,
    struct web_answer *answer)
{
	const char *unfit = url_unfit(request->url, request->http);

	*answer = (struct web_answer){ 0 };
	*job = (struct job){ .request = request, .answer = answer };
	transfer_open(&job->transfer, web->flags, job);
	job->end = clock_ms() + request->seconds * 1000;
	rewind_job(job);
	if (unfit != NULL)
		fail(job, WEB_REFUSED, xstrdup(unfit));
}

static void
job_close(struct job *job)
{
	transfer_close(&job->transfer);
	free(job->url);
}

static void
job_start(struct job *job, struct web *web)
{
	int64_t left = job->end - clock_ms();

	transfer_prepare(&job->transfer, job->request, job->url,
	    job->authorized, left > 0 ? (long)left : 1);
	multi_ok(curl_multi_add_handle(web->multi, job->transfer.easy));
	job->asked = true;
	job->state = RUNNING;
}

static bool
is_success(const struct job *job)
{
	long status = job->answer->status;

	return status == 200 || (status == 206 && job->request->from > 0) ||
	       (status != 0 && status == job->request->also);
}

static void
read_cache_headers(struct job *job)
{
	const struct transfer *transfer = &job->transfer;
	const char *etag = transfer_header(transfer, "ETag");

	if (etag_usable(etag))
		job->answer->etag = xstrdup(etag);
	job->answer->max_age =
	    cache_lifetime(transfer_header(transfer, "Cache-Control"),
		transfer_header(transfer, "Expires"),
		transfer_header(transfer, "Date"),
		transfer_header(transfer, "Age"));
}

/* A server may neither choose that the rest goes unprotected. */
static char *
unfit_redirect(const struct job *job, const char *next)
{
	bool plain = strncasecmp(job->url, "http:", 5) == 0;
	const char *unfit;

	if (job->hops == REDIRECTS)
		return xstrdup("too many redirects");
	if (next == NULL)
		return xstrdup(job->transfer.why == NULL
				   ? "redirect to nowhere"
				   : "redirect with too long a page");
	unfit = url_unfit(next, plain);
	/* Not all of a long one, after which nobody would see the reason. */
	return unfit == NULL
		   ? NULL
		   : xasprintf("redirect to %.200s%s refused: %s", next,
			 strlen(next) > 200 ? "..." : "", unfit);
}

/* Goes where the answer sends us; nobody's secret comes along. */
static void
redirect(struct job *job, const char *next)
{
	char *unfit = unfit_redirect(job, next);
	autofree char *from = NULL;
	autofree char *to = NULL;

	if (unfit != NULL) {
		fail(job, WEB_REFUSED, unfit);
		return;
	}
	if (prog_debug()) {
		autofree char *shown = escape(job->url);
		autofree char *where = escape(next);

		warnx("%s: redirects to %s", shown, where);
	}
	from = url_origin(job->url);
	to = url_origin(next);
	job->authorized &= from != NULL && to != NULL && strcmp(from, to) == 0;
	free(job->url);
	job->url = xstrdup(next);
	job->hops++;
	job->state = WAITING;
}

/* The transfer has come to its end. */
static void
job_end(struct job *job, CURLcode code)
{
	struct web_answer *answer = job->answer;
	char *next = NULL;

	job->state = OVER;
	web_answer_free(answer);
	answer->moved = job->hops > 0;
	if (transfer_end(&job->transfer, code, answer) < 0) {
		/* It may be had again, from where it broke. */
		read_cache_headers(job);
	} else if (is_success(job)) {
		read_cache_headers(job);
		return;
	} else if (transfer_status(&job->transfer) == 0) {
		(void)curl_easy_getinfo(
		    job->transfer.easy, CURLINFO_REDIRECT_URL, &next);
		redirect(job, next);
		if (job->state == WAITING)
			return;
	} else
		fail(job, WEB_REFUSED,
		    xasprintf("bad HTTP status code: %ld", answer->status));
	if (job->request->again != NULL &&
	    job->request->again(job->request, answer))
		rewind_job(job);
}

/* Takes the transfers that have ended out of libcurl's hands: how many? */
static size_t
collect(struct web *web)
{
	CURLMsg *message;
	size_t ended = 0;
	int left;

	for (; (message = curl_multi_info_read(web->multi, &left)) != NULL;
	     ended++) {
		CURLcode code = message->data.result;
		CURL *easy = message->easy_handle;
		struct job *job = NULL;

		transfer_ok(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &job));
		multi_ok(curl_multi_remove_handle(web->multi, easy));
		job_end(job, code);
	}
	return ended;
}

static size_t
jobs_in(const struct job *jobs, size_t count, enum state state)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += jobs[i].state == state;
	return found;
}

static bool
any_failed(const struct job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (jobs[i].state == OVER && jobs[i].answer->why != NULL)
			return true;
	return false;
}

/* One has failed: is this other one of no use any more? */
static bool
is_in_vain(const struct job *job, int64_t failed)
{
	if (job->state == WAITING)
		return !job->asked;
	return job->state == RUNNING && (transfer_status(&job->transfer) != 0 ||
					    clock_ms() > failed + GRACE);
}

/* One has failed: ends those that need not go on; how many is that? */
static size_t
give_up(struct web *web, struct job *jobs, size_t count, int64_t failed)
{
	size_t ended = 0;

	for (size_t i = 0; i < count; i++) {
		struct job *job = &jobs[i];

		if (!is_in_vain(job, failed))
			continue;
		if (job->state == RUNNING)
			multi_ok(curl_multi_remove_handle(
			    web->multi, job->transfer.easy));
		job->answer->status = transfer_status(&job->transfer);
		fail(job, WEB_GIVEN_UP, xstrdup("given up"));
		ended++;
	}
	return ended;
}

/* Starts what may start; milliseconds until there may be more of that. */
static int
start_some(struct web *web, struct job *jobs, size_t count)
{
	size_t running = jobs_in(jobs, count, RUNNING);
	int64_t time = clock_ms();
	int64_t next = time + POLL;

	for (size_t i = 0; i < count && running < WEB_PARALLEL; i++) {
		if (jobs[i].state != WAITING)
			continue;
		if (jobs[i].start <= time) {
			job_start(&jobs[i], web);
			running++;
		} else if (jobs[i].start < next)
			next = jobs[i].start;
	}
	return (int)(next - time);
}

/* Until all are over.  Did all come? */
static bool
run(struct web *web, struct job *jobs, size_t count)
{
	int64_t failed = 0;

	while (jobs_in(jobs, count, OVER) < count) {
		int wait = start_some(web, jobs, count);
		int running;
		size_t ended;

		multi_ok(curl_multi_perform(web->multi, &running));
		ended = collect(web);
		if (failed == 0 && any_failed(jobs, count))
			failed = clock_ms();
		if (failed != 0)
			ended += give_up(web, jobs, count, failed);
		if (ended == 0)
			multi_ok(
			    curl_multi_poll(web->multi, NULL, 0, wait, NULL));
	}
	return !any_failed(jobs, count);
}

int
web_get_all(struct web *web, struct web_request *requests,
    struct web_answer *answers, size_t count)
{
	struct job *jobs = xcalloc(count, sizeof *jobs);
	bool came;

	for (size_t i = 0; i < count; i++)
		job_open(&jobs[i], web, &requests[i], &answers[i]);
	came = run(web, jobs, count);
	for (size_t i = 0; i < count; i++)
		job_close(&jobs[i]);
	free(jobs);
	return came ? 0 : -1;
}

int
web_get(struct web *web, struct web_request *request, struct web_answer *answer)
{
	return web_get_all(web, request, answer, 1);
}

void
web_answer_free(struct web_answer *answer)
{
	free(answer->why);
	free(answer->etag);
	for (size_t i = 0; i < WEB_WANTED; i++)
		free(answer->values[i]);
	*answer = (struct web_answer){ 0 };
}
