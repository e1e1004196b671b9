/* SPDX-License-Identifier: Apache-2.0 */
/* ticket - what the metadata service knows a pod by, and the key of the pod */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "path.h"
#include "publish.h"
#include "scope.h"
#include "ticket.h"

static const char digits[] = "0123456789abcdef";

/* Of the file: the token, a newline, the key, a newline. */
enum {
	SECRET = 16, /* bytes of the token that are not the UUID's */
	KEY_TEXT = 2 * TICKET_KEY,
	FILE_LENGTH = TICKET_SIZE + KEY_TEXT + 1,
};

static void
put_hex(char *text, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*text++ = digits[bytes[i] >> 4];
		*text++ = digits[bytes[i] & 15];
	}
}

static bool
get_hex(const char *text, unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < 2 * count; i++) {
		const char *digit = memchr(digits, text[i], sizeof digits - 1);

		if (digit == NULL)
			return false;
		bytes[i / 2] =
		    (unsigned char)(bytes[i / 2] << 4 | (digit - digits));
	}
	return true;
}

int
ticket_make(int dir, const char uuid[UUID_SIZE])
{
	unsigned char random[SECRET + TICKET_KEY];
	char text[FILE_LENGTH], *at = text;

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -1;
	for (const char *p = uuid; *p != '\0'; p++)
		if (*p != '-')
			*at++ = *p;
	put_hex(at, random, SECRET);
	at[(size_t)2 * SECRET] = '\n';
	put_hex(text + TICKET_SIZE, random + SECRET, TICKET_KEY);
	text[FILE_LENGTH - 1] = '\n';
	return publish_file(dir, "token", text, sizeof text, 0600, 0) < 0 ? -1
									  : 0;
}

int
ticket_read(int dir, struct ticket *token)
{
	size_t length;
	autofree char *text = path_read(dir, "token", FILE_LENGTH, &length);

	if (text == NULL)
		return -1;
	memset(token, 0, sizeof *token);
	if (length != FILE_LENGTH ||
	    !get_hex(text + TICKET_SIZE, token->key, TICKET_KEY)) {
		errno = EBADMSG;
		return -1;
	}
	memcpy(token->text, text, TICKET_SIZE - 1);
	return 0;
}

bool
ticket_uuid(const char *text, char uuid[UUID_SIZE])
{
	char *at = uuid;

	if (strlen(text) != TICKET_SIZE - 1 ||
	    strspn(text, digits) != TICKET_SIZE - 1)
		return false;
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*at++ = '-';
		*at++ = text[i];
	}
	*at = '\0';
	return uuid_valid(uuid);
}
