/* SPDX-License-Identifier: Apache-2.0 */
/* registration - what makes a pod known to the metadata service */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "alloc.h"
#include "dirs.h"
#include "images.h"
#include "record.h"
#include "registration.h"
#include "scope.h"
#include "ticket.h"

/* The store may lose the image, and the pod still has what it was. */
static int
link_manifest(int dir, const char *app, const char *id)
{
	autofree char *from = xasprintf(
	    "%s/cas/image/%.*s/manifest", dirs_data(), (int)KEY_LENGTH, id);
	autofree char *to = xasprintf("%s.manifest", app);

	if (linkat(AT_FDCWD, from, dir, to, 0) < 0 && errno != EEXIST)
		return -1;
	return 0;
}

int
registration_make(int dir, const char uuid[UUID_SIZE], const json_t *choices)
{
	const json_t *apps = json_object_get(choices, "apps");

	if (!json_is_true(json_object_get(choices, "mdsRegister")))
		return 0;
	for (size_t i = 0; i < json_array_size(apps); i++) {
		const json_t *app = json_array_get(apps, i);

		if (link_manifest(dir, record_string(app, "name"),
			record_string(app, "id")) < 0)
			return -1;
	}
	return ticket_make(dir, uuid);
}
