/* SPDX-License-Identifier: Apache-2.0 */
/* record - one JSON object a line: what the tools hand each other */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* A record's line may have this many bytes, the newline included. */
enum { RECORD_MAX = 64 * 1024 };

#define autojson __attribute__((cleanup(scope_json)))
void scope_json(json_t **json);

/*
 * What json_parse() takes: so many brackets, braces, commas and colons outside
 * of strings, which bounds its memory to 32 MiB and the text, and so deep.
 */
enum { JSON_MARKS_MAX = 256 * 1024, JSON_DEPTH_MAX = 128 };

/*
 * Strict JSON: UTF-8, no duplicate member, nothing after it, numbers that fit
 * 64 bits, within these limits.  Returns what the caller owns, or NULL with
 * *why (which the caller frees) saying what is wrong and where.
 */
json_t *json_parse(const char *bytes, size_t length, char **why);

/* The same of what holds a secret: *why quotes nothing of it. */
json_t *json_parse_secret(const char *bytes, size_t length, char **why);

/*
 * Looks up "store.root.kind": objects by name, parts between dots.  The
 * result is borrowed; NULL if a part is missing.  record_string(): NULL too
 * if it is no string; record_number(): fallback if it is no integer.
 */
json_t *record_get(const json_t *record, const char *path);
const char *record_string(const json_t *record, const char *path);
int64_t record_number(const json_t *record, const char *path, int64_t fallback);

/* The record as one line without a newline; the caller frees it. */
char *record_line(const json_t *record);
