/* SPDX-License-Identifier: Apache-2.0 */
/* login - credentials that other programs keep: auth.json, config.json */
#pragma once

#include <stddef.h>

/*
 * What the header Authorization is to be at a registry, "Basic …", by the
 * first of these files that knows it: that of REGISTRY_AUTH_FILE, which is then
 * the only one; containers/auth.json in XDG_RUNTIME_DIR, and in XDG_CONFIG_HOME
 * or ~/.config; ~/.docker/config.json.  The entry with the longest name that
 * covers host/repository counts.  NULL: there is none; the caller frees it.
 *
 * No helper is run: where one keeps the credentials, *helper says so, in a text
 * that the caller frees and may show.  The filter ends with EX_CONFIG if a file
 * is malformed.
 */
char *login_find(const char *host, const char *repository, char **helper);

/*
 * One file's text, for tests: 0, with *header and *helper set or not, or -1
 * with *why.  All are the caller's to free.
 */
int login_parse(const char *bytes, size_t length, const char *name,
    char **header, char **helper, char **why);
