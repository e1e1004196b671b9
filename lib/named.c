/* SPDX-License-Identifier: Apache-2.0 */
/* named - a pod by what the user calls it */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "named.h"
#include "path.h"
#include "pod.h"
#include "scope.h"

int
named_open(const char *beginning, struct pod *pod)
{
	autofree char *shown = escape(beginning);
	char uuid[UUID_SIZE];
	int found;

	/* What is named in full is looked for, not all that there are. */
	if (uuid_valid(beginning) && pod_open(beginning, pod) == 0)
		return 0;
	found = pod_resolve(beginning, uuid);
	if (found == 1 && pod_open(uuid, pod) == 0)
		return 0;
	if (found < 0 || found == 1) {
		int error = errno;

		warn("pod \"%s\"", shown);
		errno = error;
	} else if (found == 0) {
		warnx("no matches found for \"%s\"", shown);
		errno = ENOENT;
	} else {
		warnx("ambiguous uuid, %d matches", found);
		errno = ENOTUNIQ;
	}
	return -1;
}

char *
named_file(const char *path)
{
	autofree char *shown = escape(path);
	char *text = path_read(AT_FDCWD, path, UUID_SIZE + 1, NULL);

	if (text == NULL && errno != EFBIG) {
		warn("uuid file %s", shown);
		return NULL;
	}
	if (text != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (uuid_valid(text))
			return text;
	}
	free(text);
	warnx("uuid file %s: holds no UUID", shown);
	return NULL;
}
