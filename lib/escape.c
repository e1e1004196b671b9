/* SPDX-License-Identifier: Apache-2.0 */
/* escape - text from outside, made safe for a terminal or a log */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"

/*
 * The length of the UTF-8 character at bytes, and which; 0 if it is not one:
 * cut, overlong, a surrogate, or past U+10FFFF.
 */
static size_t
utf8(const unsigned char *bytes, size_t length, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = bytes[0] < 0x80       ? 1
		      : bytes[0] >> 5 == 6  ? 2
		      : bytes[0] >> 4 == 14 ? 3
		      : bytes[0] >> 3 == 30 ? 4
					    : 0;

	if (size == 0 || size > length)
		return 0;
	*character = size == 1 ? bytes[0] : bytes[0] & (0x7fU >> size);
	for (size_t i = 1; i < size; i++) {
		if (bytes[i] >> 6 != 2)
			return 0;
		*character = *character << 6 | (bytes[i] & 0x3f);
	}
	if (*character < least[size] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return size;
}

/* Could it move the cursor, hide text or turn it round? */
static bool
harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '\\' ||
	       c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static char *
escape_all(const void *bytes, size_t length, bool again)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	char *text = xcalloc(1, ESCAPE_MAX + 4);
	size_t used = 0;

	while (length > 0) {
		uint32_t character = 0;
		size_t size = utf8(in, length, &character);
		bool plain = size > 0 && (!harmful(character) ||
					     (again && character == '\\'));
		size_t take = size > 0 ? size : 1;

		if (used + (plain ? take : 4 * take) > ESCAPE_MAX) {
			memcpy(text + used, "...", 3);
			break;
		}
		for (size_t i = 0; i < take; i++) {
			if (plain) {
				text[used++] = (char)in[i];
				continue;
			}
			text[used++] = '\\';
			text[used++] = 'x';
			text[used++] = digits[in[i] >> 4];
			text[used++] = digits[in[i] & 15];
		}
		in += take;
		length -= take;
	}
	return text;
}

char *
escape_bytes(const void *bytes, size_t length)
{
	return escape_all(bytes, length, false);
}

char *
escape_again(const char *text)
{
	return escape_all(text, strlen(text), true);
}

char *
escape(const char *text)
{
	return text == NULL ? xstrdup("(null)")
			    : escape_bytes(text, strlen(text));
}
