/* SPDX-License-Identifier: Apache-2.0 */
/* insecure - the words of --insecure-options, which every tool understands */

#include <stddef.h>
#include <string.h>

#include "alloc.h"
#include "insecure.h"
#include "scope.h"

#define ALL_FETCH \
	(INSECURE_IMAGE | INSECURE_TLS | INSECURE_HTTP | INSECURE_PUBKEY)
#define ALL_RUN (INSECURE_CAPABILITIES | INSECURE_PATHS | INSECURE_SECCOMP)

static const struct {
	const char *word;
	unsigned flags;
} words[] = {
	{ "none", 0 },
	{ "image", INSECURE_IMAGE },
	{ "tls", INSECURE_TLS },
	{ "http", INSECURE_HTTP },
	{ "pubkey", INSECURE_PUBKEY },
	{ "capabilities", INSECURE_CAPABILITIES },
	{ "paths", INSECURE_PATHS },
	{ "seccomp", INSECURE_SECCOMP },
	{ "ondisk", INSECURE_ONDISK },
	{ "all-fetch", ALL_FETCH },
	{ "all-run", ALL_RUN },
	{ "all", ALL_FETCH | ALL_RUN },
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
