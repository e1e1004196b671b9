/* SPDX-License-Identifier: Apache-2.0 */
/* ref - test of lib/ref and lib/labels */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "ref.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ID16         "0123456789abcdef"
#define ID128        ID16 ID16 ID16 ID16 ID16 ID16 ID16 ID16

static const struct {
	const char *text;
	enum ref_kind kind;
	const char *name;   /* NULL: none */
	const char *labels; /* name=value, each with a blank behind it */
} good[] = {
	{ "a", REF_NAME, "a", "" },
	{ "1.0.0", REF_NAME, "1.0.0", "" },
	{ "coreos.com/etcd", REF_NAME, "coreos.com/etcd", "" },
	{ "coreos.com/etcd:v2.0.0", REF_NAME, "coreos.com/etcd",
	    "version=v2.0.0 " },
	{ "a/b:1,os=linux,arch=amd64", REF_NAME, "a/b",
	    "version=1 os=linux arch=amd64 " },
	{ "a/b,version=1", REF_NAME, "a/b", "version=1 " },
	{ "a,x=%2c%3A%3d%25", REF_NAME, "a", "x=,:=% " },
	{ "a,x=y=z", REF_NAME, "a", "x=y=z " },
	{ "a,x=!*'();@&+$/?#[]", REF_NAME, "a", "x=!*'();@&+$/?#[] " },
	{ "a:caf\xc3\xa9", REF_NAME, "a", "version=caf\xc3\xa9 " },
	{ "sha512-app/x", REF_NAME, "sha512-app/x", "" },
	{ "example.com/reduce-worker-1.0.0", REF_NAME,
	    "example.com/reduce-worker-1.0.0", "" },
	{ "sha512-fa", REF_HASH, NULL, "" },
	{ "sha512-fa1cb92dc276b0f9bedf87981e61ecde", REF_HASH, NULL, "" },
	{ "sha512-" ID128, REF_HASH, NULL, "" },
	{ "https://example.com/a.aci", REF_URL, NULL, "" },
	{ "http://example.com:8080/a.aci?x=y", REF_URL, NULL, "" },
	{ "file:///srv/a.aci", REF_URL, NULL, "" },
	{ "docker://busybox", REF_DOCKER, NULL, "" },
	{ "docker://quay.io/coreos/etcd:v2.0.0", REF_DOCKER, NULL, "" },
	{ "docker:busybox", REF_DOCKER, NULL, "" },
	{ "oci:there", REF_OCI, NULL, "" },
	{ "oci:/srv/layout:example.com/app:1.0", REF_OCI, NULL, "" },
	{ "oci-archive:there:v1", REF_OCI_ARCHIVE, NULL, "" },
	{ "docker-archive:there", REF_DOCKER_ARCHIVE, NULL, "" },
	{ "oci", REF_NAME, "oci", "" },
	{ "/srv/no such file", REF_FILE, NULL, "" },
	{ "./x", REF_FILE, NULL, "" },
	{ "../x.aci", REF_FILE, NULL, "" },
	{ "no-such-file.aci", REF_FILE, NULL, "" },
	{ "there", REF_FILE, NULL, "" },
	{ "there:1", REF_NAME, "there", "version=1 " },
	{ "directory", REF_NAME, "directory", "" },
};

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "an empty image name" },
	{ "A", "image name \"A\" may hold only a-z, 0-9 and -._~/" },
	{ "a--b", "image name \"a--b\" has two separators side by side" },
	{ "not an app name", "image name \"not an app name\" may hold only "
			     "a-z, 0-9 and -._~/" },
	{ ":1", "image name \"\" is empty" },
	{ ",os=linux", "image name \"\" is empty" },
	{ "a:1:2", "a colon may stand there only once" },
	{ "localhost:5000/a:1", "a colon may stand there only once" },
	{ "a,b=c:1", "a colon may stand only right after the name" },
	{ "a:", "label \"version\" has no value" },
	{ "a:1,version=2", "label \"version\" given twice" },
	{ "a,x=1,x=1", "label \"x\" given twice" },
	{ "a,x", "\"x\" is not NAME=VALUE" },
	{ "a,", "\"\" is not NAME=VALUE" },
	{ "a,x=1,", "\"\" is not NAME=VALUE" },
	{ "a,=1", "\"=1\" is not NAME=VALUE" },
	{ "a,x=", "label \"x\" has no value" },
	{ "a,X=1", "label \"X\" may hold only a-z, 0-9 and -._~/" },
	{ "a,name=b", "label \"name\" is not a label: it stands first" },
	{ "a,x=%", "label \"x\" has a % without two hexadecimal digits" },
	{ "a,x=%2", "label \"x\" has a % without two hexadecimal digits" },
	{ "a,x=%zz", "label \"x\" has a % without two hexadecimal digits" },
	{ "a,x=%00", "label \"x\" has a control character in its value" },
	{ "a,x=%0a", "label \"x\" has a control character in its value" },
	{ "a:1%1b", "label \"version\" has a control character in its value" },
	{ "a\nb", "a control character in an image name" },
	{ "./a\x1b", "a control character in an image name" },
	{ "sha512-f", "image ID too short: two digits are the least" },
	{ "sha512-", "image ID too short: two digits are the least" },
	{ "sha512-" ID128 "0", "image ID too long: 128 digits are the most" },
	{ "sha512-abcd29837d89389s9d0898ds908ds890df890908",
	    "image ID holds \"s\", which is not a lower-case hexadecimal "
	    "digit" },
	{ "sha512-FA", "image ID holds \"F\", which is not a lower-case "
		       "hexadecimal digit" },
	{ "sha512-0\xff", "image ID holds \"\\xff\", which is not a "
			  "lower-case hexadecimal digit" },
	{ "sha256-6635e9cbe18c6f51", "ids are sha512 since 0.2" },
	{ "ftp://example.com/a.aci", "an unsupported URL scheme \"ftp\"" },
	{ "\xff://x", "an unsupported URL scheme \"\\xff\"" },
	{ "https://example.com/a",
	    "the path of an image's URL must end in .aci" },
	{ "https://example.com/a?b.aci",
	    "the path of an image's URL must end in .aci" },
	{ "https:///a.aci", "is a URL without a host" },
	{ "https://example.com/a b.aci",
	    "is a URL with a character that must be percent-encoded" },
	{ "docker://", "a docker image without a name" },
	{ "docker:", "a docker image without a name" },
	{ "docker://example.com:0/a",
	    "the registry is neither HOST nor HOST:PORT" },
	{ "oci:", "an image layout without a path" },
	{ "oci-archive::x", "an image layout without a path" },
	{ "docker-archive:a:", "an empty tag" },
};

/* "name=value " for each label, in their order. */
static char *
labels_text(const struct labels *labels)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < labels->count; i++) {
		char *longer = xasprintf("%s%s=%s ", text, labels->list[i].name,
		    labels->list[i].value);

		free(text);
		text = longer;
	}
	return text;
}

static void
test_good(void)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct ref ref;
		autofree char *why = NULL;
		autofree char *labels = NULL;

		if (ref_parse(good[i].text, &ref, &why) < 0)
			(void)fprintf(stderr, "%s: %s\n", good[i].text, why);
		assert(why == NULL);
		labels = labels_text(&ref.labels);
		assert(ref.kind == good[i].kind);
		assert(strcmp(ref.text, good[i].text) == 0);
		assert((ref.name == NULL) == (good[i].name == NULL));
		assert(ref.name == NULL || strcmp(ref.name, good[i].name) == 0);
		assert(strcmp(labels, good[i].labels) == 0);
		ref_free(&ref);
	}
}

static void
test_bad(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ref ref;
		autofree char *why = NULL;

		assert(ref_parse(bad[i].text, &ref, &why) == -1);
		if (strcmp(why, bad[i].why) != 0)
			(void)fprintf(stderr, "%s: %s\n", bad[i].text, why);
		assert(strcmp(why, bad[i].why) == 0);
	}
}

/* The one form of what names the same place; NULL: it has none. */
static void
assert_url(const char *text, const char *url, bool local)
{
	struct ref ref;
	autofree char *why = NULL;
	autofree char *has = NULL;

	assert(ref_parse(text, &ref, &why) == 0);
	assert(ref_is_local(&ref) == local);
	has = ref_url(&ref);
	assert((has == NULL) == (url == NULL));
	assert(has == NULL || (url != NULL && strcmp(has, url) == 0));
	ref_free(&ref);
}

/* In the directory, where the file "there" is. */
static void
test_urls(const char *directory)
{
	autofree char *file = xasprintf("file://%s/there", directory);
	autofree char *oci = xasprintf("oci:%s/directory:a:b", directory);
	autofree char *archive = xasprintf("oci-archive:%s/there", directory);

	assert_url("a:1", NULL, false);
	assert_url("sha512-00", NULL, false);
	assert_url("https://a.b/c.aci", "https://a.b/c.aci", false);
	assert_url("./there", file, true);
	assert_url("directory/.././there", file, true);
	assert_url("./absent", NULL, true);
	assert_url("file:///srv/a.aci", "file:///srv/a.aci", true);
	assert_url("oci:./directory:a:b", oci, true);
	assert_url("oci-archive:there", archive, true);
	assert_url("docker:a", "docker://registry-1.docker.io/library/a:latest",
	    false);
}

static void
test_long(void)
{
	struct ref ref;
	autofree char *why = NULL;
	autofree char *text = xasprintf("%02049d", 0);

	assert(ref_parse(text, &ref, &why) == -1);
	assert(strcmp(why, "an image name of more than 2048 bytes") == 0);
}

static void
test_labels(void)
{
	struct labels labels = { 0 };
	json_t *json, *wanted;

	labels_set(&labels, "b", "1");
	labels_set(&labels, "a", "2");
	labels_set(&labels, "b", "3");
	assert(labels.count == 2);
	assert(strcmp(labels_get(&labels, "b"), "3") == 0);
	assert(labels_get(&labels, "c") == NULL);
	json = labels_json(&labels);
	wanted = json_pack("[{s:s,s:s},{s:s,s:s}]", "name", "b", "value", "3",
	    "name", "a", "value", "2");
	assert(json_equal(json, wanted));
	json_decref(json);
	json_decref(wanted);
	labels_free(&labels);
	assert(labels.count == 0 && labels.list == NULL);
}

/* What is a file depends on the directory: an empty one of our own. */
int
main(void)
{
	char directory[] = "/tmp/ref-XXXXXX";

	assert(mkdtemp(directory) != NULL && chdir(directory) == 0);
	assert(mkdir("directory", 0700) == 0);
	assert(close(open("there", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	test_good();
	test_bad();
	test_urls(directory);
	test_long();
	test_labels();
	assert(unlink("there") == 0 && rmdir("directory") == 0);
	assert(chdir("/") == 0 && rmdir(directory) == 0);
	return 0;
}
