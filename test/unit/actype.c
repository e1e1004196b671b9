/* SPDX-License-Identifier: Apache-2.0 */
/* actype - test of lib/actype, lib/host and lib/quantity */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "actype.h"
#include "alloc.h"
#include "scope.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ID16         "0123456789abcdef"
#define ID128        ID16 ID16 ID16 ID16 ID16 ID16 ID16 ID16
#define LABEL64      ID16 ID16 ID16 ID16
#define NAME256      LABEL64 LABEL64 LABEL64 LABEL64

static const struct row {
	const char *(*check)(const char *text);
	const char *text;
	const char *wrong; /* NULL: it is a value of the type */
} rows[] = {
	{ acidentifier_check, "a", NULL },
	{ acidentifier_check, "0", NULL },
	{ acidentifier_check, "example.com/etcd", NULL },
	{ acidentifier_check, "example.com/reduce-worker-1.0.0", NULL },
	{ acidentifier_check, "a_b", NULL },
	{ acidentifier_check, "my~database", NULL },
	{ acidentifier_check, "sub.example.com/org/product/v1.0.0", NULL },
	{ acidentifier_check, "", "is empty" },
	{ acidentifier_check, "example.com/~bob",
	    "has two separators side by side" },
	{ acidentifier_check, "a--b", "has two separators side by side" },
	{ acidentifier_check, "a//b", "has two separators side by side" },
	{ acidentifier_check, "a/../b", "has two separators side by side" },
	{ acidentifier_check, "a/.b", "has two separators side by side" },
	{ acidentifier_check, "/a", "must begin with a-z or 0-9" },
	{ acidentifier_check, "-a", "must begin with a-z or 0-9" },
	{ acidentifier_check, "..", "must begin with a-z or 0-9" },
	{ acidentifier_check, "a/", "must end with a-z or 0-9" },
	{ acidentifier_check, "a-", "must end with a-z or 0-9" },
	{ acidentifier_check, "A", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "a b", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "a\n", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "a:1", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "a%2f", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "caf\xc3\xa9",
	    "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, "a\xff", "may hold only a-z, 0-9 and -._~/" },
	{ acidentifier_check, NAME256, "is longer than 255 characters" },
	{ acidentifier_check, &NAME256[1], NULL },

	{ acname_check, "a", NULL },
	{ acname_check, "a-b-c-1", NULL },
	{ acname_check, "1", NULL },
	{ acname_check, "", "is empty" },
	{ acname_check, "a--b", "has two separators side by side" },
	{ acname_check, "-a", "must begin with a-z or 0-9" },
	{ acname_check, "a-", "must end with a-z or 0-9" },
	{ acname_check, "a.b", "may hold only a-z, 0-9 and -" },
	{ acname_check, "a/b", "may hold only a-z, 0-9 and -" },
	{ acname_check, ".", "may hold only a-z, 0-9 and -" },
	{ acname_check, "..", "may hold only a-z, 0-9 and -" },
	{ acname_check, "a_b", "may hold only a-z, 0-9 and -" },
	{ acname_check, "A", "may hold only a-z, 0-9 and -" },
	{ acname_check, "a\n", "may hold only a-z, 0-9 and -" },

	{ semver_check, "0.8.11", NULL },
	{ semver_check, "1.0.0", NULL },
	{ semver_check, "0.8.11+git", NULL },
	{ semver_check, "1.2.3-alpha", NULL },
	{ semver_check, "1.2.3-alpha.1+b.001", NULL },
	{ semver_check, "1.2.3--", NULL },
	{ semver_check, "0.0.0", "is 0.0.0, which means none" },
	{ semver_check, "", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "0.8", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "0.8.", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3.4", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "v1.2.3", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "01.2.3", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3-", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3-01", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3-a..b", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3+", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "1.2.3 ", "is not a version X.Y.Z[-PRE][+BUILD]" },
	{ semver_check, "-1.2.3", "is not a version X.Y.Z[-PRE][+BUILD]" },

	{ date_check, "2014-11-14T17:36:54-08:00", NULL },
	{ date_check, "2014-10-27T19:32:27.67021798Z", NULL },
	{ date_check, "2016-02-29T00:00:00Z", NULL },
	{ date_check, "2000-02-29T00:00:00+14:00", NULL },
	{ date_check, "2015-02-29T00:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "1900-02-29T00:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-04-31T00:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-13-01T00:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01T24:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01T00:00:00",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01T00:00:00.Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01 00:00:00Z",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01T00:00:00+0100",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "2015-01-01T00:00:00ZZ",
	    "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "", "is not a date YYYY-MM-DDThh:mm:ssZ" },
	{ date_check, "1416015188", "is not a date YYYY-MM-DDThh:mm:ssZ" },

	{ url_check, "http://example.com", NULL },
	{ url_check, "https://example.com:8443/a/b?c=d#e", NULL },
	{ url_check, "https://[::1]/a.aci", NULL },
	{ url_check, "ftp://example.com", "is not an http or https URL" },
	{ url_check, "HTTP://example.com", "is not an http or https URL" },
	{ url_check, "//example.com", "is not an http or https URL" },
	{ url_check, "javascript:alert(1)", "is not an http or https URL" },
	{ url_check, "http://", "is a URL without a host" },
	{ url_check, "https:///a", "is a URL without a host" },
	{ url_check, "http://example.com/a b",
	    "is a URL with a character that must be percent-encoded" },
	{ url_check, "http://example.com/\r\nHost: x",
	    "is a URL with a character that must be percent-encoded" },
	{ url_check, "http://example.com/{name}",
	    "is a URL with a character that must be percent-encoded" },

	{ envname_check, "PATH", NULL },
	{ envname_check, "_", NULL },
	{ envname_check, "a.b-c", NULL },
	{ envname_check, "", "is empty" },
	{ envname_check, "1A", "must begin with a letter or _" },
	{ envname_check, "=A", "must begin with a letter or _" },
	{ envname_check, "A=B", "may hold only letters, digits, _, . and -" },
	{ envname_check, "A\nB", "may hold only letters, digits, _, . and -" },
	{ envname_check, "A B", "may hold only letters, digits, _, . and -" },

	{ imageid_check, "sha512-00", NULL },
	{ imageid_check, "sha512-fa1cb92dc276b0f9bedf87981e61ecde", NULL },
	{ imageid_check, "sha512-" ID128, NULL },
	{ imageid_check, "sha512-" ID128 "0",
	    "is an image id that is too long" },
	{ imageid_check, "sha512-0", "is an image id that is too short" },
	{ imageid_check, "sha512-", "is an image id that is too short" },
	{ imageid_check, "sha512-...",
	    "is an image id that is not lower-case hexadecimal" },
	{ imageid_check, "sha512-FA",
	    "is an image id that is not lower-case hexadecimal" },
	{ imageid_check, "sha512-../../x",
	    "is an image id that is not lower-case hexadecimal" },
	{ imageid_check, "sha256-" ID16,
	    "is a sha256 id: ids are sha512 since 0.2" },
	{ imageid_check, "md5-00", "is not an image id (sha512-...)" },
	{ imageid_check, "", "is not an image id (sha512-...)" },

	{ user_check, "0", NULL },
	{ user_check, "1000", NULL },
	{ user_check, "4294967294", NULL },
	{ user_check, "root", NULL },
	{ user_check, "www-data", NULL },
	{ user_check, "_apt", NULL },
	{ user_check, "host$", NULL },
	{ user_check, "/etc/passwd", NULL },
	{ user_check, "", "is empty" },
	{ user_check, "4294967295", "is greater than 4294967294" },
	{ user_check, "4294967296", "is greater than 4294967294" },
	{ user_check, "18446744073709551616", "is greater than 4294967294" },
	{ user_check, "-1", "is not a name, a number or an absolute path" },
	{ user_check, "+0", "is not a name, a number or an absolute path" },
	{ user_check, "0x0", "is not a name, a number or an absolute path" },
	{ user_check, " 0", "is not a name, a number or an absolute path" },
	{ user_check, "0 ", "is not a name, a number or an absolute path" },
	{ user_check, "1000:0:0",
	    "is not a name, a number or an absolute path" },
	{ user_check, "\xd9\xa0",
	    "is not a name, a number or an absolute path" },
	{ user_check, "root\n", "is not a name, a number or an absolute path" },
	{ user_check, "a/b", "is not a name, a number or an absolute path" },
	{ user_check, "/a\nb", "is a path with a control character" },

	{ path_check, "/", NULL },
	{ path_check, "/a b/\xc3\xa9", NULL },
	{ path_check, "", "is empty" },
	{ path_check, "a", "is not an absolute path" },
	{ path_check, "./a", "is not an absolute path" },
	{ path_check, "/a\x1b[2J", "is a path with a control character" },
	{ path_check, "/a\x7f", "is a path with a control character" },

	{ hostname_check, "a", NULL },
	{ hostname_check, "rkt-0aaf0a79-1a39-4d59-abbf-1bebca8209d2", NULL },
	{ hostname_check, "A.example.com", NULL },
	{ hostname_check, "", "is empty" },
	{ hostname_check, "a.", "is not a host name" },
	{ hostname_check, ".a", "is not a host name" },
	{ hostname_check, "-a", "is not a host name" },
	{ hostname_check, "a-.b", "is not a host name" },
	{ hostname_check, "a\nb", "may hold only letters, digits, - and ." },
	{ hostname_check, "a b", "may hold only letters, digits, - and ." },
	{ hostname_check, "a_b", "may hold only letters, digits, - and ." },
	{ hostname_check, LABEL64, "is not a host name" },
	{ hostname_check, LABEL64 "0", "is longer than 64 characters" },

	{ address_check, "127.0.0.1", NULL },
	{ address_check, "::1", NULL },
	{ address_check, "127.1", "is not an IP address" },
	{ address_check, "0x7f.0.0.1", "is not an IP address" },
	{ address_check, "256.0.0.1", "is not an IP address" },
	{ address_check, "1.2.3.4 ", "is not an IP address" },
	{ address_check, "", "is not an IP address" },
};

static const struct {
	const char *text;
	int64_t milli;
	int error; /* 0: milli is right */
} quantities[] = {
	{ "0", 0, 0 },
	{ "1", 1000, 0 },
	{ "+1", 1000, 0 },
	{ "025", 25000, 0 },
	{ "1.", 1000, 0 },
	{ ".5", 500, 0 },
	{ "0.1", 100, 0 },
	{ "500m", 500, 0 },
	{ "1000m", 1000, 0 },
	{ "1n", 1, 0 },
	{ "1u", 1, 0 },
	{ "1001u", 2, 0 },
	{ "1000u", 1, 0 },
	{ "1k", 1000000, 0 },
	{ "1M", 1000000000, 0 },
	{ "1G", 1000000000000, 0 },
	{ "1T", 1000000000000000, 0 },
	{ "1P", 1000000000000000000, 0 },
	{ "9P", 9000000000000000000, 0 },
	{ "1Ki", 1024000, 0 },
	{ "1Mi", 1048576000, 0 },
	{ "1.5Gi", 1610612736000, 0 },
	{ "0.025Ti", 27487790694400, 0 },
	{ "8Pi", 9007199254740992000, 0 },
	{ "0Ei", 0, 0 },
	{ "0E", 0, 0 },
	{ "1e3", 1000000, 0 },
	{ "1E3", 1000000, 0 },
	{ "1e+3", 1000000, 0 },
	{ "1e-3", 1, 0 },
	{ "1e-300", 1, 0 },
	{ "0e999", 0, 0 },
	{ "1000e-12", 1, 0 },
	{ "0.00000000000000000000000000000000001", 1, 0 },
	{ "0.00000000000000000000000000000000000", 0, 0 },
	{ "1.0000000000000000000000000000000000", 1000, 0 },
	{ "1.0000000000000000000000000000000001", 1001, 0 },
	{ "9223372036854775.807", INT64_MAX, 0 },
	{ "9223372036854775.808", 0, ERANGE },
	{ "1E", 0, ERANGE },
	{ "9Ei", 0, ERANGE },
	{ "1e16", 0, ERANGE },
	{ "1e999", 0, ERANGE },
	{ "99999999999999999999999999999999999999999", 0, ERANGE },
	{ "-1", 0, ERANGE },
	{ "-0", 0, ERANGE },
	{ "", 0, EINVAL },
	{ ".", 0, EINVAL },
	{ "-", 0, EINVAL },
	{ "+", 0, EINVAL },
	{ "Ti", 0, EINVAL },
	{ "E-3", 0, EINVAL },
	{ "1.1.1", 0, EINVAL },
	{ "1e", 0, EINVAL },
	{ "1e+", 0, EINVAL },
	{ "1e1.5", 0, EINVAL },
	{ "1e0000001", 0, EINVAL },
	{ "1mi", 0, EINVAL },
	{ "1i", 0, EINVAL },
	{ "1K", 0, EINVAL },
	{ "1kB", 0, EINVAL },
	{ " 1", 0, EINVAL },
	{ "1 ", 0, EINVAL },
	{ "1 M", 0, EINVAL },
	{ "+-1", 0, EINVAL },
	{ "0x10", 0, EINVAL },
	{ "1,5", 0, EINVAL },
	{ "NaN", 0, EINVAL },
	{ "inf", 0, EINVAL },
};

static const struct {
	const char *text;
	const char *name; /* NULL: nothing is left */
} sanitised[] = {
	{ "etcd", "etcd" },
	{ "Etcd_v3.4", "etcd-v3-4" },
	{ "reduce-worker-1.0.0", "reduce-worker-1-0-0" },
	{ "a--b", "a-b" },
	{ "/a/", "a" },
	{ "...", NULL },
	{ "", NULL },
	{ "\xff\x01", NULL },
};

static const struct {
	const char *name, *prefix;
	bool covers;
} prefixes[] = {
	{ "example.com/app", "example.com/app", true },
	{ "example.com/app/x", "example.com/app", true },
	{ "example.com/application", "example.com/app", false },
	{ "example.com/app", "example.com", true },
	{ "example.com", "example.com/app", false },
	{ "example.community", "example.com", false },
	{ "anything", "", true },
};

static const struct {
	const char *os, *arch, *wrong;
} systems[] = {
	{ NULL, NULL, NULL },
	{ NULL, "z80", NULL },
	{ "linux", NULL, NULL },
	{ "linux", "amd64", NULL },
	{ "linux", "s390x", NULL },
	{ "freebsd", "arm", NULL },
	{ "darwin", "x86_64", NULL },
	{ "linux", "x86_64",
	    "bad arch \"x86_64\" for linux (must be one of: [amd64 i386 "
	    "aarch64 aarch64_be armv6l armv7l armv7b ppc64 ppc64le s390x])" },
	{ "freebsd", "armv7b",
	    "bad arch \"armv7b\" for freebsd (must be one of: [amd64 i386 "
	    "arm])" },
	{ "OS/360", "S/360",
	    "bad os \"OS/360\" (must be one of: [darwin freebsd linux])" },
	{ "linux\n", NULL,
	    "bad os \"linux\\x0a\" (must be one of: [darwin freebsd "
	    "linux])" },
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
test_types(void)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *wrong = rows[i].check(rows[i].text);

		if (!same(wrong, rows[i].wrong))
			(void)fprintf(stderr, "row %zu, \"%s\": %s\n", i,
			    rows[i].text, wrong != NULL ? wrong : "accepted");
		assert(same(wrong, rows[i].wrong));
	}
}

static void
test_quantities(void)
{
	for (size_t i = 0; i < COUNT(quantities); i++) {
		int64_t milli = -7;
		int result = quantity_parse(quantities[i].text, &milli);

		if (quantities[i].error != 0) {
			assert(result == -1 && errno == quantities[i].error);
			assert(milli == -7);
			continue;
		}
		if (result != 0 || milli != quantities[i].milli)
			(void)fprintf(stderr, "\"%s\": %lld\n",
			    quantities[i].text, (long long)milli);
		assert(result == 0 && milli == quantities[i].milli);
	}
}

static void
test_names(void)
{
	for (size_t i = 0; i < COUNT(sanitised); i++) {
		autofree char *name = acname_sanitise(sanitised[i].text);

		assert(same(name, sanitised[i].name));
		assert(name == NULL || acname_check(name) == NULL);
	}
	for (size_t i = 0; i < COUNT(prefixes); i++)
		assert(name_has_prefix(prefixes[i].name, prefixes[i].prefix) ==
		       prefixes[i].covers);
}

static void
test_systems(void)
{
	struct utsname name;

	for (size_t i = 0; i < COUNT(systems); i++) {
		autofree char *wrong =
		    os_arch_check(systems[i].os, systems[i].arch);

		assert(same(wrong, systems[i].wrong));
	}
	assert(strcmp(host_os(), "linux") == 0);
	assert(uname(&name) == 0);
	if (strcmp(name.machine, "x86_64") == 0)
		assert(strcmp(host_arch(), "amd64") == 0);
	assert(os_arch_check(host_os(), host_arch()) == NULL);
}

int
main(void)
{
	test_types();
	test_quantities();
	test_names();
	test_systems();
	return 0;
}
