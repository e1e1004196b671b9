/* SPDX-License-Identifier: Apache-2.0 */
/* quantity - an amount of a resource: 500m, 1.5Gi, 2e3 */

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "actype.h"

/*
 * A quantity while it is read: digits * 10^power * 2^shift, and a bit more if
 * inexact.  19 digits and a shift of 60 fit 128 bits.
 */
struct quantity {
	__extension__ unsigned __int128 digits;
	int power;
	int shift;
	bool inexact;
};

enum { QUANTITY_DIGITS = 19, EXPONENT_DIGITS = 3 };

static const struct suffix {
	const char *text;
	int power;
	int shift;
} suffixes[] = {
	{ "", 0, 0 },
	{ "n", -9, 0 },
	{ "u", -6, 0 },
	{ "m", -3, 0 },
	{ "k", 3, 0 },
	{ "M", 6, 0 },
	{ "G", 9, 0 },
	{ "T", 12, 0 },
	{ "P", 15, 0 },
	{ "E", 18, 0 },
	{ "Ki", 0, 10 },
	{ "Mi", 0, 20 },
	{ "Gi", 0, 30 },
	{ "Ti", 0, 40 },
	{ "Pi", 0, 50 },
	{ "Ei", 0, 60 },
};

/* Digits with at most one point among them; what follows, or NULL. */
static const char *
number_read(const char *text, struct quantity *quantity)
{
	bool point = false, any = false;
	int significant = 0;

	for (;; text++) {
		if (*text == '.' && !point) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9')
			return any ? text : NULL;
		any = true;
		if (significant < QUANTITY_DIGITS) {
			quantity->digits =
			    quantity->digits * 10 + (unsigned)(*text - '0');
			significant += quantity->digits != 0;
			quantity->power -= point;
		} else {
			quantity->inexact |= *text != '0';
			quantity->power += !point;
		}
	}
}

/* e3, E+3, e-3; false if it is none. */
static bool
exponent_read(const char *text, struct quantity *quantity)
{
	bool negative = text[1] == '-';
	const char *digit = text + 1 + (negative || text[1] == '+');
	int exponent = 0;

	if ((*text != 'e' && *text != 'E') || *digit == '\0' ||
	    strlen(digit) > EXPONENT_DIGITS ||
	    digit[strspn(digit, "0123456789")] != '\0')
		return false;
	for (; *digit != '\0'; digit++)
		exponent = exponent * 10 + (*digit - '0');
	quantity->power += negative ? -exponent : exponent;
	return true;
}

static bool
suffix_read(const char *text, struct quantity *quantity)
{
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (strcmp(text, suffixes[i].text) == 0) {
			quantity->power += suffixes[i].power;
			quantity->shift = suffixes[i].shift;
			return true;
		}
	return exponent_read(text, quantity);
}

/* The value of it, rounded up; -1 and errno ERANGE if 63 bits are too few. */
static int
quantity_value(struct quantity *quantity, int64_t *value)
{
	__extension__ unsigned __int128 number = quantity->digits
						 << quantity->shift;

	for (; quantity->power < 0 && number > 0; quantity->power++) {
		quantity->inexact |= number % 10 != 0;
		number /= 10;
	}
	for (; quantity->power > 0 && number > 0 && number <= INT64_MAX;
	     quantity->power--)
		number *= 10;
	number += quantity->inexact;
	if (number > INT64_MAX) {
		errno = ERANGE;
		return -1;
	}
	*value = (int64_t)number;
	return 0;
}

int
quantity_parse(const char *text, int64_t *milli)
{
	struct quantity quantity = { .power = 3 };
	bool negative = *text == '-';

	text += negative || *text == '+';
	text = number_read(text, &quantity);
	if (text == NULL || !suffix_read(text, &quantity)) {
		errno = EINVAL;
		return -1;
	}
	if (negative) {
		errno = ERANGE;
		return -1;
	}
	return quantity_value(&quantity, milli);
}
