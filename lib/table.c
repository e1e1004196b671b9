/* SPDX-License-Identifier: Apache-2.0 */
/* table - columns that are aligned with tabs, and times for people */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "scope.h"
#include "table.h"

enum { TAB = 8, PADDING = 1 };

void
table_add(struct table *table, const char *text)
{
	if ((table->count & (table->count - 1)) == 0)
		table->cells = xreallocarray(table->cells,
		    table->count == 0 ? 1 : 2 * table->count,
		    sizeof(*table->cells));
	table->cells[table->count++] = xstrdup(text);
}

/* In characters: those bytes that begin one of UTF-8. */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void
table_print(struct table *table)
{
	size_t columns = table->columns;
	autofree size_t *ends = xcalloc(columns, sizeof(*ends));

	for (size_t i = 0; i < table->count; i++) {
		size_t end = width(table->cells[i]) + PADDING;

		end = (end + TAB - 1) / TAB * TAB;
		if (end > ends[i % columns])
			ends[i % columns] = end;
	}
	for (size_t i = 0; i < table->count; i++) {
		size_t at = width(table->cells[i]);

		(void)fputs(table->cells[i], stdout);
		if (i % columns == columns - 1)
			(void)putchar('\n');
		else
			for (; at < ends[i % columns];
			     at = at / TAB * TAB + TAB)
				(void)putchar('\t');
		free(table->cells[i]);
	}
	free(table->cells);
	*table = (struct table){ .columns = columns };
}

char *
time_ago(struct timespec then, time_t now)
{
	enum {
		MINUTE = 60,
		HOUR = 60 * MINUTE,
		DAY = 24 * HOUR,
		WEEK = 7 * DAY,
		MONTH = 30 * DAY,
		YEAR = 12 * MONTH
	};
	static const struct {
		time_t length;
		const char *name;
	} units[] = { { YEAR, "year" }, { MONTH, "month" }, { WEEK, "week" },
		{ DAY, "day" }, { HOUR, "hour" }, { MINUTE, "minute" },
		{ 1, "second" } };
	time_t past = now - then.tv_sec;
	const char *when = past < 0 ? "from now" : "ago";

	past = past < 0 ? -past : past;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		long long n = past / units[i].length;

		if (n > 0)
			return xasprintf("%lld %s%s %s", n, units[i].name,
			    n == 1 ? "" : "s", when);
	}
	return xstrdup("now");
}

char *
time_full(struct timespec then)
{
	char seconds[32] = "";
	char zone[32] = "";
	char fraction[8] = "";
	struct tm local;
	size_t end;

	if (localtime_r(&then.tv_sec, &local) == NULL)
		return xstrdup("-");
	(void)strftime(seconds, sizeof(seconds), "%Y-%m-%d %H:%M:%S", &local);
	(void)strftime(zone, sizeof(zone), "%z %Z", &local);
	(void)snprintf(fraction, sizeof(fraction), ".%03u",
	    (unsigned)(then.tv_nsec / 1000000) % 1000);
	/* As rkt has it, without zeros at the end. */
	for (end = strlen(fraction); end > 1 && fraction[end - 1] == '0';)
		fraction[--end] = '\0';
	return xasprintf("%s%s %s", seconds, end > 1 ? fraction : "", zone);
}
