/* SPDX-License-Identifier: Apache-2.0 */
/* options - what the command line asks of aci-fetch */

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "escape.h"
#include "keys.h"
#include "num.h"
#include "options.h"
#include "prog.h"
#include "scope.h"
#include "usage.h"
#include "web.h"

enum { GIB = 1 << 30, HOUR = 3600, KIB = 1024 };

static const char usage[] =
    "usage: aci-fetch [OPTION…] [URL|PATH]\n"
    "       aci-fetch [OPTION…] --keys\n"
    "       aci-fetch [OPTION…] --key URL|PATH…\n"
    "Downloads the image, or the keys, that the record on stdin or the "
    "operand names.\n\n"
    "      --no-signature           do not fetch the signature\n"
    "      --signature=FILE         take this one\n"
    "      --no-cache               download what the store has, too\n"
    "      --keys                   the keys of the record\n"
    "      --key                    the operands are keys\n"
    "      --insecure-options=LIST  http: use http endpoints too; tls: check "
    "no certificate;\n"
    "                               pubkey: keys by http too\n"
    "      --platform=OS/ARCH[/VARIANT]  of an image of a registry (this "
    "host's)\n"
    "      --deny-private           speak to no address of a private network\n"
    "      --max-size=BYTES         of the image (17179869184)\n"
    "      --max-time=DURATION      for the image (4h)\n"
    "      --min-speed=BYTES        a second, for half a minute (1024)\n"
    "  -h, --help                   print this\n"
    "      --version                print the version\n";

static int64_t
number(const char *text)
{
	uint64_t value = 0;

	if (num_parse(text, 1, INT32_MAX * (uint64_t)GIB, &value) < 0)
		usage_wrong(usage);
	return (int64_t)value;
}

static int64_t
seconds(const char *text)
{
	int64_t time = 0;

	if (duration_parse(text, &time) < 0 || time < CLOCK_SECOND)
		usage_wrong(usage);
	return time / CLOCK_SECOND;
}

static void
take(int option, struct options *options)
{
	switch (option) {
	case 'n':
		options->no_signature = true;
		break;
	case 'S':
		options->signature = optarg;
		break;
	case 'c':
		options->no_cache = true;
		break;
	case 'K':
		options->mode = FETCH_KEYS;
		break;
	case 'k':
		options->mode = FETCH_KEY;
		break;
	case 'i':
		if (web_insecure(optarg, &options->flags) < 0)
			usage_wrong(usage);
		break;
	case 'p':
		if (oci_platform_parse(optarg, &options->platform) < 0)
			usage_wrong(usage);
		break;
	case 'd':
		options->flags |= WEB_DENY_PRIVATE;
		break;
	case 's':
		options->limits.size = number(optarg);
		break;
	case 't':
		options->limits.seconds = seconds(optarg);
		break;
	case 'm':
		options->limits.slowest = number(optarg);
		break;
	}
}

static void
check(const struct options *options, int operands)
{
	static const struct {
		int min, max;
	} right[] = {
		[FETCH_IMAGE] = { 0, 1 },
		[FETCH_KEYS] = { 0, 0 },
		[FETCH_KEY] = { 1, KEYS_MAX },
	};

	if (operands < right[options->mode].min ||
	    operands > right[options->mode].max ||
	    (options->no_signature && options->signature != NULL))
		usage_wrong(usage);
}

void
options_read(int argc, char **argv, struct options *options)
{
	static const struct option table[] = {
		{ "no-signature", no_argument, NULL, 'n' },
		{ "signature", required_argument, NULL, 'S' },
		{ "no-cache", no_argument, NULL, 'c' },
		{ "keys", no_argument, NULL, 'K' },
		{ "key", no_argument, NULL, 'k' },
		{ "insecure-options", required_argument, NULL, 'i' },
		{ "platform", required_argument, NULL, 'p' },
		{ "deny-private", no_argument, NULL, 'd' },
		{ "max-size", required_argument, NULL, 's' },
		{ "max-time", required_argument, NULL, 't' },
		{ "min-speed", required_argument, NULL, 'm' },
		USAGE_OPTIONS,
	};
	int option;

	*options = (struct options){ .limits = { .size = 16LL * GIB,
					 .seconds = 4 * HOUR,
					 .slowest = KIB } };
	while ((option = usage_option(argc, argv, "+h", table, usage)) != -1)
		take(option, options);
	check(options, argc - optind);
}

enum known_as
options_known_as(const struct options *options)
{
	if (options->no_cache || options->signature != NULL)
		return KNOWN_NOT;
	return options->no_signature ? KNOWN_ANY : KNOWN_VERIFIED;
}

void
options_announce(
    const struct options *options, const char *how, const char *place)
{
	autofree char *shown = escape(place);

	warnx("%s %s", how, shown);
	if (options->no_signature)
		warnx("warning: signature verification has been disabled");
}

void
options_say_fresh(const char *place)
{
	autofree char *shown = escape(place);

	warnx("image for %s isn't expired, not fetching.", shown);
}
