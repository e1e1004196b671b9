/* SPDX-License-Identifier: Apache-2.0 */
/* insecure - the bounds of a pod that --insecure-options gives up */

#include <err.h>
#include <string.h>

#include "alloc.h"
#include "insecure.h"
#include "isolators.h"
#include "scope.h"

static const struct {
	const char *word;
	unsigned flags;
} words[] = {
	{ "none", 0 },
	{ "image", 0 },
	{ "tls", 0 },
	{ "http", 0 },
	{ "pubkey", 0 },
	{ "ondisk", 0 },
	{ "all-fetch", 0 },
	{ "capabilities", INSECURE_CAPABILITIES },
	{ "paths", INSECURE_PATHS },
	{ "seccomp", INSECURE_SECCOMP },
	{ "all-run",
	    INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP },
	{ "all", INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP },
};

int
insecure_parse(const char *list, unsigned *flags)
{
	autofree char *copy = xstrdup(list);
	char *rest = copy;

	for (char *word; (word = strsep(&rest, ",")) != NULL;) {
		size_t i = 0;

		while (i < sizeof words / sizeof *words &&
		       strcmp(words[i].word, word) != 0)
			i++;
		if (i == sizeof words / sizeof *words)
			return -1;
		*flags |= words[i].flags;
	}
	return 0;
}

void
insecure_apply(struct pod_manifest *pod, unsigned flags)
{
	if ((flags & INSECURE_CAPABILITIES) == 0)
		return;
	for (size_t i = 0; i < pod->app_count; i++)
		isolators_all_capabilities(pod->apps[i].app);
}

void
insecure_warn(unsigned flags)
{
	if ((flags & INSECURE_CAPABILITIES) != 0)
		warnx("warning: bounds on capabilities have been disabled");
	if ((flags & INSECURE_PATHS) != 0)
		warnx("warning: protection of paths has been disabled");
	if ((flags & INSECURE_SECCOMP) != 0)
		warnx("warning: system call filters have been disabled");
}
