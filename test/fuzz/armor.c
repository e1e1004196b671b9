/* SPDX-License-Identifier: Apache-2.0 */
/* armor - fuzz the armour and packets of signatures, keys and messages */

#undef NDEBUG
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "claim.h"
#include "message.h"
#include "openpgp.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The packets cover all of it, and nothing else. */
static void
check_packets(const struct openpgp *data, bool signatures)
{
	const unsigned char *at = data->bytes;
	size_t left = data->length;
	struct packet packet;

	assert(left > 0);
	while (left > 0) {
		const unsigned char *from = at;

		assert(packet_next(&at, &left, &packet));
		assert(packet.bytes == from && from + packet.size == at);
		assert(packet.body + packet.length == at);
		if (signatures)
			assert(packet_check_signature(&packet) == NULL);
	}
}

/* What came out of armour is taken as it is, too. */
static void
check_signature(const char *text, size_t size)
{
	struct openpgp data, same;

	if (openpgp_signature(text, size, &data) != NULL) {
		assert(data.bytes == NULL && data.length == 0);
		return;
	}
	check_packets(&data, true);
	assert(openpgp_signature(
		   (const char *)data.bytes, data.length, &same) == NULL);
	assert(same.length == data.length &&
	       memcmp(same.bytes, data.bytes, same.length) == 0);
	free(same.bytes);
	free(data.bytes);
}

static void
check_keys(const char *text, size_t size)
{
	struct openpgp data;
	size_t keys = 0;
	char *fingerprint;

	if (openpgp_keys(text, size, &data, &keys) != NULL) {
		assert(data.bytes == NULL);
		return;
	}
	assert(keys > 0);
	check_packets(&data, false);
	fingerprint = openpgp_fingerprint(&data);
	assert(fingerprint == NULL || strlen(fingerprint) == 40 ||
	       strlen(fingerprint) == 64);
	free(fingerprint);
	free(data.bytes);
}

static void
check_claim(const char *text)
{
	struct docker_ref asked;
	const char *why;

	assert(docker_ref_parse("docker://example.com/a:1", &asked, &why) == 0);
	free(claim_check(text, &asked, "sha256-0"));
	docker_ref_free(&asked);
}

static void
check_message(const char *bytes, size_t size)
{
	struct message message;

	if (message_read(bytes, size, &message) != NULL) {
		assert(message.text == NULL && message.signature.bytes == NULL);
		return;
	}
	assert(message.length <= MESSAGE_MAX);
	assert(strlen(message.text) == message.length);
	check_packets(&message.signature, true);
	check_claim(message.text);
	message_free(&message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* As path_read() gives it: with a NUL behind it. */
	autofree char *text = xcalloc(size + 1, 1);

	memcpy(text, data, size);
	check_signature(text, size);
	check_keys(text, size);
	check_message(text, size);
	check_claim(text);
	return 0;
}
