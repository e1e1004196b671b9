/* SPDX-License-Identifier: Apache-2.0 */
/* token - from a challenge to what lets one in */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "string-list.h"

struct challenge;
struct web;

struct token_request {
	struct web *web;
	const struct challenge *challenge;
	bool http;              /* the server of tokens may be asked by http */
	const char *host;       /* of the registry that sends us there */
	const char *repository; /* which is to be read there */
	const char *login; /* "Basic …", the user's there; NULL: nobody's */
	const struct strings *servers; /* may be told it; may be NULL */
	char **untold; /* is set to the server if it was not told that */
};

/*
 * May the server of tokens at url be told who the user is at the registry host?
 * Only by https, and if it is that same host and port; or at port 443 a domain
 * that the registry's host lies in (gitlab.com for registry.gitlab.com), or
 * Docker's for Docker's own registry; or one of servers, which may be NULL.
 */
bool token_server_trusted(
    const char *url, const char *host, const struct strings *servers);

/*
 * "Bearer …", for the caller to free; or NULL with *why, for the caller too and
 * safe to print, and *status: EX_NOPERM if we are not let in, else
 * EX_UNAVAILABLE.
 */
char *token_get(const struct token_request *request, int *status, char **why);

/* The token in the JSON of an answer, for the caller; NULL with *why. */
char *token_parse(const char *bytes, size_t length, char **why);
