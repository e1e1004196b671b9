/* SPDX-License-Identifier: Apache-2.0 */
/* auth - fuzz the files of auth.d, and who is given what they hold */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "auth.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is sent is one line. */
static void
check_header(const char *header)
{
	for (const char *p = header; p != NULL && *p != '\0'; p++)
		assert((unsigned char)*p >= ' ' && *p != '\177');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct auth *auth = auth_new();
	autofree char *place = xstrndup(text, size);
	autofree char *why = NULL;
	autofree char *server = NULL;
	autofree char *registry = NULL;
	autofree char *plain = NULL;

	if (auth_add(auth, text, size, &why) < 0)
		assert(why != NULL);
	server = auth_for_url(auth, "https://a.example/");
	registry = auth_for_registry(auth, "a.example");
	plain = auth_for_url(auth, "http://a.example/");
	check_header(server);
	check_header(registry);
	assert(plain == NULL);
	free(auth_for_registry(auth, place));
	free(auth_for_url(auth, place));
	auth_free(auth);
	return 0;
}
