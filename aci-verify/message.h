/* SPDX-License-Identifier: Apache-2.0 */
/* message - a short text and its signature, in one OpenPGP message */
#pragma once

#include "openpgp.h"

/* No text may be longer. */
enum { MESSAGE_MAX = 64 * 1024 };

struct message {
	char *text; /* with a NUL after it; the caller frees it */
	size_t length;
	struct openpgp signature; /* of the text, detached; likewise */
};

/*
 * Takes apart what "gpg --sign" makes of a text: a one-pass signature, the
 * literal data and the signature, in that order and nothing else, in a binary
 * file, compressed as a whole or not.  gpg is then shown a detached signature,
 * as for any other file, and never a message.  Returns NULL, or what is wrong,
 * as a static text, *out being empty then.
 */
const char *message_read(const char *bytes, size_t length, struct message *out);
void message_free(struct message *message);
