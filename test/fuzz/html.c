/* SPDX-License-Identifier: Apache-2.0 */
/* html - fuzz discovery pages: from their bytes to tags and endpoints */

#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "labels.h"
#include "page.h"
#include "scope.h"
#include "template.h"
#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct labels labels = {
	.list = (struct label[]){ { (char[]){ "os" }, (char[]){ "linux" } },
	    { (char[]){ "x" }, (char[]){ "a/b" } } },
	.count = 2,
};

/* One word: it could not be told from the next otherwise. */
static void
check_word(const char *word)
{
	assert(*word != '\0' && strpbrk(word, " \t\r\n\f") == NULL);
}

static void
visit(void *data, const char *name, const char *prefix, const char *value)
{
	size_t *tags = data;
	autofree char *url =
	    template_expand(value, "example.com/app", &labels, "aci");

	++*tags;
	assert(name != NULL);
	check_word(prefix);
	check_word(value);
	assert(url == NULL || strpbrk(url, "{}") == NULL);
	if (url != NULL && url_unfit(url, false) == NULL)
		assert(strncasecmp(url, "https://", 8) == 0);
	(void)url_unfit(value, true);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t tags = 0;

	(void)page_tags((const char *)data, size, visit, &tags);
	/* The shortest tag: <meta name=a content="b c">. */
	assert(tags <= size / 20);
	return 0;
}
