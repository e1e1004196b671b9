/* SPDX-License-Identifier: Apache-2.0 */
/* named - a pod by what the user calls it */
#pragma once

struct pod;

/*
 * Opens the one pod whose UUID begins so.  Returns 0, the caller closes
 * pod->dir; or -1 and errno after a line on stderr: ENOENT: none, ENOTUNIQ:
 * more than one.
 */
int named_open(const char *beginning, struct pod *pod);

/*
 * The UUID in a file, as --uuid-file-save writes it; the caller frees it.
 * NULL after a line on stderr.
 */
char *named_file(const char *path);
