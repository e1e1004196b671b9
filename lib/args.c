/* SPDX-License-Identifier: Apache-2.0 */
/* args - the command line of rkt run and rkt prepare */

#include <string.h>

#include "actype.h"
#include "alloc.h"
#include "args-check.h"
#include "args-value.h"
#include "args.h"
#include "escape.h"
#include "scope.h"

/* Rows of the table: an option that is the pod's, and one that is an image's */
#define POD(name, member, set, check) \
	{ \
		name, OPTION_VALUE, OPTION_POD, offsetof(struct args, member), \
		    set, check, NULL \
	}
#define IMAGE(name, member, set, check) \
	{ \
		name, OPTION_VALUE, OPTION_IMAGE, \
		    offsetof(struct args_image, member), set, check, NULL \
	}
/* One whose place is the whole structure, since it is a list and its count */
#define WHOLE(name, scope, set) \
	{ \
		name, OPTION_VALUE, scope, 0, set, NULL, NULL \
	}
/* A switch, or one whose value may be left out. */
#define SWITCH(name, member) \
	{ \
		name, OPTION_FLAG, OPTION_POD, offsetof(struct args, member), \
		    set_flag, bool_check, "true" \
	}
#define MAYBE(name, takes, member, set, check, fixed) \
	{ \
		name, takes, OPTION_POD, offsetof(struct args, member), set, \
		    check, fixed \
	}

/* One that may both follow an image and stand before it has two rows. */
static const struct option options[] = {
	IMAGE("annotation", annotations, set_pair, acidentifier_check),
	IMAGE("cap-remove", caps_remove, set_text, caps_check),
	IMAGE("cap-retain", caps_retain, set_text, caps_check),
	IMAGE("caps-remove", caps_remove, set_text, caps_check),
	IMAGE("caps-retain", caps_retain, set_text, caps_check),
	IMAGE("cpu", cpu, set_text, cpu_check),
	IMAGE("cpu-shares", cpu_shares, set_text, cpu_shares_check),
	SWITCH("detach", detach),
	POD("dns", dns, set_list, dns_check),
	POD("dns-domain", dns_domain, set_text, hostname_check),
	POD("dns-opt", dns_options, set_list, word_check),
	POD("dns-search", dns_search, set_list, hostname_check),
	IMAGE("environment", environment, set_pair, envname_check),
	IMAGE("exec", exec, set_text, any_check),
	IMAGE("group", group, set_text, user_check),
	POD("hostname", hostname, set_text, hostname_check),
	POD("hosts-entry", hosts_entries, set_string, hosts_entry_check),
	SWITCH("inherit-env", inherit_env),
	SWITCH("interactive", interactive),
	POD("ipc", ipc, set_text, ipc_check),
	MAYBE("local", OPTION_FLAG, pull_policy, set_never, bool_check, "true"),
	POD("log", log, set_text, log_check),
	POD("log-size", log_size, set_text, log_size_check),
	SWITCH("mds-register", mds_register),
	IMAGE("memory", memory, set_text, memory_check),
	WHOLE("mount", OPTION_IMAGE, set_mount),
	WHOLE("mount", OPTION_POD, set_pod_mount),
	IMAGE("name", name, set_text, acname_check),
	POD("name", name, set_text, acname_check),
	MAYBE("net", OPTION_MAYBE, nets, set_list, network_check, "default"),
	SWITCH("no-overlay", no_overlay),
	MAYBE("no-store", OPTION_FLAG, pull_policy, set_update, bool_check,
	    "true"),
	IMAGE("oom-score-adj", oom_score, set_text, oom_score_check),
	POD("pod-manifest", pod_manifest, set_text, any_check),
	WHOLE("port", OPTION_POD, set_port),
	MAYBE("private-net", OPTION_MAYBE, nets, set_list, network_check,
	    "default"),
	MAYBE("private-users", OPTION_MAYBE, private_users, set_yes_or_no, NULL,
	    "true"),
	POD("pull-policy", pull_policy, set_policy, policy_check),
	SWITCH("q", quiet),
	SWITCH("quiet", quiet),
	{ "readonly-rootfs", OPTION_FLAG, OPTION_IMAGE,
	    offsetof(struct args_image, read_only_root), set_flag, bool_check,
	    "true" },
	IMAGE("seccomp", seccomp, set_text, seccomp_text_check),
	POD("set-env", set_env, set_pair, envname_check),
	POD("set-env-file", set_env_files, set_string, any_check),
	IMAGE("signature", signature, set_text_once, any_check),
	IMAGE("stderr", error, set_text, output_check),
	IMAGE("stdin", in, set_text, input_check),
	IMAGE("stdout", out, set_text, output_check),
	MAYBE("store-only", OPTION_FLAG, pull_policy, set_never, bool_check,
	    "true"),
	IMAGE("supplementary-gids", gids, set_text, gids_check),
	IMAGE("user", user, set_text, user_check),
	IMAGE("user-annotation", user_annotations, set_pair, any_check),
	IMAGE("user-label", user_labels, set_pair, any_check),
	POD("uuid-file-save", uuid_file, set_text, any_check),
	WHOLE("volume", OPTION_POD, set_volume),
	IMAGE("working-dir", working_dir, set_text, path_check),
};

/* What a pod that is prepared can still be told. */
static const char *const late_options[] = { "detach", "dns", "dns-domain",
	"dns-opt", "dns-search", "hostname", "hosts-entry", "interactive",
	"ipc", "log", "log-size", "mds-register", "net", "private-net" };

/* How far the walk along argv has come. */
struct walk {
	char *const *next;
	char *const *end;
	struct args *args;
	bool args_given; /* to the last image */
	bool late;       /* the pod is prepared: of its options, some */
	char **why;
};

/* The last image named so far, or NULL. */
static struct args_image *
walk_image(const struct walk *walk)
{
	size_t count = walk->args->image_count;

	return count > 0 ? &walk->args->images[count - 1] : NULL;
}

/* Sets *why; returns -1. */
static int
refuse(const struct walk *walk, char *why)
{
	*walk->why = why;
	return -1;
}

static bool
is_late(const char *name)
{
	for (size_t i = 0; i < sizeof late_options / sizeof *late_options; i++)
		if (strcmp(late_options[i], name) == 0)
			return true;
	return false;
}

/*
 * The row for an option that is length long: the image's if there is an image
 * already, else the pod's.
 */
static const struct option *
option_find(const struct walk *walk, const char *name, size_t length)
{
	const struct option *found = NULL;

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		const struct option *option = &options[i];

		if (strlen(option->name) != length ||
		    strncmp(option->name, name, length) != 0 ||
		    (walk->late && !is_late(option->name)))
			continue;
		if (found == NULL || (option->scope == OPTION_IMAGE) ==
					 (walk->args->image_count > 0))
			found = option;
	}
	return found;
}

/* The value is NULL if none was given, and none need be. */
static int
option_set_value(
    const struct walk *walk, const struct option *option, const char *value)
{
	char *base = option->scope == OPTION_IMAGE ? (char *)walk_image(walk)
						   : (char *)walk->args;
	autofree char *wrong = NULL;
	autofree char *shown = NULL;

	if (option->set(option, base + option->offset,
		value != NULL ? value : option->fixed, &wrong) == 0)
		return 0;
	if (value == NULL)
		return refuse(walk, xasprintf("--%s: %s", option->name, wrong));
	shown = escape(value);
	return refuse(walk, xasprintf("invalid argument \"%s\" for --%s: %s",
				shown, option->name, wrong));
}

/* -NAME, --NAME, --NAME=VALUE or --NAME VALUE. */
static int
option_parse(struct walk *walk)
{
	const char *text = *walk->next++;
	const char *name = text + (text[1] == '-' ? 2 : 1);
	size_t length = strcspn(name, "=");
	const struct option *option = option_find(walk, name, length);
	autofree char *shown = NULL;

	if (option == NULL) {
		shown = escape_bytes(name, length);
		return refuse(walk, xasprintf("unknown flag: --%s", shown));
	}
	if (option->scope == OPTION_IMAGE && walk->args->image_count == 0)
		return refuse(
		    walk, xasprintf("--%s must follow an image", option->name));
	if (name[length] == '=')
		return option_set_value(walk, option, name + length + 1);
	if (option->takes != OPTION_VALUE)
		return option_set_value(walk, option, NULL);
	if (walk->next == walk->end)
		return refuse(walk,
		    xasprintf("flag needs an argument: --%s", option->name));
	return option_set_value(walk, option, *walk->next++);
}

static int
image_parse(struct walk *walk)
{
	struct args *args = walk->args;
	const char *text = *walk->next++;

	if (*text == '\0')
		return refuse(walk, xstrdup("an empty image name"));
	args->images = xreallocarray(
	    args->images, args->image_count + 1, sizeof *args->images);
	args->images[args->image_count++] =
	    (struct args_image){ .image = xstrdup(text) };
	walk->args_given = false;
	return 0;
}

/* What follows -- up to --- or the end, empty arguments too. */
static int
arguments_parse(struct walk *walk)
{
	struct args_image *image = walk_image(walk);

	walk->next++;
	if (image == NULL)
		return refuse(walk,
		    xstrdup("an image is required before any app arguments"));
	if (walk->args_given)
		return refuse(walk,
		    xstrdup("only one set of app arguments allowed per image"));
	walk->args_given = true;
	while (walk->next < walk->end && strcmp(*walk->next, "---") != 0)
		strings_add(&image->args, *walk->next++);
	return 0;
}

static int
walk_all(struct walk *walk)
{
	while (walk->next < walk->end) {
		const char *text = *walk->next;
		int result = 0;

		if (strcmp(text, "--") == 0)
			result = arguments_parse(walk);
		else if (strcmp(text, "---") == 0)
			walk->next++;
		else if (*text == '-' && text[1] != '\0')
			result = option_parse(walk);
		else
			result = image_parse(walk);
		if (result < 0)
			return -1;
	}
	return 0;
}

static const char *
manifest_conflict(const struct args *args)
{
	if (args->pod_manifest == NULL)
		return args->image_count > 0
			   ? NULL
			   : "must provide at least one image or specify the "
			     "pod manifest";
	if (args->image_count > 0 || args->volume_count > 0 ||
	    args->mount_count > 0 || args->port_count > 0 ||
	    args->inherit_env || args->set_env.count > 0 ||
	    args->set_env_files.count > 0 || args->pull_policy != NULL)
		return "conflicting flags set with --pod-manifest (see --help)";
	return NULL;
}

static bool
has_word(const struct strings *strings, const char *word)
{
	for (size_t i = 0; i < strings->count; i++)
		if (strcmp(strings->list[i], word) == 0)
			return true;
	return false;
}

/* Words that take the place of all others. */
static const char *
names_conflict(const struct args *args)
{
	if (args->dns.count > 1 &&
	    (has_word(&args->dns, "host") || has_word(&args->dns, "none")))
		return "--dns=host and --dns=none stand alone";
	if (args->hosts_entries.count > 1 &&
	    (has_word(&args->hosts_entries, "host") ||
		has_word(&args->hosts_entries, "pods")))
		return "--hosts-entry=host and --hosts-entry=pods stand alone";
	return NULL;
}

static const char *
network_conflict(const struct args *args)
{
	bool host = has_word(&args->nets, "host"),
	     none = has_word(&args->nets, "none");

	if ((host || none) && args->nets.count > 1)
		return "networks \"host\" and \"none\" stand alone";
	if (args->port_count > 0 && args->nets.count == 0)
		return "--port flag requires --private-net";
	if (args->port_count > 0 && host)
		return "--port flag does not work with 'host' networking";
	if (args->port_count > 0 && none)
		return "--port flag does not work with 'none' networking";
	if (args->mds_register && none)
		return "--mds-register flag does not work with --net=none";
	return names_conflict(args);
}

static bool
is(const char *value, const char *word)
{
	return value != NULL && strcmp(value, word) == 0;
}

/* --stdin=interactive is --interactive, said of an app. */
static void
take_interactive(struct args *args)
{
	for (size_t i = 0; i < args->image_count; i++) {
		if (!is(args->images[i].in, "interactive"))
			continue;
		args->interactive = true;
		free(args->images[i].in);
		args->images[i].in = NULL;
	}
}

static const char *
image_conflict(const struct args_image *image)
{
	if (image->caps_retain != NULL && image->caps_remove != NULL)
		return "--caps-retain and --caps-remove exclude each other";
	if (is(image->in, "stream") &&
	    (is(image->out, "tty") || is(image->error, "tty")))
		return "--stdin=stream does not go with a terminal";
	return NULL;
}

/* The options that only together are wrong. */
static const char *
args_conflict(const struct args *args)
{
	const char *wrong = manifest_conflict(args);

	if (wrong == NULL)
		wrong = network_conflict(args);
	if (wrong == NULL && args->interactive && args->image_count > 1)
		wrong = "interactive option only supports one image";
	for (size_t i = 0; wrong == NULL && i < args->image_count; i++)
		wrong = image_conflict(&args->images[i]);
	return wrong;
}

/* Names of apps that were given; others are known with the images only. */
static char *
same_names(const struct args *args)
{
	for (size_t i = 0; i < args->image_count; i++)
		for (size_t j = 0; args->images[i].name != NULL && j < i; j++)
			if (args->images[j].name != NULL &&
			    strcmp(args->images[i].name,
				args->images[j].name) == 0)
				return xasprintf(
				    "error: multiple apps with name %s",
				    args->images[i].name);
	return NULL;
}

int
args_parse(int argc, char *const argv[], struct args *args, char **why)
{
	struct walk walk = {
		.next = argv, .end = argv + argc, .args = args, .why = why
	};
	const char *conflict;

	*args = (struct args){ 0 };
	*why = NULL;
	if (walk_all(&walk) == 0) {
		take_interactive(args);
		conflict = args_conflict(args);
		*why = conflict != NULL ? xstrdup(conflict) : same_names(args);
	}
	if (*why == NULL)
		return 0;
	args_free(args);
	return -1;
}

int
args_parse_late(int argc, char *const argv[], struct args *args, char **why)
{
	struct walk walk = { .next = argv,
		.end = argv + argc,
		.args = args,
		.why = why,
		.late = true };
	const char *conflict;

	*args = (struct args){ 0 };
	*why = NULL;
	if (walk_all(&walk) == 0) {
		conflict =
		    args->image_count != 1 || args->images[0].args.count > 0
			? "must provide one pod's UUID"
			: network_conflict(args);
		*why = conflict != NULL ? xstrdup(conflict) : NULL;
	}
	if (*why == NULL)
		return 0;
	args_free(args);
	return -1;
}

static void
mounts_free(struct pod_mount *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pod_mount_free(&mounts[i]);
	free(mounts);
}

static void
image_free(struct args_image *image)
{
	char *const texts[] = { image->image, image->name, image->exec,
		image->user, image->group, image->working_dir, image->signature,
		image->seccomp, image->caps_retain, image->caps_remove,
		image->memory, image->cpu, image->cpu_shares, image->oom_score,
		image->gids, image->in, image->out, image->error };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	labels_free(&image->environment);
	labels_free(&image->annotations);
	labels_free(&image->user_annotations);
	labels_free(&image->user_labels);
	mounts_free(image->mounts, image->mount_count);
	strings_free(&image->args);
}

void
args_free(struct args *args)
{
	char *const texts[] = { args->name, args->hostname, args->pod_manifest,
		args->ipc, args->uuid_file, args->private_users,
		args->pull_policy, args->dns_domain, args->log,
		args->log_size };
	struct strings *const lists[] = { &args->nets, &args->set_env_files,
		&args->dns, &args->dns_search, &args->dns_options,
		&args->hosts_entries };

	for (size_t i = 0; i < args->image_count; i++)
		image_free(&args->images[i]);
	free(args->images);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		strings_free(lists[i]);
	labels_free(&args->set_env);
	for (size_t i = 0; i < args->volume_count; i++)
		volume_free(&args->volumes[i]);
	free(args->volumes);
	mounts_free(args->mounts, args->mount_count);
	for (size_t i = 0; i < args->port_count; i++)
		pod_port_free(&args->ports[i]);
	free(args->ports);
	*args = (struct args){ 0 };
}
