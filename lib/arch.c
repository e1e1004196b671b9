/* SPDX-License-Identifier: Apache-2.0 */
/* arch - what docker and OCI call an architecture, and what labels call it */

#include <stddef.h>
#include <string.h>

#include "arch.h"

/* The first of a label's lines is what a host of that label is. */
static const struct {
	const char *arch, *variant, *label;
} arches[] = {
	{ "amd64", NULL, "amd64" },
	{ "386", NULL, "i386" },
	{ "arm64", NULL, "aarch64" },
	{ "arm64be", NULL, "aarch64_be" },
	{ "arm", "v6", "armv6l" },
	{ "arm", "v7", "armv7l" },
	{ "arm", "v8", "armv7l" }, /* 32 bits on a 64 bit machine */
	{ "arm", "", "armv7l" },
	{ "armbe", NULL, "armv7b" },
	{ "ppc64", NULL, "ppc64" },
	{ "ppc64le", NULL, "ppc64le" },
	{ "s390x", NULL, "s390x" },
};

enum { ARCHES = sizeof arches / sizeof *arches };

const char *
arch_label(const char *arch, const char *variant)
{
	for (size_t i = 0; i < ARCHES; i++)
		if (strcmp(arch, arches[i].arch) == 0 &&
		    (arches[i].variant == NULL ||
			strcmp(variant == NULL ? "" : variant,
			    arches[i].variant) == 0))
			return arches[i].label;
	return NULL;
}

const char *
arch_of_label(const char *label, const char **variant)
{
	for (size_t i = 0; i < ARCHES; i++)
		if (strcmp(arches[i].label, label) == 0) {
			*variant = arches[i].variant;
			return arches[i].arch;
		}
	return NULL;
}
