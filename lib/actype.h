/* SPDX-License-Identifier: Apache-2.0 */
/* actype - the scalar types of the App Container specification */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Each returns NULL if text is a value of the type (spec 0.8.11, "AC
 * Identifier Type" and "AC Name Type" of types.md, and the schema's tables),
 * else what is wrong, as a static text that fits behind "name: ".
 */
const char *acidentifier_check(const char *text);
const char *acname_check(const char *text);
const char *semver_check(const char *text);
const char *date_check(const char *text); /* RFC 3339 with a zone */
const char *url_check(const char *text);  /* http or https */
const char *envname_check(const char *text);
const char *imageid_check(const char *text); /* sha512-<hex>, 2 to 128 */
const char *user_check(const char *text);    /* a name, a number or /path */
const char *path_check(const char *text); /* absolute, no control character */
const char *hostname_check(const char *text); /* RFC 1123, 64 at most */
const char *address_check(const char *text);  /* IPv4 or IPv6 */

/* The text made an ACName ("/" and the like become "-"); NULL if nothing is
 * left of it.  The caller frees it. */
char *acname_sanitise(const char *text);

/*
 * A resource quantity ("500m", "1.5Gi", "2e3") in thousandths, rounded up.
 * Returns 0, or -1 with errno EINVAL, or ERANGE (too great, or below zero).
 */
int quantity_parse(const char *text, int64_t *milli);

/* The host's value of the labels os and arch ("linux", "amd64"). */
const char *host_os(void);
const char *host_arch(void);

/*
 * The labels os and arch of an image (either may be NULL) by the table of the
 * spec.  Returns NULL, or what is wrong in rkt's words; the caller frees it.
 */
char *os_arch_check(const char *os, const char *arch);

/*
 * Does prefix cover name?  Only at a slash: example.com/app covers itself and
 * example.com/app/x, and not example.com/application.  "" covers every name.
 */
bool name_has_prefix(const char *name, const char *prefix);
