/* SPDX-License-Identifier: Apache-2.0 */
/* armor - OpenPGP's ASCII armour (RFC 4880, section 6.2), read strictly */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "armor.h"

enum { LINE_MAX_BYTES = 1024, LABEL_MAX = 64, CRC_DIGITS = 4 };

struct line {
	const char *text;
	size_t length;
};

/* The next line without its end and the blanks before that. */
static bool
next_line(const char **text, size_t *left, struct line *line)
{
	const char *end = memchr(*text, '\n', *left);
	size_t taken = end == NULL ? *left : (size_t)(end - *text) + 1;

	if (*left == 0)
		return false;
	line->text = *text;
	line->length = end == NULL ? taken : taken - 1;
	*text += taken;
	*left -= taken;
	while (line->length > 0 &&
	       strchr(" \t\r", line->text[line->length - 1]) != NULL &&
	       line->text[line->length - 1] != '\0')
		line->length--;
	return true;
}

static bool
is_plain(const struct line *line)
{
	for (size_t i = 0; i < line->length; i++)
		if (line->text[i] < ' ' || line->text[i] > '~')
			return false;
	return line->length <= LINE_MAX_BYTES;
}

static bool
line_is(const struct line *line, const char *text)
{
	return line->length == strlen(text) &&
	       memcmp(line->text, text, line->length) == 0;
}

static void
skip_blank(const char **text, size_t *left)
{
	while (*left > 0 && **text != '\0' && strchr(" \t\r\n", **text)) {
		(*text)++;
		(*left)--;
	}
}

/* "Comment: …" and the like, then an empty line. */
static bool
skip_headers(const char **text, size_t *left)
{
	struct line line;

	while (next_line(text, left, &line)) {
		if (line.length == 0)
			return true;
		if (!is_plain(&line) ||
		    memchr(line.text, ':', line.length) == NULL)
			return false;
	}
	return false;
}

static int
digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* The base 64 text of a block, as it is read line by line. */
struct decoder {
	unsigned char *out;
	size_t used;
	uint32_t bits; /* of the group of four digits that is being read */
	int digits;    /* so many of it were read */
	int pads;      /* "=" seen: nothing but its second may follow */
};

static bool
decode_digit(struct decoder *d, char c)
{
	int value = digit(c);

	if (c == '=' && d->digits + d->pads >= 2 && d->digits < 4)
		d->pads++;
	else if (value < 0 || d->pads > 0)
		return false;
	else
		d->digits++;
	d->bits = d->bits << 6 | (uint32_t)(value < 0 ? 0 : value);
	if (d->digits + d->pads < 4)
		return true;
	for (int i = 0; i < 3 - d->pads; i++)
		d->out[d->used++] = (unsigned char)(d->bits >> (16 - 8 * i));
	if (d->pads == 0)
		d->digits = 0;
	d->bits = 0;
	return true;
}

static bool
decode_line(struct decoder *d, const struct line *line)
{
	for (size_t i = 0; i < line->length; i++) {
		if (d->digits + d->pads == 4 && d->pads > 0)
			return false;
		if (!decode_digit(d, line->text[i]))
			return false;
	}
	return true;
}

static bool
is_complete(const struct decoder *d)
{
	return d->digits == 0 || d->digits + d->pads == 4;
}

static uint32_t
crc24(const unsigned char *bytes, size_t length)
{
	uint32_t crc = 0xb704ce;

	for (size_t i = 0; i < length; i++) {
		crc ^= (uint32_t)bytes[i] << 16;
		for (int bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if (crc & 0x1000000)
				crc ^= 0x1864cfb;
		}
	}
	return crc & 0xffffff;
}

static bool
crc_fits(const struct line *line, uint32_t crc)
{
	uint32_t said = 0;

	if (line->length != 1 + CRC_DIGITS)
		return false;
	for (size_t i = 1; i <= CRC_DIGITS; i++) {
		int value = digit(line->text[i]);

		if (value < 0)
			return false;
		said = said << 6 | (uint32_t)value;
	}
	return said == crc;
}

/* The lines of a block after its headers, its last line included. */
static const char *
take_body(const char **text, size_t *left, const char *last, struct decoder *d)
{
	size_t from = d->used;
	struct line line;
	bool summed = false;

	while (next_line(text, left, &line)) {
		if (line_is(&line, last))
			return is_complete(d) && d->used > from
				   ? NULL
				   : "malformed armour: incomplete";
		if (line.length == 0 || summed || !is_plain(&line))
			return "malformed armour";
		summed = line.text[0] == '=';
		if (summed &&
		    !crc_fits(&line, crc24(d->out + from, d->used - from)))
			return "malformed armour: wrong checksum";
		if (!summed && !decode_line(d, &line))
			return "malformed armour: not base 64";
	}
	return "malformed armour: no end line";
}

const char *
armor_take(const char **text, size_t *left, const char *label,
    unsigned char *out, size_t *used)
{
	char first[LABEL_MAX], last[LABEL_MAX];
	struct decoder d = { .out = out, .used = *used };
	struct line line;
	const char *why;

	(void)snprintf(first, sizeof first, "-----BEGIN PGP %s-----", label);
	(void)snprintf(last, sizeof last, "-----END PGP %s-----", label);
	skip_blank(text, left);
	if (!next_line(text, left, &line) || !line_is(&line, first))
		return "not the armour that belongs here";
	if (!skip_headers(text, left))
		return "malformed armour: headers";
	why = take_body(text, left, last, &d);
	*used = d.used;
	skip_blank(text, left);
	return why;
}
