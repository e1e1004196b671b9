/* SPDX-License-Identifier: Apache-2.0 */
/* login - credentials that other programs keep: auth.json, config.json */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "actype.h"
#include "alloc.h"
#include "docker.h"
#include "escape.h"
#include "filter.h"
#include "login.h"
#include "path.h"
#include "prog.h"
#include "record.h"
#include "scope.h"
#include "spot.h"

enum {
	FILE_MAX = 1024 * 1024,
	AUTH_MAX = 16 * 1024, /* bytes of one entry's credentials */
};

/*
 * The name that an entry is for: HOST[:PORT][/PATH].  Docker writes URLs, as
 * https://index.docker.io/v1/, whose path says nothing.
 */
static char *
entry_name(const char *key)
{
	const char *scheme = strstr(key, "://");
	const char *place = scheme != NULL ? scheme + 3 : key;
	size_t length = strcspn(place, "/");
	autofree char *host = docker_host(place, length);

	return xasprintf("%s%s", host, scheme != NULL ? "" : place + length);
}

/* The member of an object whose name covers ours best; NULL: none does. */
static json_t *
best_member(const struct spot *object, const char *name, const char **key)
{
	json_t *json = spot_json(object);
	json_t *best = NULL;
	size_t most = 0;
	json_t *value;
	const char *each;

	json_object_foreach(json, each, value)
	{
		autofree char *covers = entry_name(each);

		if (strlen(covers) > most && name_has_prefix(name, covers)) {
			most = strlen(covers);
			best = value;
			*key = each;
		}
	}
	return best;
}

/* Is it USER:PASSWORD in base64, without a control character? */
static bool
is_basic(const char *code)
{
	unsigned char text[AUTH_MAX];
	size_t length = strlen(code);
	int size;

	if (length == 0 || length % 4 != 0 || length > AUTH_MAX)
		return false;
	size = EVP_DecodeBlock(text, (const unsigned char *)code, (int)length);
	for (size_t i = length; i > 0 && code[i - 1] == '='; i--)
		size--;
	for (int i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] == '\177')
			return false;
	return size > 1 && *text != ':' &&
	       memchr(text, ':', (size_t)size) != NULL;
}

/* {"auth":"…"}; an empty entry is docker's for what a helper keeps. */
static int
read_entry(const struct spot *entry, char **header, char **helper)
{
	autofree char *code = NULL;
	autofree char *token = NULL;
	struct spot spot;

	if (spot_object(entry) < 0 || spot_text(entry, "auth", &code) < 0 ||
	    spot_text(entry, "identitytoken", &token) < 0 ||
	    spot_member(entry, "auth", &spot) < 0)
		return -1;
	if (token != NULL && *token != '\0') {
		*helper = xstrdup("are an identity token, which is not used");
		return 0;
	}
	if (code == NULL || *code == '\0')
		return 0;
	/* The text itself is a secret, right or wrong. */
	if (!is_basic(code))
		return spot_fail(&spot, "is not USER:PASSWORD in base64");
	*header = xasprintf("Basic %s", code);
	return 0;
}

static int
find_entry(
    const struct spot *top, const char *name, char **header, char **helper)
{
	struct spot auths;
	struct spot entry;
	const char *key = NULL;

	if (spot_member(top, "auths", &auths) < 0)
		return -1;
	if (auths.json == NULL)
		return 0;
	if (spot_object(&auths) < 0)
		return -1;
	entry = (struct spot){ .up = &auths,
		.json = best_member(&auths, name, &key),
		.why = top->why };
	entry.name = key;
	return entry.json == NULL ? 0 : read_entry(&entry, header, helper);
}

/* Whom docker would run for it: one for this registry, or for all. */
static int
find_helper(const struct spot *top, const char *name, char **helper)
{
	autofree char *store = NULL;
	struct spot helpers;
	const char *key;
	const char *program = NULL;

	if (spot_member(top, "credHelpers", &helpers) < 0 ||
	    (helpers.json != NULL && spot_object(&helpers) < 0) ||
	    spot_text(top, "credsStore", &store) < 0)
		return -1;
	if (helpers.json != NULL)
		program = json_string_value(best_member(&helpers, name, &key));
	if (program == NULL)
		program = store;
	if (program != NULL && *program != '\0')
		*helper = xasprintf("are kept by docker-credential-%s, which "
				    "is not run",
		    program);
	return 0;
}

int
login_parse(const char *bytes, size_t length, const char *name, char **header,
    char **helper, char **why)
{
	autojson json_t *json = json_parse_secret(bytes, length, why);
	struct spot top = { .name = "", .json = json, .why = why };

	if (json == NULL || spot_object(&top) < 0 ||
	    find_entry(&top, name, header, helper) < 0)
		return -1;
	return *header == NULL && *helper == NULL
		   ? find_helper(&top, name, helper)
		   : 0;
}

/* Looks into one file; one that is not there, or not for us, has nothing. */
static char *
look(const char *path, const char *name, char **helper)
{
	autofree char *shown = escape(path);
	autofree char *bytes = NULL;
	autofree char *why = NULL;
	autofree char *what = NULL;
	char *header = NULL;
	size_t length = 0;

	bytes = path_read(AT_FDCWD, path, FILE_MAX, &length);
	if (bytes == NULL &&
	    (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return NULL;
	if (bytes == NULL)
		filter_fail(EX_CONFIG, "%s", shown);
	if (login_parse(bytes, length, name, &header, &what, &why) < 0)
		filter_failx(EX_CONFIG, "%s: %s", shown, why);
	if (what != NULL && *helper == NULL)
		*helper = xasprintf("%s: the credentials %s", path, what);
	return header;
}

/* The file of another program, below a directory of a variable's. */
static char *
look_below(
    const char *variable, const char *file, const char *name, char **helper)
{
	const char *above = getenv(variable);
	autofree char *path = NULL;

	if (above == NULL || *above != '/')
		return NULL;
	path = xasprintf("%s/%s", above, file);
	return look(path, name, helper);
}

char *
login_find(const char *host, const char *repository, char **helper)
{
	static const struct {
		const char *variable, *file;
	} places[] = {
		{ "XDG_RUNTIME_DIR", "containers/auth.json" },
		{ "XDG_CONFIG_HOME", "containers/auth.json" },
		{ "HOME", ".config/containers/auth.json" },
		{ "HOME", ".docker/config.json" },
	};
	autofree char *name = xasprintf("%s/%s", host, repository);
	const char *only = getenv("REGISTRY_AUTH_FILE");
	char *header = NULL;

	*helper = NULL;
	if (only != NULL && *only != '\0')
		return look(only, name, helper);
	for (size_t i = 0; i < sizeof places / sizeof *places && header == NULL;
	     i++)
		header = look_below(
		    places[i].variable, places[i].file, name, helper);
	return header;
}
