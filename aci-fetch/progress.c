/* SPDX-License-Identifier: Apache-2.0 */
/* progress - how far a download is, on stderr */

#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "progress.h"

enum {
	WIDTH = 45,     /* of the bar */
	INTERVAL = 250, /* milliseconds */
	SIZE = 16,      /* of a size in words */
};

/* Three digits and a unit of 1000: 473 B, 3.7 MB, 12.1 GB. */
static const char *
size_text(int64_t bytes, char text[SIZE])
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	/* From 999.5 on it would be "1e+03". */
	for (; size >= 999.5 && unit < sizeof units / sizeof *units - 1; unit++)
		size /= 1000;
	(void)snprintf(text, SIZE, "%.3g %s", size, units[unit]);
	return text;
}

static void
draw(const struct progress *progress, int64_t done, int64_t total,
    const char *end)
{
	char have[SIZE];
	char whole[SIZE];
	char bar[WIDTH + 1];
	int filled = WIDTH;

	if (total == 0) {
		(void)fprintf(stderr,
		    "\rDownloading %s: %s of an unknown total size\033[K%s",
		    progress->what, size_text(done, have), end);
		return;
	}
	if (done < total)
		filled = (int)((double)done / (double)total * WIDTH);
	for (int i = 0; i < WIDTH; i++)
		bar[i] = i < filled ? '=' : ' ';
	bar[WIDTH] = '\0';
	(void)fprintf(stderr, "\rDownloading %s: [%s] %s/%s\033[K%s",
	    progress->what, bar, size_text(done, have), size_text(total, whole),
	    end);
}

void
progress_start(struct progress *progress, const char *what)
{
	*progress = (struct progress){ .what = what,
		.terminal = isatty(STDERR_FILENO) == 1 };
}

void
progress_show(struct progress *progress, int64_t done, int64_t total)
{
	int64_t time;

	if (!progress->terminal || done == 0)
		return;
	time = clock_ms();
	if (time < progress->next)
		return;
	progress->next = time + INTERVAL;
	progress->drawn = true;
	draw(progress, done, total, "");
}

void
progress_done(struct progress *progress, int64_t done)
{
	char size[SIZE];

	if (progress->terminal && done > 0)
		draw(progress, done, done, "\n");
	else
		(void)fprintf(stderr, "Downloading %s: %s\n", progress->what,
		    size_text(done, size));
}

void
progress_pause(struct progress *progress)
{
	if (progress->drawn)
		(void)fputs("\r\033[K", stderr);
	progress->drawn = false;
	progress->next = 0;
}

void
progress_broken(struct progress *progress)
{
	if (progress->drawn)
		(void)fputc('\n', stderr);
}
