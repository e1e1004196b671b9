/* SPDX-License-Identifier: Apache-2.0 */
/* url - taking URLs apart */
#pragma once

#include <stdbool.h>

/* A URL may have this many bytes. */
enum { URL_MAX = 2048 };

/*
 * NULL if url is one that may be asked for: https, or http if that is allowed,
 * and without a user's name; else what is wrong with it, static.
 */
const char *url_unfit(const char *url, bool http);

/* Does it hold a user's name or password?  Then it is not to be printed. */
bool url_has_user(const char *url);

/* Is it a URL, of whatever scheme, and not a file's? */
bool url_is_remote(const char *text);

/*
 * Who is asked: "https://example.com:443", in lower case and with its port,
 * to be compared.  NULL if it is no URL with a host; the caller frees it.
 */
char *url_origin(const char *url);

/*
 * The URL with the end of its path, from, replaced by to; what follows the
 * path stays.  NULL if the path does not end so; the caller frees it.
 */
char *url_swap(const char *url, const char *from, const char *to);

/*
 * The path that a file:// URL of this host names, for the caller to free;
 * NULL: it is none.
 */
char *url_path(const char *url);
