/* SPDX-License-Identifier: Apache-2.0 */
/* pull - test of lib/pull and lib/remote */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "image.h"
#include "path.h"
#include "publish.h"
#include "pull.h"
#include "ref.h"
#include "remote.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ID16         "0123456789abcdef"
#define KEY          "sha512-" ID16 ID16 ID16 ID16

/* Of each: asked again, and asked if it is missing; "new never update". */
static const struct {
	const char *text;
	bool again[3];
	bool missing[3];
} rows[] = {
	{ "a/b:1", { 0, 0, 1 }, { 1, 0, 1 } },
	{ "sha512-00", { 0, 0, 0 }, { 0, 0, 0 } },
	{ "https://example.com/stale.aci", { 1, 0, 1 }, { 1, 0, 1 } },
	{ "https://example.com/fresh.aci", { 0, 0, 0 }, { 1, 0, 1 } },
	{ "https://example.com/other.aci", { 1, 0, 1 }, { 1, 0, 1 } },
	{ "./a.aci", { 1, 1, 1 }, { 1, 1, 1 } },
	{ "file:///srv/a.aci", { 1, 1, 1 }, { 1, 1, 1 } },
	{ "oci:/srv/a", { 1, 1, 1 }, { 1, 1, 1 } },
	{ "oci-archive:a:b", { 1, 1, 1 }, { 1, 1, 1 } },
	{ "docker-archive:a", { 1, 1, 1 }, { 1, 1, 1 } },
	{ "docker://a", { 0, 0, 1 }, { 1, 0, 1 } },
	{ "docker://a@sha256:" ID16 ID16 ID16 ID16, { 0, 0, 0 }, { 1, 0, 1 } },
};

static void
remember(int cas, const char *url, int64_t max_age, int64_t age)
{
	struct remote remote = { .key = KEY,
		.max_age = max_age,
		.fetched = clock_wall() - age * CLOCK_SECOND };

	assert(remote_write(cas, url, &remote) == 0);
}

static void
test_policies(int cas)
{
	static const char *const names[] = { "new", "never", "update" };
	enum pull policy;

	remember(cas, "https://example.com/stale.aci", 60, 61);
	remember(cas, "https://example.com/fresh.aci", 60, 59);
	for (size_t i = 0; i < COUNT(rows) * COUNT(names); i++) {
		struct ref ref;
		autofree char *why = NULL;

		assert(ref_parse(rows[i / 3].text, &ref, &why) == 0);
		assert(pull_parse(names[i % 3], &policy) == 0);
		(void)printf("%s %s\n", ref.text, names[i % 3]);
		assert(
		    pull_again(cas, &ref, policy) == rows[i / 3].again[i % 3]);
		assert(
		    pull_missing(&ref, policy) == rows[i / 3].missing[i % 3]);
		ref_free(&ref);
	}
	assert(pull_parse("sometimes", &policy) < 0);
	assert(pull_parse("", &policy) < 0);
}

/* How long what was fetched age seconds ago is fresh. */
static void
test_freshness(void)
{
	static const struct {
		int64_t max_age, age;
		bool fresh;
	} times[] = {
		{ 60, 0, true },
		{ 60, 59, true },
		{ 60, 60, false },
		{ 0, 0, false },
		{ -1, 0, false },
		{ 60, -100, false }, /* from the future */
		{ 365 * 24 * 3600, 364 * 24 * 3600, true },
		{ INT64_MAX, 0, false },
		{ INT64_MIN, 0, false },
	};

	for (size_t i = 0; i < COUNT(times); i++) {
		struct remote remote = { .max_age = times[i].max_age,
			.fetched = clock_wall() - times[i].age * CLOCK_SECOND };

		assert(remote_is_fresh(&remote) == times[i].fresh);
	}
}

static void
test_record(int cas)
{
	static const char url[] = "https://example.com/a.aci";
	struct remote remote = {
		.key = KEY, .etag = xstrdup("\"x\""), .max_age = 7, .fetched = 8
	};
	struct remote has;

	assert(remote_read(cas, url, &has) == 0);
	assert(remote_write(cas, url, &remote) == 0);
	assert(remote_read(cas, url, &has) == 1);
	assert(strcmp(has.key, KEY) == 0 && strcmp(has.etag, "\"x\"") == 0);
	assert(has.max_age == 7 && has.fetched == 8);
	remote_free(&has);
	remote_free(&remote);
}

/* The file of a URL with what is no record of it: nothing is known then. */
static void
test_damage(int cas)
{
	static const char *const files[] = {
		"",
		"{",
		"[]",
		"{\"v\":1}",
		"{\"url\":\"https://example.com/other.aci\"}",
		"{\"url\":\"https://example.com/other.aci\",\"key\":\"x\"}",
		"{\"url\":\"https://example.com/a.aci\",\"key\":\"" KEY "\"}",
		"{\"url\":1,\"key\":\"" KEY "\"}",
	};
	static const char url[] = "https://example.com/other.aci";
	autofree char *path = store_remote(url);
	const char *name = path + strlen("remote/");
	autofd int dir = store_dir(cas, "remote");
	struct remote remote;

	for (size_t i = 0; i < COUNT(files); i++) {
		assert(publish_file(dir, name, files[i], strlen(files[i]), 0444,
			   PUBLISH_REPLACE) == 0);
		assert(remote_read(cas, url, &remote) == 0);
	}
}

int
main(void)
{
	char directory[] = "/var/lib/rkt/pull-XXXXXX";
	int cas;

	assert(
	    mkdtemp(directory) != NULL && setenv("RKT_DIR", directory, 1) == 0);
	cas = store_open();
	assert(cas >= 0);
	test_policies(cas);
	test_freshness();
	test_record(cas);
	test_damage(cas);
	assert(close(cas) == 0);
	assert(chdir("/var/lib/rkt") == 0);
	assert(path_remove(AT_FDCWD, strrchr(directory, '/') + 1) == 0);
	return 0;
}
