/* SPDX-License-Identifier: Apache-2.0 */
/* challenge - what a registry says it wants to know before it answers */

#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "alloc.h"
#include "challenge.h"
#include "scope.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define TOKEN   LETTERS "!#$%&'*+-.^_`|~" /* RFC 9110, 5.6.2 */
#define TOKEN68 LETTERS "-._~+/"          /* RFC 9110, 11.2 */

enum { VALUE_MAX = 2048 }; /* bytes of one parameter */

/* The place in the header, and the scheme that it is in. */
struct reader {
	const char *at;
	enum { NONE, BASIC, BEARER, OTHER } scheme;
	bool bearer; /* has been there */
	struct challenge *challenge;
	const char *why;
};

static int
fail(struct reader *reader, const char *why)
{
	reader->why = why;
	return -1;
}

static void
skip(struct reader *reader, const char *what)
{
	reader->at += strspn(reader->at, what);
}

/* The value of a parameter, quoted or not; the caller frees it. */
static char *
read_value(struct reader *reader)
{
	size_t length = strspn(reader->at, TOKEN);
	char value[VALUE_MAX];
	size_t used = 0;

	if (*reader->at != '"') {
		const char *text = reader->at;

		reader->at += length;
		return length == 0 ? NULL : xstrndup(text, length);
	}
	for (reader->at++; *reader->at != '"'; reader->at++) {
		if (*reader->at == '\\')
			reader->at++;
		if (*reader->at == '\0' || used == sizeof value)
			return NULL;
		value[used++] = *reader->at;
	}
	reader->at++;
	return xstrndup(value, used);
}

/* Where the parameter goes; NULL: nobody needs it. */
static char **
place(const struct reader *reader, const char *name, size_t length)
{
	static const char *const names[] = { "realm", "service" };
	char **const places[] = { &reader->challenge->realm,
		&reader->challenge->service };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == length &&
		    strncasecmp(names[i], name, length) == 0)
			return reader->scheme == BEARER ? places[i] : NULL;
	return NULL;
}

static int
read_parameter(struct reader *reader, const char *name, size_t length)
{
	autofree char *value = read_value(reader);
	char **where = place(reader, name, length);

	if (value == NULL)
		return fail(reader, "a parameter without a proper value");
	if (where == NULL)
		return 0;
	if (*where != NULL)
		return fail(reader, "a parameter twice");
	*where = take_ptr(&value);
	return 0;
}

/* Credentials in one word, as Negotiate has them, are passed over. */
static void
skip_token68(struct reader *reader)
{
	const char *end = reader->at + strspn(reader->at, TOKEN68);

	end += strspn(end, "=");
	if (end[strspn(end, " \t")] == '\0' || end[strspn(end, " \t")] == ',')
		reader->at = end;
}

static int
read_scheme(struct reader *reader, const char *name, size_t length)
{
	reader->scheme = OTHER;
	if (length == 5 && strncasecmp(name, "Basic", 5) == 0) {
		reader->scheme = BASIC;
		reader->challenge->basic = true;
	} else if (length == 6 && strncasecmp(name, "Bearer", 6) == 0) {
		if (reader->bearer)
			return fail(reader, "Bearer twice");
		reader->scheme = BEARER;
		reader->bearer = true;
	}
	skip_token68(reader);
	return 0;
}

/* A scheme, or a parameter of the scheme before. */
static int
read_next(struct reader *reader)
{
	const char *name = reader->at;
	size_t length = strspn(name, TOKEN);

	if (length == 0)
		return fail(reader, "neither a scheme nor a parameter");
	reader->at += length;
	skip(reader, " \t");
	if (*reader->at != '=')
		return read_scheme(reader, name, length);
	if (reader->scheme == NONE)
		return fail(reader, "a parameter without a scheme");
	reader->at++;
	skip(reader, " \t");
	if (read_parameter(reader, name, length) < 0)
		return -1;
	skip(reader, " \t");
	if (*reader->at != '\0' && *reader->at != ',')
		return fail(reader, "something behind a parameter");
	return 0;
}

int
challenge_parse(const char *text, struct challenge *challenge, const char **why)
{
	struct reader reader = { .at = text, .challenge = challenge };
	int result = 0;

	*challenge = (struct challenge){ 0 };
	for (const char *p = text; *p != '\0'; p++)
		if ((*p >= '\0' && *p < ' ' && *p != '\t') || *p == '\177')
			result = fail(&reader, "a control character");
	for (skip(&reader, " \t,"); result == 0 && *reader.at != '\0';
	     skip(&reader, " \t,"))
		result = read_next(&reader);
	if (result == 0 && reader.bearer &&
	    (challenge->realm == NULL || *challenge->realm == '\0'))
		result = fail(&reader, "Bearer without a realm");
	*why = reader.why;
	return result;
}

void
challenge_free(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	*challenge = (struct challenge){ 0 };
}

/* Takes url; the same with one more NAME=VALUE in its query. */
static char *
with_query(char *url, const char *name, const char *value)
{
	char *quoted = curl_easy_escape(NULL, value, 0);
	char *longer =
	    xasprintf("%s%c%s=%s", url, strchr(url, '?') == NULL ? '?' : '&',
		name, quoted == NULL ? "" : quoted);

	curl_free(quoted);
	free(url);
	return longer;
}

char *
challenge_url(const struct challenge *challenge, const char *scope)
{
	char *url;

	if (strchr(challenge->realm, '#') != NULL)
		return NULL;
	url = xstrdup(challenge->realm);
	if (challenge->service != NULL)
		url = with_query(url, "service", challenge->service);
	return with_query(url, "scope", scope);
}
