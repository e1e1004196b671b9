/* SPDX-License-Identifier: Apache-2.0 */
/* pod-prepare - make a pod directory of images and arguments */
/*
 * pod-prepare [--records] [-q] [--fetchable] ARG...
 * pod-prepare --start [--fail-status=N] [--else PROG [WORD...] --] ARG...
 * pod-prepare [--fetchable] --images ARG...
 * pod-prepare --late OPTION... UUID
 *
 * Reads rkt's own arguments; takes the images from the store, or from the
 * records on stdin; completes the pod manifest and checks all of it; compiles
 * the system call filters that images bring.  Only then is anything made: the
 * directory, in embryo, prepare, and prepared.  With --start it then becomes
 * what starts the pod, or PROG, if an image is to be fetched first.  With
 * --late it tells a prepared pod what it can still be told.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "apps.h"
#include "args.h"
#include "choices.h"
#include "directory.h"
#include "dirs.h"
#include "escape.h"
#include "filter.h"
#include "images.h"
#include "insecure.h"
#include "later.h"
#include "prepare-options.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

static struct strings
references(const struct args *args, const struct pod_manifest *pod)
{
	struct strings refs = { 0 };

	if (pod != NULL)
		return apps_references(pod);
	for (size_t i = 0; i < args->image_count; i++)
		strings_add(&refs, args->images[i].image);
	for (size_t i = 0; i < refs.count; i++) {
		if (strpbrk(refs.list[i], "\n") != NULL)
			filter_failx(EX_USAGE, "%s: a newline in it",
			    escape(refs.list[i]));
	}
	return refs;
}

static struct app_filter *
compile_filters(const struct pod_manifest *pod)
{
	struct app_filter *filters = xcalloc(pod->app_count, sizeof(*filters));

	for (size_t i = 0; i < pod->app_count; i++)
		filters[i].kind =
		    (opts.insecure & INSECURE_SECCOMP) != 0
			? SECCOMP_NONE
			: isolators_seccomp(pod->apps[i].name, pod->apps[i].app,
			      &filters[i].program, &filters[i].instructions);
	return filters;
}

static void
print_result(const char *uuid)
{
	autofree char *path =
	    xasprintf("%s/pods/prepared/%s", dirs_data(), uuid);
	autojson json_t *record = NULL;

	if (opts.quiet) {
		puts(uuid);
		return;
	}
	record = json_pack("{s:i, s:{s:s, s:s}}", "v", 1, "prepare", "uuid",
	    uuid, "path", path);
	filter_write(record);
}

static enum pull
policy_of(const struct args *args)
{
	enum pull policy = PULL_NEW;

	if (args->pull_policy != NULL)
		(void)pull_parse(args->pull_policy, &policy); /* args has */
	return policy;
}

/* The references, or those that are to be fetched, each with its signature. */
static void
print_references(const struct args *args, const struct strings *refs)
{
	for (size_t i = 0; i < refs->count; i++) {
		const char *signature =
		    i < args->image_count ? args->images[i].signature : NULL;

		if (!opts.fetchable)
			(void)puts(refs->list[i]);
		else if (images_wanted(refs->list[i], policy_of(args)))
			(void)printf("%s\t%s\n", refs->list[i],
			    signature == NULL ? "" : signature);
	}
}

static void
warn_insecure(void)
{
	static const struct {
		unsigned flag;
		const char *text;
	} warnings[] = {
		{ INSECURE_CAPABILITIES,
		    "bounds on capabilities have been disabled" },
		{ INSECURE_PATHS, "protection of paths has been disabled" },
		{ INSECURE_SECCOMP, "system call filters have been disabled" },
		{ INSECURE_ONDISK,
		    "ondisk: stored images are not checked anyway" },
	};

	for (size_t i = 0; i < sizeof warnings / sizeof *warnings; i++)
		if ((opts.insecure & warnings[i].flag) != 0)
			warnx("warning: %s", warnings[i].text);
}

static struct image *
take_images(
    const struct args *args, const struct strings *refs, char *const words[])
{
	const enum pull policy = policy_of(args);
	const bool other = opts.otherwise.count > 0;
	struct image *images;

	if (opts.records)
		return images_read(refs);
	images = images_ask(refs, opts.fetchable || other ? &policy : NULL);
	if (images == NULL && other)
		start_other(&opts.otherwise, words);
	if (images == NULL)
		filter_quit(EX_NOINPUT);
	return images;
}

/*
 * From the images to the pod; *pod is that of --pod-manifest, or NULL, words
 * are what args was made of.
 */
static void
prepare(const struct args *args, struct pod_manifest **pod,
    const struct strings *refs, char *const words[])
{
	struct directory directory = { .uuid_file = args->uuid_file };
	autojson json_t *choices = NULL;
	struct app_filter *filters;
	struct image *images = take_images(args, refs, words);

	if (*pod == NULL)
		*pod = apps_from_args(args, images);
	apps_complete(*pod, args, images);
	if ((opts.insecure & INSECURE_CAPABILITIES) != 0)
		for (size_t i = 0; i < (*pod)->app_count; i++)
			isolators_all_capabilities((*pod)->apps[i].app);
	choices_check(args, *pod);
	filters = compile_filters(*pod);
	uuid_make(directory.uuid);
	choices = choices_json(args, *pod, directory.uuid);
	if ((opts.insecure & INSECURE_PATHS) != 0)
		(void)json_object_set_new(choices, "unmasked", json_true());
	warn_insecure();
	directory.pod = *pod;
	directory.images = images;
	directory.filters = filters;
	directory.choices = choices;
	directory_make(&directory);
	if (opts.start)
		start_pod(directory.uuid, choices);
	print_result(directory.uuid);
	prog_finish();
	directory_keep();
	for (size_t i = 0; i < refs->count; i++)
		free(filters[i].program);
	free(filters);
	images_free(images, refs->count);
}

/* For rkt run-prepared; prints the whole UUID. */
static int
change(int argc, char *const argv[])
{
	autofree char *why = NULL;
	char uuid[UUID_SIZE];
	struct args args;

	if (args_parse_late(argc, argv, &args, &why) < 0)
		options_wrong(why);
	later_change(&args, uuid);
	puts(uuid);
	prog_finish();
	args_free(&args);
	return 0;
}

int
main(int argc, char *argv[])
{
	autofree char *why = NULL;
	struct pod_manifest *pod = NULL;
	struct strings refs;
	struct args args;
	int own;

	prog_start();
	own = options_read(argv);
	if (opts.late)
		return change(argc - own, argv + own);
	if (args_parse(argc - own, argv + own, &args, &why) < 0)
		options_wrong(why);
	opts.quiet |= args.quiet;
	filter_start("prepare", opts.quiet || opts.images);
	if (args.pod_manifest != NULL)
		pod = apps_from_file(args.pod_manifest);
	refs = references(&args, pod);
	if (opts.images) {
		print_references(&args, &refs);
		prog_finish();
	} else {
		prepare(&args, &pod, &refs, argv + own);
	}
	strings_free(&refs);
	pod_manifest_free(pod);
	args_free(&args);
	return 0;
}
