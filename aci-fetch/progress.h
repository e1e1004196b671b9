/* SPDX-License-Identifier: Apache-2.0 */
/* progress - how far a download is, on stderr */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * On a terminal a bar, drawn at most four times a second; elsewhere one line
 * at the end.
 */
struct progress {
	const char *what; /* is downloaded; not copied */
	bool terminal;
	bool drawn;
	int64_t next; /* milliseconds: not drawn again before */
};

void progress_start(struct progress *progress, const char *what);

/* total is 0 as long as it is not known. */
void progress_show(struct progress *progress, int64_t done, int64_t total);

/* Takes the bar away, for a line of another kind. */
void progress_pause(struct progress *progress);

/* The last line: all of it came, or it broke off. */
void progress_done(struct progress *progress, int64_t done);
void progress_broken(struct progress *progress);
