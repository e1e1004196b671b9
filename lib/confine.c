/* SPDX-License-Identifier: Apache-2.0 */
/* confine - giving up rights before bytes from outside are looked at */

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"
#include "scope.h"

/* What the headers of Debian 12 (Linux 6.1) do not have yet; man landlock(7).
 */
#define FS_REFER    (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#define FS_IOCTL    (1ULL << 15) /* ABI 5 */
#define SCOPES      3ULL         /* ABI 6: abstract sockets, signals */

/* The attribute as of ABI 6; older kernels take a shorter one. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | FS_TRUNCATE)
/* Those that a file that is no directory can have. */
#define FILE_RIGHTS \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	    LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE | FS_IOCTL)

/* The leak checker of `make asan` looks at the process from outside. */
#ifdef __SANITIZE_ADDRESS__
static const struct confine sanitizer[] = { { "/proc", CONFINE_READ },
	{ NULL, 0 } };
#else
static const struct confine sanitizer[] = { { NULL, 0 } };
#endif

const struct confine confine_web[] = {
	{ "/etc/ssl", CONFINE_READ },
	{ "/etc/ca-certificates", CONFINE_READ },
	{ "/usr/share/ca-certificates", CONFINE_READ },
	{ "/usr/local/share/ca-certificates", CONFINE_READ },
	{ "/etc/pki", CONFINE_READ },
	{ "/etc/hosts", CONFINE_READ },
	{ "/etc/resolv.conf", CONFINE_READ },
	{ "/etc/nsswitch.conf", CONFINE_READ },
	{ "/etc/host.conf", CONFINE_READ },
	{ "/etc/gai.conf", CONFINE_READ },
	{ "/etc/services", CONFINE_READ },
	{ "/etc/ld.so.cache", CONFINE_READ },
	{ "/etc/localtime", CONFINE_READ },
	{ "/run/systemd/resolve", CONFINE_READ },
	{ "/lib", CONFINE_READ | CONFINE_EXEC },
	{ "/lib64", CONFINE_READ | CONFINE_EXEC },
	{ "/usr/lib", CONFINE_READ | CONFINE_EXEC },
	{ "/dev/null", CONFINE_READ | CONFINE_WRITE },
	{ "/dev/urandom", CONFINE_READ },
	{ NULL, 0 },
};

/* What the kernel of this ABI can forbid. */
static uint64_t
rights_known(long abi)
{
	uint64_t known = (1ULL << 13) - 1;

	if (abi >= 2)
		known |= FS_REFER;
	if (abi >= 3)
		known |= FS_TRUNCATE;
	if (abi >= 5)
		known |= FS_IOCTL;
	return known;
}

static size_t
ruleset_size(long abi)
{
	if (abi >= 6)
		return sizeof(struct ruleset);
	return abi >= 4 ? offsetof(struct ruleset, scoped)
			: offsetof(struct ruleset, net);
}

static int
allow(int ruleset, const struct confine *rule, uint64_t known)
{
	autofd int fd = open(rule->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr beneath = { .parent_fd = fd };
	struct stat status;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			   ? 0
			   : -1;
	if ((rule->rights & CONFINE_READ) != 0)
		beneath.allowed_access |= READ_RIGHTS;
	if ((rule->rights & CONFINE_WRITE) != 0)
		beneath.allowed_access |= WRITE_RIGHTS;
	if ((rule->rights & CONFINE_EXEC) != 0)
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (fstat(fd, &status) < 0)
		return -1;
	if (!S_ISDIR(status.st_mode))
		beneath.allowed_access &= FILE_RIGHTS;
	beneath.allowed_access &= known;
	return (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

static int
allow_all(int ruleset, const struct confine *rules, uint64_t known)
{
	for (; rules != NULL && rules->path != NULL; rules++)
		if (allow(ruleset, rules, known) < 0)
			return -1;
	return 0;
}

static int
restrict_files(const struct confine *rules, const struct confine *more)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = rights_known(abi);
	struct ruleset attribute = { .fs = known,
		.scoped = abi >= 6 ? SCOPES : 0 };
	autofd int ruleset = -1;

	if (abi < 1) /* not built in, or not chosen at boot */
		return 0;
	ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &attribute, ruleset_size(abi), 0);
	if (ruleset < 0 || allow_all(ruleset, rules, known) < 0 ||
	    allow_all(ruleset, more, known) < 0 ||
	    allow_all(ruleset, sanitizer, known) < 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return (int)syscall(SYS_capset, &header, none);
}

int
confine(const struct confine *rules, const struct confine *more)
{
	/* The files first: a path in the lists may need a capability. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    restrict_files(rules, more) < 0)
		return -1;
	return drop_capabilities();
}
