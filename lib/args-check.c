/* SPDX-License-Identifier: Apache-2.0 */
/* args-check - what the values of rkt's options may be */

#include <stdint.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "args-check.h"
#include "num.h"
#include "pairs.h"
#include "pull.h"
#include "schema.h"
#include "scope.h"

enum { MEMORY_MIN = 4096, LOG_SIZE_MIN = 128 * 1024 };

const char *
any_check(const char *text)
{
	return *text == '\0' ? "is empty" : NULL;
}

const char *
bool_check(const char *text)
{
	return bool_parse(text) < 0 ? "is neither true nor false" : NULL;
}

/* One word: nothing that would start a new line or field in a file. */
const char *
word_check(const char *text)
{
	if (*text == '\0')
		return "is empty";
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return "has a blank, a control character or a "
			       "character that is not ASCII";
	return NULL;
}

const char *
memory_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	if (milli / 1000 < MEMORY_MIN)
		return "memory limit too low: 4096 bytes are the least";
	return NULL;
}

const char *
cpu_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	return milli == 0 ? "cpu limit is zero" : NULL;
}

const char *
cpu_shares_check(const char *text)
{
	uint64_t number;

	return num_parse(text, 2, 262144, &number) < 0
		   ? "is not a number from 2 to 262144"
		   : NULL;
}

const char *
oom_score_check(const char *text)
{
	uint64_t number;

	return num_parse(text + (*text == '-'), 0, 1000, &number) < 0
		   ? "is not a number from -1000 to 1000"
		   : NULL;
}

/* Each of the parts of text between commas must pass check. */
static const char *
list_check(const char *text, spot_check *check)
{
	for (;;) {
		size_t length = strcspn(text, ",");
		autofree char *part = xstrndup(text, length);
		const char *wrong = check(part);

		if (wrong != NULL || text[length] == '\0')
			return wrong;
		text += length + 1;
	}
}

static const char *
gid_check(const char *text)
{
	uint64_t number;

	return num_parse(text, 0, UINT32_MAX - 1, &number) < 0
		   ? "is not a list of numbers below 4294967295"
		   : NULL;
}

const char *
gids_check(const char *text)
{
	return list_check(text, gid_check);
}

const char *
caps_check(const char *text)
{
	return list_check(text, capability_check);
}

static const char *
seccomp_part_check(const char *text)
{
	if (strncmp(text, "errno=", 6) == 0)
		return errno_check(text + 6);
	return call_check(text);
}

/* mode=retain or remove, then errno=NAME and system calls in any order. */
const char *
seccomp_text_check(const char *text)
{
	size_t mode = strlen("mode=retain"); /* "remove" is as long */

	if ((strncmp(text, "mode=retain", mode) != 0 &&
		strncmp(text, "mode=remove", mode) != 0) ||
	    (text[mode] != ',' && text[mode] != '\0'))
		return "must begin with mode=retain or mode=remove";
	if (text[mode] == '\0')
		return "names no system call";
	return list_check(text + mode + 1, seccomp_part_check);
}

/* A network's name, and ":" with CNI arguments for it. */
const char *
network_check(const char *text)
{
	static const struct {
		const char *beginning, *why;
	} special[] = {
		{ "host:", "arguments are not supported by special netname "
			   "\"host\"" },
		{ "none:", "arguments are not supported by special netname "
			   "\"none\"" },
		{ "all:", "arguments are not supported by special netname "
			  "\"all\"" },
	};
	size_t length = strcspn(text, ":");

	if (length == 0)
		return "is not a network's name";
	for (size_t i = 0; i < sizeof special / sizeof *special; i++)
		if (strncmp(text, special[i].beginning, length + 1) == 0)
			return special[i].why;
	for (size_t i = 0; i < length; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy"
			   "z0123456789_.-",
			text[i]) == NULL)
			return "is not a network's name";
	return word_check(text);
}

const char *
dns_check(const char *text)
{
	if (strcmp(text, "host") == 0 || strcmp(text, "none") == 0)
		return NULL;
	return address_check(text);
}

static const char *
host_line_check(const char *text)
{
	const char *name = NULL;
	autofree char *ip = pair_split(text, &name);

	if (ip == NULL)
		return "is not IP=NAME";
	if (address_check(ip) != NULL)
		return address_check(ip);
	return hostname_check(name);
}

const char *
hosts_entry_check(const char *text)
{
	return strcmp(text, "host") == 0 || strcmp(text, "pods") == 0
		   ? NULL
		   : list_check(text, host_line_check);
}

const char *
policy_check(const char *text)
{
	enum pull policy;

	return pull_parse(text, &policy) < 0
		   ? "is none of new, update and never"
		   : NULL;
}

/* Is it one of the words? */
static bool
is_among(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

const char *
ipc_check(const char *text)
{
	static const char *const words[] = { "auto", "private", "parent" };

	return is_among(text, words, 3) ? NULL
					: "is none of auto, private and parent";
}

const char *
input_check(const char *text)
{
	static const char *const words[] = { "null", "tty", "stream",
		"interactive" };

	return is_among(text, words, 4)
		   ? NULL
		   : "is none of null, tty, stream and interactive";
}

const char *
output_check(const char *text)
{
	static const char *const words[] = { "log", "tty", "stream", "null" };

	return is_among(text, words, 4)
		   ? NULL
		   : "is none of log, tty, stream and null";
}

const char *
log_check(const char *text)
{
	static const char *const words[] = { "file", "journald", "none" };

	return is_among(text, words, 3) ? NULL
					: "is none of file, journald and none";
}

const char *
log_size_check(const char *text)
{
	int64_t milli;

	if (quantity_parse(text, &milli) < 0)
		return "is not a quantity";
	return milli / 1000 < LOG_SIZE_MIN ? "is less than 128Ki" : NULL;
}
