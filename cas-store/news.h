/* SPDX-License-Identifier: Apache-2.0 */
/* news - has the image of a URL changed since it was asked for last? */
#pragma once

#include "store.h"

/*
 * The image that the URL (or NULL) gave before, for news_say(); "" if none is
 * known, or it is not a server's: what a file held before is no news.
 */
void news_last(int cas, const char *url, char key[KEY_TEXT]);

/* Tells on stderr whether there is another image now.  Nothing for "". */
void news_say(const char *what, const char *last, const char *key);
