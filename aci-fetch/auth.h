/* SPDX-License-Identifier: Apache-2.0 */
/* auth - the operator's credentials for servers: auth.d of rkt's configuration
 */
#pragma once

#include <stddef.h>

struct auth;

/*
 * All that the files auth.d/NAME.json say in the local and in the system
 * configuration; what the local one says of a host counts alone.  The filter
 * ends with EX_CONFIG and a line with file and member if one of them cannot be
 * believed: it is malformed, or people other than its owner and group may read
 * it.  (One that the caller may not read is passed over, with a warning.)
 *
 * Read it before confine(3), take what is needed and free it: the others' are
 * then in no process that speaks to a server.
 */
struct auth *auth_read(void);

/* NULL is accepted. */
void auth_free(struct auth *auth);

/*
 * What the header Authorization is to be ("Basic …", "Bearer …"); the caller
 * frees it.  auth_for_url(): NULL if there is nothing for the URL's host and
 * port, or it is not https.  auth_for_registry(): of the kind dockerAuth, for
 * "registry.example.com" or "registry.example.com:5000".
 */
char *auth_for_url(const struct auth *auth, const char *url);
char *auth_for_registry(const struct auth *auth, const char *registry);

/*
 * One file's text, for tests: adds what it says.  Returns 0, or -1 with *why,
 * "member: what is wrong", for the caller to free.
 */
struct auth *auth_new(void);
int auth_add(struct auth *auth, const char *bytes, size_t length, char **why);

/* Why an open file of auth.d may not be believed; NULL if it may. */
const char *auth_unfit(int fd);
