/* SPDX-License-Identifier: Apache-2.0 */
/* cache - what a server's headers say about keeping its answer */

#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "alloc.h"
#include "cache.h"
#include "num.h"
#include "scope.h"

enum { AGE_MAX = 365 * 24 * 3600 }; /* a year */

/* A number of seconds, which may be quoted; 0 if it is none, or too large. */
static int64_t
seconds(const char *text)
{
	autofree char *copy = xstrdup(text + strspn(text, "\" "));
	uint64_t number = 0;

	copy[strcspn(copy, "\" ")] = '\0';
	(void)num_parse(copy, 0, AGE_MAX, &number);
	return (int64_t)number;
}

/*
 * The shortest that the words of Cache-Control allow; -1: they say nothing of
 * time.
 */
static int64_t
control_lifetime(const char *control)
{
	autofree char *copy = xstrdup(control);
	char *rest = copy;
	int64_t lifetime = -1;

	for (char *word; (word = strsep(&rest, ", ")) != NULL;) {
		if (strcasecmp(word, "no-store") == 0 ||
		    strncasecmp(word, "no-cache", 8) == 0)
			return 0;
		if (strncasecmp(word, "max-age=", 8) == 0 &&
		    (lifetime < 0 || seconds(word + 8) < lifetime))
			lifetime = seconds(word + 8);
	}
	return lifetime;
}

/* By the server's own clock: ours may be another. */
static int64_t
expires_lifetime(const char *expires, const char *date)
{
	time_t from = date == NULL ? -1 : curl_getdate(date, NULL);
	time_t to = expires == NULL ? -1 : curl_getdate(expires, NULL);

	if (from < 0 || to <= from)
		return 0;
	return to - from < AGE_MAX ? to - from : AGE_MAX;
}

int64_t
cache_lifetime(
    const char *control, const char *expires, const char *date, const char *age)
{
	int64_t lifetime = control == NULL ? -1 : control_lifetime(control);

	if (lifetime < 0)
		lifetime = expires_lifetime(expires, date);
	if (age != NULL)
		lifetime -= seconds(age);
	return lifetime > 0 ? lifetime : 0;
}
