/* SPDX-License-Identifier: Apache-2.0 */
/* openpgp - the frame of OpenPGP data: armour and packets, read strictly */
#pragma once

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

/* The body of the first packet, which has been checked; borrowed. */
const unsigned char *openpgp_first(const struct openpgp *data, size_t *length);
