/* SPDX-License-Identifier: Apache-2.0 */
/* page - the discovery tags in the head of an HTML page */

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <gumbo.h>

#include "alloc.h"
#include "page.h"
#include "scope.h"

enum {
	ARENA = 16 * 1024 * 1024, /* bytes that the parse tree may take */
	MILLISECONDS = 500,       /* of the processor */
	CHECK = 64, /* its clock is read once in so many allocations */
};

/*
 * Gumbo takes its memory from here and cannot be told of an end to it, nor of
 * time: a page of nothing but <div> costs it minutes (quadratic), and the tree
 * of it overflows the stack when it is freed (recursive).  So both bounds are
 * in the allocator, which jumps out of the parser; nothing else is held then.
 */
struct arena {
	char *bytes; /* ARENA of them */
	size_t used;
	unsigned taken;
	int64_t end;
	jmp_buf full;
};

static int64_t
processor_time(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *
arena_take(void *data, size_t size)
{
	struct arena *arena = data;
	size_t need = (size + 15) & ~(size_t)15;
	void *taken = arena->bytes + arena->used;

	if (need < size || need > ARENA - arena->used ||
	    (arena->taken++ % CHECK == 0 && processor_time() > arena->end))
		longjmp(arena->full, 1);
	arena->used += need;
	return taken;
}

static void
arena_release(void *data, void *taken)
{
	(void)data;
	(void)taken;
}

/* Where the part of the page that may hold the tags ends. */
static size_t
head_length(const char *html, size_t length)
{
	for (size_t i = 0; i + 6 <= length; i++)
		if (html[i] == '<' &&
		    (strncasecmp(html + i, "</head", 6) == 0 ||
			strncasecmp(html + i, "<body", 5) == 0))
			return i;
	return length;
}

/* Gumbo would take it for text, which ends the head. */
static void
skip_mark(const char **html, size_t *length)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of the byte order */

	if (*length < 3 || memcmp(*html, mark, 3) != 0)
		return;
	*html += 3;
	*length -= 3;
}

static const char *
attribute(const GumboElement *element, const char *name)
{
	GumboAttribute *found = gumbo_get_attribute(&element->attributes, name);

	return found == NULL ? NULL : found->value;
}

/* The content is two words; a tag that has it otherwise is not ours. */
static void
visit_meta(const GumboElement *meta,
    void (*visit)(void *, const char *, const char *, const char *), void *data)
{
	static const char blanks[] = " \t\r\n\f";
	const char *name = attribute(meta, "name");
	const char *content = attribute(meta, "content");
	autofree char *copy = xstrdup(content == NULL ? "" : content);
	char *rest = NULL;
	const char *prefix = strtok_r(copy, blanks, &rest);
	const char *value = strtok_r(NULL, blanks, &rest);

	if (name != NULL && value != NULL &&
	    strtok_r(NULL, blanks, &rest) == NULL)
		visit(data, name, prefix, value);
}

static const GumboElement *
child(const GumboElement *parent, size_t i, GumboTag tag)
{
	const GumboNode *node = parent->children.data[i];

	if (node->type != GUMBO_NODE_ELEMENT || node->v.element.tag != tag ||
	    node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML)
		return NULL;
	return &node->v.element;
}

static void
visit_head(const GumboElement *head,
    void (*visit)(void *, const char *, const char *, const char *), void *data)
{
	for (size_t i = 0; i < head->children.length; i++) {
		const GumboElement *meta = child(head, i, GUMBO_TAG_META);

		if (meta != NULL)
			visit_meta(meta, visit, data);
	}
}

/* NULL: the parser was stopped. */
static const GumboElement *
parse(struct arena *arena, const char *html, size_t length)
{
	GumboOptions options = kGumboDefaultOptions;

	options.allocator = arena_take;
	options.deallocator = arena_release;
	options.userdata = arena;
	options.max_errors = 0;
	if (setjmp(arena->full) != 0)
		return NULL;
	return &gumbo_parse_with_options(&options, html, length)
		    ->root->v.element;
}

int
page_tags(const char *html, size_t length,
    void (*visit)(void *, const char *, const char *, const char *), void *data)
{
	/* Costs only the pages of it that are used. */
	static _Alignas(max_align_t) char bytes[ARENA];
	struct arena arena = { .bytes = bytes,
		.end = processor_time() + MILLISECONDS };
	const GumboElement *root;

	skip_mark(&html, &length);
	root = parse(&arena, html, head_length(html, length));
	if (root == NULL)
		return -1;
	for (size_t i = 0; i < root->children.length; i++) {
		const GumboElement *head = child(root, i, GUMBO_TAG_HEAD);

		if (head != NULL)
			visit_head(head, visit, data);
	}
	return 0;
}
