/* SPDX-License-Identifier: Apache-2.0 */
/* spot - a place in a manifest, for reading what is there and for messages */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * One member of an object, or element of a list; its place is the chain up to
 * the top: "app", "ports", 1 and "port" are app.ports[1].port.  A spot lives
 * no longer than the one above it and the JSON.
 */
struct spot {
	const struct spot *up;
	const char *name;    /* NULL: an element */
	size_t index;        /* of an element */
	const json_t *json;  /* NULL: not there, or null */
	const char *version; /* of the top: acVersion, or NULL: the newest */
	char **why;
};

/* No list of things with names is longer; one of texts may be. */
enum { SPOT_LIST_MAX = 8192 };

/*
 * All of these return 0, or -1 with *spot->why set to "PLACE: what is wrong",
 * which the caller of the parser frees and which is safe to print.
 */

/* Sets *why, and always returns -1. */
int spot_fail(const struct spot *spot, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same, with the text that is there before it: "a--b" has two … */
int spot_bad(const struct spot *spot, const char *text, const char *wrong);

/* What is there, borrowed, for jansson's iterators: they take no const. */
json_t *spot_json(const struct spot *spot);

/* Is it there, and an object? */
int spot_object(const struct spot *spot);

/*
 * A member that may be absent.  One whose name differs only by case is an
 * error: other readers, which ignore case, would see another manifest.
 */
int spot_member(
    const struct spot *object, const char *name, struct spot *member);

/* A member that must be a list if it is there, and its elements. */
int spot_list(const struct spot *object, const char *name, struct spot *list);
size_t spot_count(const struct spot *list);
struct spot spot_element(const struct spot *list, size_t index);

/* The text at spot itself, borrowed. */
int spot_string(const struct spot *spot, const char **text);

/* A text that may be absent (NULL) or must be there; the caller frees it. */
int spot_text(const struct spot *object, const char *name, char **text);
int spot_need_text(const struct spot *object, const char *name, char **text);

/* A text that must pass check (actype.h). */
typedef const char *spot_check(const char *text);
int spot_checked(const struct spot *object, const char *name, spot_check *check,
    char **text);
/* The same if it is there; else NULL. */
int spot_may_checked(const struct spot *object, const char *name,
    spot_check *check, char **text);

/* Left as they are if the member is absent. */
int spot_flag(const struct spot *object, const char *name, int *flag);
int spot_number(const struct spot *object, const char *name, int64_t min,
    int64_t max, int64_t *number);

/* What a list of structures consists of. */
struct spot_kind {
	size_t size;
	bool named; /* its first member is char *name: each only once */
	int (*read)(const struct spot *spot, void *element);
};

/*
 * Reads a list that may be absent.  *array (the address of a pointer) and
 * *count are set to what was read also on failure, for the one free function.
 */
int spot_each(const struct spot *object, const char *name,
    const struct spot_kind *kind, void *array, size_t *count);

/* Was the manifest written for a version before 0.MINOR (up to 9)? */
bool spot_before(const struct spot *spot, int minor);
