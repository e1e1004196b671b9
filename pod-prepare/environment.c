/* SPDX-License-Identifier: Apache-2.0 */
/* environment - the variables that an app starts with, from all sources */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "actype.h"
#include "alloc.h"
#include "environment.h"
#include "escape.h"
#include "filter.h"
#include "path.h"
#include "prog.h"
#include "scope.h"

enum { FILE_MAX = 1024 * 1024 };

static const char default_path[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* NAME=VALUE; ends the process if it is not. */
static void
read_line(char *line, const char *file, struct labels *variables)
{
	char *value = strchr(line, '=');

	if (value == NULL)
		filter_failx(EX_DATAERR,
		    "environment variable must be specified as name=value "
		    "(file \"%s\")",
		    escape(file));
	*value++ = '\0';
	if (envname_check(line) != NULL)
		filter_failx(EX_DATAERR,
		    "environment variable \"%s\" %s (file \"%s\")",
		    escape(line), envname_check(line), escape(file));
	if (labels_get(variables, line) != NULL)
		filter_failx(EX_DATAERR,
		    "environment variable \"%s\" already set (file \"%s\")",
		    escape(line), escape(file));
	labels_set(variables, line, value);
}

static void
read_file(const char *file, struct labels *variables)
{
	autofree char *text = NULL;
	size_t length;
	char *rest;
	char *line;

	text = path_read(AT_FDCWD, file, FILE_MAX, &length);
	if (text == NULL)
		filter_fail(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s",
		    escape(file));
	if (strlen(text) != length)
		filter_failx(EX_DATAERR, "%s: a NUL byte in it", escape(file));
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0' && *line != '#' && *line != ';')
			read_line(line, file, variables);
	}
}

struct labels
environment_files(const struct strings *files)
{
	struct labels variables = { 0 };

	for (size_t i = 0; i < files->count; i++)
		read_file(files->list[i], &variables);
	return variables;
}

/* The caller's own, but for what directs rkt. */
static void
inherit(struct labels *variables)
{
	for (char **entry = environ; *entry != NULL; entry++) {
		const char *value = strchr(*entry, '=');
		autofree char *name = NULL;

		if (value == NULL || strncmp(*entry, "RKT_", 4) == 0)
			continue;
		name = xstrndup(*entry, (size_t)(value - *entry));
		if (envname_check(name) == NULL)
			labels_set(variables, name, value + 1);
	}
}

static void
add(struct labels *variables, const struct labels *more)
{
	for (size_t i = 0; i < more->count; i++)
		labels_set(variables, more->list[i].name, more->list[i].value);
}

static void
add_missing(struct labels *variables, const char *name, const char *value)
{
	if (labels_get(variables, name) == NULL)
		labels_set(variables, name, value);
}

void
environment_merge(struct pod_app *app, const struct args *args,
    const struct labels *files, const struct args_image *options)
{
	struct labels variables = { 0 };

	if (args->inherit_env)
		inherit(&variables);
	add(&variables, &app->app->environment);
	add(&variables, files);
	add(&variables, &args->set_env);
	if (options != NULL)
		add(&variables, &options->environment);
	add_missing(&variables, "PATH", default_path);
	add_missing(&variables, "container", "rkt");
	labels_set(&variables, "AC_APP_NAME", app->name);
	labels_free(&app->app->environment);
	app->app->environment = variables;
}
