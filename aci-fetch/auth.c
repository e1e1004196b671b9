/* SPDX-License-Identifier: Apache-2.0 */
/* auth - the operator's credentials for servers: auth.d of rkt's configuration
 */

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "auth.h"
#include "confdir.h"
#include "record.h"
#include "schema.h"
#include "scope.h"
#include "spot.h"
#include "url.h"

enum {
	FILE_MAX = 64 * 1024,
	PLACE_MAX = 255 + 6, /* a host, a colon and a port */
};

/* Whom it is for: servers of images, or registries. */
enum kind { SERVER, REGISTRY };

struct entry {
	enum kind kind;
	char *origin; /* of url_origin() */
	char *header;
};

struct auth {
	struct entry *list;
	size_t count;
	size_t level; /* the entries from here on are of the same directory */
};

struct auth *
auth_new(void)
{
	return xcalloc(1, sizeof(struct auth));
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	for (size_t i = 0; i < auth->count; i++) {
		free(auth->list[i].origin);
		free(auth->list[i].header);
	}
	free(auth->list);
	free(auth);
}

/* "example.com" or "example.com:8443" as url_origin() has it; NULL: neither. */
static char *
place_origin(const char *place)
{
	autofree char *url = xasprintf("https://%s/", place);

	if (*place == '\0' || strlen(place) > PLACE_MAX ||
	    strpbrk(place, "/?#@\\ %") != NULL)
		return NULL;
	return url_origin(url);
}

/* A control character in a header would be another header. */
static const char *
secret_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == '\177')
			return "has a control character in it";
	return NULL;
}

/* A text that is never shown, not even when it is wrong. */
static int
read_secret(const struct spot *object, const char *name, char **text)
{
	struct spot spot;
	const char *wrong;

	if (spot_need_text(object, name, text) < 0 ||
	    spot_member(object, name, &spot) < 0)
		return -1;
	wrong = secret_check(*text);
	return wrong == NULL ? 0 : spot_fail(&spot, "%s", wrong);
}

static char *
base64(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = (const unsigned char *)text;
	size_t length = strlen(text);
	char *code = xcalloc((length + 2) / 3 * 4 + 1, 1);
	char *to = code;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		unsigned bits = (unsigned)from[i] << 16 |
				(left > 1 ? (unsigned)from[i + 1] << 8 : 0) |
				(left > 2 ? (unsigned)from[i + 2] : 0);

		*to++ = digits[bits >> 18];
		*to++ = digits[bits >> 12 & 63];
		*to++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[bits & 63] : '=';
	}
	return code;
}

static int
read_basic(const struct spot *credentials, char **header)
{
	autofree char *user = NULL;
	autofree char *password = NULL;
	autofree char *both = NULL;
	autofree char *code = NULL;

	if (read_secret(credentials, "user", &user) < 0 ||
	    read_secret(credentials, "password", &password) < 0)
		return -1;
	if (strchr(user, ':') != NULL)
		return spot_fail(credentials, "has a user with a colon");
	both = xasprintf("%s:%s", user, password);
	code = base64(both);
	*header = xasprintf("Basic %s", code);
	return 0;
}

static int
read_bearer(const struct spot *credentials, char **header)
{
	autofree char *token = NULL;

	if (read_secret(credentials, "token", &token) < 0)
		return -1;
	*header = xasprintf("Bearer %s", token);
	return 0;
}

static int
read_credentials(const struct spot *top, const char *type, char **header)
{
	struct spot credentials, at;

	if (spot_member(top, "credentials", &credentials) < 0 ||
	    spot_member(top, "type", &at) < 0 || spot_object(&credentials) < 0)
		return -1;
	if (strcmp(type, "basic") == 0)
		return read_basic(&credentials, header);
	if (strcmp(type, "oauth") == 0)
		return read_bearer(&credentials, header);
	return spot_bad(&at, type, "is neither basic nor oauth");
}

static struct entry *
find(const struct auth *auth, enum kind kind, const char *origin)
{
	for (size_t i = 0; i < auth->count; i++)
		if (auth->list[i].kind == kind &&
		    strcmp(auth->list[i].origin, origin) == 0)
			return &auth->list[i];
	return NULL;
}

/* What a directory before this one has said counts. */
static int
add_place(struct auth *auth, enum kind kind, const struct spot *at,
    const char *header)
{
	autofree char *origin = NULL;
	const struct entry *there;
	const char *place;

	if (spot_string(at, &place) < 0)
		return -1;
	origin = place_origin(place);
	if (origin == NULL)
		return spot_bad(at, place, "is not a host, or host:port");
	there = find(auth, kind, origin);
	if (there != NULL && there >= auth->list + auth->level)
		return spot_bad(at, place, "is there twice");
	if (there != NULL)
		return 0;
	auth->list =
	    xreallocarray(auth->list, auth->count + 1, sizeof *auth->list);
	auth->list[auth->count++] = (struct entry){ .kind = kind,
		.origin = take_ptr(&origin),
		.header = xstrdup(header) };
	return 0;
}

static int
add_places(struct auth *auth, enum kind kind, const struct spot *top,
    const char *member, const char *header)
{
	struct spot list;

	if (spot_list(top, member, &list) < 0)
		return -1;
	if (spot_count(&list) == 0)
		return spot_fail(&list, "names no host");
	for (size_t i = 0; i < spot_count(&list); i++) {
		struct spot at = spot_element(&list, i);

		if (add_place(auth, kind, &at, header) < 0)
			return -1;
	}
	return 0;
}

static const char *
kind_check(const char *text)
{
	return strcmp(text, "auth") == 0 || strcmp(text, "dockerAuth") == 0
		   ? NULL
		   : "is neither auth nor dockerAuth";
}

static int
add_object(struct auth *auth, const struct spot *top)
{
	autofree char *kind = NULL;
	autofree char *version = NULL;
	autofree char *type = NULL;
	autofree char *header = NULL;
	bool registry;

	if (spot_object(top) < 0 ||
	    spot_checked(top, "rktKind", kind_check, &kind) < 0 ||
	    spot_checked(top, "rktVersion", confdir_version_check, &version) <
		0)
		return -1;
	registry = strcmp(kind, "dockerAuth") == 0;
	if (!registry && spot_need_text(top, "type", &type) < 0)
		return -1;
	if (read_credentials(top, registry ? "basic" : type, &header) < 0)
		return -1;
	return registry ? add_places(auth, REGISTRY, top, "registries", header)
			: add_places(auth, SERVER, top, "domains", header);
}

int
auth_add(struct auth *auth, const char *bytes, size_t length, char **why)
{
	autojson json_t *json = json_parse_secret(bytes, length, why);
	struct spot top = { .name = "", .json = json, .why = why };

	return json == NULL ? -1 : add_object(auth, &top);
}

/* Somebody else's eyes, or hands, on a password: NULL if there are none. */
const char *
auth_unfit(int fd)
{
	struct stat file;

	if (fstat(fd, &file) < 0 || !S_ISREG(file.st_mode))
		return "not a regular file";
	if (file.st_uid != 0 && file.st_uid != geteuid())
		return "belongs to somebody else";
	if ((file.st_mode & (S_IRWXO | S_IWGRP)) != 0)
		return "holds credentials, and others may read or change it";
	return NULL;
}

static void
begin(void *data)
{
	struct auth *auth = data;

	auth->level = auth->count;
}

static int
add(void *data, const char *bytes, size_t length, char **why)
{
	return auth_add(data, bytes, length, why);
}

struct auth *
auth_read(void)
{
	struct auth *auth = auth_new();
	struct confdir files = { .name = "auth.d",
		.max = FILE_MAX,
		.unfit = auth_unfit,
		.begin = begin,
		.add = add,
		.data = auth };

	confdir_read(&files);
	return auth;
}

/* Takes the origin. */
static char *
header_for(const struct auth *auth, enum kind kind, char *origin)
{
	const struct entry *entry =
	    origin == NULL ? NULL : find(auth, kind, origin);

	free(origin);
	return entry == NULL ? NULL : xstrdup(entry->header);
}

/* Every origin in the list is of https: none for another will be found. */
char *
auth_for_url(const struct auth *auth, const char *url)
{
	return header_for(auth, SERVER, url_origin(url));
}

char *
auth_for_registry(const struct auth *auth, const char *registry)
{
	return header_for(auth, REGISTRY, place_origin(registry));
}
