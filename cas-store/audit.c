/* SPDX-License-Identifier: Apache-2.0 */
/* audit - is what the store has still what it was given? */

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "audit.h"
#include "image.h"
#include "path.h"
#include "record.h"
#include "same.h"
#include "scope.h"
#include "seal.h"
#include "stored.h"

enum { CHUNK = 256 * 1024 };

static int
digest_file(int fd, const EVP_MD *hash, char *text)
{
	static unsigned char chunk[CHUNK];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestInit_ex(context, hash, NULL) == 1;
	ssize_t n = 0;

	while (good && (n = read(fd, chunk, sizeof chunk)) > 0)
		good = EVP_DigestUpdate(context, chunk, (size_t)n) == 1;
	good =
	    good && n == 0 && EVP_DigestFinal_ex(context, digest, &length) == 1;
	EVP_MD_CTX_free(context);
	for (unsigned i = 0; i < length; i++)
		(void)sprintf(text + (size_t)2 * i, "%02x", digest[i]);
	return good ? 0 : -1;
}

int
audit_blob(int cas, const char *blob, struct fault *fault)
{
	char digits[2 * EVP_MAX_MD_SIZE + 1];
	bool sha256 = strncmp(blob, "sha256-", 7) == 0;
	autofree char *path = store_blob(blob);
	autofd int fd = openat(cas, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 ||
	    digest_file(fd, sha256 ? EVP_sha256() : EVP_sha512(), digits) < 0)
		return fault_errno(fault, "%s", path);
	/* A name has 64 digits, of sha512 the first half. */
	if (strncmp(digits, blob + 7, KEY_TEXT - 1 - 7) == 0)
		return 0;
	return fault_set(fault, EX_DATAERR, "%s: not what its name says", path);
}

static int
audit_seal(int cas, const char *path, struct fault *fault)
{
	size_t length = 0;
	autofree char *bytes = path_read(cas, path, INFO_MAX, &length);

	if (bytes == NULL)
		return fault_errno(fault, "%s", path);
	if (!seal_holds(bytes, length))
		return fault_set(fault, EX_DATAERR, "%s: damaged", path);
	return 0;
}

int
audit_remote(int cas, const char *name, struct fault *fault)
{
	autofree char *path = xasprintf("remote/%s", name);

	return audit_seal(cas, path, fault);
}

/* That of an App Container is in its archive, a converted one's is its id. */
static int
compare_manifest(int cas, int tmp, const char *key, const char *bytes,
    size_t length, struct fault *fault)
{
	struct compose compose;
	autofree char *has = NULL;
	uint32_t device;
	size_t has_length = 0;
	bool same = false;

	compose_start(&compose, cas, tmp, fault);
	compose.anew = true;
	device = compose_blob(&compose, key);
	if (device != 0)
		has = compose_manifest(&compose, device, &has_length);
	same = has != NULL && has_length == length &&
	       memcmp(has, bytes, length) == 0;
	compose_stop(&compose);
	if (same)
		return 0;
	return fault_set(
	    fault, EX_DATAERR, "image/%s/manifest: not the archive's", key);
}

static int
audit_id(const char *key, const char *bytes, size_t length, const char *id,
    struct fault *fault)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char text[7 + 2 * EVP_MAX_MD_SIZE + 1] = "sha512-";

	if (EVP_Digest(bytes, length, digest, &size, EVP_sha512(), NULL) != 1)
		return fault_set(fault, EX_OSERR, "libcrypto: no sha512");
	for (unsigned i = 0; i < size; i++)
		(void)sprintf(text + 7 + (size_t)2 * i, "%02x", digest[i]);
	if (strcmp(text, id) == 0)
		return 0;
	return fault_set(
	    fault, EX_DATAERR, "image/%s/manifest: not what its id says", key);
}

int
audit_record(int cas, const char *key, struct fault *fault)
{
	autofree char *info_path = store_info(key);
	autofree char *path = xasprintf("image/%s/manifest", key);
	autojson json_t *info = NULL;
	autofree char *bytes = NULL;
	autofd int tmp = store_dir(cas, "tmp");
	size_t length = 0;

	if (audit_seal(cas, info_path, fault) < 0)
		return -1;
	info = image_load(cas, key);
	if (info == NULL)
		return fault_set(fault, EX_DATAERR, "%s: damaged", info_path);
	if (json_object_get(info, "root") != NULL && !image_complete(cas, info))
		return fault_set(
		    fault, EX_NOINPUT, "image/%s: not all of it is there", key);
	bytes = path_read(cas, path, MANIFEST_MAX, &length);
	if (tmp < 0 || (bytes == NULL && errno != ENOENT))
		return fault_errno(fault, "%s", path);
	if (bytes == NULL)
		return fault_set(fault, EX_DATAERR, "%s: is missing", path);
	if (json_object_get(info, "layers") != NULL)
		return audit_id(
		    key, bytes, length, record_string(info, "id"), fault);
	return compare_manifest(cas, tmp, key, bytes, length, fault);
}

/* Two files of the same bytes? */
static int
compare_files(int cas, const char *path, int made, struct fault *fault)
{
	static char ours[CHUNK], theirs[CHUNK];
	autofd int fd = openat(cas, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	off_t at = 0;
	ssize_t n, m;

	if (fd < 0)
		return fault_errno(fault, "%s", path);
	do {
		n = pread(fd, theirs, sizeof theirs, at);
		m = pread(made, ours, sizeof ours, at);
		if (n < 0 || m < 0)
			return fault_errno(fault, "%s", path);
		if (n != m || memcmp(ours, theirs, (size_t)n) != 0)
			return fault_set(
			    fault, EX_DATAERR, "%s: damaged", path);
		at += n;
	} while (n > 0);
	return 0;
}

int
audit_entries(int cas, int tmp, const char *blob, struct fault *fault)
{
	autofree char *path = store_entries(blob);
	struct compose compose;
	int result = -1;

	if (faccessat(cas, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fault_errno(fault, "%s", path);
	compose_start(&compose, cas, tmp, fault);
	compose.anew = true;
	if (compose_blob(&compose, blob) != 0)
		result = compare_files(
		    cas, path, entries_file(&compose.entries, 1), fault);
	compose_stop(&compose);
	return result;
}

static int
compare_index(int cas, const json_t *root, const struct render *render,
    struct fault *fault)
{
	const char *path = record_string(root, "path");
	autofree char *spill = xasprintf("%s.spill", path);

	if (compare_files(cas, path, render->index, fault) < 0)
		return -1;
	return render->spill.fd < 0
		   ? 0
		   : compare_files(cas, spill, render->spill.fd, fault);
}

static int
compare_tree(int cas, int tmp, const char *key, const struct render *render,
    struct fault *fault)
{
	autofree char *has = xasprintf("tree/%s", key);
	autofree char *called = xasprintf("%s/rootfs", has);
	autofd int a =
	    openat(tmp, render->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autofd int b = openat(cas, has, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (a < 0 || b < 0)
		return fault_errno(fault, "%s", has);
	return same(a, b, "rootfs", called, fault);
}

static int
compare_root(int cas, int tmp, const char *key, const json_t *info,
    const struct render *render, struct fault *fault)
{
	autojson json_t *made = render_json(render);
	const json_t *root = json_object_get(info, "root");

	if (!json_equal(made, root)) {
		(void)fault_set(fault, EX_UNAVAILABLE,
		    "%s: not checked: its dependencies are others by now", key);
		return 1;
	}
	return render->tree ? compare_tree(cas, tmp, key, render, fault)
			    : compare_index(cas, root, render, fault);
}

int
audit_root(int cas, int tmp, const char *key, struct fault *fault)
{
	autojson json_t *info = image_load(cas, key);
	bool dependent = json_object_get(info, "dependencies") != NULL;
	struct compose compose;
	struct render render;
	int result;

	if (info == NULL)
		return fault_errno(fault, "image/%s", key);
	if (json_object_get(info, "root") == NULL) /* not rendered yet */
		return 0;
	compose_start(&compose, cas, tmp, fault);
	compose.anew = true;
	result = stored_compose(&compose, key, info);
	if (result == 0) {
		result = render_again(
		    &render, &compose, key, dependent, image_is_tree(info));
		if (result == 0)
			result =
			    compare_root(cas, tmp, key, info, &render, fault);
		render_free(&render);
	}
	compose_stop(&compose);
	return result;
}

bool
audit_is_damaged(const struct fault *fault)
{
	return fault->status == EX_DATAERR;
}

bool
audit_is_incomplete(const struct fault *fault)
{
	return fault->status == EX_NOINPUT;
}
