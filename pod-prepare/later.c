/* SPDX-License-Identifier: Apache-2.0 */
/* later - what is said of a pod when it is to run, after it was prepared */

#include <err.h>
#include <errno.h>
#include <string.h>

#include "choices.h"
#include "escape.h"
#include "later.h"
#include "named.h"
#include "path.h"
#include "pod.h"
#include "prog.h"
#include "publish.h"
#include "record.h"
#include "registration.h"
#include "scope.h"

enum { CHOICES_MAX = 1024 * 1024 };

static json_t *
read_json(const struct pod *pod, const char *name)
{
	size_t length = 0;
	autofree char *bytes = path_read(pod->dir, name, CHOICES_MAX, &length);
	autofree char *why = NULL;
	json_t *json;

	if (bytes == NULL)
		err(EX_IOERR, "pod \"%s\": %s", pod->uuid, name);
	json = json_parse(bytes, length, &why);
	if (!json_is_object(json))
		errx(EX_DATAERR, "pod \"%s\": %s: %s", pod->uuid, name,
		    why != NULL ? why : "not an object");
	return json;
}

static bool
has_net(const json_t *choices, const char *name)
{
	const json_t *net = json_array_get(json_object_get(choices, "net"), 0);

	return net != NULL && json_is_string(net) &&
	       strcmp(json_string_value(net), name) == 0;
}

/* As for a pod that is being prepared, but for what it is already. */
static void
check(const struct pod *pod, const json_t *choices)
{
	autojson json_t *manifest = read_json(pod, "pod");
	bool ports = json_array_size(json_object_get(manifest, "ports")) > 0;

	if (json_is_true(json_object_get(choices, "interactive")) &&
	    json_array_size(json_object_get(choices, "apps")) > 1)
		errx(EX_USAGE, "interactive option only supports one image");
	if (ports && (has_net(choices, "host") || has_net(choices, "none")))
		errx(EX_USAGE, "--port flag does not work with '%s' networking",
		    has_net(choices, "host") ? "host" : "none");
	if (json_is_true(json_object_get(choices, "mdsRegister")) &&
	    has_net(choices, "none"))
		errx(EX_USAGE,
		    "--mds-register flag does not work with --net=none");
}

static void
change(const struct pod *pod, const struct args *args)
{
	autojson json_t *choices = read_json(pod, "run.json");
	autojson json_t *before = json_deep_copy(choices);
	autofree char *line = NULL;

	choices_change(choices, args);
	if (json_equal(before, choices))
		return;
	check(pod, choices);
	if (registration_make(pod->dir, pod->uuid, choices) < 0)
		err(errno == ENOENT ? EX_NOINPUT : EX_CANTCREAT,
		    "pod \"%s\": token", pod->uuid);
	line = record_line(choices);
	if (publish_file(pod->dir, "run.json", line, strlen(line), 0644,
		PUBLISH_REPLACE) < 0)
		err(EX_CANTCREAT, "pod \"%s\": run.json", pod->uuid);
}

void
later_change(const struct args *args, char uuid[UUID_SIZE])
{
	struct pod pod = { .dir = -1 };
	autofd int lock = -1;

	if (named_open(args->images[0].image, &pod) < 0)
		exit(EX_NOINPUT);
	if (pod.place != POD_PREPARED && pod_state(&pod) != POD_IS_EXITED)
		errx(EX_USAGE, "pod \"%s\" is not prepared", pod.uuid);
	lock = pod_lock(&pod);
	if (lock < 0)
		err(EX_TEMPFAIL, "pod \"%s\"", pod.uuid);
	change(&pod, args);
	memcpy(uuid, pod.uuid, UUID_SIZE);
	(void)close(pod.dir);
}
