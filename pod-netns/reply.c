/* SPDX-License-Identifier: Apache-2.0 */
/* reply - one HTTP response */

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "publish.h"
#include "reply.h"
#include "scope.h"

static const char type_text[] = "text/plain; charset=us-ascii";
static const char type_json[] = "application/json";

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 431, "Request Header Fields Too Large" },
	{ 501, "Not Implemented" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Internal Server Error";
}

static void
set(struct reply *reply, const char *type, const char *bytes, size_t length)
{
	free(reply->body);
	reply->status = 200;
	reply->type = type;
	reply->body = xcalloc(length + 1, 1);
	memcpy(reply->body, bytes, length);
	reply->length = length;
}

void
reply_text(struct reply *reply, const char *text)
{
	set(reply, type_text, text, strlen(text));
}

void
reply_bytes(struct reply *reply, const char *bytes, size_t length)
{
	set(reply, type_json, bytes, length);
}

void
reply_json(struct reply *reply, const json_t *json)
{
	autofree char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	autofree char *line = text == NULL ? NULL : xasprintf("%s\n", text);

	if (line == NULL)
		reply->status = 500;
	else
		set(reply, type_json, line, strlen(line));
}

void
reply_base64(struct reply *reply, const unsigned char *bytes, size_t length)
{
	const size_t size = BASE64_ENCODE_RAW_LENGTH(length);
	autofree char *text = xcalloc(size + 1, 1);

	base64_encode_raw(text, length, bytes);
	set(reply, type_text, text, size);
}

bool
reply_unbase64(
    const char *text, size_t length, unsigned char *bytes, size_t size)
{
	autofree uint8_t *decoded =
	    xcalloc(BASE64_DECODE_LENGTH(length) + 1, 1);
	struct base64_decode_ctx context;
	size_t got = BASE64_DECODE_LENGTH(length);

	base64_decode_init(&context);
	if (length != BASE64_ENCODE_RAW_LENGTH(size) ||
	    base64_decode_update(&context, &got, decoded, length, text) != 1 ||
	    base64_decode_final(&context) != 1 || got != size)
		return false;
	memcpy(bytes, decoded, size);
	return true;
}

/* What a status says when there is nothing else. */
static void
set_reason(struct reply *reply, const char *reason)
{
	const int status = reply->status;
	autofree char *line = xasprintf("%s\n", reason);

	set(reply, type_text, line, status == 200 ? 0 : strlen(line));
	reply->status = status;
}

void
reply_send(int connection, struct reply *reply)
{
	const char *reason = reason_of(reply->status);
	autofree char *allow = reply->allow == NULL
				   ? xstrdup("")
				   : xasprintf("Allow: %s\r\n", reply->allow);
	autofree char *head = NULL;
	autofree char *all = NULL;
	size_t length;

	if (reply->body == NULL)
		set_reason(reply, reason);
	head = xasprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\n"
			 "Content-Length: %zu\r\n%sCache-Control: no-store\r\n"
			 "Connection: close\r\n\r\n",
	    reply->status, reason, reply->type, reply->length, allow);
	length = strlen(head);
	all = xcalloc(length + reply->length + 1, 1);
	memcpy(all, head, length);
	memcpy(all + length, reply->body, reply->length);
	(void)write_all(connection, all, length + reply->length);
	free(reply->body);
	reply->body = NULL;
}
