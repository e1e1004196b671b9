/* SPDX-License-Identifier: Apache-2.0 */
/* news - has the image of a URL changed since it was asked for last? */

#include <err.h>
#include <stdbool.h>
#include <string.h>

#include "news.h"
#include "remote.h"

static bool
is_servers(const char *url)
{
	return strncmp(url, "http", 4) == 0 || strncmp(url, "docker:", 7) == 0;
}

void
news_last(int cas, const char *url, char key[KEY_TEXT])
{
	struct remote remote = { 0 };

	if (url != NULL && is_servers(url))
		(void)remote_read(cas, url, &remote);
	store_key(remote.key, key);
	remote_free(&remote);
}

void
news_say(const char *what, const char *last, const char *key)
{
	if (strcmp(last, key) == 0)
		warnx("%s: the image has not changed", what);
	else if (*last != '\0')
		warnx("%s: the image has changed, it was %.39s", what, last);
}
