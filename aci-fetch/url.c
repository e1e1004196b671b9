/* SPDX-License-Identifier: Apache-2.0 */
/* url - taking URLs apart */

#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "alloc.h"
#include "scope.h"
#include "url.h"

/* For curl_url_cleanup(), which takes NULL; NULL if it is no URL. */
static CURLU *
url_parse(const char *url, unsigned flags)
{
	CURLU *parts = curl_url();

	if (parts != NULL &&
	    curl_url_set(parts, CURLUPART_URL, url, flags) == CURLUE_OK)
		return parts;
	curl_url_cleanup(parts);
	return NULL;
}

/* One part of a URL, for curl_free(); NULL if it has none. */
static char *
url_part(CURLU *parts, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(parts, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static const char *
parts_unfit(CURLU *parts, bool http)
{
	char *scheme = url_part(parts, CURLUPART_SCHEME);
	char *user = url_part(parts, CURLUPART_USER);
	char *password = url_part(parts, CURLUPART_PASSWORD);
	const char *why = NULL;

	if (user != NULL || password != NULL)
		why = "holds a user name or password";
	else if (scheme == NULL)
		why = "not a URL";
	else if (strcmp(scheme, "http") == 0)
		why = http ? NULL : "http is not allowed";
	else if (strcmp(scheme, "https") != 0)
		why = "unsupported URL scheme";
	curl_free(scheme);
	curl_free(user);
	curl_free(password);
	return why;
}

/* Characters that libcurl lets pass and RFC 3986 has encoded. */
static bool
has_foreign(const char *url)
{
	for (; *url != '\0'; url++)
		if (*url <= ' ' || *url > '~' ||
		    strchr("\"<>\\^`{|}", *url) != NULL)
			return true;
	return false;
}

/* Exactly two slashes: libcurl takes one or three for the same. */
static bool
has_host(const char *url)
{
	const char *colon = strchr(url, ':');

	return colon != NULL && strncmp(colon, "://", 3) == 0 &&
	       colon[3] != '/';
}

bool
url_has_user(const char *url)
{
	const char *host = strstr(url, "://");
	const char *at = host == NULL ? NULL : strchr(host, '@');

	return at != NULL && at < host + 3 + strcspn(host + 3, "/?#");
}

const char *
url_unfit(const char *url, bool http)
{
	CURLU *parts;
	const char *why;

	if (strlen(url) > URL_MAX)
		return "URL too long";
	parts =
	    has_foreign(url) ? NULL : url_parse(url, CURLU_NON_SUPPORT_SCHEME);
	why = parts == NULL ? "not a URL" : parts_unfit(parts, http);
	curl_url_cleanup(parts);
	return why == NULL && !has_host(url) ? "not a URL" : why;
}

/* "https://example.com:443", in lower case; the caller frees it. */
static char *
parts_origin(CURLU *parts)
{
	char *scheme = url_part(parts, CURLUPART_SCHEME);
	char *host = url_part(parts, CURLUPART_HOST);
	char *port = NULL;
	char *origin = NULL;

	if (scheme != NULL && host != NULL &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK)
		origin = xasprintf("%s://%s:%s", scheme, host, port);
	for (char *p = origin; p != NULL && *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	return origin;
}

char *
url_origin(const char *url)
{
	CURLU *parts = url_parse(url, 0);
	char *origin = parts == NULL ? NULL : parts_origin(parts);

	curl_url_cleanup(parts);
	return origin;
}

/* Gives the URL in parts another path: the same with another end. */
static char *
swap_path(CURLU *parts, const char *from, const char *to)
{
	char *path = url_part(parts, CURLUPART_PATH);
	size_t length = path == NULL ? 0 : strlen(path);
	char *url = NULL;
	char *copy = NULL;

	if (length > strlen(from) &&
	    strcmp(path + length - strlen(from), from) == 0) {
		autofree char *swapped =
		    xasprintf("%.*s%s", (int)(length - strlen(from)), path, to);

		if (curl_url_set(parts, CURLUPART_PATH, swapped, 0) ==
		    CURLUE_OK)
			url = url_part(parts, CURLUPART_URL);
	}
	curl_free(path);
	if (url != NULL)
		copy = xstrdup(url);
	curl_free(url);
	return copy;
}

char *
url_swap(const char *url, const char *from, const char *to)
{
	CURLU *parts = url_parse(url, 0);
	char *swapped = parts == NULL ? NULL : swap_path(parts, from, to);

	curl_url_cleanup(parts);
	return swapped;
}

/* libcurl itself refuses a host other than this one in file:// */
char *
url_path(const char *url)
{
	bool file = strncasecmp(url, "file:", 5) == 0;
	CURLU *parts = file ? url_parse(url, 0) : NULL;
	char *path = NULL;
	char *copy = NULL;

	if (parts != NULL && curl_url_get(parts, CURLUPART_PATH, &path,
				 CURLU_URLDECODE) == CURLUE_OK)
		copy = xstrdup(path);
	curl_free(path);
	curl_url_cleanup(parts);
	return copy;
}

bool
url_is_remote(const char *text)
{
	return strstr(text, "://") != NULL &&
	       strncasecmp(text, "file:", 5) != 0;
}
