/* SPDX-License-Identifier: Apache-2.0 */
/* actype - the scalar types of the App Container specification */

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "num.h"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum {
	NAME_LENGTH_MAX = 255, /* of names: they become file names */
	ID_DIGITS_MIN = 2,
	ID_DIGITS_MAX = 128, /* a whole sha512 */
};

/*
 * ^[a-z0-9]+([SEPARATORS][a-z0-9]+)*$, which is stricter than the schema's
 * reference library: it lets separators follow each other.
 */
static const char *
words_check(const char *text, const char *separators)
{
	const char *from = text;

	if (*text == '\0')
		return "is empty";
	if (strlen(text) > NAME_LENGTH_MAX)
		return "is longer than 255 characters";
	for (;;) {
		size_t length = strspn(text, LOWER DIGITS);

		text += length;
		if (*text != '\0' && strchr(separators, *text) == NULL)
			return strcmp(separators, "-") == 0
				   ? "may hold only a-z, 0-9 and -"
				   : "may hold only a-z, 0-9 and -._~/";
		if (length == 0 && text == from)
			return "must begin with a-z or 0-9";
		if (length == 0 && *text != '\0')
			return "has two separators side by side";
		if (length == 0)
			return "must end with a-z or 0-9";
		if (*text == '\0')
			return NULL;
		text++;
	}
}

const char *
acidentifier_check(const char *text)
{
	return words_check(text, "-._~/");
}

const char *
acname_check(const char *text)
{
	return words_check(text, "-");
}

/* A number of a version, without leading zeros; its length, or 0. */
static size_t
semver_number(const char *text)
{
	size_t length = strspn(text, DIGITS);

	return *text == '0' && length > 1 ? 0 : length;
}

/* The words of a pre-release (numbers without leading zeros) or a build. */
static size_t
semver_words(const char *text, bool pre_release)
{
	size_t at = 0;

	for (;;) {
		size_t length = strspn(text + at, DIGITS LOWER UPPER "-");
		bool number = strspn(text + at, DIGITS) == length;

		if (length == 0 ||
		    (pre_release && number && length > 1 && text[at] == '0'))
			return 0;
		at += length;
		if (text[at] != '.')
			return at;
		at++;
	}
}

const char *
semver_check(const char *text)
{
	static const char *const no = "is not a version X.Y.Z[-PRE][+BUILD]";
	size_t length;

	if (strcmp(text, "0.0.0") == 0)
		return "is 0.0.0, which means none";
	for (int part = 0; part < 3; part++) {
		length = semver_number(text);
		if (length == 0 || (part < 2 && text[length] != '.'))
			return no;
		text += length + (part < 2);
	}
	if (*text == '-') {
		length = semver_words(text + 1, true);
		if (length == 0)
			return no;
		text += 1 + length;
	}
	if (*text == '+') {
		length = semver_words(text + 1, false);
		if (length == 0)
			return no;
		text += 1 + length;
	}
	return *text == '\0' ? NULL : no;
}

/* Exactly count digits at text, from min to max; -1 if not. */
static int
date_number(const char *text, size_t count, int min, int max)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number >= min && number <= max ? number : -1;
}

static int
month_days(int year, int month)
{
	if (month == 2)
		return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
			   ? 29
			   : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Z, +hh:mm or -hh:mm, and nothing after it. */
static bool
date_zone(const char *text)
{
	if (strcmp(text, "Z") == 0)
		return true;
	return strlen(text) == 6 && (*text == '+' || *text == '-') &&
	       date_number(text + 1, 2, 0, 23) >= 0 && text[3] == ':' &&
	       date_number(text + 4, 2, 0, 59) >= 0;
}

const char *
date_check(const char *text)
{
	static const char *const no = "is not a date YYYY-MM-DDThh:mm:ssZ";
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	int year, month;
	size_t digits;

	if (strlen(text) < sizeof form)
		return no;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] != 'd' && form[i] != text[i])
			return no;
	year = date_number(text, 4, 0, 9999);
	month = date_number(text + 5, 2, 1, 12);
	if (year < 0 || month < 0 ||
	    date_number(text + 8, 2, 1, month_days(year, month)) < 0 ||
	    date_number(text + 11, 2, 0, 23) < 0 ||
	    date_number(text + 14, 2, 0, 59) < 0 ||
	    date_number(text + 17, 2, 0, 60) < 0) /* 60: a leap second */
		return no;
	text += sizeof form - 1;
	if (*text == '.') {
		digits = strspn(text + 1, DIGITS);
		if (digits == 0)
			return no;
		text += 1 + digits;
	}
	return date_zone(text) ? NULL : no;
}

const char *
url_check(const char *text)
{
	size_t length;

	if (strncmp(text, "http://", 7) == 0)
		text += 7;
	else if (strncmp(text, "https://", 8) == 0)
		text += 8;
	else
		return "is not an http or https URL";
	if (strcspn(text, "/?#") == 0)
		return "is a URL without a host";
	length = strspn(text, LOWER UPPER DIGITS "-._~:/?#[]@!$&'()*+,;=%");
	return text[length] == '\0' ? NULL
				    : "is a URL with a character that must be "
				      "percent-encoded";
}

const char *
envname_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	if (strspn(text, LOWER UPPER "_") == 0)
		return "must begin with a letter or _";
	if (text[strspn(text, LOWER UPPER DIGITS "_.-")] != '\0')
		return "may hold only letters, digits, _, . and -";
	return NULL;
}

const char *
imageid_check(const char *text)
{
	size_t digits;

	if (strncmp(text, "sha256-", 7) == 0)
		return "is a sha256 id: ids are sha512 since 0.2";
	if (strncmp(text, "sha512-", 7) != 0)
		return "is not an image id (sha512-...)";
	text += 7;
	digits = strspn(text, DIGITS "abcdef");
	if (text[digits] != '\0')
		return "is an image id that is not lower-case hexadecimal";
	if (digits < ID_DIGITS_MIN)
		return "is an image id that is too short";
	if (digits > ID_DIGITS_MAX)
		return "is an image id that is too long";
	return NULL;
}

/*
 * What setuid(2) would be asked for must be plain: "0x0", "-1", " 0" and
 * 4294967296 were root to other runtimes (CVE-2024-40635, CVE-2016-3697).
 * 4294967295 is (uid_t)-1, "leave it as it is".
 */
const char *
user_check(const char *text)
{
	uint64_t number;
	size_t length;

	if (*text == '\0')
		return "is empty";
	if (*text == '/')
		return path_check(text);
	if (text[strspn(text, DIGITS)] == '\0')
		return num_parse(text, 0, UINT32_MAX - 1, &number) < 0
			   ? "is greater than 4294967294"
			   : NULL;
	length = strspn(text, LOWER UPPER DIGITS "_.@-");
	if (length > 0 && text[length] == '$')
		length++; /* a machine's account of Samba */
	if (text[length] != '\0' || strspn(text, LOWER UPPER "_") == 0)
		return "is not a name, a number or an absolute path";
	return NULL;
}

const char *
path_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	if (*text != '/')
		return "is not an absolute path";
	if (strlen(text) >= PATH_MAX)
		return "is a path of more than 4095 bytes";
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return "is a path with a control character";
	return NULL;
}

const char *
hostname_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	if (strlen(text) > 64)
		return "is longer than 64 characters";
	for (;;) {
		size_t length = strspn(text, LOWER UPPER DIGITS "-");

		if (text[length] != '\0' && text[length] != '.')
			return "may hold only letters, digits, - and .";
		if (length == 0 || length > 63 || *text == '-' ||
		    text[length - 1] == '-')
			return "is not a host name";
		text += length;
		if (*text == '\0')
			return NULL;
		text++;
	}
}

const char *
address_check(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, address) == 1 ||
		       inet_pton(AF_INET6, text, address) == 1
		   ? NULL
		   : "is not an IP address";
}

char *
acname_sanitise(const char *text)
{
	char *name = xstrdup(text);
	size_t length = 0;

	for (; *text != '\0'; text++) {
		char c =
		    *text >= 'A' && *text <= 'Z' ? (char)(*text | 0x20) : *text;

		if (strchr(LOWER DIGITS, c) != NULL)
			name[length++] = c;
		else if (length > 0 && name[length - 1] != '-')
			name[length++] = '-';
	}
	if (length > NAME_LENGTH_MAX)
		length = NAME_LENGTH_MAX;
	while (length > 0 && name[length - 1] == '-')
		length--;
	name[length] = '\0';
	if (length > 0)
		return name;
	free(name);
	return NULL;
}

bool
name_has_prefix(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	return length == 0 ||
	       (strncmp(name, prefix, length) == 0 &&
		   (name[length] == '\0' || name[length] == '/'));
}
