/* SPDX-License-Identifier: Apache-2.0 */
/* ref - how people name an image */

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "actype.h"
#include "alloc.h"
#include "docker.h"
#include "escape.h"
#include "pairs.h"
#include "ref.h"
#include "scope.h"

enum { REF_MAX = 2048 };

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, size_t length, const char *with)
{
	size_t tail = strlen(with);

	return length > tail && strncmp(text + length - tail, with, tail) == 0;
}

/* A name may begin like an id, as long as a slash tells that it is one. */
static bool
is_hash(const char *text)
{
	return (begins(text, "sha512-") || begins(text, "sha256-")) &&
	       strchr(text, '/') == NULL;
}

static int
hash_check(const char *text, char **why)
{
	const char *wrong = imageid_check(text);
	const char *digits = text + strlen("sha512-");
	size_t good = strspn(digits, "0123456789abcdef");

	if (wrong == NULL)
		return 0;
	if (begins(text, "sha512-") && digits[good] != '\0') {
		autofree char *character = escape_bytes(digits + good, 1);

		*why = xasprintf("image ID holds \"%s\", which is not a "
				 "lower-case hexadecimal digit",
		    character);
	} else if (begins(text, "sha512-")) {
		*why = xasprintf("image ID too %s",
		    good < 2 ? "short: two digits are the least"
			     : "long: 128 digits are the most");
	} else {
		*why = xstrdup("ids are sha512 since 0.2");
	}
	return -1;
}

static int
url_kind(const char *text, struct ref *ref, char **why)
{
	const char *wrong;
	size_t path = strcspn(text, "?#");

	ref->kind = REF_URL;
	if (begins(text, "http://") || begins(text, "https://")) {
		wrong = url_check(text);
		if (wrong != NULL) {
			*why = xstrdup(wrong);
			return -1;
		}
	} else if (!begins(text, "file://")) {
		autofree char *scheme =
		    xstrndup(text, (size_t)(strstr(text, "://") - text));
		autofree char *shown = escape(scheme);

		*why = xasprintf("an unsupported URL scheme \"%s\"", shown);
		return -1;
	}
	if (!ends(text, path, ".aci")) {
		*why = xstrdup("the path of an image's URL must end in .aci");
		return -1;
	}
	return 0;
}

static int
label_check(const struct label *label, char **why)
{
	autofree char *name = escape(label->name);
	const char *wrong = acidentifier_check(label->name);

	if (wrong == NULL && strcmp(label->name, "name") == 0)
		wrong = "is not a label: it stands first";
	if (wrong == NULL && *label->value == '\0')
		wrong = "has no value";
	if (wrong == NULL)
		return 0;
	*why = xasprintf("label \"%s\" %s", name, wrong);
	return -1;
}

/* NAME[:VERSION][,LABEL=VALUE]… */
static int
name_parse(const char *text, struct ref *ref, char **why)
{
	size_t head = strcspn(text, ",");
	const char *colon = strchr(text, ':');
	const char *wrong;

	if (colon != NULL && strchr(colon + 1, ':') != NULL) {
		*why = xstrdup("a colon may stand there only once");
		return -1;
	}
	if (colon != NULL && colon > text + head) {
		*why = xstrdup("a colon may stand only right after the name");
		return -1;
	}
	ref->kind = REF_NAME;
	ref->name = xstrndup(text, strcspn(text, ":,"));
	wrong = acidentifier_check(ref->name);
	if (wrong != NULL) {
		autofree char *shown = escape(ref->name);

		*why = xasprintf("image name \"%s\" %s", shown, wrong);
		return -1;
	}
	if (colon != NULL) {
		autofree char *version = xasprintf(
		    "version=%.*s", (int)(text + head - colon - 1), colon + 1);

		if (pairs_parse(version, "label", &ref->labels, why) < 0)
			return -1;
	}
	if (text[head] == ',' &&
	    pairs_parse(text + head + 1, "label", &ref->labels, why) < 0)
		return -1;
	for (size_t i = 0; i < ref->labels.count; i++)
		if (label_check(&ref->labels.list[i], why) < 0)
			return -1;
	return 0;
}

/* PATH[:TAG]; a path with a colon in it cannot be said. */
static int
layout_parse(const char *text, struct ref *ref, char **why)
{
	size_t length = strcspn(text, ":");

	ref->path = xstrndup(text, length);
	if (text[length] == ':')
		ref->tag = xstrdup(text + length + 1);
	if (length == 0)
		*why = xstrdup("an image layout without a path");
	else if (ref->tag != NULL && *ref->tag == '\0')
		*why = xstrdup("an empty tag");
	return *why == NULL ? 0 : -1;
}

static int
registry_parse(const char *text, struct ref *ref, char **why)
{
	const char *wrong;

	if (docker_ref_parse(text, &ref->docker, &wrong) == 0)
		return 0;
	*why = xstrdup(wrong);
	return -1;
}

/* SCHEME:REST with a scheme that is no URL's; 1: it is none of them. */
static int
scheme_parse(const char *text, struct ref *ref, char **why)
{
	static const struct {
		const char *scheme;
		enum ref_kind kind;
	} schemes[] = {
		{ "docker:", REF_DOCKER },
		{ "oci:", REF_OCI },
		{ "oci-archive:", REF_OCI_ARCHIVE },
		{ "docker-archive:", REF_DOCKER_ARCHIVE },
	};

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		const char *rest = text + strlen(schemes[i].scheme);

		if (!begins(text, schemes[i].scheme))
			continue;
		ref->kind = schemes[i].kind;
		return ref->kind == REF_DOCKER ? registry_parse(text, ref, why)
					       : layout_parse(rest, ref, why);
	}
	return 1;
}

/* A file that is there, or what could only be meant as one. */
static bool
is_file(const char *text)
{
	struct stat status;

	if (*text == '/' ||
	    (stat(text, &status) == 0 && S_ISREG(status.st_mode)))
		return true;
	return strchr(text, ':') == NULL &&
	       (strstr(text, "./") != NULL || ends(text, strlen(text), ".aci"));
}

static int
kind_parse(const char *text, struct ref *ref, char **why)
{
	int result;

	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			*why = xstrdup("a control character in an image name");
			return -1;
		}
	if (is_hash(text)) {
		ref->kind = REF_HASH;
		return hash_check(text, why);
	}
	result = scheme_parse(text, ref, why);
	if (result <= 0)
		return result;
	if (strstr(text, "://") != NULL)
		return url_kind(text, ref, why);
	if (is_file(text)) {
		ref->kind = REF_FILE;
		return 0;
	}
	return name_parse(text, ref, why);
}

int
ref_parse(const char *text, struct ref *ref, char **why)
{
	*ref = (struct ref){ .text = xstrdup(text) };
	*why = NULL;
	if (*text == '\0')
		*why = xstrdup("an empty image name");
	else if (strlen(text) > REF_MAX)
		*why = xstrdup("an image name of more than 2048 bytes");
	else if (kind_parse(text, ref, why) == 0)
		return 0;
	ref_free(ref);
	return -1;
}

void
ref_free(struct ref *ref)
{
	free(ref->text);
	free(ref->name);
	free(ref->path);
	free(ref->tag);
	docker_ref_free(&ref->docker);
	labels_free(&ref->labels);
	*ref = (struct ref){ 0 };
}

/* SCHEME and the path that leads there without a link, and ":TAG". */
static char *
path_url(const char *scheme, const char *path, const char *tag)
{
	autofree char *real = realpath(path, NULL);

	if (real == NULL)
		return NULL;
	return xasprintf("%s%s%s%s", scheme, real, tag != NULL ? ":" : "",
	    tag != NULL ? tag : "");
}

char *
ref_url(const struct ref *ref)
{
	switch (ref->kind) {
	case REF_FILE:
		return path_url("file://", ref->text, NULL);
	case REF_URL:
		return xstrdup(ref->text);
	case REF_DOCKER:
		return docker_ref_text(&ref->docker);
	case REF_OCI:
		return path_url("oci:", ref->path, ref->tag);
	case REF_OCI_ARCHIVE:
		return path_url("oci-archive:", ref->path, ref->tag);
	case REF_DOCKER_ARCHIVE:
		return path_url("docker-archive:", ref->path, ref->tag);
	case REF_NAME:
	case REF_HASH:
		break;
	}
	return NULL;
}

bool
ref_is_local(const struct ref *ref)
{
	return ref->kind == REF_FILE || ref->path != NULL ||
	       (ref->kind == REF_URL && begins(ref->text, "file:"));
}
