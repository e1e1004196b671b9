/* SPDX-License-Identifier: Apache-2.0 */
/* pod-json - the JSON files of a pod's directory */

#include <errno.h>

#include "path.h"
#include "pod-json.h"
#include "prog.h"
#include "record.h"
#include "scope.h"

json_t *
pod_json_find(const struct pod *pod, const char *name)
{
	size_t length = 0;
	autofree char *bytes = path_read(pod->dir, name, POD_JSON_MAX, &length);
	autofree char *why = NULL;
	json_t *json;

	if (bytes == NULL && errno == ENOENT)
		return NULL;
	if (bytes == NULL)
		prog_die("pod %s: %s", pod->uuid, name);
	json = json_parse(bytes, length, &why);
	if (json == NULL)
		prog_diex("pod %s: %s: %s", pod->uuid, name, why);
	return json;
}

json_t *
pod_json(const struct pod *pod, const char *name)
{
	json_t *json = pod_json_find(pod, name);

	if (json == NULL)
		prog_die("pod %s: %s", pod->uuid, name);
	return json;
}
