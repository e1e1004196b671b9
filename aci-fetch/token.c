/* SPDX-License-Identifier: Apache-2.0 */
/* token - from a challenge to what lets one in */

#include <string.h>

#include "alloc.h"
#include "challenge.h"
#include "escape.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "spot.h"
#include "token.h"
#include "url.h"
#include "web.h"

enum {
	ANSWER_MAX = 256 * 1024,
	TOKEN_MAX = 16 * 1024, /* servers take no longer headers */
	SECONDS = 60,
};

struct bytes {
	char *bytes;
	size_t length;
};

static void
take(void *data, const void *bytes, size_t length)
{
	struct bytes *answer = data;

	answer->bytes =
	    xreallocarray(answer->bytes, answer->length + length, 1);
	memcpy(answer->bytes + answer->length, bytes, length);
	answer->length += length;
}

/* Is origin, at port 443, a domain that the host of own lies in? */
static bool
is_domain_of(const char *origin, const char *own)
{
	size_t scheme = strlen("https://");
	const char *port = strrchr(own, ':');
	autofree char *domain = xasprintf(".%s", origin + scheme);
	autofree char *host =
	    xasprintf(".%.*s:443", (int)(port - own - scheme), own + scheme);
	size_t length = strlen(host);
	size_t tail = strlen(domain);

	return length > tail && strcmp(host + length - tail, domain) == 0 &&
	       strchr(domain + 1, '.') != NULL;
}

/* The origin of a registry, for the caller to free; NULL: it has none. */
static char *
registry_origin(const char *host)
{
	autofree char *url = xasprintf("https://%s/", host);

	return url_origin(url);
}

static bool
is_named(const char *origin, const struct strings *servers)
{
	for (size_t i = 0; servers != NULL && i < servers->count; i++) {
		autofree char *named = registry_origin(servers->list[i]);

		if (named != NULL && strcmp(named, origin) == 0)
			return true;
	}
	return false;
}

bool
token_server_trusted(
    const char *url, const char *host, const struct strings *servers)
{
	autofree char *origin = url_origin(url);
	autofree char *own = registry_origin(host);

	if (origin == NULL || own == NULL ||
	    strncmp(origin, "https://", 8) != 0)
		return false;
	if (strcmp(own, "https://registry-1.docker.io:443") == 0 &&
	    strcmp(origin, "https://auth.docker.io:443") == 0)
		return true;
	return strcmp(own, origin) == 0 || is_domain_of(origin, own) ||
	       is_named(origin, servers);
}

/* Visible ASCII: it becomes a header. */
static const char *
token_check(const char *text)
{
	if (*text == '\0' || strlen(text) > TOKEN_MAX)
		return *text == '\0' ? "is empty" : "is too long";
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return "is no token";
	return NULL;
}

/* A text that is not shown, even if it is wrong. */
static int
read_token(const struct spot *top, const char *name, char **token)
{
	struct spot spot;
	const char *wrong;

	if (spot_text(top, name, token) < 0 ||
	    spot_member(top, name, &spot) < 0)
		return -1;
	wrong = *token == NULL ? NULL : token_check(*token);
	return wrong == NULL ? 0 : spot_fail(&spot, "%s", wrong);
}

/* Old servers say token, new ones access_token, many both. */
char *
token_parse(const char *bytes, size_t length, char **why)
{
	autojson json_t *json = json_parse_secret(bytes, length, why);
	struct spot top = { .name = "", .json = json, .why = why };
	autofree char *token = NULL;
	autofree char *access = NULL;

	if (json == NULL || spot_object(&top) < 0 ||
	    read_token(&top, "token", &token) < 0 ||
	    read_token(&top, "access_token", &access) < 0)
		return NULL;
	if (token == NULL)
		token = take_ptr(&access);
	if (token == NULL)
		(void)spot_fail(&top, "there is no token in it");
	else if (access != NULL && strcmp(token, access) != 0)
		(void)spot_fail(&top, "there are two tokens in it");
	else
		return take_ptr(&token);
	return NULL;
}

/* Why the server of tokens gave none; safe to print. */
static char *
refusal(const struct token_request *request, const struct web_answer *answer,
    bool told, int *status)
{
	*status = EX_UNAVAILABLE;
	if (answer->status != 401 && answer->status != 403)
		return escape(answer->why);
	*status = EX_NOPERM;
	if (told)
		return xasprintf(
		    "the credentials for %s are refused", request->host);
	if (request->login == NULL)
		return xasprintf(
		    "no access without credentials for %s", request->host);
	return xasprintf("no access, and it is not told the credentials for "
			 "%s: it is none of its tokenServers",
	    request->host);
}

/* Is the server to be told who asks?  Who is not is noted. */
static bool
is_told(const struct token_request *request, const char *url)
{
	free(*request->untold);
	*request->untold = NULL;
	if (request->login == NULL)
		return false;
	if (token_server_trusted(url, request->host, request->servers))
		return true;
	*request->untold = xstrdup(request->challenge->realm);
	return false;
}

/* Asks for it; the JSON that came, or NULL with *why. */
static char *
ask(const struct token_request *request, const char *url, size_t *length,
    int *status, char **why)
{
	bool told = is_told(request, url);
	struct bytes bytes = { .bytes = xstrdup("") };
	struct web_answer answer = { 0 };
	struct web_request get = { .url = url,
		.http = request->http,
		.max = ANSWER_MAX,
		.seconds = SECONDS,
		.authorization = told ? request->login : NULL,
		.take = take,
		.data = &bytes };

	if (web_get(request->web, &get, &answer) < 0) {
		*why = refusal(request, &answer, told, status);
		free(bytes.bytes);
		bytes.bytes = NULL;
	}
	web_answer_free(&answer);
	*length = bytes.length;
	return bytes.bytes;
}

char *
token_get(const struct token_request *request, int *status, char **why)
{
	autofree char *scope =
	    xasprintf("repository:%s:pull", request->repository);
	autofree char *url = challenge_url(request->challenge, scope);
	autofree char *shown = escape(request->challenge->realm);
	autofree char *bytes = NULL;
	autofree char *token = NULL;
	autofree char *reason = NULL;
	size_t length = 0;

	*status = EX_UNAVAILABLE;
	if (url == NULL)
		reason = xstrdup("a realm with a fragment");
	else
		bytes = ask(request, url, &length, status, &reason);
	if (bytes != NULL)
		token = token_parse(bytes, length, &reason);
	if (token != NULL)
		return xasprintf("Bearer %s", token);
	*why = xasprintf("token from %s: %s", shown, reason);
	return NULL;
}
