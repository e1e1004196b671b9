/* SPDX-License-Identifier: Apache-2.0 */
/* docker - test of lib/docker */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "docker.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ID16         "0123456789abcdef"
#define ID64         ID16 ID16 ID16 ID16
#define HUB          "docker://registry-1.docker.io/"
#define LABEL63 \
	"a23456789012345678901234567890123456789012345678901234567890123"
#define LONG_TAG LABEL63 LABEL63 "12"

static const struct {
	const char *text;
	const char *full;
	const char *tag; /* beside the digest */
} good[] = {
	{ "docker://busybox", HUB "library/busybox:latest", "latest" },
	{ "docker:busybox", HUB "library/busybox:latest", "latest" },
	{ "docker://busybox:1.36", HUB "library/busybox:1.36", "1.36" },
	{ "docker://library/busybox", HUB "library/busybox:latest", "latest" },
	{ "docker://docker.io/busybox", HUB "library/busybox:latest",
	    "latest" },
	{ "docker://index.docker.io/busybox", HUB "library/busybox:latest",
	    "latest" },
	{ "docker://registry-1.docker.io/busybox", HUB "library/busybox:latest",
	    "latest" },
	{ "docker://Docker.IO/coreos/etcd:v2.0.0", HUB "coreos/etcd:v2.0.0",
	    "v2.0.0" },
	{ "docker://coreos/etcd", HUB "coreos/etcd:latest", "latest" },
	{ "docker://quay.io/coreos/etcd:v2.0.0",
	    "docker://quay.io/coreos/etcd:v2.0.0", "v2.0.0" },
	{ "docker://localhost/a", "docker://localhost/a:latest", "latest" },
	{ "docker://localhost:5000/a:b", "docker://localhost:5000/a:b", "b" },
	{ "docker://Example.COM:5000/a/b/c_d__e-f--g.h:_T.a-G",
	    "docker://example.com:5000/a/b/c_d__e-f--g.h:_T.a-G", "_T.a-G" },
	{ "docker://192.0.2.1:5000/a", "docker://192.0.2.1:5000/a:latest",
	    "latest" },
	{ "docker://[::1]:5000/a", "docker://[::1]:5000/a:latest", "latest" },
	{ "docker://[2001:db8::1]/a", "docker://[2001:db8::1]/a:latest",
	    "latest" },
	{ "docker://a@sha256:" ID64, HUB "library/a@sha256:" ID64, NULL },
	{ "docker://a@sha512:" ID64 ID64, HUB "library/a@sha512:" ID64 ID64,
	    NULL },
	{ "docker://a:b@sha256:" ID64, HUB "library/a@sha256:" ID64, "b" },
	{ "docker://e.com:5000/a@sha256:" ID64,
	    "docker://e.com:5000/a@sha256:" ID64, NULL },
	{ "docker://a:" LONG_TAG, HUB "library/a:" LONG_TAG, LONG_TAG },
	{ "docker://" LABEL63 ".com/a", "docker://" LABEL63 ".com/a:latest",
	    "latest" },
};

#define BAD_DIGEST \
	"the digest must be sha256: and 64, or sha512: and 128, lower-case " \
	"hexadecimal digits"
#define BAD_TAG \
	"the tag may hold only letters, digits and _.-, at most 128, and " \
	"must not begin with . or -"
#define BAD_HOST "the registry is neither HOST nor HOST:PORT"
#define BAD_REPOSITORY \
	"the repository may hold only a-z and 0-9, with single separators " \
	"./_- between them"

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "busybox", "not a reference to a registry" },
	{ "docker", "not a reference to a registry" },
	{ "docker:", "a docker image without a name" },
	{ "docker://", "a docker image without a name" },
	{ "docker:///busybox", BAD_REPOSITORY },
	{ "docker://BusyBox", BAD_REPOSITORY },
	{ "docker://a/", BAD_REPOSITORY },
	{ "docker://a//b", BAD_REPOSITORY },
	{ "docker://a/../b", BAD_REPOSITORY },
	{ "docker://a..b/c.d/e", BAD_HOST },
	{ "docker://a___b", BAD_REPOSITORY },
	{ "docker://-a", BAD_REPOSITORY },
	{ "docker://a-", BAD_REPOSITORY },
	{ "docker://a b", BAD_REPOSITORY },
	{ "docker://a%2fb", BAD_REPOSITORY },
	{ "docker://a?b", BAD_REPOSITORY },
	{ "docker://a#b", BAD_REPOSITORY },
	{ "docker://a\nb", BAD_REPOSITORY },
	{ "docker://caf\xc3\xa9", BAD_REPOSITORY },
	{ "docker://caf\xc3\xa9.fr/a", BAD_HOST },
	{ "docker://user@example.com/a", BAD_DIGEST },
	{ "docker://user:pass@example.com/a", BAD_DIGEST },
	{ "docker://example.com:/a", BAD_HOST },
	{ "docker://example.com:0/a", BAD_HOST },
	{ "docker://example.com:65536/a", BAD_HOST },
	{ "docker://example.com:80a/a", BAD_HOST },
	{ "docker://example.com:80:80/a", BAD_HOST },
	{ "docker://.example.com/a", BAD_HOST },
	{ "docker://example.com./a", BAD_HOST },
	{ "docker://exa_mple.com/a", BAD_HOST },
	{ "docker://-example.com/a", BAD_HOST },
	{ "docker://" LABEL63 "4.com/a", BAD_HOST },
	{ "docker://[::1/a", BAD_HOST },
	{ "docker://::1/a", BAD_HOST },
	{ "docker://[::g]/a", BAD_HOST },
	{ "docker://[fe80::1%25eth0]/a", BAD_HOST },
	{ "docker://a:", BAD_TAG },
	{ "docker://a:.b", BAD_TAG },
	{ "docker://a:-b", BAD_TAG },
	{ "docker://a:b c", BAD_TAG },
	{ "docker://a:b\\c", BAD_TAG },
	{ "docker://a:" LONG_TAG "9", BAD_TAG },
	{ "docker://a@", BAD_DIGEST },
	{ "docker://a@sha256:", BAD_DIGEST },
	{ "docker://a@sha256:0123", BAD_DIGEST },
	{ "docker://a@sha256:" ID64 "0", BAD_DIGEST },
	{ "docker://a@sha256:ABCDEF0123456789" ID16 ID16 ID16, BAD_DIGEST },
	{ "docker://a@sha512:" ID64, BAD_DIGEST },
	{ "docker://a@sha1:" ID16, BAD_DIGEST },
	{ "docker://a@md5:" ID64, BAD_DIGEST },
	{ "docker://e.com/" LABEL63 "/" LABEL63 "/" LABEL63 "/" LABEL63,
	    "registry and repository have more than 255 bytes" },
};

int
main(void)
{
	struct docker_ref ref;
	const char *why;

	for (size_t i = 0; i < COUNT(good); i++) {
		autofree char *full = NULL;
		autofree char *name = NULL;

		(void)printf("%s\n", good[i].text);
		assert(docker_ref_parse(good[i].text, &ref, &why) == 0);
		full = docker_ref_text(&ref);
		assert(strcmp(full, good[i].full) == 0);
		name = docker_ref_name(&ref);
		assert(strncmp(full + strlen("docker://"), name,
			   strlen(name)) == 0);
		assert((ref.tag == NULL) == (good[i].tag == NULL));
		assert(ref.tag == NULL || strcmp(ref.tag, good[i].tag) == 0);
		docker_ref_free(&ref);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)printf("%s\n", bad[i].text);
		assert(docker_ref_parse(bad[i].text, &ref, &why) < 0);
		(void)printf("\t%s\n", why);
		assert(strcmp(why, bad[i].why) == 0);
	}
	return 0;
}
