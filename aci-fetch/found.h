/* SPDX-License-Identifier: Apache-2.0 */
/* found - one image of a layout or archive: which members it consists of */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct members;
struct parcel;
struct ref;

struct found {
	struct parcel *parcel; /* has manifest, digest, type, oci and config */
	char **layers;         /* the names of its layers' members, as many */
	char *reference;       /* docker://HOST/REPOSITORY:TAG */
};

/*
 * The image that ref means: of an OCI layout, or of what docker save wrote.
 * What is missing, malformed, or not of the digest that it should have ends
 * the filter with one line.
 */
void layout_find(
    struct members *members, const struct ref *ref, struct found *found);
void saved_find(
    struct members *members, const struct ref *ref, struct found *found);

/* The same for an archive of docker before 1.10, which has no manifest.json. */
void legacy_find(
    struct members *members, const struct ref *ref, struct found *found);

/* Ends the filter: there is no image of that tag. */
_Noreturn void found_nothing(
    const struct members *members, const struct ref *ref);

/*
 * The full reference for what the image is called in there (NULL: nothing),
 * which may be a name or only a tag; else the name of the file.  The caller
 * frees it.
 */
char *found_reference(const struct ref *ref, const char *name);

/* Does an image of that name answer to the tag that ref asks for? */
bool found_is_wanted(const struct ref *ref, const char *name);

/*
 * The manifest of an image that has none: of its configuration and layers (as
 * many as names), with the members' digests.
 */
void found_make_manifest(struct members *members, const char *config,
    char *const names[], size_t count, struct found *found);

void found_free(struct found *found);
