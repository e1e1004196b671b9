/* SPDX-License-Identifier: Apache-2.0 */
/* moment - points in time, as people write them */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moment.h"
#include "num.h"

static const uint64_t second = 1000000000;

/* What is behind the seconds: a fraction, which is left out, and a zone. */
static int
parse_zone(const char *text, struct tm *tm, time_t *time)
{
	struct tm east = { 0 };

	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (*text == '\0') {
		tm->tm_isdst = -1;
		*time = mktime(tm);
		return 0;
	}
	*time = timegm(tm);
	if (strcmp(text, "Z") == 0)
		return 0;
	if ((*text != '+' && *text != '-') || strlen(text) != 6 ||
	    strptime(text + 1, "%H:%M", &east) != text + 6)
		return -1;
	*time -=
	    (*text == '+' ? 1 : -1) * (east.tm_hour * 3600 + east.tm_min * 60);
	return 0;
}

static int
parse_date(const char *text, time_t *time)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d", &tm);

	if (rest == NULL)
		return -1;
	if (*rest == 'T' || *rest == ' ')
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (rest == NULL)
		return -1;
	return parse_zone(rest, &tm, time);
}

int
moment_parse(const char *text, uint64_t *moment)
{
	struct timespec now = { 0 };
	int64_t ago;
	time_t time;

	if (duration_parse(text, &ago) == 0) {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		*moment = (uint64_t)now.tv_sec * second + (uint64_t)now.tv_nsec;
		*moment = (uint64_t)ago < *moment ? *moment - (uint64_t)ago : 0;
		return 0;
	}
	if (*text == '@' &&
	    num_parse(text + 1, 0, UINT64_MAX / second, moment) == 0) {
		*moment *= second;
		return 0;
	}
	if (parse_date(text, &time) < 0 || time < 0) {
		errno = EINVAL;
		return -1;
	}
	*moment = (uint64_t)time * second;
	return 0;
}

void
moment_format(uint64_t moment, char text[MOMENT_TEXT])
{
	time_t time = (time_t)(moment / second);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&time, &tm);
	n = strftime(text, MOMENT_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, MOMENT_TEXT - n, ".%09lluZ",
	    (unsigned long long)(moment % second));
}
