/* SPDX-License-Identifier: Apache-2.0 */
/* transfer - one request to one server, without redirects, by libcurl */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct web_answer;
struct web_request;

struct transfer {
	CURL *easy; /* its CURLOPT_PRIVATE is for the caller */
	struct curl_slist *headers;
	const struct web_request *request;
	int64_t taken;      /* bytes of the body that are there */
	size_t header_size; /* bytes of all headers so far */
	int64_t end;        /* that it will be then; 0: nobody knows */
	bool headed;        /* the head of the answer is here */
	bool wanted;        /* the body is what was asked for */
	bool denied;        /* an address that is private was not connected */
	const char *why;    /* we ended it; "": as nothing more is needed */
	char error[CURL_ERROR_SIZE];
};

/* An option is refused by a libcurl that was built without it: the end. */
void transfer_ok(CURLcode code);

/* flags are of web.h.  Ends the process if there is no handle to be had. */
void transfer_open(struct transfer *transfer, unsigned flags, void *private);
void transfer_close(struct transfer *transfer);

/*
 * Makes transfer->easy ready for the request, which stays the caller's, at
 * url; with its authorization only if that is authorized.
 */
void transfer_prepare(struct transfer *transfer,
    const struct web_request *request, const char *url, bool authorized,
    long milliseconds);

/* The status of an answer that is no redirect; 0: there is none yet. */
long transfer_status(const struct transfer *transfer);

/*
 * It is over with code: sets the status, end, why and values of the answer.
 * Returns 0 if there was any answer, whatever its status.
 */
int transfer_end(
    struct transfer *transfer, CURLcode code, struct web_answer *answer);

/* A header of the answer, borrowed until the next request; or NULL. */
const char *transfer_header(const struct transfer *transfer, const char *name);
