/* SPDX-License-Identifier: Apache-2.0 */
/* registry - test of aci-fetch's challenge, token and oci, by tables */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "challenge.h"
#include "oci.h"
#include "scope.h"
#include "token.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Who is told a password, and who is not. */
static const struct {
	const char *realm, *host;
	bool trusted;
} servers[] = {
	{ "https://example.com/token", "example.com", true },
	{ "https://example.com:443/token", "example.com", true },
	{ "https://EXAMPLE.com/token", "example.com:443", true },
	{ "https://example.com:5000/token", "example.com:5000", true },
	{ "https://example.com/token", "registry.example.com", true },
	{ "https://example.com/token", "a.b.example.com:5000", true },
	{ "https://auth.docker.io/token", "registry-1.docker.io", true },
	{ "https://named.example/token", "example.com", true },
	{ "https://named.example:8443/token", "example.com", true },
	{ "http://example.com/token", "example.com", false },
	{ "http://named.example/token", "example.com", false },
	{ "https://named.example:8444/token", "example.com", false },
	{ "https://sub.named.example/token", "example.com", false },
	{ "https://example.com:8443/token", "example.com", false },
	{ "https://example.com/token", "example.com:5000", false },
	{ "https://example.com:5000/token", "registry.example.com", false },
	{ "https://auth.example.com/token", "registry.example.com", false },
	{ "https://xample.com/token", "example.com", false },
	{ "https://evilexample.com/token", "example.com", false },
	{ "https://example.com.evil/token", "example.com", false },
	{ "https://com/token", "example.com", false },
	{ "https://auth.docker.io:8443/token", "registry-1.docker.io", false },
	{ "https://auth.docker.io/token", "quay.io", false },
	{ "https://example.com@evil.example/token", "example.com", false },
	{ "https://[::1]/token", "[::1]", true },
	{ "https://[::1]/token", "[::1]:5000", false },
	{ "https://1]/token", "[::1]", false },
	{ "token", "example.com", false },
	{ "", "example.com", false },
};

static void
test_servers(void)
{
	char *list[] = { xstrdup("named.example"),
		xstrdup("named.example:8443") };
	struct strings named = { .list = list, .count = COUNT(list) };

	for (size_t i = 0; i < COUNT(servers); i++) {
		(void)printf("%s %s\n", servers[i].realm, servers[i].host);
		assert(token_server_trusted(servers[i].realm, servers[i].host,
			   &named) == servers[i].trusted);
	}
	free(list[0]);
	free(list[1]);
}

static const struct {
	const char *text, *url; /* NULL: malformed */
	bool basic;
} challenges[] = {
	{ "", "", false },
	{ "Basic", "", true },
	{ "basic realm=x", "", true },
	{ ", ,Basic realm=\"a\\\"b, Bearer realm=c\" , ,", "", true },
	{ "Bearer realm=\"https://a/t\"", "https://a/t?scope=s%3Ap", false },
	{ "Bearer realm=\"https://a/t\",service=b",
	    "https://a/t?service=b&scope=s%3Ap", false },
	{ "Bearer  service = \"b&c=d\" ,\trealm = \"https://a/t?x=y\"",
	    "https://a/t?x=y&service=b%26c%3Dd&scope=s%3Ap", false },
	{ "Negotiate, Bearer realm=\"https://a\", Basic realm=\"x\"",
	    "https://a?scope=s%3Ap", true },
	{ "Negotiate a-._~+/9==, Basic", "", true },
	{ "Digest realm=\"x\", nonce=\"y\", Bearer realm=\"https://a\"",
	    "https://a?scope=s%3Ap", false },
	{ "Bearer realm=\"https://a\",error=\"x\",scope=\"other\"",
	    "https://a?scope=s%3Ap", false },
	{ "Bearer", NULL, false },
	{ "Bearer realm", NULL, false },
	{ "Bearer realm=\"\"", NULL, false },
	{ "Bearer realm=\"a\", realm=\"b\"", NULL, false },
	{ "Bearer realm=\"a\", REALM=\"b\"", NULL, false },
	{ "Bearer realm=\"a\", Bearer realm=\"b\"", NULL, false },
	{ "Bearer realm=\"a", NULL, false },
	{ "Bearer realm=\"a\\", NULL, false },
	{ "Bearer realm=\"a\"b", NULL, false },
	{ "Bearer realm=\"a\" service=\"b\"", NULL, false },
	{ "=", NULL, false },
	{ "realm=\"a\"", NULL, false },
	{ "\"a\"", NULL, false },
	{ "Bearer realm=\"a\nb\"", NULL, false },
	{ "Bearer realm=\"a\x7f\"", NULL, false },
};

static void
test_challenges(void)
{
	for (size_t i = 0; i < COUNT(challenges); i++) {
		struct challenge challenge;
		const char *why;
		int result =
		    challenge_parse(challenges[i].text, &challenge, &why);
		autofree char *url = NULL;

		(void)printf("%s\n", challenges[i].text);
		assert((result < 0) == (challenges[i].url == NULL));
		if (result == 0 && challenge.realm != NULL)
			url = challenge_url(&challenge, "s:p");
		if (result == 0) {
			assert(strcmp(url != NULL ? url : "",
				   challenges[i].url) == 0);
			assert(challenge.basic == challenges[i].basic);
		}
		challenge_free(&challenge);
	}
}

/* Of the entries, which; -1: none. */
static const struct {
	const char *wanted;
	int which;
	const char *has[5]; /* "" as variant: none */
} indexes[] = {
	{ "linux/amd64", 0, { "linux/amd64" } },
	{ "linux/amd64", 1, { "linux/arm64", "linux/amd64" } },
	{ "linux/amd64", 0, { "linux/amd64", "linux/amd64" } },
	{ "linux/amd64", 1, { "linux/amd64/v3", "linux/amd64/v1" } },
	{ "linux/amd64", -1, { "linux/amd64/v3" } },
	{ "linux/amd64/v3", 1, { "linux/amd64", "linux/amd64/v3" } },
	{ "linux/amd64/v3", 1, { "linux/amd64/v4", "linux/amd64/v2" } },
	{ "linux/arm64", 0, { "linux/arm64/v8" } },
	{ "linux/arm64/v8", 0, { "linux/arm64" } },
	{ "linux/arm64", -1, { "linux/arm64/v9", "linux/arm/v7" } },
	{ "linux/arm", 1, { "linux/arm/v6", "linux/arm/v7" } },
	{ "linux/arm/v7", 2,
	    { "linux/arm/v5", "linux/arm/v8", "linux/arm/v6" } },
	{ "linux/arm/v6", -1, { "linux/arm", "linux/arm/v7" } },
	{ "linux/arm/v5", 0, { "linux/arm/v5", "linux/arm" } },
	{ "linux/386", -1, { "linux/amd64" } },
	{ "windows/amd64", 1, { "linux/amd64", "windows/amd64" } },
	{ "linux/mips64le/hardfloat", 1,
	    { "linux/mips64le/softfloat", "linux/mips64le/hardfloat" } },
	{ "linux/mips64le", -1, { "linux/mips64le/softfloat" } },
};

static void
test_indexes(void)
{
	for (size_t i = 0; i < COUNT(indexes); i++) {
		char type[] = "application/vnd.oci.image.manifest.v1+json";
		struct oci_entry entries[5] = { 0 };
		struct oci_index index = { .entries = entries };
		struct oci_platform wanted;
		const struct oci_entry *best;

		(void)printf("%s\n", indexes[i].wanted);
		assert(oci_platform_parse(indexes[i].wanted, &wanted) == 0);
		for (; indexes[i].has[index.count] != NULL; index.count++) {
			entries[index.count].blob.type = type;
			assert(oci_platform_parse(indexes[i].has[index.count],
				   &entries[index.count].platform) == 0);
		}
		best = oci_index_choose(&index, &wanted);
		assert(
		    best ==
		    (indexes[i].which < 0 ? NULL : &entries[indexes[i].which]));
		for (size_t j = 0; j < index.count; j++)
			oci_platform_free(&entries[j].platform);
		oci_platform_free(&wanted);
	}
}

int
main(void)
{
	test_servers();
	test_challenges();
	test_indexes();
	return 0;
}
