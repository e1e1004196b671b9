/* SPDX-License-Identifier: Apache-2.0 */
/* named - a pod by what the user calls it */

#include <err.h>

#include "escape.h"
#include "named.h"
#include "pod.h"
#include "scope.h"

int
named_open(const char *beginning, struct pod *pod)
{
	autofree char *shown = escape(beginning);
	char uuid[UUID_SIZE];
	int found = pod_resolve(beginning, uuid);

	if (found == 1 && pod_open(uuid, pod) == 0)
		return 0;
	if (found == 0)
		warnx("no matches found for \"%s\"", shown);
	else if (found > 1)
		warnx("ambiguous uuid, %d matches", found);
	else
		warn("pod \"%s\"", shown);
	return -1;
}
