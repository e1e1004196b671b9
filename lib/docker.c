/* SPDX-License-Identifier: Apache-2.0 */
/* docker - how people name an image of a registry */

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"
#include "docker.h"
#include "num.h"
#include "scope.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HUB    "registry-1.docker.io"

enum {
	NAME_MAX_BYTES = 255, /* of host and repository */
	TAG_MAX = 128,
	LABEL_MAX = 63, /* between the dots of a host */
	PORT_MAX = 65535,
};

char *
docker_host(const char *text, size_t length)
{
	char *host = xstrndup(text, length);

	for (char *p = host; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strcmp(host, "docker.io") != 0 &&
	    strcmp(host, "index.docker.io") != 0)
		return host;
	free(host);
	return xstrdup(HUB);
}

/* Names of letters, digits and inner dashes, with dots between them. */
static bool
is_domain(const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		size_t label = strspn(text, LOWER UPPER DIGITS "-");

		if (label == 0 || label > LABEL_MAX || *text == '-' ||
		    text[label - 1] == '-')
			return false;
		text += label;
		if (text < end && (*text != '.' || ++text == end))
			return false;
	}
	return length > 0;
}

static bool
is_bracketed(const char *text, size_t length)
{
	struct in6_addr address;
	autofree char *inner = NULL;

	if (length < 2 || *text != '[' || text[length - 1] != ']')
		return false;
	inner = xstrndup(text + 1, length - 2);
	return inet_pton(AF_INET6, inner, &address) == 1;
}

bool
docker_host_valid(const char *text)
{
	const char *bracket = strchr(text, ']');
	const char *colon = strchr(bracket != NULL ? bracket : text, ':');
	size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
	uint64_t port;

	if (colon != NULL && num_parse(colon + 1, 1, PORT_MAX, &port) < 0)
		return false;
	return is_domain(text, length) || is_bracketed(text, length);
}

bool
docker_digest_valid(const char *text)
{
	size_t digits = 64;

	if (strncmp(text, "sha512:", 7) == 0)
		digits = 128;
	else if (strncmp(text, "sha256:", 7) != 0)
		return false;
	return strlen(text) == 7 + digits &&
	       strspn(text + 7, DIGITS "abcdef") == digits;
}

/* What may stand between letters and digits: . _ __ or any number of dashes */
static size_t
separator(const char *text)
{
	if (*text == '.')
		return 1;
	if (*text == '_')
		return text[1] == '_' ? 2 : 1;
	return strspn(text, "-");
}

bool
docker_repository_valid(const char *text)
{
	for (;;) {
		size_t word = strspn(text, LOWER DIGITS);
		size_t between;

		if (word == 0)
			return false;
		text += word;
		if (*text == '\0')
			return true;
		between = *text == '/' ? 1 : separator(text);
		if (between == 0)
			return false;
		text += between;
	}
}

static bool
is_tag(const char *text)
{
	size_t length = strspn(text, LOWER UPPER DIGITS "_.-");

	return length > 0 && length <= TAG_MAX && text[length] == '\0' &&
	       *text != '.' && *text != '-';
}

/* Cuts off what stands behind the last mark of the text; NULL if none does. */
static char *
cut(char *text, char mark)
{
	char *at = strrchr(text, mark);

	if (at == NULL)
		return NULL;
	*at = '\0';
	return xstrdup(at + 1);
}

/* As docker itself tells a host from the first part of a repository. */
static bool
looks_like_host(const char *text, size_t length)
{
	return memchr(text, '.', length) != NULL ||
	       memchr(text, ':', length) != NULL ||
	       (length == 9 && strncasecmp(text, "localhost", 9) == 0);
}

/* Host and repository, out of what is neither tag nor digest. */
static void
split_name(const char *name, struct docker_ref *ref)
{
	const char *slash = strchr(name, '/');
	const char *rest = name;

	if (slash != NULL && looks_like_host(name, (size_t)(slash - name))) {
		ref->host = docker_host(name, (size_t)(slash - name));
		rest = slash + 1;
	} else
		ref->host = xstrdup(HUB);
	ref->repository =
	    strcmp(ref->host, HUB) == 0 && strchr(rest, '/') == NULL
		? xasprintf("library/%s", rest)
		: xstrdup(rest);
}

static const char *
check(const struct docker_ref *ref)
{
	if (ref->digest != NULL && !docker_digest_valid(ref->digest))
		return "the digest must be sha256: and 64, or sha512: and "
		       "128, lower-case hexadecimal digits";
	if (ref->tag != NULL && !is_tag(ref->tag))
		return "the tag may hold only letters, digits and _.-, at most "
		       "128, and must not begin with . or -";
	if (!docker_host_valid(ref->host))
		return "the registry is neither HOST nor HOST:PORT";
	if (!docker_repository_valid(ref->repository))
		return "the repository may hold only a-z and 0-9, with single "
		       "separators ./_- between them";
	if (strlen(ref->host) + strlen(ref->repository) > NAME_MAX_BYTES)
		return "registry and repository have more than 255 bytes";
	return NULL;
}

int
docker_ref_parse(const char *text, struct docker_ref *ref, const char **why)
{
	autofree char *name = NULL;
	char *slash;

	*ref = (struct docker_ref){ 0 };
	*why = "not a reference to a registry";
	if (strncmp(text, "docker:", 7) != 0)
		return -1;
	text += 7;
	if (strncmp(text, "//", 2) == 0)
		text += 2;
	*why = "a docker image without a name";
	if (*text == '\0')
		return -1;
	name = xstrdup(text);
	ref->digest = cut(name, '@');
	slash = strrchr(name, '/');
	ref->tag = cut(slash != NULL ? slash : name, ':');
	if (ref->tag == NULL && ref->digest == NULL)
		ref->tag = xstrdup("latest");
	split_name(name, ref);
	*why = check(ref);
	if (*why == NULL)
		return 0;
	docker_ref_free(ref);
	return -1;
}

void
docker_ref_free(struct docker_ref *ref)
{
	free(ref->host);
	free(ref->repository);
	free(ref->tag);
	free(ref->digest);
	*ref = (struct docker_ref){ 0 };
}

char *
docker_ref_name(const struct docker_ref *ref)
{
	return xasprintf("%s/%s", ref->host, ref->repository);
}

char *
docker_ref_text(const struct docker_ref *ref)
{
	const char *mark = ref->digest != NULL ? "@" : ":";

	return xasprintf("docker://%s/%s%s%s", ref->host, ref->repository, mark,
	    ref->digest != NULL ? ref->digest : ref->tag);
}
