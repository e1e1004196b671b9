/* SPDX-License-Identifier: Apache-2.0 */
/* claim - what a "simple signing" signature says of an image */

#include <string.h>

#include <jansson.h>

#include "alloc.h"
#include "claim.h"
#include "escape.h"
#include "record.h"
#include "scope.h"

/* Without a tag it is no image that was signed, but all there will be. */
static const char *
read_reference(const char *text, struct docker_ref *signed_as)
{
	autofree char *full = xasprintf("docker://%s", text);
	const char *slash = strrchr(text, '/');
	const char *why = NULL;

	if (docker_ref_parse(full, signed_as, &why) < 0)
		return why;
	if (strpbrk(slash == NULL ? text : slash, ":@") != NULL)
		return NULL;
	docker_ref_free(signed_as);
	return "it has no tag";
}

static bool
is_same(const struct docker_ref *one, const struct docker_ref *other)
{
	autofree char *a = docker_ref_name(one);
	autofree char *b = docker_ref_name(other);

	if (strcmp(a, b) != 0)
		return false;
	/* Who asks for a digest gets it, whatever it was called. */
	return other->digest != NULL ||
	       (one->tag != NULL && strcmp(one->tag, other->tag) == 0);
}

static char *
check_reference(const char *text, const struct docker_ref *asked)
{
	autofree char *shown = escape(text);
	struct docker_ref signed_as;
	const char *why = read_reference(text, &signed_as);
	bool same;

	if (why != NULL)
		return xasprintf("signed as \"%s\": %s", shown, why);
	same = is_same(&signed_as, asked);
	docker_ref_free(&signed_as);
	return same ? NULL : xasprintf("signed as \"%s\"", shown);
}

/* sha256:… in the claim, sha256-… in records. */
static bool
is_digest(const char *text, const char *digest)
{
	size_t head = strlen("sha256");

	return docker_digest_valid(text) && strncmp(text, digest, head) == 0 &&
	       strcmp(text + head + 1, digest + head + 1) == 0;
}

static char *
check_members(json_t *claim, const struct docker_ref *asked, const char *digest)
{
	const char *reference, *image, *type;
	const json_t *optional;

	/* "!": and nothing else, which might narrow what it means. */
	if (json_unpack(claim, "{s:{s:{s:s!},s:{s:s!},s:s!},s:o!}", "critical",
		"identity", "docker-reference", &reference, "image",
		"docker-manifest-digest", &image, "type", &type, "optional",
		&optional) < 0 ||
	    !json_is_object(optional))
		return xstrdup("not a signature of an image");
	if (strcmp(type, "atomic container signature") != 0) {
		autofree char *shown = escape(type);

		return xasprintf("a signature of type \"%s\"", shown);
	}
	if (!is_digest(image, digest))
		return xstrdup("signed for another manifest");
	return check_reference(reference, asked);
}

char *
claim_check(
    const char *text, const struct docker_ref *asked, const char *digest)
{
	autofree char *why = NULL;
	autojson json_t *claim = json_parse(text, strlen(text), &why);

	return claim == NULL ? xasprintf("not a signature of an image: %s", why)
			     : check_members(claim, asked, digest);
}
