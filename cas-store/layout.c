/* SPDX-License-Identifier: Apache-2.0 */
/* layout - an OCI layout that is written */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "alloc.h"
#include "copy.h"
#include "layout.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"

enum { BUFFER = 256 * 1024 };

static const char *const directories[] = { "blobs", "blobs/sha256" };

int
layout_start(struct layout *layout)
{
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
		if (layout->archiver != NULL) {
			if (archiver_directory(
				layout->archiver, directories[i]) < 0)
				return -1;
		} else if (mkdirat(layout->dir, directories[i], 0755) < 0) {
			return fault_errno(layout->fault, "%s", directories[i]);
		}
	}
	return layout_plain(
	    layout, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
}

static int
create(const struct layout *layout, const char *name)
{
	return beneath_open(
	    layout->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
}

static int
put_bytes(
    struct layout *layout, const char *name, const void *bytes, size_t length)
{
	autofd int fd = -1;

	if (layout->archiver != NULL)
		return archiver_bytes(layout->archiver, name, bytes, length);
	fd = create(layout, name);
	if (fd < 0 || write_all(fd, bytes, length) < 0)
		return fault_errno(layout->fault, "%s", name);
	return 0;
}

int
layout_plain(struct layout *layout, const char *name, const char *text)
{
	return put_bytes(layout, name, text, strlen(text));
}

static char *
blob_path(const struct blob_name *name)
{
	return xasprintf("blobs/sha256/%s", name->digest + strlen("sha256:"));
}

int
layout_bytes(struct layout *layout, const void *bytes, size_t length,
    struct blob_name *name)
{
	autofree char *path = NULL;

	blob_of_bytes(bytes, length, name);
	path = blob_path(name);
	return put_bytes(layout, path, bytes, length);
}

int
layout_file(struct layout *layout, int fd, const struct blob_name *name)
{
	autofree char *path = blob_path(name);
	autofd int to = -1;

	if (layout->archiver != NULL)
		return archiver_file(layout->archiver, path, fd, name->size);
	to = create(layout, path);
	if (to < 0 || copy_range(fd, 0, to, 0, name->size) < 0)
		return fault_errno(layout->fault, "%s", path);
	return 0;
}

static EVP_MD_CTX *
hash_start(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		prog_diex("libcrypto: no sha256");
	return hash;
}

static void
hash_end(EVP_MD_CTX *hash, struct blob_name *name)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *to = stpcpy(name->digest, "sha256:");

	if (EVP_DigestFinal_ex(hash, bytes, &length) != 1)
		prog_diex("libcrypto: no sha256");
	for (unsigned i = 0; i < length; i++, to += 2)
		(void)snprintf(to, 3, "%02x", bytes[i]);
	EVP_MD_CTX_free(hash);
}

void
blob_of_bytes(const void *bytes, size_t length, struct blob_name *name)
{
	EVP_MD_CTX *hash = hash_start();

	name->size = length;
	(void)EVP_DigestUpdate(hash, bytes, length);
	hash_end(hash, name);
}

int
blob_of_file(int fd, struct blob_name *name, struct fault *fault)
{
	static char buffer[BUFFER];
	EVP_MD_CTX *hash = hash_start();
	ssize_t n;

	name->size = 0;
	while ((n = pread(fd, buffer, BUFFER, (off_t)name->size)) > 0) {
		(void)EVP_DigestUpdate(hash, buffer, (size_t)n);
		name->size += (uint64_t)n;
	}
	hash_end(hash, name);
	return n < 0 ? fault_errno(fault, "read") : 0;
}
