/* SPDX-License-Identifier: Apache-2.0 */
/* request - one HTTP request, read strictly */

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "request.h"

enum {
	BAD_REQUEST = 400,
	LENGTH_REQUIRED = 411,
	CONTENT_TOO_LARGE = 413,
	HEADERS_TOO_LARGE = 431,
	NOT_IMPLEMENTED = 501,
	VERSION_NOT_SUPPORTED = 505,
};

/* A part of the bytes. */
struct span {
	const char *at;
	size_t length;
};

/* What the headers say. */
struct headers {
	unsigned hosts;
	unsigned lengths;
	size_t length; /* of the body; more than REQUEST_MAX: too much */
	bool encoded;  /* there is a Transfer-Encoding */
	unsigned types;
	bool form;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A "token" of RFC 9110: of such are names of headers. */
static bool
is_token(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_text(struct span span, const char *text)
{
	return span.length == strlen(text) &&
	       strncasecmp(span.at, text, span.length) == 0;
}

/* The text up to c, or up to the end; what is behind it stays in rest. */
static struct span
cut(struct span *rest, char c)
{
	const char *at = memchr(rest->at, c, rest->length);
	struct span part = { rest->at, rest->length };

	if (at == NULL) {
		*rest = (struct span){ rest->at + rest->length, 0 };
		return part;
	}
	part.length = (size_t)(at - rest->at);
	*rest = (struct span){ at + 1, rest->length - part.length - 1 };
	return part;
}

static struct span
trim(struct span span)
{
	while (span.length > 0 && (*span.at == ' ' || *span.at == '\t')) {
		span.at++;
		span.length--;
	}
	while (span.length > 0 && (span.at[span.length - 1] == ' ' ||
				      span.at[span.length - 1] == '\t'))
		span.length--;
	return span;
}

/* One that two readers cannot take for lines in two ways. */
static bool
is_clean(struct span head)
{
	for (size_t i = 0; i < head.length; i++) {
		const unsigned char c = (unsigned char)head.at[i];

		if (c == '\r' ? i + 1 < head.length && head.at[i + 1] != '\n'
			      : c == '\n' && (i == 0 || head.at[i - 1] != '\r'))
			return false;
		if (c == 0x7f || (c < ' ' && strchr("\r\n\t", c) == NULL) ||
		    c == '\0')
			return false;
	}
	return true;
}

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c, 16);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Decodes %41, and if plus is set "+".  -1: malformed. */
static int
decode(struct span span, bool plus, char *to, size_t *length)
{
	*length = 0;
	for (size_t i = 0; i < span.length; i++) {
		char c = span.at[i];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%') {
			int high, low;

			if (span.length - i < 3 ||
			    (high = hex(span.at[i + 1])) < 0 ||
			    (low = hex(span.at[i + 2])) < 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		}
		to[(*length)++] = c;
	}
	return 0;
}

/* A path is all that a target may be. */
static int
read_target(struct span target, struct request *request)
{
	size_t length;

	if (target.length == 0 || *target.at != '/' ||
	    decode(target, false, request->path, &length) < 0)
		return BAD_REQUEST;
	for (size_t i = 0; i < target.length; i++)
		if (target.at[i] <= ' ' || strchr("?#", target.at[i]) != NULL)
			return BAD_REQUEST;
	for (size_t i = 0; i < length; i++)
		if (request->path[i] < ' ' || request->path[i] == 0x7f)
			return BAD_REQUEST;
	request->path[length] = '\0';
	return 0;
}

static int
read_version(struct span version, bool *host_needed)
{
	if (version.length != 8 || strncmp(version.at, "HTTP/", 5) != 0 ||
	    !is_digit(version.at[5]) || version.at[6] != '.' ||
	    !is_digit(version.at[7]))
		return BAD_REQUEST;
	if (version.at[5] != '1')
		return VERSION_NOT_SUPPORTED;
	*host_needed = version.at[7] != '0';
	return 0;
}

static int
read_line(struct span line, struct request *request, bool *host_needed)
{
	const struct span method = cut(&line, ' ');
	const struct span target = cut(&line, ' ');
	int status;

	if (method.length == 0 || method.length >= sizeof request->method)
		return BAD_REQUEST;
	for (size_t i = 0; i < method.length; i++)
		if (!is_token(method.at[i]))
			return BAD_REQUEST;
	memcpy(request->method, method.at, method.length);
	request->method[method.length] = '\0';
	status = read_version(line, host_needed);
	return status != 0 ? status : read_target(target, request);
}

static int
read_length(struct span value, struct headers *headers)
{
	if (value.length == 0)
		return BAD_REQUEST;
	headers->length = 0;
	for (size_t i = 0; i < value.length; i++) {
		if (!is_digit(value.at[i]))
			return BAD_REQUEST;
		if (headers->length <= REQUEST_MAX)
			headers->length =
			    headers->length * 10 + (size_t)(value.at[i] - '0');
	}
	return headers->lengths++ == 0 ? 0 : BAD_REQUEST;
}

static int
read_header(struct span line, struct headers *headers)
{
	const bool colon = memchr(line.at, ':', line.length) != NULL;
	const struct span name = cut(&line, ':');
	struct span value = trim(line);

	if (!colon || name.length == 0)
		return BAD_REQUEST;
	for (size_t i = 0; i < name.length; i++)
		if (!is_token(name.at[i]))
			return BAD_REQUEST;
	if (is_text(name, "Content-Length"))
		return read_length(value, headers);
	if (is_text(name, "Host"))
		return headers->hosts++ == 0 ? 0 : BAD_REQUEST;
	if (is_text(name, "Transfer-Encoding"))
		headers->encoded = true;
	if (is_text(name, "Content-Type")) {
		if (headers->types++ > 0)
			return BAD_REQUEST;
		headers->form = is_text(trim(cut(&value, ';')),
		    "application/x-www-form-urlencoded");
	}
	return 0;
}

/* What the headers say together. */
static int
check(const struct headers *headers, const struct request *request,
    bool host_needed)
{
	if (host_needed && headers->hosts == 0)
		return BAD_REQUEST;
	if (headers->encoded)
		return headers->lengths > 0 ? BAD_REQUEST : NOT_IMPLEMENTED;
	if (headers->lengths == 0 && strcmp(request->method, "POST") == 0)
		return LENGTH_REQUIRED;
	return headers->length > REQUEST_MAX ? CONTENT_TOO_LARGE : 0;
}

/* The lines of the head, which ends in an empty one. */
static int
read_head(struct span head, struct request *request, struct headers *headers)
{
	bool host_needed = false;
	struct span line;
	int status;

	if (!is_clean(head))
		return BAD_REQUEST;
	line = cut(&head, '\n');
	line.length--; /* the CR */
	status = read_line(line, request, &host_needed);
	while (status == 0 && head.length > 2) {
		line = cut(&head, '\n');
		line.length--;
		status = read_header(line, headers);
	}
	return status != 0 ? status : check(headers, request, host_needed);
}

int
request_parse(const char *bytes, size_t length, struct request *request)
{
	const char *end = memmem(bytes, length, "\r\n\r\n", 4);
	struct headers headers = { 0 };
	size_t head;
	int status;

	if (end == NULL)
		return length < REQUEST_MAX ? REQUEST_MORE : HEADERS_TOO_LARGE;
	head = (size_t)(end - bytes) + 4;
	status = read_head((struct span){ bytes, head }, request, &headers);
	if (status != 0)
		return status;
	if (headers.length > REQUEST_MAX - head)
		return CONTENT_TOO_LARGE;
	if (length - head < headers.length)
		return REQUEST_MORE;
	request->form = headers.form;
	request->body = bytes + head;
	request->length = headers.length;
	return REQUEST_WHOLE;
}

int
request_field(const struct request *request, const char *name, char *value,
    size_t *length)
{
	struct span rest = { request->body, request->length };
	char decoded[REQUEST_MAX];
	int found = 0;

	while (rest.length > 0) {
		struct span field = cut(&rest, '&');
		const struct span key = cut(&field, '=');
		size_t size;

		if (decode(key, true, decoded, &size) < 0)
			return -1;
		if (size != strlen(name) || memcmp(decoded, name, size) != 0)
			continue;
		if (found++ > 0 || decode(field, true, value, length) < 0)
			return -1;
	}
	return found;
}
