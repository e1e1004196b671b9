/* SPDX-License-Identifier: Apache-2.0 */
/* docker - how people name an image of a registry */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct docker_ref {
	char *host;       /* lower case: example.com:5000, [::1]:5000 */
	char *repository; /* library/busybox */
	char *tag;        /* NULL: a digest says which; else "latest", say */
	char *digest;     /* sha256:…; NULL: the tag says which */
};

/*
 * Reads docker://[HOST[:PORT]/]REPOSITORY[:TAG][@DIGEST], or the same behind
 * docker: alone.  What is left out comes from Docker's own registry, where
 * docker.io and index.docker.io lead too: busybox is docker://registry-1.
 * docker.io/library/busybox:latest.  A tag beside a digest is kept, and the
 * digest decides.  Returns 0 with *ref for docker_ref_free(), or -1 with *why,
 * static, which fits behind the text and ": ".
 */
int docker_ref_parse(
    const char *text, struct docker_ref *ref, const char **why);
void docker_ref_free(struct docker_ref *ref);

/*
 * The name that keys are trusted for, HOST/REPOSITORY, and the whole in full:
 * docker://HOST/REPOSITORY:TAG or …@DIGEST.  The caller frees them.
 */
char *docker_ref_name(const struct docker_ref *ref);
char *docker_ref_text(const struct docker_ref *ref);

/*
 * The host (and port) that length bytes of text are: in lower case, and one
 * name of several for Docker's own registry.  The caller frees it.
 */
char *docker_host(const char *text, size_t length);

/* Is it HOST or HOST:PORT, with an address in brackets if it is IPv6's? */
bool docker_host_valid(const char *text);

/* Is it a/b_c/d: words in lower case with single separators? */
bool docker_repository_valid(const char *text);

/* Is it sha256: or sha512: and all of its lower-case hexadecimal digits? */
bool docker_digest_valid(const char *text);
