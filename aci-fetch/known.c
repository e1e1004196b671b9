/* SPDX-License-Identifier: Apache-2.0 */
/* known - what the store has of a URL already, and whose turn it is to ask */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "clock.h"
#include "confine.h"
#include "dirs.h"
#include "filter.h"
#include "known.h"
#include "prog.h"
#include "remote.h"
#include "scope.h"
#include "store.h"

static int cas = -1;
static int locks = -1; /* -1: cannot be had, and then there is no lock */
static off_t locked = -1;
static int64_t began;

void
known_open(void)
{
	/* Made now: no rule can be given for what is not there. */
	static const char *const made[] = { "cas/remote", "cas/image" };
	int status = EX_CANTCREAT;

	cas = store_open();
	for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
		autofd int fd = cas < 0 ? -1 : dirs_open_data(made[i]);

		if (fd < 0) {
			autofree char *why =
			    store_failure(cas < 0 ? "cas" : made[i], &status);

			filter_failx(status, "%s", why);
		}
	}
	locks = store_url_locks();
	confine_keep(locks);
	began = clock_wall();
}

/* 0, or -1 and errno. */
static int
lock(int command, short type, off_t byte)
{
	struct flock lock = { .l_type = type,
		.l_whence = SEEK_SET,
		.l_start = byte,
		.l_len = 1 };
	int result;

	do
		result = fcntl(locks, command, &lock);
	while (result < 0 && errno == EINTR);
	return result;
}

/* Was there somebody to wait for? */
static bool
wait_for(const char *url)
{
	off_t byte = store_url_lock(url);

	if (locks < 0)
		return false;
	locked = byte;
	if (lock(F_OFD_SETLK, F_WRLCK, byte) == 0 ||
	    (errno != EAGAIN && errno != EACCES))
		return false;
	warnx("another rkt instance is downloading this file, waiting...");
	(void)lock(F_OFD_SETLKW, F_WRLCK, byte);
	return true;
}

void
known_take(const char *url, enum known_as as, struct known *known)
{
	bool waited = wait_for(url);
	struct remote remote;

	*known = (struct known){ 0 };
	if (as != KNOWN_NOT && remote_read(cas, url, &remote) == 1) {
		known->id = remote_image(cas, &remote, as == KNOWN_VERIFIED);
		if (known->id != NULL) {
			known->etag = take_ptr(&remote.etag);
			known->max_age = remote.max_age;
			/* Answered after we had asked, if not to us. */
			known->fresh = remote_is_fresh(&remote) ||
				       (waited && remote.fetched >= began);
		}
		remote_free(&remote);
	}
}

void
known_release(void)
{
	if (locked >= 0)
		(void)lock(F_OFD_SETLK, F_UNLCK, locked);
	locked = -1;
}

void
known_free(struct known *known)
{
	free(known->id);
	free(known->etag);
	*known = (struct known){ 0 };
}

json_t *
known_member(const char *url, const struct known *known, const char *etag,
    int64_t max_age)
{
	json_t *member = json_pack("{ss,sb,ss,ss*}", "url", url, "unchanged", 1,
	    "id", known->id, "etag", etag);

	if (max_age >= 0)
		(void)json_object_set_new(
		    member, "maxAge", json_integer(max_age));
	return member;
}
