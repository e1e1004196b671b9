/* SPDX-License-Identifier: Apache-2.0 */
/* layout - an OCI layout that is written */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "archiver.h"
#include "fault.h"

/* Into a directory, or into an archive. */
struct layout {
	int dir;
	struct archiver *archiver; /* NULL: the directory */
	struct fault *fault;
};

/* A blob: "sha256:…" and its size. */
struct blob_name {
	char digest[7 + 64 + 1];
	uint64_t size;
};

/* Each of these returns 0, or -1 with fault.  What every layout begins with. */
int layout_start(struct layout *layout);

/* A blob of these bytes, or of the whole file fd, whose digest is known. */
int layout_bytes(struct layout *layout, const void *bytes, size_t length,
    struct blob_name *name);
int layout_file(struct layout *layout, int fd, const struct blob_name *name);

/* What is no blob: index.json. */
int layout_plain(struct layout *layout, const char *name, const char *text);

/* The name of bytes, or of all of a file, as a blob. */
void blob_of_bytes(const void *bytes, size_t length, struct blob_name *name);
int blob_of_file(int fd, struct blob_name *name, struct fault *fault);
