/* SPDX-License-Identifier: Apache-2.0 */
/* pod-gc - remove what pods leave behind: the one destructor */
/*
 * pod-gc [--grace-period=DUR] [--expire-prepared=DUR] [--mark-only]
 * pod-gc --remove [--uuid-file=FILE] [UUID...]
 *
 * Collects the pods that an earlier gc marked and whose grace period is over,
 * marks those that have exited, moves failed and expired ones aside and
 * collects them; then the mounts and rules that no pod is left to use.
 */

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "clock.h"
#include "collect.h"
#include "ended.h"
#include "escape.h"
#include "garbage.h"
#include "named.h"
#include "num.h"
#include "pod.h"
#include "prog.h"
#include "scope.h"
#include "shared.h"
#include "usage.h"

static struct garbage_ages ages = {
	.grace = INT64_C(30) * 60 * CLOCK_SECOND,
	.prepared = INT64_C(24) * 60 * 60 * CLOCK_SECOND,
};
static bool removing;
static const char *uuid_file;

static const char usage[] =
    "usage: pod-gc [--grace-period=DUR] [--expire-prepared=DUR] "
    "[--mark-only]\n"
    "       pod-gc --remove [--uuid-file=FILE] [UUID...]\n"
    "Removes the pods that have ended, and what no pod uses.\n"
    "  --grace-period=DUR     how long a pod that has exited is kept after a\n"
    "                         gc found it so (30m)\n"
    "  --expire-prepared=DUR  how long a prepared pod may wait (24h)\n"
    "  --mark-only            find the exited ones, remove nothing\n"
    "  --remove               remove these pods now\n"
    "  --uuid-file=FILE       also the pod whose UUID is in it\n"
    "  -h, --help             print this\n"
    "      --version          print the version\n";

static int64_t
read_duration(const char *option, const char *text)
{
	autofree char *shown = escape(text);
	int64_t duration;

	if (duration_parse(text, &duration) < 0)
		errx(EX_USAGE, "--%s: \"%s\" is not a duration such as 30m",
		    option, shown);
	return duration;
}

static int
read_options(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "grace-period", required_argument, NULL, 'g' },
		{ "expire-prepared", required_argument, NULL, 'e' },
		{ "mark-only", no_argument, NULL, 'm' },
		{ "remove", no_argument, NULL, 'r' },
		{ "uuid-file", required_argument, NULL, 'u' },
		USAGE_OPTIONS,
	};
	int option;

	while ((option = usage_option(argc, argv, "h", options, usage)) != -1) {
		switch (option) {
		case 'g':
			ages.grace = read_duration("grace-period", optarg);
			break;
		case 'e':
			ages.prepared =
			    read_duration("expire-prepared", optarg);
			break;
		case 'm':
			ages.mark_only = true;
			break;
		case 'r':
			removing = true;
			break;
		case 'u':
			uuid_file = optarg;
			break;
		}
	}
	/* Pods are named to be removed, and only then. */
	if (removing != (optind < argc || uuid_file != NULL) ||
	    (removing && ages.mark_only))
		usage_wrong(usage);
	return optind;
}

/* Why it may not be removed; NULL if it may. */
static const char *
occupied(const struct pod *pod)
{
	switch (pod_state(pod)) {
	case POD_IS_RUNNING:
		return "is currently running";
	case POD_IS_EMBRYO:
	case POD_IS_PREPARING:
		return "is currently being prepared";
	case POD_IS_EXITED_DELETING:
	case POD_IS_DELETING:
		return "is currently being deleted";
	case POD_IS_ABORTED_PREPARE:
	case POD_IS_PREPARED:
	case POD_IS_EXITED:
	case POD_IS_EXITED_GARBAGE:
	case POD_IS_GARBAGE:
		break;
	}
	return NULL;
}

static int
remove_pod(struct pod *pod)
{
	const char *why = occupied(pod);
	autofd int lock = -1;

	if (why == NULL) {
		lock = ended_lock(pod);
		if (lock < 0 && errno == EAGAIN)
			why = "is currently in use";
		else if (lock < 0 && errno != ENOENT) {
			warn("pod \"%s\": lock", pod->uuid);
			return -1;
		}
	}
	if (why != NULL) {
		warnx("pod \"%s\" %s", pod->uuid, why);
		return -1;
	}
	if (collect(pod) < 0)
		return -1;
	(void)printf("\"%s\"\n", pod->uuid);
	return 0;
}

static int
remove_one(const char *name)
{
	struct pod pod = { .dir = -1 };
	int result = -1;

	if (named_open(name, &pod) == 0)
		result = remove_pod(&pod);
	scope_close(&pod.dir);
	return result;
}

static int
remove_named(char *names[])
{
	autofree char *from_file = NULL;
	int failed = 0;

	if (uuid_file != NULL) {
		from_file = named_file(uuid_file);
		failed += from_file == NULL || remove_one(from_file) < 0;
	}
	for (; *names != NULL; names++)
		failed += remove_one(*names) < 0;
	if (failed > 0)
		warnx("failed to remove one or more pods");
	return failed > 0 ? EX_NO : 0;
}

int
main(int argc, char *argv[])
{
	int status = 0;

	prog_start();
	argv += read_options(argc, argv);
	if (removing)
		status = remove_named(argv);
	else if (garbage_collect(&ages) < 0)
		err(EX_IOERR, "pods");
	if (!ages.mark_only) {
		(void)shared_unmount();
		(void)shared_networks();
	}
	prog_finish();
	return status;
}
