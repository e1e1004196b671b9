/* SPDX-License-Identifier: Apache-2.0 */
/* scan - the entries of an archive, written down */

#include <stdlib.h>

#include "escape.h"
#include "scan.h"
#include "scope.h"
#include "tar.h"

/* Keeps the attributes that are allowed. */
static int
sift_xattrs(struct tar *tar, char **dropped)
{
	struct entry *entry = &tar->entry;
	size_t kept = 0;
	bool valid = true;

	for (size_t i = 0; i < entry->xattr_count; i++) {
		struct xattr xattr = entry->xattrs[i];

		if (xattr_is_allowed(&xattr, entry->type)) {
			valid = valid && xattr_is_valid(&xattr);
			entry->xattrs[kept++] = xattr;
			continue;
		}
		if (*dropped == NULL)
			*dropped = escape(xattr.name);
		free(xattr.name);
		free(xattr.value);
	}
	entry->xattr_count = kept;
	if (!valid) {
		autofree char *shown = escape(entry->name);

		return tar_refuse(
		    tar, "%s: malformed security.capability", shown);
	}
	return 0;
}

int
scan_archive(struct entries *entries, int fd, uint64_t size, char **dropped)
{
	struct tar tar;
	int result = tar_start(&tar, fd, size, entries->fault);

	while (result == 0 && (result = tar_next(&tar)) == 1) {
		result = sift_xattrs(&tar, dropped);
		if (result == 0)
			result = entries_add(entries, &tar.entry);
	}
	tar_stop(&tar);
	return result == 0 ? entries_flush(entries) : -1;
}
