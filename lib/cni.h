/* SPDX-License-Identifier: Apache-2.0 */
/* cni - networks that the plugins of the host make and unmake */
#pragma once

#include <jansson.h>

#include "subnet.h"

/*
 * The plugin of a type, in RKT_SYSTEM_CONF/plugins/net, /opt/cni/bin or
 * /usr/lib/cni: its path, which the caller frees.  NULL and errno: ENOENT, or
 * EINVAL for what is no plain name (CVE-2021-20206: "../../bin/sh").
 */
char *cni_find(const char *type);

/* For whom: the pod, its namespace ("": gone), the interface, CNI_ARGS. */
struct cni {
	const char *container;
	const char *netns;
	const char *interface;
	const char *args; /* NULL: none */
};

/*
 * Asks each plugin of a list (members cniVersion, name, plugins) in turn to add
 * the interface; the result of the last one goes to *result, for the caller.
 * Returns 0, or -1 with *why, for the caller: the first one that failed, or
 * that answered what is no result.
 */
int cni_add(
    const json_t *list, const struct cni *cni, json_t **result, char **why);

/*
 * Asks each plugin, from the last one, to undo what it did, whether or not it
 * did; result may be NULL.  Returns 0, or -1 with *why of the first that
 * failed: it is to be asked again.
 */
int cni_delete(const json_t *list, const struct cni *cni, const json_t *result,
    char **why);

/*
 * The first address of the family (AF_INET, AF_INET6) in a result of any
 * version, and its gateway, which is of family 0 if there is none.  Returns
 * whether there is one.
 */
bool cni_address(const json_t *result, int family, struct subnet *address,
    struct subnet *gateway);
