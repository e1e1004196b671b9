/* SPDX-License-Identifier: Apache-2.0 */
/* openpgp - the frame of OpenPGP data: armour and packets, read strictly */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* No key file and no signature may be longer. */
enum { OPENPGP_MAX = 1024 * 1024 };

/* The packets of a file, without armour; the caller frees bytes. */
struct openpgp {
	unsigned char *bytes;
	size_t length;
};

/*
 * Each reads a file of at most OPENPGP_MAX bytes, either binary or armoured,
 * and returns NULL, or what is wrong as a static text that fits behind "path:
 * ", *out being empty then.  They look at the frame alone, so that gpg is
 * never shown another kind of message: what is in it is gpg's to judge.
 *
 * A detached signature is exactly one armour block, or binary, in which all
 * packets are signatures of version 4 or 5 over binary data.
 */
const char *openpgp_signature(
    const char *text, size_t length, struct openpgp *out);

/*
 * Public keys: one or several blocks, or binary, with no secret key among
 * them.  *keys becomes their number.
 */
const char *openpgp_keys(
    const char *text, size_t length, struct openpgp *out, size_t *keys);

/*
 * The fingerprint of the first key that openpgp_keys() read, in lower-case
 * hexadecimal; the caller frees it.  NULL: its version has none.
 */
char *openpgp_fingerprint(const struct openpgp *keys);

/* RFC 4880, section 4.3: those that a signature or a public key has. */
enum packet_tag {
	TAG_SIGNATURE = 2,
	TAG_ONE_PASS = 4,
	TAG_SECRET_KEY = 5,
	TAG_PUBLIC_KEY = 6,
	TAG_SECRET_SUBKEY = 7,
	TAG_COMPRESSED = 8,
	TAG_LITERAL = 11,
	TAG_TRUST = 12, /* in gpg's own key rings; it ignores them elsewhere */
	TAG_USER_ID = 13,
	TAG_PUBLIC_SUBKEY = 14,
	TAG_USER_ATTRIBUTE = 17
};

struct packet {
	int tag;
	const unsigned char *body; /* borrowed */
	size_t length;
	const unsigned char *bytes; /* all of it, its header too */
	size_t size;
};

/*
 * Takes the packet at *at, of which *left > 0 bytes are there.  False: it is
 * malformed, or of no definite length, which only data packets may be.
 */
bool packet_next(const unsigned char **at, size_t *left, struct packet *packet);

/* Is it a signature as openpgp_signature() takes it?  NULL, or what is wrong.
 */
const char *packet_check_signature(const struct packet *packet);
