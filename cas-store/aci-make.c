/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aci-make - make an image of a directory and a manifest, or check one
 *
 *	aci-make [OPTION…] DIR MANIFEST > FILE
 *	aci-make [OPTION…] --output=FILE [--sign=KEY] DIR MANIFEST
 *	aci-make --check FILE
 *
 * The same directory and manifest make the same bytes.  What is written is
 * read again by the reader of cas-put before it gets a name.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "manifest.h"
#include "num.h"
#include "pack.h"
#include "path.h"
#include "prog.h"
#include "publish.h"
#include "scope.h"
#include "sign.h"
#include "sound.h"
#include "usage.h"

static const char usage[] =
    "usage: aci-make [OPTION…] DIR MANIFEST > FILE\n"
    "       aci-make [OPTION…] --output=FILE [--sign=KEY] DIR MANIFEST\n"
    "       aci-make --check FILE\n"
    "Makes an image of a directory and a manifest, or checks one.\n\n"
    "  -o, --output=FILE       write it there, once it is whole\n"
    "      --sign=KEY          sign it with this key of gpg, as FILE.asc\n"
    "      --compress=HOW      gzip (unless told), bzip2, xz or none\n"
    "      --owner=UID:GID     of every file\n"
    "      --newest=SECONDS    no file is newer (also: the variable\n"
    "                          SOURCE_DATE_EPOCH)\n"
    "      --overwrite         FILE may be there\n"
    "      --no-sockets        leave them out, else they are refused\n"
    "      --check             is FILE an image that cas-put would take?\n"
    "  -h, --help\n"
    "      --version\n";

enum { CHUNK = 256 * 1024 };

struct opts {
	struct pack pack;
	const char *output;
	const char *key;
	bool check;
	bool overwrite;
};

static enum packing
parse_packing(const char *text)
{
	static const char *const names[] = {
		[PACK_GZIP] = "gzip",
		[PACK_BZIP2] = "bzip2",
		[PACK_XZ] = "xz",
		[PACK_NONE] = "none",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum packing)i;
	usage_wrong(usage);
}

static void
parse_owner(const char *text, struct pack *pack)
{
	autofree char *uid = xstrdup(text);
	char *gid = strchr(uid, ':');
	uint64_t ids[2] = { 0 };

	if (gid == NULL)
		usage_wrong(usage);
	*gid++ = '\0';
	if (num_parse(uid, 0, UINT32_MAX - 1, &ids[0]) < 0 ||
	    num_parse(gid, 0, UINT32_MAX - 1, &ids[1]) < 0)
		usage_wrong(usage);
	pack->has_owner = true;
	pack->uid = (uint32_t)ids[0];
	pack->gid = (uint32_t)ids[1];
}

static int
parse_newest(const char *text, struct pack *pack)
{
	uint64_t seconds = 0;

	if (num_parse(text, 0, INT64_MAX / 2, &seconds) < 0)
		return -1;
	pack->newest = (int64_t)seconds;
	return 0;
}

static void
parse_environment(struct pack *pack)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	pack->newest = INT64_MAX;
	if (epoch != NULL && parse_newest(epoch, pack) < 0)
		errx(EX_CONFIG, "SOURCE_DATE_EPOCH: not a number of seconds");
}

static void
parse_options(int argc, char *argv[], struct opts *opts)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "sign", required_argument, NULL, 's' },
		{ "compress", required_argument, NULL, 'c' },
		{ "owner", required_argument, NULL, 'u' },
		{ "newest", required_argument, NULL, 'n' },
		{ "check", no_argument, NULL, 'k' },
		{ "overwrite", no_argument, NULL, 'w' },
		{ "no-sockets", no_argument, NULL, 'S' },
		USAGE_OPTIONS,
	};

	for (int c;
	     (c = usage_option(argc, argv, "+o:h", options, usage)) != -1;)
		switch (c) {
		case 'o':
			opts->output = optarg;
			break;
		case 's':
			opts->key = optarg;
			break;
		case 'c':
			opts->pack.packing = parse_packing(optarg);
			break;
		case 'u':
			parse_owner(optarg, &opts->pack);
			break;
		case 'n':
			if (parse_newest(optarg, &opts->pack) < 0)
				usage_wrong(usage);
			break;
		case 'k':
			opts->check = true;
			break;
		case 'w':
			opts->overwrite = true;
			break;
		case 'S':
			opts->pack.no_sockets = true;
			break;
		}
	if (argc - optind != (opts->check ? 1 : 2) ||
	    (opts->check && opts->output != NULL) ||
	    (opts->key != NULL && opts->output == NULL))
		usage_wrong(usage);
}

static _Noreturn void
refuse(const struct fault *fault)
{
	errx(fault->status, "%s", fault->why);
}

/* Whoever runs the image asks for its system. */
static void
warn_of_missing(const struct image_manifest *manifest, const char *shown)
{
	static const char *const labels[] = { "os", "arch" };

	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
		if (labels_get(&manifest->labels, labels[i]) == NULL)
			warnx("%s: no label %s: rkt runs no such image", shown,
			    labels[i]);
}

/* The manifest's own bytes, which must be those of an image. */
static char *
read_manifest(const char *path, size_t *length)
{
	autofree char *shown = escape(path);
	autofree char *why = NULL;
	char *bytes = path_read(AT_FDCWD, path, MANIFEST_MAX, length);
	struct image_manifest *manifest;

	if (bytes == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	manifest = image_manifest_parse(bytes, *length, &why);
	if (manifest == NULL)
		errx(EX_DATAERR, "%s: %s", shown, why);
	warn_of_missing(manifest, shown);
	image_manifest_free(manifest);
	return bytes;
}

/* The directory by its true path, which is that of the walk. */
static char *
find_directory(const char *path)
{
	autofree char *shown = escape(path);
	char *real = realpath(path, NULL);
	struct stat status;

	if (real == NULL || stat(real, &status) < 0)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	if (!S_ISDIR(status.st_mode))
		errx(EX_NOINPUT, "%s: not a directory", shown);
	if (strcmp(real, "/") == 0)
		errx(EX_USAGE, "%s: the root of this host", shown);
	return real;
}

/* The directory in which a path lies, and its last component. */
static int
open_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	autofree char *parent = slash == NULL ? xstrdup(".")
				: slash == path
				    ? xstrdup("/")
				    : xstrndup(path, (size_t)(slash - path));
	autofree char *shown = escape(path);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*name = slash == NULL ? path : slash + 1;
	if (!path_is_name(*name))
		errx(EX_USAGE, "%s: not the name of a file", shown);
	if (fd < 0)
		err(EX_CANTCREAT, "%s", shown);
	return fd;
}

static int
open_unnamed(int dir, const char *where)
{
	int fd = publish_open(dir, 0644);

	if (fd < 0)
		err(EX_CANTCREAT, "%s", where);
	return fd;
}

/* For what has no file of its own to go to: TMPDIR. */
static int
open_tmpdir(void)
{
	const char *path = getenv("TMPDIR");
	int dir;

	if (path == NULL || *path == '\0')
		path = "/tmp";
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		err(EX_CANTCREAT, "%s", path);
	return dir;
}

static void
link_new(int fd, int dir, const char *name, const char *shown)
{
	int result = publish_link(fd, dir, name);

	if (result < 0)
		err(EX_CANTCREAT, "%s", shown);
	if (result > 0)
		errx(EX_CANTCREAT, "%s: is there already", shown);
}

static void
put(const struct opts *opts, int fd, int dir, const char *name,
    const char *shown)
{
	if (!opts->overwrite)
		link_new(fd, dir, name, shown);
	else if (publish_replace(fd, dir, name) < 0)
		err(EX_CANTCREAT, "%s", shown);
}

/* Whole, and read again, so that no image that is refused ever gets out. */
static void
write_image(struct pack *pack, int fd, int tmp)
{
	struct fault fault = { 0 };
	struct sound sound = { 0 };

	if (pack_write(pack, fd, &fault) < 0)
		refuse(&fault);
	if (pack->sockets > 0)
		warnx("%u sockets left out", pack->sockets);
	if (pack->dropped != NULL)
		warnx("%s: extended attribute %s (and such) left out",
		    pack->dir, pack->dropped);
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    sound_check(fd, tmp, &sound, &fault) < 0)
		refuse(&fault);
	sound_free(&sound);
	if (lseek(fd, 0, SEEK_SET) < 0)
		err(EX_IOERR, "%s", pack->dir);
}

static void
make_file(const struct opts *opts, struct pack *pack)
{
	autofree char *shown = escape(opts->output);
	const char *name;
	autofd int dir = open_parent(opts->output, &name);
	autofree char *asc = xasprintf("%s.asc", name);
	autofd int fd = open_unnamed(dir, shown);
	autofd int signature = -1;
	struct fault fault = { 0 };

	if (!opts->overwrite &&
	    faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errx(EX_CANTCREAT, "%s: is there already", shown);
	write_image(pack, fd, dir);
	if (opts->key != NULL) {
		signature = open_unnamed(dir, shown);
		if (sign(opts->key, fd, signature, &fault) < 0)
			refuse(&fault);
		put(opts, signature, dir, asc, asc);
	}
	put(opts, fd, dir, name, shown);
}

static void
make_stream(struct pack *pack)
{
	static char chunk[CHUNK];
	autofd int tmp = -1;
	autofd int fd = -1;
	ssize_t n;

	if (isatty(STDOUT_FILENO))
		errx(EX_USAGE, "stdout: a terminal; give it a file");
	tmp = open_tmpdir();
	fd = open_unnamed(tmp, "TMPDIR");
	write_image(pack, fd, tmp);
	while ((n = read(fd, chunk, sizeof chunk)) > 0)
		if (write_all(STDOUT_FILENO, chunk, (size_t)n) < 0)
			err(EX_IOERR, "stdout");
	if (n < 0)
		err(EX_IOERR, "TMPDIR");
}

static void
make(struct opts *opts, const char *dir, const char *manifest)
{
	autofree char *bytes = read_manifest(manifest, &opts->pack.length);
	autofree char *real = find_directory(dir);

	opts->pack.manifest = bytes;
	opts->pack.dir = real;
	if (opts->output != NULL)
		make_file(opts, &opts->pack);
	else
		make_stream(&opts->pack);
	free(opts->pack.dropped);
}

static void
check(const char *path)
{
	autofree char *shown = escape(path);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	autofd int tmp = open_tmpdir();
	struct fault fault = { 0 };
	struct sound sound = { 0 };

	if (fd < 0)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", shown);
	if (sound_check(fd, tmp, &sound, &fault) < 0)
		errx(fault.status, "%s: %s", shown, fault.why);
	(void)printf("%s %s\n", sound.id, sound.name);
	sound_free(&sound);
}

int
main(int argc, char *argv[])
{
	struct opts opts = { 0 };

	prog_start();
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	parse_environment(&opts.pack);
	parse_options(argc, argv, &opts);
	if (opts.check)
		check(argv[optind]);
	else
		make(&opts, argv[optind], argv[optind + 1]);
	prog_finish();
	return 0;
}
