/* SPDX-License-Identifier: Apache-2.0 */
/* auth - test of aci-fetch/auth.c: what is read, and who is given it */

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "scope.h"

#define HEAD "{\"rktKind\":\"auth\",\"rktVersion\":\"v1\","
#define DOCKER \
	"{\"rktKind\":\"dockerAuth\",\"rktVersion\":\"v1\"," \
	"\"registries\":[\"r.example\",\"r.example:5000\"],"
#define BASIC \
	"\"type\":\"basic\",\"credentials\":{\"user\":\"u\",\"password\":" \
	"\"p\"}"
#define OAUTH  "\"type\":\"oauth\",\"credentials\":{\"token\":\"t.0\"}"
#define SECRET "\"credentials\":{\"user\":\"u\",\"password\":\"hidden\""

static const char *const good[] = {
	HEAD "\"domains\":[\"a.example\",\"B.Example:8443\",\"[::1]\"]," BASIC
	     "}",
	HEAD "\"domains\":[\"c.example\",\"192.0.2.1\"]," OAUTH ",\"more\":1}",
	DOCKER "\"credentials\":{\"user\":\"Aladdin\","
	       "\"password\":\"open sesame\"}}",
};

static const struct {
	const char *place;
	const char *header;
	bool registry;
} rows[] = {
	{ "https://a.example/x.aci", "Basic dTpw", false },
	{ "https://A.EXAMPLE:443/", "Basic dTpw", false },
	{ "https://b.example:8443/x?y", "Basic dTpw", false },
	{ "https://[::1]/x", "Basic dTpw", false },
	{ "https://c.example", "Bearer t.0", false },
	{ "https://192.0.2.1/x", "Bearer t.0", false },
	/* Another scheme, port or host is another server. */
	{ "http://a.example/x.aci", NULL, false },
	{ "http://a.example:443/x.aci", NULL, false },
	{ "https://a.example:8443/x.aci", NULL, false },
	{ "https://b.example/x", NULL, false },
	{ "https://www.a.example/x", NULL, false },
	{ "https://a.example.evil/x", NULL, false },
	{ "https://a.example./x", NULL, false },
	{ "https://a.example@evil/x", NULL, false },
	{ "https://evil/?https://a.example/", NULL, false },
	{ "https://r.example/x", NULL, false },
	{ "no URL", NULL, false },
	{ "", NULL, false },
	{ "r.example", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true },
	{ "R.EXAMPLE:443", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true },
	{ "r.example:5000", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true },
	{ "r.example:5001", NULL, true },
	{ "a.example", NULL, true },
	{ "r.example/x", NULL, true },
	{ "", NULL, true },
};

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "line 1 column 0: '[' or '{' expected" },
	{ "[]", "is not an object" },
	{ "{}", "rktKind: is missing" },
	{ "{\"rktkind\":\"auth\"}", "rktkind: must be written rktKind" },
	{ "{\"rktKind\":\"paths\"}",
	    "rktKind: \"paths\" is neither auth nor dockerAuth" },
	{ "{\"rktKind\":\"auth\"}", "rktVersion: is missing" },
	{ "{\"rktKind\":\"auth\",\"rktVersion\":\"v2\"}",
	    "rktVersion: \"v2\" is not v1" },
	{ HEAD "\"domains\":[\"d\"]}", "type: is missing" },
	{ HEAD "\"type\":1}", "type: is not a string" },
	{ HEAD "\"type\":\"basic\"}", "credentials: is missing" },
	{ HEAD "\"type\":\"aws\",\"credentials\":{}}",
	    "type: \"aws\" is neither basic nor oauth" },
	{ HEAD "\"type\":\"basic\",\"credentials\":[]}",
	    "credentials: is not an object" },
	{ HEAD "\"type\":\"basic\",\"credentials\":{\"password\":\"p\"}}",
	    "credentials.user: is missing" },
	{ HEAD "\"type\":\"basic\",\"credentials\":{\"user\":\"u\"}}",
	    "credentials.password: is missing" },
	{ HEAD "\"type\":\"basic\"," SECRET ",\"User\":\"v\"}}",
	    "credentials.User: must be written user" },
	{ HEAD "\"type\":\"basic\",\"credentials\":{\"user\":\"u\","
	       "\"password\":\"\"}}",
	    "credentials.password: is empty" },
	{ HEAD "\"type\":\"basic\",\"credentials\":{\"user\":\"u\","
	       "\"password\":\"hid\\nden\"}}",
	    "credentials.password: has a control character in it" },
	{ HEAD "\"type\":\"basic\",\"credentials\":{\"user\":\"u:v\","
	       "\"password\":\"hidden\"}}",
	    "credentials: has a user with a colon" },
	{ HEAD "\"type\":\"oauth\",\"credentials\":{}}",
	    "credentials.token: is missing" },
	{ HEAD "\"type\":\"oauth\",\"credentials\":{\"token\":7}}",
	    "credentials.token: is not a string" },
	{ HEAD OAUTH "}", "domains: names no host" },
	{ HEAD "\"domains\":[]," OAUTH "}", "domains: names no host" },
	{ HEAD "\"domains\":\"d\"," OAUTH "}", "domains: is not a list" },
	{ HEAD "\"domains\":[1]," OAUTH "}", "domains[0]: is not a string" },
	{ HEAD "\"domains\":[\"d.example\",\"https://e.example\"]," OAUTH "}",
	    "domains[1]: \"https://e.example\" is not a host, or host:port" },
	{ HEAD "\"domains\":[\"u@d.example\"]," OAUTH "}",
	    "domains[0]: \"u@d.example\" is not a host, or host:port" },
	{ HEAD "\"domains\":[\"d.example\",\"D.example:443\"]," OAUTH "}",
	    "domains[1]: \"D.example:443\" is there twice" },
	{ DOCKER SECRET "},\"registries\":[]}", "line 1 column 145: duplicate "
						"object key" },
	{ DOCKER SECRET "}} hidden",
	    "line 1 column 140: end of file expected" },
	{ "{\"rktKind\":\"dockerAuth\",\"rktVersion\":\"v1\"," SECRET "}}",
	    "registries: names no host" },
};

int
main(void)
{
	struct auth *auth = auth_new();
	char *why = NULL;

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert(auth_add(auth, good[i], strlen(good[i]), &why) == 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		autofree char *header =
		    rows[i].registry ? auth_for_registry(auth, rows[i].place)
				     : auth_for_url(auth, rows[i].place);
		const char *want = rows[i].header;

		if (want == NULL ? header != NULL
				 : header == NULL || strcmp(want, header) != 0)
			fprintf(stderr, "%s: %s\n", rows[i].place, header);
		assert((want == NULL) == (header == NULL));
		assert(want == NULL || strcmp(want, header) == 0);
	}
	auth_free(auth);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		auth = auth_new();
		assert(
		    auth_add(auth, bad[i].text, strlen(bad[i].text), &why) < 0);
		if (strcmp(why, bad[i].why) != 0)
			fprintf(stderr, "want %s\ngot  %s\n", bad[i].why, why);
		assert(strcmp(why, bad[i].why) == 0);
		free(why);
		why = NULL;
		auth_free(auth);
	}
	auth_free(NULL);
	return 0;
}
