/* SPDX-License-Identifier: Apache-2.0 */
/* place - one source of an image, and what it wants to know of who asks */

#include <string.h>

#include "alloc.h"
#include "auth.h"
#include "challenge.h"
#include "escape.h"
#include "login.h"
#include "place.h"
#include "prog.h"
#include "scope.h"
#include "sources.h"
#include "token.h"

void
place_open(struct place *place, const struct source *source,
    const struct auth *auth, const struct strings *token_servers)
{
	*place = (struct place){ .source = source,
		.scheme = "https",
		.token_servers = token_servers };
	place->login = auth_for_registry(auth, source->host);
	if (place->login == NULL)
		place->login = login_find(
		    source->host, source->repository, &place->helper);
}

void
place_close(struct place *place)
{
	free(place->login);
	free(place->helper);
	free(place->authorization);
	free(place->untold);
	*place = (struct place){ 0 };
}

/* There are no credentials, and perhaps that is somebody's doing. */
static char *
nobody_known(const struct place *place)
{
	autofree char *helper = NULL;

	if (place->helper == NULL)
		return xasprintf("no access without credentials for %s",
		    place->source->host);
	helper = escape(place->helper);
	return xasprintf("no access without credentials for %s (%s)",
	    place->source->host, helper);
}

char *
place_refusal(const struct place *place)
{
	const char *host = place->source->host;
	autofree char *untold = NULL;

	if (place->login == NULL)
		return nobody_known(place);
	if (strcmp(place->scheme, "https") != 0)
		return xstrdup("credentials are sent by https only");
	if (place->untold == NULL && place->authorization == NULL)
		return xstrdup("does not say what credentials it wants");
	if (place->untold == NULL)
		return xasprintf("the credentials for %s are refused", host);
	untold = escape(place->untold);
	return xasprintf("no access, and %s is not told the credentials for "
			 "%s: it is none of its tokenServers",
	    untold, host);
}

/* Does what the challenge asks for; as place_admit(). */
static int
answer_challenge(struct place *place, struct web *web, bool http,
    const struct challenge *challenge, char **why)
{
	const struct token_request request = { .web = web,
		.challenge = challenge,
		.http = http,
		.host = place->source->host,
		.repository = place->source->repository,
		.login = place->login,
		.servers = place->token_servers,
		.untold = &place->untold };
	int status = EX_UNAVAILABLE;
	char *header = NULL;

	if (challenge->realm != NULL)
		header = token_get(&request, &status, why);
	else if (!challenge->basic)
		*why = xstrdup("wants credentials of an unknown kind");
	else if (place->login != NULL && place->authorization == NULL)
		header = xstrdup(place->login);
	else {
		*why = place_refusal(place);
		status = EX_NOPERM;
	}
	if (header == NULL)
		return status;
	free(place->authorization);
	place->authorization = header;
	return 0;
}

int
place_admit(struct place *place, struct web *web, bool http, const char *header,
    char **why)
{
	struct challenge challenge = { 0 };
	const char *wrong = NULL;
	int status = EX_UNAVAILABLE;

	if (challenge_parse(header, &challenge, &wrong) < 0)
		*why = xasprintf("WWW-Authenticate: %s", wrong);
	else
		status = answer_challenge(place, web, http, &challenge, why);
	challenge_free(&challenge);
	return status;
}
