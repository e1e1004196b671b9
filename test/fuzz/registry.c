/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry - fuzz what a registry says, and what is said of registries: the
 * first byte chooses the reader
 */

#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "alloc.h"
#include "challenge.h"
#include "docker.h"
#include "document.h"
#include "login.h"
#include "lookaside.h"
#include "oci.h"
#include "scope.h"
#include "sources.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Why is there if and only if something failed, and can be shown. */
static void
check_why(const char *why, int failed)
{
	assert((why != NULL) == (failed != 0));
	for (; why != NULL && *why != '\0'; why++)
		assert((unsigned char)*why >= ' ' && *why != 0x7f);
}

static void
check_digest(const char *digest)
{
	autofree char *colon = xstrdup(digest);

	assert(strncmp(digest, "sha256-", 7) == 0);
	colon[6] = ':';
	assert(docker_digest_valid(colon));
}

static void
check_document(const char *text, size_t size, const char *type)
{
	struct document document = { .want = { .size = -1 } };
	char *why = NULL;
	int result;

	document_prepare(&document);
	document.want.type = xstrdup(type);
	document.want.bytes = xstrdup(text);
	document.want.done = (int64_t)size;
	result = document.want.check(&document.want, &why);
	check_why(why, result);
	free(why);
	assert((document.index != NULL || document.manifest != NULL) ==
	       (result == 0));
	if (document.manifest != NULL) {
		const struct oci_manifest *oci = document.manifest;

		assert(oci->layer_count <= OCI_LAYERS_MAX);
		assert(oci_is_manifest(document.type));
		check_digest(oci->config.digest);
		for (size_t i = 0; i < oci->layer_count; i++)
			check_digest(oci->layers[i].digest);
	}
	if (document.index != NULL) {
		struct oci_platform host;
		const struct oci_entry *entry;

		assert(oci_is_index(document.type));
		oci_platform_host(&host);
		entry = oci_index_choose(document.index, &host);
		if (entry != NULL)
			check_digest(entry->blob.digest);
		oci_platform_free(&host);
	}
	document_free(&document);
}

static void
check_token(const char *text, size_t size)
{
	char *why = NULL;
	char *token = token_parse(text, size, &why);

	check_why(why, token == NULL);
	for (const char *p = token; p != NULL && *p != '\0'; p++)
		assert(*p > ' ' && *p <= '~');
	free(token);
	free(why);
}

static void
check_challenge(const char *text)
{
	struct challenge challenge;
	const char *why;
	autofree char *url = NULL;

	if (challenge_parse(text, &challenge, &why) < 0)
		assert(why != NULL);
	else if (challenge.realm != NULL) {
		assert(*challenge.realm != '\0');
		url = challenge_url(&challenge, "repository:a/b:pull");
		for (const char *p = url; p != NULL && *p != '\0'; p++)
			assert(((unsigned char)*p >= ' ' && *p != 0x7f) ||
			       *p == '\t');
		if (url != NULL)
			(void)token_server_trusted(url, "example.com", NULL);
	}
	challenge_free(&challenge);
}

static void
check_login(const char *text, size_t size)
{
	char *header = NULL, *helper = NULL, *why = NULL;
	int result =
	    login_parse(text, size, "example.com/a/b", &header, &helper, &why);

	check_why(why, result);
	assert(header == NULL || helper == NULL);
	if (header != NULL) {
		assert(strncmp(header, "Basic ", 6) == 0);
		assert(header[6 +
			      strspn(header + 6,
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
				  "stuvwxyz0123456789+/=")] == '\0');
	}
	free(header);
	free(helper);
	free(why);
}

static void
check_sources(const struct docker_ref *ref, const char *text, size_t size)
{
	struct sources *sources = sources_new(ref);
	char *why = NULL;
	int result = sources_add(sources, text, size, &why);

	check_why(why, result);
	assert(sources->count < SOURCES_MAX);
	for (size_t i = 0; i < sources->count; i++)
		assert(docker_host_valid(sources->list[i].host) &&
		       docker_repository_valid(sources->list[i].repository));
	sources_free(sources);
	free(why);
}

static void
check_lookaside(const struct docker_ref *ref, const char *text, size_t size)
{
	struct lookaside *lookaside = lookaside_new(ref);
	char *why = NULL;
	int result = lookaside_add(lookaside, text, size, &why);
	autofree char *url = lookaside_end(lookaside);

	assert((why != NULL) == (result != 0));
	free(why);
	assert(strrchr(url, '/') != NULL);
	assert(strncasecmp(url, "http", 4) == 0 ||
	       strncasecmp(url, "file:", 5) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = NULL;
	struct docker_ref ref;
	const char *why;

	if (size == 0)
		return 0;
	text = xstrndup((const char *)data + 1, size - 1);
	size = strlen(text);
	assert(docker_ref_parse("docker://example.com/a/b", &ref, &why) == 0);
	switch (*data) {
	case 'm':
		check_document(
		    text, size, "application/vnd.oci.image.manifest.v1+json");
		break;
	case 'i':
		check_document(
		    text, size, "application/vnd.oci.image.index.v1+json");
		break;
	case 'd':
		check_document(text, size, "");
		break;
	case 't':
		check_token(text, size);
		break;
	case 'w':
		check_challenge(text);
		break;
	case 'l':
		check_login(text, size);
		break;
	case 's':
		check_sources(&ref, text, size);
		break;
	case 'y':
		check_lookaside(&ref, text, size);
		break;
	default:
		break;
	}
	docker_ref_free(&ref);
	return 0;
}
