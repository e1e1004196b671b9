/* SPDX-License-Identifier: Apache-2.0 */
/* remote - what the store remembers of a URL: the image that it gave */

#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "clock.h"
#include "image.h"
#include "path.h"
#include "publish.h"
#include "record.h"
#include "remote.h"
#include "scope.h"
#include "seal.h"

/* No lifetime is longer (a year), so that the sum of two times has room. */
enum { AGE_MAX = 365 * 24 * 3600 };

/* Is it whole, and of this URL?  Two of them may have the same file. */
static bool
is_of(const json_t *json, const char *url)
{
	const char *has = record_string(json, "url");
	const char *key = record_string(json, "key");

	return has != NULL && strcmp(has, url) == 0 && key != NULL &&
	       store_is_key(key);
}

int
remote_read(int cas, const char *url, struct remote *remote)
{
	autofree char *path = store_remote(url);
	autofree char *why = NULL;
	autofree char *bytes = NULL;
	autojson json_t *json = NULL;
	size_t length = 0;

	*remote = (struct remote){ 0 };
	bytes = path_read(cas, path, INFO_MAX, &length);
	if (bytes == NULL)
		return errno == ENOENT ? 0 : -1;
	json = json_parse(bytes, length, &why);
	if (json == NULL || !is_of(json, url))
		return 0;
	store_key(record_string(json, "key"), remote->key);
	if (record_string(json, "etag") != NULL)
		remote->etag = xstrdup(record_string(json, "etag"));
	remote->max_age = record_number(json, "maxAge", 0);
	remote->fetched = record_number(json, "fetched", 0);
	return 1;
}

void
remote_free(struct remote *remote)
{
	free(remote->etag);
	*remote = (struct remote){ 0 };
}

int
remote_write(int cas, const char *url, const struct remote *remote)
{
	autofree char *path = store_remote(url);
	autofree char *line = NULL;
	autojson json_t *json = NULL;
	autofd int dir = store_dir(cas, "remote");

	if (dir < 0)
		return -1;
	json = json_pack("{si,ss,ss,ss*,sI,sI}", "v", 1, "url", url, "key",
	    remote->key, "etag", remote->etag, "maxAge",
	    (json_int_t)remote->max_age, "fetched",
	    (json_int_t)remote->fetched);
	line = seal_line(json);
	return publish_file(dir, path + strlen("remote/"), line, strlen(line),
		   0444, PUBLISH_DURABLE | PUBLISH_REPLACE) < 0
		   ? -1
		   : 0;
}

/* All of it is there, but not all that it depends on. */
static bool
waits(const json_t *info)
{
	return json_object_get(info, "root") == NULL &&
	       json_array_size(json_object_get(info, "dependencies")) > 0;
}

char *
remote_image(int cas, const struct remote *remote, bool verified)
{
	autojson json_t *info = image_load(cas, remote->key);

	if (info == NULL || !(image_complete(cas, info) || waits(info)) ||
	    (verified && record_string(info, "verify.fingerprint") == NULL))
		return NULL;
	return xstrdup(record_string(info, "id"));
}

bool
remote_is_fresh(const struct remote *remote)
{
	int64_t age = clock_wall() - remote->fetched;

	/* From the future it is when a clock was set: nobody knows then. */
	return remote->fetched > 0 && age >= 0 && remote->max_age > 0 &&
	       remote->max_age <= AGE_MAX &&
	       age / CLOCK_SECOND < remote->max_age;
}
