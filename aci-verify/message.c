/* SPDX-License-Identifier: Apache-2.0 */
/* message - a short text and its signature, in one OpenPGP message */

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "alloc.h"
#include "message.h"
#include "scope.h"

/* RFC 4880, sections 9.3, 5.4 and 5.9. */
enum {
	ZIP = 1,
	ZLIB = 2,
	WINDOW_BITS = 15,
	ONE_PASS_LENGTH = 13,
	LITERAL_DATE = 4
};

/* The packets in it may be so long: the text, and what stands around it. */
enum { UNPACKED_MAX = 2 * MESSAGE_MAX };

/* Exactly all of it, to exactly its end. */
static const char *
inflate_all(const unsigned char *bytes, size_t length, int window,
    unsigned char *out, size_t *used)
{
	z_stream stream = { .avail_in = (uInt)length,
		.avail_out = UNPACKED_MAX };
	int result = inflateInit2(&stream, window);

	if (result != Z_OK)
		return "zlib does not start";
	stream.next_in = bytes;
	stream.next_out = out;
	result = inflate(&stream, Z_FINISH);
	*used = UNPACKED_MAX - stream.avail_out;
	(void)inflateEnd(&stream);
	if (result == Z_STREAM_END && stream.avail_in == 0)
		return NULL;
	return result == Z_BUF_ERROR && stream.avail_out == 0
		   ? "longer than a signed text may be"
		   : "malformed compressed data";
}

/*
 * The packets of a compressed one.  Its length is "until the end" of the file
 * in the old format, as gpg writes it, or said.
 */
static const char *
unpack(
    const unsigned char *bytes, size_t length, unsigned char *out, size_t *used)
{
	const unsigned char until_end = 0x80 | TAG_COMPRESSED << 2 | 3;
	struct packet packet = {
		.tag = TAG_COMPRESSED, .body = bytes + 1, .length = length - 1
	};

	if (bytes[0] != until_end &&
	    (!packet_next(&bytes, &length, &packet) || length > 0))
		return "a malformed packet";
	if (packet.length == 0)
		return "malformed compressed data";
	if (packet.body[0] != ZIP && packet.body[0] != ZLIB)
		return "compressed in an unknown way";
	return inflate_all(packet.body + 1, packet.length - 1,
	    packet.body[0] == ZIP ? -WINDOW_BITS : WINDOW_BITS, out, used);
}

static bool
is_compressed(const unsigned char *bytes)
{
	return (bytes[0] & 0xc0) == 0xc0
		   ? (bytes[0] & 0x3f) == TAG_COMPRESSED
		   : (bytes[0] >> 2 & 0x0f) == TAG_COMPRESSED;
}

/* Of binary data, and the last of its kind. */
static bool
is_one_pass(const struct packet *packet)
{
	return packet->tag == TAG_ONE_PASS &&
	       packet->length == ONE_PASS_LENGTH && packet->body[0] == 3 &&
	       packet->body[1] == 0 && packet->body[ONE_PASS_LENGTH - 1] == 1;
}

/* Kind, a name, a date and the text, which alone is signed. */
static const char *
take_text(const struct packet *packet, struct message *out)
{
	size_t head;

	if (packet->tag != TAG_LITERAL)
		return "not a signed text";
	if (packet->length < 2 || packet->body[0] != 'b')
		return "not a text in binary form";
	head = 2 + (size_t)packet->body[1] + LITERAL_DATE;
	if (packet->length < head)
		return "a malformed packet";
	if (packet->length - head > MESSAGE_MAX)
		return "longer than a signed text may be";
	out->length = packet->length - head;
	out->text = xcalloc(out->length + 1, 1);
	memcpy(out->text, packet->body + head, out->length);
	return strlen(out->text) == out->length ? NULL : "not a text";
}

static const char *
take_signature(const unsigned char *bytes, size_t length, struct message *out)
{
	const unsigned char *at = bytes;
	size_t left = length;
	struct packet packet;
	const char *why;

	if (left == 0)
		return "no signature behind the text";
	if (!packet_next(&at, &left, &packet))
		return "a malformed packet";
	why = packet_check_signature(&packet);
	if (why == NULL && left > 0)
		why = "something behind the signature";
	if (why != NULL)
		return why;
	out->signature.length = length;
	out->signature.bytes = xcalloc(length, 1);
	memcpy(out->signature.bytes, bytes, length);
	return NULL;
}

static const char *
take_apart(const unsigned char *at, size_t left, struct message *out)
{
	struct packet packet;
	const char *why;

	if (left == 0 || !packet_next(&at, &left, &packet))
		return "a malformed packet";
	if (!is_one_pass(&packet))
		return "not one signed text";
	if (left == 0 || !packet_next(&at, &left, &packet))
		return "a malformed packet";
	why = take_text(&packet, out);
	return why == NULL ? take_signature(at, left, out) : why;
}

const char *
message_read(const char *bytes, size_t length, struct message *out)
{
	autofree unsigned char *unpacked = NULL;
	const unsigned char *at = (const unsigned char *)bytes;
	const char *why = NULL;

	*out = (struct message){ 0 };
	if (length == 0)
		return "no signature";
	if ((*at & 0x80) == 0)
		return "not an OpenPGP message";
	if (is_compressed(at)) {
		unpacked = xcalloc(UNPACKED_MAX, 1);
		why = unpack(at, length, unpacked, &length);
		at = unpacked;
	}
	if (why == NULL)
		why = take_apart(at, length, out);
	if (why != NULL)
		message_free(out);
	return why;
}

void
message_free(struct message *message)
{
	free(message->text);
	free(message->signature.bytes);
	*message = (struct message){ 0 };
}
