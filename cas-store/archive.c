/* SPDX-License-Identifier: Apache-2.0 */
/* archive - what the entries of an archive become in a tree */

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "archive.h"
#include "escape.h"
#include "scope.h"

int
archive_next(struct archive *archive)
{
	if (archive->next == archive->end)
		return 0;
	archive->at = archive->next;
	archive->count++;
	return entries_get(archive->entries, &archive->next, &archive->entry) <
		       0
		   ? -1
		   : 1;
}

int
archive_refuse(struct archive *archive, const char *why)
{
	autofree char *shown = escape(archive->entry.name);

	return fault_set(archive->fault, EX_DATAERR, "entry %u: %s: %s",
	    archive->count, shown, why);
}

/* Why path is no plain path; NULL if it is. */
static const char *
path_fault(const char *path)
{
	if (*path == '/')
		return "absolute name";
	for (;;) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return "\"..\" in its name";
		if (length == 0 || (length == 1 && *path == '.'))
			return "not a plain name";
		if (path[length] == '\0')
			return NULL;
		path += length + 1;
	}
}

const char *
archive_path(struct archive *archive, char *name, bool directory)
{
	char *path = name;
	size_t length;
	const char *why;

	while (path[0] == '.' && path[1] == '/')
		path += 2;
	length = strlen(path);
	if (directory && strcmp(path, ".") == 0)
		return path + 1;
	if (directory && length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	if (directory && length == 0)
		return path;
	why = path_fault(path);
	if (why == NULL)
		return path;
	(void)archive_refuse(archive, why);
	return NULL;
}

uint32_t
archive_inode(struct archive *archive)
{
	uint32_t inode =
	    tree_inode(archive->tree, entry_type(&archive->entry), archive->at);

	if (inode == 0)
		(void)archive_explain(archive);
	return inode;
}

int
archive_explain(struct archive *archive)
{
	switch (errno) {
	case EEXIST:
		return archive_refuse(archive, "there twice");
	case ENOTDIR:
		return archive_refuse(archive, "below what is no directory");
	case ENAMETOOLONG:
		return archive_refuse(archive, "name too long");
	case ELOOP:
		return archive_refuse(archive, "too many directories deep");
	default:
		return archive_refuse(
		    archive, "too many directories, or too long names");
	}
}
