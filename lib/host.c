/* SPDX-License-Identifier: Apache-2.0 */
/* host - operating systems and architectures as labels name them */

#include <string.h>
#include <sys/utsname.h>

#include "actype.h"
#include "alloc.h"
#include "escape.h"
#include "scope.h"

/* The table of the spec, "Image Manifest Schema", labels os and arch. */
static const struct {
	const char *os;
	const char *arches[12];
} systems[] = {
	{ "darwin", { "x86_64", "i386" } },
	{ "freebsd", { "amd64", "i386", "arm" } },
	{ "linux", { "amd64", "i386", "aarch64", "aarch64_be", "armv6l",
		       "armv7l", "armv7b", "ppc64", "ppc64le", "s390x" } },
};

const char *
host_os(void)
{
	return "linux";
}

const char *
host_arch(void)
{
	static struct utsname name;

	/* Known from then on, also to a process that may not ask. */
	if (*name.machine == '\0' && uname(&name) < 0)
		return "unknown"; /* only for an address that is none */
	if (strcmp(name.machine, "x86_64") == 0)
		return "amd64";
	if (strlen(name.machine) == 4 && name.machine[0] == 'i' &&
	    strcmp(name.machine + 2, "86") == 0)
		return "i386";
	return name.machine;
}

static char *
bad_arch(size_t system, const char *arch)
{
	autofree char *shown = escape(arch);
	autofree char *list = xstrdup("");

	for (const char *const *a = systems[system].arches; *a != NULL; a++) {
		char *longer =
		    xasprintf("%s%s%s", list, *list == '\0' ? "" : " ", *a);

		free(list);
		list = longer;
	}
	return xasprintf("bad arch \"%s\" for %s (must be one of: [%s])", shown,
	    systems[system].os, list);
}

char *
os_arch_check(const char *os, const char *arch)
{
	autofree char *shown = NULL;

	if (os == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
		if (strcmp(os, systems[i].os) != 0)
			continue;
		if (arch == NULL)
			return NULL;
		for (const char *const *a = systems[i].arches; *a != NULL; a++)
			if (strcmp(arch, *a) == 0)
				return NULL;
		return bad_arch(i, arch);
	}
	shown = escape(os);
	return xasprintf(
	    "bad os \"%s\" (must be one of: [darwin freebsd linux])", shown);
}
