/* SPDX-License-Identifier: Apache-2.0 */
/* start - what pod-prepare becomes when the pod is to run at once */

#include <string.h>

#include "alloc.h"
#include "filter.h"
#include "prog.h"
#include "scope.h"
#include "start.h"

static bool
has_hosts_network(const json_t *choices)
{
	const json_t *net = json_object_get(choices, "net");
	const char *first = json_string_value(json_array_get(net, 0));

	return json_array_size(net) == 1 && strcmp(first, "host") == 0 &&
	       json_object_get(choices, "privateUsers") == NULL;
}

void
start_pod(const char *uuid, const json_t *choices)
{
	autofree char *status = xasprintf("--fail-status=%d", prog_status);
	autofree char *pod = xstrdup(uuid);
	char netns[] = "pod-netns", enter[] = "pod-enter";
	char *argv[] = { netns, status, pod, enter, status, pod, NULL };

	char *const *chain = argv + (has_hosts_network(choices) ? 3 : 0);

	filter_hand_over();
	prog_become(chain);
	prog_die("%s", chain[0]);
}

void
start_other(const struct otherwise *otherwise, char *const arguments[])
{
	size_t words = (size_t)otherwise->count, count = 0;
	autofree char **argv = NULL;

	while (arguments[count] != NULL)
		count++;
	argv = xcalloc(words + count + 1, sizeof *argv);
	memcpy(argv, otherwise->words, words * sizeof *argv);
	memcpy(argv + words, arguments, count * sizeof *argv);
	filter_hand_over();
	prog_chain(argv);
}
