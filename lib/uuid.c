/* SPDX-License-Identifier: Apache-2.0 */
/* uuid - the name of a pod: RFC 4122, version 4 */

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "prog.h"
#include "uuid.h"

void
uuid_make(char uuid[UUID_SIZE])
{
	unsigned char b[16];

	if (getrandom(b, sizeof b, 0) != sizeof b)
		prog_die("getrandom");
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4 */
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* RFC 4122 variant */
	(void)snprintf(uuid, UUID_SIZE,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x"
	    "%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

bool
uuid_valid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '-'
			? text[i] != '-'
			: strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	return strspn(text, "0-") != sizeof form - 1;
}

uint32_t
uuid_hash(const char *uuid)
{
	uint32_t value = 2166136261;

	for (; *uuid != '\0'; uuid++)
		value = (value ^ (unsigned char)*uuid) * 16777619;
	return value;
}
