/* SPDX-License-Identifier: Apache-2.0 */
/* num - checked integers and durations from text */

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "num.h"

int
num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;

	if (*text == '\0') {
		errno = EINVAL;
		return -1;
	}
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9') {
			errno = EINVAL;
			return -1;
		}
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, *text - '0', &number))
			number = UINT64_MAX;
		if (number > max) {
			/* Read on: 99x is not a number, rather than too big */
			number = max;
			errno = ERANGE;
			return text[strspn(text, "0123456789")] == '\0'
				   ? -1
				   : (errno = EINVAL, -1);
		}
	}
	if (number < min) {
		errno = ERANGE;
		return -1;
	}
	*value = number;
	return 0;
}

static const struct unit {
	const char *name;
	int64_t nanoseconds;
} units[] = {
	/* The longer name first where one begins with another. */
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", 60 * 1000000000LL },
	{ "h", 3600 * 1000000000LL },
};

static const struct unit *
unit_at(const char *text)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t length = strlen(units[i].name);

		if (strncmp(text, units[i].name, length) == 0)
			return &units[i];
	}
	return NULL;
}

/* One number with its unit, from *text on, which moves behind it. */
static int
duration_part(const char **text, int64_t *part)
{
	size_t whole_digits = strspn(*text, "0123456789");
	size_t more_digits = 0;
	const char *fraction = *text + whole_digits;
	const struct unit *unit;
	int64_t whole = 0, rest = 0;

	if (*fraction == '.')
		more_digits = strspn(fraction + 1, "0123456789");
	unit = unit_at(fraction + (*fraction == '.') + more_digits);
	if (whole_digits + more_digits == 0 || unit == NULL) {
		errno = EINVAL;
		return -1;
	}
	for (const char *p = *text; p < fraction; p++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *p - '0', &whole)) {
			errno = ERANGE;
			return -1;
		}
	/* Digits finer than a nanosecond add nothing: scale stays above 0. */
	for (int64_t i = 1, scale = unit->nanoseconds / 10;
	     i <= (int64_t)more_digits && scale > 0; i++, scale /= 10)
		rest += (fraction[i] - '0') * scale;
	if (__builtin_mul_overflow(whole, unit->nanoseconds, part) ||
	    __builtin_add_overflow(*part, rest, part)) {
		errno = ERANGE;
		return -1;
	}
	*text =
	    fraction + (*fraction == '.') + more_digits + strlen(unit->name);
	return 0;
}

int
duration_parse(const char *text, int64_t *nanoseconds)
{
	int64_t sum = 0, part = 0;

	if (strcmp(text, "0") == 0) {
		*nanoseconds = 0;
		return 0;
	}
	if (*text == '\0') {
		errno = EINVAL;
		return -1;
	}
	while (*text != '\0') {
		if (duration_part(&text, &part) < 0)
			return -1;
		if (__builtin_add_overflow(sum, part, &sum)) {
			errno = ERANGE;
			return -1;
		}
	}
	*nanoseconds = sum;
	return 0;
}

/* Seconds with their fraction, without zeros at its end: 1.5s. */
static char *
seconds_text(int64_t nanoseconds)
{
	char *text =
	    xasprintf("%lld.%09lld", (long long)(nanoseconds / 1000000000),
		(long long)(nanoseconds % 1000000000));
	size_t length = strlen(text);

	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	text[length] = '\0';
	return text;
}

char *
duration_format(int64_t nanoseconds)
{
	const int64_t hour = 3600 * 1000000000LL, minute = 60 * 1000000000LL;
	char *seconds, *text;

	if (nanoseconds > 0 && nanoseconds < 1000)
		return xasprintf("%lldns", (long long)nanoseconds);
	if (nanoseconds > 0 && nanoseconds < 1000000000) {
		/* 1.5ms and 2us: the same digits with another point. */
		int64_t scale = nanoseconds < 1000000 ? 1000000 : 1000;

		seconds = seconds_text(nanoseconds * scale);
		text = xasprintf("%s%s", seconds, scale == 1000 ? "ms" : "us");
		free(seconds);
		return text;
	}
	seconds = seconds_text(nanoseconds % minute);
	if (nanoseconds >= hour)
		text =
		    xasprintf("%lldh%lldm%ss", (long long)(nanoseconds / hour),
			(long long)(nanoseconds % hour / minute), seconds);
	else if (nanoseconds >= minute)
		text = xasprintf(
		    "%lldm%ss", (long long)(nanoseconds / minute), seconds);
	else
		text = xasprintf("%ss", seconds);
	free(seconds);
	return text;
}
