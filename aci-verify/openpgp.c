/* SPDX-License-Identifier: Apache-2.0 */
/* openpgp - the frame of OpenPGP data: armour and packets, read strictly */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "alloc.h"
#include "armor.h"
#include "openpgp.h"
#include "scope.h"

enum { SIGNATURES_MAX = 16, ARMOUR_BLOCKS_MAX = 64 };

static size_t
big_endian(const unsigned char *bytes, size_t count)
{
	size_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

/*
 * The length of a packet of the new format, and how many bytes it takes; 0 if
 * it is malformed or a partial one, which only data packets may have.
 */
static size_t
new_length(const unsigned char *at, size_t left, size_t *length)
{
	if (left >= 1 && at[0] < 192) {
		*length = at[0];
		return 1;
	}
	if (left >= 2 && at[0] < 224) {
		*length = ((size_t)(at[0] - 192) << 8) + at[1] + 192;
		return 2;
	}
	if (left >= 5 && at[0] == 255) {
		*length = big_endian(at + 1, 4);
		return 5;
	}
	return 0;
}

/* The same for the old format, where kind 3 is "until the end". */
static size_t
old_length(const unsigned char *at, size_t left, unsigned kind, size_t *length)
{
	size_t size = (size_t)1 << kind;

	if (kind == 3 || left < size)
		return 0;
	*length = big_endian(at, size);
	return size;
}

bool
packet_next(const unsigned char **at, size_t *left, struct packet *packet)
{
	unsigned first = **at;
	size_t length = 0, size;

	if ((first & 0x80) == 0)
		return false;
	if ((first & 0x40) != 0) {
		packet->tag = (int)(first & 0x3f);
		size = new_length(*at + 1, *left - 1, &length);
	} else {
		packet->tag = (int)(first >> 2 & 0x0f);
		size = old_length(*at + 1, *left - 1, first & 3, &length);
	}
	if (size == 0 || length > *left - 1 - size)
		return false;
	packet->body = *at + 1 + size;
	packet->length = length;
	packet->bytes = *at;
	packet->size = 1 + size + length;
	*at = packet->body + length;
	*left -= 1 + size + length;
	return true;
}

static bool
is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' || strchr(" \t\r\n", text[i]) == NULL)
			return false;
	return true;
}

/* The bytes of a file, armoured in at most so many blocks, or binary. */
static const char *
read_bytes(const char *text, size_t length, const char *label, int blocks,
    struct openpgp *out)
{
	const char *why = NULL;

	out->length = 0;
	out->bytes = xcalloc(length + 3, 1);
	if (((unsigned char)*text & 0x80) != 0) {
		memcpy(out->bytes, text, length);
		out->length = length;
		return NULL;
	}
	do {
		if (blocks-- == 0)
			return "more than one block of armour";
		why =
		    armor_take(&text, &length, label, out->bytes, &out->length);
	} while (why == NULL && length > 0);
	return why;
}

const char *
packet_check_signature(const struct packet *packet)
{
	if (packet->tag != TAG_SIGNATURE)
		return "not a detached signature";
	if (packet->length < 4 || packet->body[0] < 4 || packet->body[0] > 5)
		return "a signature of an unknown version";
	if (packet->body[1] != 0)
		return "not a signature of binary data";
	return NULL;
}

static const char *
check_signatures(const struct openpgp *data)
{
	const unsigned char *at = data->bytes;
	size_t left = data->length;
	const char *why = NULL;

	for (int count = 0; left > 0 && why == NULL; count++) {
		struct packet packet;

		if (count == SIGNATURES_MAX)
			return "too many signatures";
		if (!packet_next(&at, &left, &packet))
			return "a malformed packet";
		why = packet_check_signature(&packet);
	}
	return why;
}

static const char *
check_key_packet(const struct packet *packet, size_t *keys)
{
	switch (packet->tag) {
	case TAG_PUBLIC_KEY:
		(*keys)++;
		if (packet->length < 6 || packet->length > UINT16_MAX ||
		    packet->body[0] < 4 || packet->body[0] > 5)
			return "a key of an unknown version";
		return NULL;
	case TAG_SIGNATURE:
	case TAG_TRUST:
	case TAG_USER_ID:
	case TAG_PUBLIC_SUBKEY:
	case TAG_USER_ATTRIBUTE:
		return *keys == 0 ? "not a public key" : NULL;
	case TAG_SECRET_KEY:
	case TAG_SECRET_SUBKEY:
		return "a secret key";
	default:
		return "not a public key";
	}
}

static const char *
check_keys(const struct openpgp *data, size_t *keys)
{
	const unsigned char *at = data->bytes;
	size_t left = data->length;
	const char *why = NULL;

	*keys = 0;
	while (left > 0 && why == NULL) {
		struct packet packet;

		if (!packet_next(&at, &left, &packet))
			return "a malformed packet";
		why = check_key_packet(&packet, keys);
	}
	return why;
}

/* Empty when it was refused. */
static const char *
settle(struct openpgp *out, const char *why)
{
	if (why == NULL)
		return NULL;
	free(out->bytes);
	*out = (struct openpgp){ 0 };
	return why;
}

const char *
openpgp_signature(const char *text, size_t length, struct openpgp *out)
{
	const char *why;

	*out = (struct openpgp){ 0 };
	if (is_blank(text, length))
		return "no signature";
	why = read_bytes(text, length, "SIGNATURE", 1, out);
	return settle(out, why == NULL ? check_signatures(out) : why);
}

const char *
openpgp_keys(const char *text, size_t length, struct openpgp *out, size_t *keys)
{
	const char *why;

	*out = (struct openpgp){ 0 };
	if (is_blank(text, length))
		return "no key";
	why = read_bytes(
	    text, length, "PUBLIC KEY BLOCK", ARMOUR_BLOCKS_MAX, out);
	return settle(out, why == NULL ? check_keys(out, keys) : why);
}
