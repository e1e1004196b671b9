/* SPDX-License-Identifier: Apache-2.0 */
/* pod-enter - become a pod, or a process more in one */
/*
 * pod-enter [--fail-status=N] POD
 * pod-enter --join [--app=NAME] [--fail-status=N] POD [COMMAND…]
 *
 * The last of a chain: takes over the pod's lock, opens what the apps are made
 * of, writes the plan, makes the namespaces with pod-init in them, and waits
 * outside for its end, back in the host's network.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "birth.h"
#include "chain.h"
#include "compose.h"
#include "device.h"
#include "escape.h"
#include "groups.h"
#include "isolator.h"
#include "join.h"
#include "kernel.h"
#include "limits.h"
#include "manifest.h"
#include "metadata.h"
#include "names.h"
#include "notify.h"
#include "num.h"
#include "path.h"
#include "plan.h"
#include "pod-json.h"
#include "pod.h"
#include "prog.h"
#include "record.h"
#include "root.h"
#include "scope.h"
#include "streams.h"
#include "supervise.h"
#include "terminal.h"
#include "usage.h"
#include "userns.h"

enum { KERNEL_MAJOR = 5, KERNEL_MINOR = 15, HOSTNAME_MAX = 64 };

/* What rkt's command line chose, from the pod's run.json. */
struct choices {
	bool interactive;
	bool detach;
	bool own_network;
	bool unmasked;
	char *hostname;
	const json_t *run; /* all of it, for as long as we are there */
};

static const char usage[] =
    "usage: pod-enter [--fail-status=N] POD\n"
    "       pod-enter --join [--app=NAME] [--fail-status=N] POD [COMMAND…]\n"
    "Become the pod, or run a command in an app of a running one.\n"
    "      --app=NAME       of several apps this one\n"
    "      --fail-status=N  what failures of its own end with (125)\n"
    "      --join           run a command, else a shell\n"
    "  -h, --help           print this\n"
    "      --version        print the version\n";

/* The floor, said at once: below it something would fail half way. */
static void
check_kernel(void)
{
	if (kernel_is_before(KERNEL_MAJOR, KERNEL_MINOR))
		prog_diex("Linux %d.%d or later is needed, and this is %s",
		    KERNEL_MAJOR, KERNEL_MINOR, kernel_release());
}

/*
 * A chain's descriptors 4 and 5 are what they must be, or were the caller's
 * own and go; something of ours keeps the place, which nothing else takes.
 * pod-init keeps 4, and 5 is where we go back to.  Returns whether there is 5.
 */
static bool
check_descriptors(void)
{
	bool away = ioctl(CHAIN_HOST_NET, NS_GET_NSTYPE) == CLONE_NEWNET;
	char mark[] = CHAIN_OWNER_MARK;
	const ssize_t length = sizeof mark - 1;
	bool owner = recv(CHAIN_OWNER, mark, sizeof mark - 1,
			 MSG_PEEK | MSG_DONTWAIT) == length &&
		     strcmp(mark, CHAIN_OWNER_MARK) == 0;

	if ((!(away && owner) &&
		dup3(STDERR_FILENO, CHAIN_OWNER, O_CLOEXEC) < 0) ||
	    (!away && dup3(STDERR_FILENO, CHAIN_HOST_NET, O_CLOEXEC) < 0))
		prog_die("descriptors");
	return away;
}

/* A directory would be a way out of the pod. */
static void
check_streams(void)
{
	for (int i = 0; i < 3; i++) {
		struct stat file;

		if (fstat(i, &file) == 0 && S_ISDIR(file.st_mode))
			prog_diex("descriptor %d: is a directory", i);
	}
}

static struct pod_manifest *
read_manifest(const struct pod *pod)
{
	autofree char *why = NULL;
	size_t length;
	autofree char *bytes =
	    path_read(pod->dir, "pod", MANIFEST_MAX, &length);
	struct pod_manifest *manifest;

	if (bytes == NULL)
		prog_die("pod %s: manifest", pod->uuid);
	manifest = pod_manifest_parse(bytes, length, &why);
	if (manifest == NULL)
		prog_diex("pod %s: manifest: %s", pod->uuid, why);
	why = pod_manifest_unready(manifest);
	if (why != NULL)
		prog_diex("pod %s: manifest: %s", pod->uuid, why);
	if (manifest->app_count > PLAN_APPS_MAX)
		prog_diex(
		    "pod %s: more than %d apps", pod->uuid, PLAN_APPS_MAX);
	return manifest;
}

static struct choices
read_choices(const struct pod *pod)
{
	json_t *run = pod_json(pod, "run.json");
	struct choices choices = { .run = run };
	const char *name = record_string(run, "hostname");
	const json_t *net = json_object_get(run, "net");
	const char *network = json_string_value(json_array_get(net, 0));

	choices.interactive = json_is_true(json_object_get(run, "interactive"));
	choices.detach = json_is_true(json_object_get(run, "detach"));
	choices.unmasked = json_is_true(json_object_get(run, "unmasked"));
	choices.own_network =
	    json_array_size(net) > 0 &&
	    strcmp(network == NULL ? "" : network, "host") != 0;
	choices.hostname =
	    name != NULL ? xstrdup(name) : xasprintf("rkt-%s", pod->uuid);
	if (*choices.hostname == '\0' ||
	    strlen(choices.hostname) > HOSTNAME_MAX)
		prog_diex("pod %s: host name of no or too many characters",
		    pod->uuid);
	return choices;
}

static int
open_status(const struct pod *pod, const char *app)
{
	autofree char *path = xasprintf("status/%s", app);
	int fd = openat(pod->dir, path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		prog_die("%s: %s", app, path);
	return fd;
}

/* Where the apps read and write; the caller's own if it is in front. */
static void
open_streams(const struct choices *choices, const struct terminal *terminal,
    struct birth *birth)
{
	int nothing = open("/dev/null", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (nothing < 0)
		prog_die("/dev/null");
	for (int i = 0; i < 3; i++)
		birth->streams[i] =
		    choices->detach || (i == 0 && !choices->interactive)
			? nothing
			: terminal_stream(terminal, i);
}

static void
open_statuses(const struct pod_manifest *manifest, struct birth *birth)
{
	/* Where pod-init is to write how all of it ended. */
	if (ftruncate(CHAIN_LOCK, 0) < 0)
		prog_die("lock");
	for (size_t i = 0; i < manifest->app_count; i++)
		birth->own[i].fds[FD_STATUS] =
		    open_status(birth->pod, manifest->apps[i].name);
}

/* The pod has them now; what is left of the chain is only waited for here. */
static void
leave_pod(bool away)
{
	if (away && setns(CHAIN_HOST_NET, CLONE_NEWNET) < 0)
		prog_die("the host's network");
	for (int fd = CHAIN_LOCK; fd <= CHAIN_HOST_NET; fd++)
		(void)close(fd);
}

/* The apps' roots, as far as they are made outside of the pod. */
static struct root *
open_roots(const struct pod *pod, const struct pod_manifest *manifest,
    const struct choices *choices, const struct names *names,
    const struct userns *userns)
{
	struct root *roots = xcalloc(manifest->app_count, sizeof *roots);

	for (size_t i = 0; i < manifest->app_count; i++) {
		roots[i].names = names;
		roots[i].userns = userns;
		roots[i].unmasked = choices->unmasked;
		root_open(pod, manifest, &manifest->apps[i], &roots[i]);
	}
	return roots;
}

/* What the mounts of a cgroup's processes cannot be held to. */
static void
restrict_devices(const struct birth *birth)
{
	for (size_t i = 0; i < birth->count; i++) {
		const struct root *root = &birth->roots[i];
		const struct volumes *volumes = &root->volumes;
		autofd int cgroup = -1;

		if (volumes->device_count == 0)
			continue;
		errno = EOPNOTSUPP;
		if (birth->groups.pod < 0)
			prog_die("%s: a device that is read-only, and no "
				 "cgroup to see to it",
			    root->app->name);
		cgroup = openat(birth->groups.pod, root->app->name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (cgroup < 0 || device_restrict(cgroup, volumes->devices,
				      volumes->device_count) < 0)
			prog_die(
			    "%s: a device that is read-only", root->app->name);
	}
}

/* The service that the pod is tells systemd when it is up: the app, or we. */
static void
arrange_notice(
    struct compose *compose, const struct choices *choices, struct birth *birth)
{
	compose->notifier = -1;
	if (choices->detach ||
	    !notify_wanted(compose->manifest, &compose->notifier))
		return;
	if (compose->notifier < 0)
		compose->flags |= PLAN_READY | PLAN_NOTIFY;
	else
		volumes_add(&birth->roots[compose->notifier].volumes,
		    notify_mount(&birth->userns), NOTIFY_TARGET);
}

/* The plan, and the streams of which it speaks. */
static void
open_plan(struct compose *compose, const struct choices *choices,
    struct terminal *terminal, struct birth *birth)
{
	bool wanted = terminal_find(terminal, choices->interactive);

	if (birth->groups.pod >= 0)
		compose->flags |= PLAN_CGROUP;
	compose->flags |= choices->detach ? PLAN_READY : PLAN_FOREGROUND;
	compose->terminal = wanted && !choices->detach;
	dev_share(&birth->shared, &birth->userns);
	if (compose->terminal)
		terminal_make(terminal, birth->shared.pts);
	if (compose->terminal &&
	    userns_give_terminal(&birth->userns, terminal->slave) < 0)
		prog_die("terminal");
	userns_give_pipes(&birth->userns);
	birth->shared.terminal = terminal->number;
	birth->own = streams_open(birth->pod, compose->manifest, choices->run,
	    &birth->shared, &birth->userns);
	compose->own = birth->own;
	birth->flags = compose->flags;
	birth->plan = compose_plan(compose);
	open_streams(choices, terminal, birth);
	open_statuses(compose->manifest, birth);
}

static int
enter(const char *uuid)
{
	autofree char *why = NULL;
	struct pod pod;
	struct pod_manifest *manifest;
	struct choices choices;
	struct terminal terminal;
	struct compose compose = { .pod = &pod };
	struct birth birth = { .pod = &pod, .shared = { -1, -1, -1 } };
	struct names names;
	bool away;
	pid_t pid;

	if (close_range(CHAIN_HOST_NET + 1, ~0U, 0) < 0)
		prog_die("descriptors");
	check_kernel();
	away = check_descriptors();
	(void)umask(022);
	if (chain_enter(uuid, &pod, &why) < 0)
		prog_diex("%s", why);
	manifest = read_manifest(&pod);
	choices = read_choices(&pod);
	if (choices.own_network && !away)
		prog_diex("pod %s: is to have a network of its own: "
			  "start it with pod-netns",
		    pod.uuid);
	isolators_of_pod(manifest, choices.own_network);
	limits_report();
	limits_raise_own();
	birth.count = manifest->app_count;
	birth.hostname = choices.hostname;
	birth.manifest = manifest;
	userns_find(&pod, &birth.userns);
	groups_make(&pod, manifest, &birth.groups);
	groups_give(&birth.groups, manifest, &birth.userns);
	names_decide(
	    &names, &pod, choices.run, choices.hostname, choices.own_network);
	birth.roots =
	    open_roots(&pod, manifest, &choices, &names, &birth.userns);
	compose.manifest = manifest;
	compose.groups = &birth.groups;
	compose.userns = &birth.userns;
	compose.roots = birth.roots;
	compose.metadata = metadata_url(&pod, choices.run, choices.own_network);
	restrict_devices(&birth);
	arrange_notice(&compose, &choices, &birth);
	open_plan(&compose, &choices, &terminal, &birth);
	supervise_prepare(&terminal);
	pid = birth_pod(&birth);
	leave_pod(away);
	if (choices.detach) {
		if (dprintf(STDOUT_FILENO, "%s\n", pod.uuid) < 0)
			prog_die("pod %s: started; stdout", pod.uuid);
		return 0;
	}
	terminal_lend(&terminal);
	if (terminal.lent)
		(void)fputs("Press ^] three times to kill container\n", stderr);
	if ((birth.flags & PLAN_NOTIFY) != 0)
		supervise_on_ready(birth.ready, notify_ready);
	return supervise(&terminal, pid, false);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "app", required_argument, NULL, 'a' },
		{ "fail-status", required_argument, NULL, 'f' },
		{ "join", no_argument, NULL, 'j' },
		USAGE_OPTIONS,
	};
	const char *app = NULL;
	bool join = false;
	int option;

	prog_start_chain();
	while (
	    (option = usage_option(argc, argv, "+h", options, usage)) != -1) {
		switch (option) {
		case 'a':
			app = optarg;
			break;
		case 'f':
			prog_fail_as(optarg);
			break;
		case 'j':
			join = true;
			break;
		}
	}
	argv += optind;
	argc -= optind;
	if (argc < 1 || (!join && (argc > 1 || app != NULL)))
		usage_wrong(usage);
	check_streams();
	/* Nothing is buffered, and what is allocated the kernel frees. */
	_exit(join ? join_pod(argv[0], app, argv + 1) : enter(argv[0]));
}
