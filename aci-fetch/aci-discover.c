/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-discover - where an image, or its keys, can be had
 *
 *	aci-discover [OPTION…] IMAGE
 *	aci-discover [OPTION…] --keys PREFIX
 *
 * 1. read the reference: names and labels are checked before any URL is made
 * 2. give up all rights but those of asking a server
 * 3. ask the name's own host, from the longest place to the shortest
 * 4. print the record
 */

#include <stdio.h>
#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "auth.h"
#include "clock.h"
#include "confine.h"
#include "discovery.h"
#include "escape.h"
#include "filter.h"
#include "num.h"
#include "prog.h"
#include "record.h"
#include "ref.h"
#include "scope.h"
#include "usage.h"
#include "web.h"

static const char usage[] =
    "usage: aci-discover [OPTION…] IMAGE\n"
    "       aci-discover [OPTION…] --keys PREFIX\n"
    "Prints where an image, or the keys of a prefix, can be had, as a "
    "record.\n\n"
    "      --keys                   look for public keys\n"
    "      --simple                 where no page says anything, the name is "
    "the place\n"
    "      --insecure-options=LIST  http: ask over http too; tls: check no "
    "certificate\n"
    "      --deny-private           speak to no address of a private network\n"
    "      --max-time=DURATION      for all of it (30s)\n"
    "      --debug                  tell what each page answered\n"
    "  -h, --help                   print this\n"
    "      --version                print the version\n";

static struct discovery how = { .seconds = 30 };

/*
 * The client, in a process that can do nothing else any more, and holds the
 * credentials of the one host that it asks.
 */
static void
ask_only(const char *name)
{
	autofree char *url = xasprintf("https://%s", name);
	struct auth *auth = auth_read();

	how.authorization = auth_for_url(auth, url);
	auth_free(auth);
	how.web = web_open(how.flags);
	if (confine(&confine_web, NULL) < 0)
		filter_fail(EX_OSERR, "cannot give up rights");
}

static void
set_default(struct labels *labels, const char *name, const char *value)
{
	if (labels_get(labels, name) == NULL)
		labels_set(labels, name, value);
}

/*
 * A version that is ".." would be another place on the server; and what no
 * record can hold, nobody would compare with the manifest.
 */
static void
check_labels(const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->list[i];
		autojson json_t *value = json_string(label->value);

		if (value == NULL)
			filter_failx(
			    EX_USAGE, "label \"%s\" is not UTF-8", label->name);
		if (strcmp(label->value, ".") == 0 ||
		    strcmp(label->value, "..") == 0)
			filter_failx(EX_USAGE, "label \"%s\" cannot be \"%s\"",
			    label->name, label->value);
	}
}

static json_t *
by_name(struct ref *ref)
{
	char *why = NULL;
	json_t *member;

	set_default(&ref->labels, "os", host_os());
	set_default(&ref->labels, "arch", host_arch());
	check_labels(&ref->labels);
	ask_only(ref->name);
	member = discover_image(&how, ref->name, &ref->labels, &why);
	if (member == NULL)
		filter_failx(EX_UNAVAILABLE, "discovery failed for \"%s\": %s",
		    ref->name, why == NULL ? "no endpoints discovered" : why);
	free(why);
	return json_pack(
	    "{si,ss,so}", "v", 1, "image", ref->text, "discover", member);
}

static json_t *
image(const char *text)
{
	struct ref ref = { 0 };
	autofree char *shown = escape(text);
	char *why = NULL;
	json_t *record = NULL;

	if (ref_parse(text, &ref, &why) < 0)
		filter_failx(EX_USAGE, "%s: %s", shown, why);
	switch (ref.kind) {
	case REF_NAME:
		record = by_name(&ref);
		break;
	case REF_URL:
	case REF_FILE:
	case REF_DOCKER:
	case REF_OCI:
	case REF_OCI_ARCHIVE:
	case REF_DOCKER_ARCHIVE: /* it says itself where it is */
		record = json_pack("{si,ss}", "v", 1, "image", text);
		break;
	case REF_HASH:
		filter_failx(EX_UNAVAILABLE,
		    "%s: an image cannot be found by its id", shown);
	}
	ref_free(&ref);
	if (record == NULL)
		filter_failx(EX_USAGE, "%s: not UTF-8", shown);
	return record;
}

static json_t *
keys(const char *prefix)
{
	autofree char *shown = escape(prefix);
	const char *wrong = acidentifier_check(prefix);
	char *why = NULL;
	json_t *member;

	if (wrong != NULL)
		filter_failx(EX_USAGE, "prefix \"%s\" %s", shown, wrong);
	ask_only(prefix);
	member = discover_keys(&how, prefix, &why);
	if (member == NULL)
		filter_failx(EX_UNAVAILABLE, "%s",
		    why == NULL ? "found no ACI meta tags" : why);
	free(why);
	return json_pack("{si,so}", "v", 1, "discover", member);
}

static void
set_time(const char *text)
{
	int64_t time = 0;

	if (duration_parse(text, &time) < 0 || time < CLOCK_SECOND)
		usage_wrong(usage);
	how.seconds = time / CLOCK_SECOND;
}

static bool
read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "keys", no_argument, NULL, 'k' },
		{ "simple", no_argument, NULL, 's' },
		{ "insecure-options", required_argument, NULL, 'i' },
		{ "deny-private", no_argument, NULL, 'p' },
		{ "max-time", required_argument, NULL, 't' },
		{ "debug", no_argument, NULL, 'd' },
		USAGE_OPTIONS,
	};
	bool for_keys = false;
	int option;

	while ((option = usage_option(argc, argv, "+h", options, usage)) != -1)
		switch (option) {
		case 'k':
			for_keys = true;
			break;
		case 's':
			how.simple = true;
			break;
		case 'i':
			if (web_insecure(optarg, &how.flags) < 0)
				usage_wrong(usage);
			break;
		case 'p':
			how.flags |= WEB_DENY_PRIVATE;
			break;
		case 't':
			set_time(optarg);
			break;
		case 'd':
			(void)setenv("RKT_DEBUG", "1", 1);
			break;
		}
	return for_keys;
}

int
main(int argc, char **argv)
{
	autojson json_t *record = NULL;
	bool for_keys;

	prog_start();
	confine_note();
	for_keys = read_options(argc, argv);
	if (argc - optind != 1 || (for_keys && how.simple))
		usage_wrong(usage);
	filter_start("discover", false);
	record = for_keys ? keys(argv[optind]) : image(argv[optind]);
	web_close(how.web);
	free(how.authorization);
	filter_write(record);
	prog_finish();
	return 0;
}
