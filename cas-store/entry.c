/* SPDX-License-Identifier: Apache-2.0 */
/* entry - a member of an archive: a file, and all that is said of it */

#include <string.h>
#include <sys/stat.h>

#include "entry.h"

#define CAPABILITY "security.capability"

uint32_t
entry_type(const struct entry *entry)
{
	static const uint32_t types[] = { S_IFREG, 0, S_IFLNK, S_IFCHR, S_IFBLK,
		S_IFDIR, S_IFIFO };

	return types[entry->type - '0'];
}

bool
xattr_is_allowed(const struct xattr *xattr, char type)
{
	const char *name = xattr->name;

	if (strcmp(name, CAPABILITY) == 0)
		return type == '0';
	return (type == '0' || type == '5') && strncmp(name, "user.", 5) == 0 &&
	       name[5] != '\0' && strncmp(name, "user.overlay.", 13) != 0;
}

/* Two forms of a file's capabilities: without and with a root's id. */
bool
xattr_is_valid(const struct xattr *xattr)
{
	unsigned version = xattr->size < 4 ? 0 : xattr->value[3];

	return strcmp(xattr->name, CAPABILITY) != 0 ||
	       (version == 2 && xattr->size == 20) ||
	       (version == 3 && xattr->size == 24);
}
