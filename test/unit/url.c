/* SPDX-License-Identifier: Apache-2.0 */
/* url - what may be asked for, who is asked, and what two parsers differ on */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "rows.h"
#include "scope.h"
#include "url.h"

#define NOT    "not a URL"
#define SCHEME "unsupported URL scheme"
#define USER   "holds a user name or password"
#define HTTP   "http is not allowed"

static const struct {
	const char *url;
	const char *why; /* NULL: it may be asked for */
} rows[] = {
	{ "https://example.com", NULL },
	{ "https://example.com/", NULL },
	{ "HTTPS://EXAMPLE.COM/x", NULL },
	{ "https://example.com:8443/x?y=z#f", NULL },
	{ "https://192.0.2.1/x", NULL },
	{ "https://[2001:db8::1]:443/x", NULL },
	{ "https://example.com/%7Ea/..;/b", NULL },
	{ "https://xn--exmple-cua.com/x", NULL },
	{ "", NOT },
	{ "example.com/x", NOT },
	{ "//example.com/x", NOT },
	{ "/x", NOT },
	{ "https:", NOT },
	{ "https://", NOT },
	{ "https:///x", NOT },
	{ "https:/example.com/x", NOT },
	{ "https:example.com/x", NOT },
	{ "https:/example.com/://x", NOT },
	{ "https:////example.com/x", NOT },
	{ "https:\\\\example.com\\x", NOT },
	{ "https://example.com\\@evil.example/x", NOT },
	{ "https://example.com /x", NOT },
	{ " https://example.com/x", NOT },
	{ "https://example.com/x\n", NOT },
	{ "https://example.com/\r\nX: y", NOT },
	{ "https://example.com/\033[2J", NOT },
	{ "https://example.com/\177", NOT },
	{ "https://ex\303\244mple.com/x", NOT },
	{ "https://example.com/\342\200\256x", NOT },
	{ "https://example.com/{name}", NOT },
	{ "https://example.com/a|b", NOT },
	{ "https://example.com/\"x\"", NOT },
	{ "https://example.com/<x>", NOT },
	{ "https://example.com/^`", NOT },
	{ "https://a%2Fb.example.com/x", NOT },
	{ "https://a%40b/x", NOT },
	{ "https://example.com:0x50/x", NOT },
	{ "https://example.com:99999/x", NOT },
	{ "https://example.com:-1/x", NOT },
	{ "https://[::1/x", NOT },
	{ "https://me@example.com/x", USER },
	{ "https://me:secret@example.com/x", USER },
	{ "https://:secret@example.com/x", USER },
	{ "https://@example.com/x", USER },
	{ "file:///etc/passwd", SCHEME },
	{ "ftp://example.com/x", SCHEME },
	{ "gopher://example.com/x", SCHEME },
	{ "scp://example.com/x", SCHEME },
	{ "hdfs://example.com/x", SCHEME },
	{ "httpss://example.com/x", SCHEME },
	{ "http://example.com/x", HTTP },
	{ "HTTP://example.com/x", HTTP },
};

static const struct {
	const char *url, *origin;
} origins[] = {
	{ "https://example.com/x", "https://example.com:443" },
	{ "https://Example.COM:443", "https://example.com:443" },
	{ "https://example.com:8443/x", "https://example.com:8443" },
	{ "http://example.com/x", "http://example.com:80" },
	{ "file:///etc/passwd", NULL },
	{ "x", NULL },
};

static const struct {
	const char *url, *swapped; /* .aci by .sig */
} swaps[] = {
	{ "https://example.com/x.aci", "https://example.com/x.sig" },
	{ "https://example.com/x.aci?a=b", "https://example.com/x.sig?a=b" },
	{ "https://example.com/x.aci/y", NULL },
	{ "https://example.com/x?.aci", NULL },
	{ "https://example.com/x", NULL },
};

static const struct {
	const char *url, *path;
} paths[] = {
	{ "file:///a/b.aci", "/a/b.aci" },
	{ "file://localhost/a", "/a" },
	{ "file:///a%20b", "/a b" },
	{ "file://example.com/a", NULL },
	{ "https://example.com/a", NULL },
};

static bool
same(const char *of, const char *is, const char *want)
{
	if (is == NULL ? want == NULL : want != NULL && strcmp(is, want) == 0)
		return true;
	(void)fprintf(stderr, "%s\n\tis: %s\n\twanted: %s\n", of,
	    is == NULL ? "none" : is, want == NULL ? "none" : want);
	return false;
}

int
main(void)
{
	autofree char *lengthy = xasprintf("https://a/%02100d", 0);
	bool good = same("long", url_unfit(lengthy, false), "URL too long");

	for (size_t i = 0; i < COUNT(rows); i++)
		good &= same(
		    rows[i].url, url_unfit(rows[i].url, false), rows[i].why);
	good &= same("http", url_unfit("http://example.com/x", true), NULL);
	for (size_t i = 0; i < COUNT(origins); i++) {
		autofree char *is = url_origin(origins[i].url);

		good &= same(origins[i].url, is, origins[i].origin);
	}
	for (size_t i = 0; i < COUNT(swaps); i++) {
		autofree char *is = url_swap(swaps[i].url, ".aci", ".sig");

		good &= same(swaps[i].url, is, swaps[i].swapped);
	}
	for (size_t i = 0; i < COUNT(paths); i++) {
		autofree char *is = url_path(paths[i].url);

		good &= same(paths[i].url, is, paths[i].path);
	}
	assert(good);
	return 0;
}
