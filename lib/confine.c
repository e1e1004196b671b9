/* SPDX-License-Identifier: Apache-2.0 */
/* confine - giving up rights before bytes from outside are looked at */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "confine-filter.h"
#include "confine.h"
#include "num.h"
#include "scope.h"

/* The user that a package makes for this, and the one that there always is. */
#define USER "_rkt"
enum { NOBODY = 65534 };

/* Descriptors that one may have; gpgme closes as many before each gpg. */
enum { FILES_MAX = 256 };

enum { MIB = 1024 * 1024 };

/* What the headers of Debian 12 (Linux 6.1) do not have yet; man landlock(7).
 */
#define FS_REFER    (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#define NET_BIND    1ULL         /* ABI 4 */
#define NET_CONNECT 2ULL         /* ABI 4 */
#define FS_IOCTL    (1ULL << 15) /* ABI 5 */
#define SCOPES      3ULL         /* ABI 6: abstract sockets, signals */
/* And prctl(2)'s of Linux 6.3: no memory becomes executable. */
enum { SET_MDWE = 65, MDWE_REFUSE_EXEC_GAIN = 1 };

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

static int
limit(int which, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit((__rlimit_resource_t)which, &bound) < 0)
		return -1;
	/* A lower one of the caller's stays. */
	if (bound.rlim_max > most)
		bound.rlim_max = most;
	if (bound.rlim_cur > bound.rlim_max)
		bound.rlim_cur = bound.rlim_max;
	return setrlimit((__rlimit_resource_t)which, &bound);
}

/*
 * AddressSanitizer has terabytes of data, and its leak checker, which looks at
 * the process from outside by ptrace(2), would fail the whole program.
 */
#ifdef __SANITIZE_ADDRESS__
static const struct confine_path sanitizer[] = { { "/proc", CONFINE_READ },
	{ NULL, 0 } };
static int confined;
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return confined;
}
static int
limit_memory(size_t bytes)
{
	confined = bytes > 0;
	return 0;
}
#else
static const struct confine_path sanitizer[] = { { NULL, 0 } };
static int
limit_memory(size_t bytes)
{
	return limit(RLIMIT_DATA, bytes);
}
#endif

/* By confine_note(). */
static int *inherited;
static size_t inherited_count;
static bool unseen; /* there was no /proc to see them in */

#define LIBRARIES \
	{ "/etc/ld.so.cache", CONFINE_READ }, \
	    { "/lib", CONFINE_READ | CONFINE_EXEC }, \
	    { "/lib64", CONFINE_READ | CONFINE_EXEC }, \
	{ \
		"/usr/lib", CONFINE_READ | CONFINE_EXEC \
	}

/* The resolver's files, the authorities' certificates, libc's modules. */
static const struct confine_path web_paths[] = {
	LIBRARIES,
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
	{ "/etc/localtime", CONFINE_READ },
	{ "/run/systemd/resolve", CONFINE_READ },
	{ "/dev/null", CONFINE_READ | CONFINE_WRITE },
	{ "/dev/urandom", CONFINE_READ },
	{ NULL, 0 },
};

/* Programs, wherever gpg may be installed; its home is the caller's to add. */
static const struct confine_path gpg_paths[] = {
	LIBRARIES,
	{ "/bin", CONFINE_READ | CONFINE_EXEC },
	{ "/usr", CONFINE_READ | CONFINE_EXEC },
	{ "/opt", CONFINE_READ | CONFINE_EXEC },
	{ "/nix", CONFINE_READ | CONFINE_EXEC },
	{ "/gnu", CONFINE_READ | CONFINE_EXEC },
	{ "/etc/gnupg", CONFINE_READ },
	{ "/etc/gcrypt", CONFINE_READ },
	{ "/proc/sys/crypto", CONFINE_READ },
	{ "/dev/null", CONFINE_READ | CONFINE_WRITE },
	{ "/dev/urandom", CONFINE_READ },
	{ NULL, 0 },
};

#define CALLS(filter) \
	.calls = (filter), .call_count = sizeof(filter) / sizeof *(filter)

const struct confine confine_web = {
	CALLS(web_filter),
	.paths = web_paths,
	.memory = (size_t)256 * MIB,
	.connects = true,
};

const struct confine confine_copy = {
	CALLS(copy_filter),
	.memory = (size_t)64 * MIB,
};

const struct confine confine_decode = {
	CALLS(decode_filter),
	.memory = (size_t)128 * MIB,
};

const struct confine confine_archive = {
	CALLS(archive_filter),
	.memory = (size_t)128 * MIB,
};

const struct confine confine_gpg = {
	CALLS(gpg_filter),
	.paths = gpg_paths,
	.memory = (size_t)256 * MIB,
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
allow(int ruleset, const struct confine_path *rule, uint64_t known)
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
allow_all(int ruleset, const struct confine_path *rules, uint64_t known)
{
	for (; rules != NULL && rules->path != NULL; rules++)
		if (allow(ruleset, rules, known) < 0)
			return -1;
	return 0;
}

static int
restrict_files(const struct confine *plan, const struct confine_path *more)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t known = rights_known(abi);
	uint64_t net = plan->connects ? NET_BIND : NET_BIND | NET_CONNECT;
	struct ruleset attribute = { .fs = known,
		.net = abi >= 4 ? net : 0,
		.scoped = abi >= 6 ? SCOPES : 0 };
	autofd int ruleset = -1;

	if (abi < 1) /* not built in, or not chosen at boot */
		return 0;
	ruleset = (int)syscall(
	    SYS_landlock_create_ruleset, &attribute, ruleset_size(abi), 0);
	if (ruleset < 0 || allow_all(ruleset, plan->paths, known) < 0 ||
	    allow_all(ruleset, more, known) < 0 ||
	    allow_all(ruleset, sanitizer, known) < 0)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

void
confine_note(void)
{
	autodir DIR *dir = opendir("/proc/self/fd");

	unseen = dir == NULL;
	for (struct dirent *e; !unseen && (e = readdir(dir)) != NULL;) {
		uint64_t fd = 0;

		if (num_parse(e->d_name, STDERR_FILENO + 1, INT32_MAX, &fd) <
			0 ||
		    (int)fd == dirfd(dir))
			continue;
		inherited = xreallocarray(
		    inherited, inherited_count + 1, sizeof *inherited);
		inherited[inherited_count++] = (int)fd;
	}
}

void
confine_keep(int fd)
{
	for (size_t i = 0; i < inherited_count; i++)
		if (inherited[i] == fd)
			inherited[i] = -1;
}

static void
close_inherited(void)
{
	for (size_t i = 0; i < inherited_count; i++)
		(void)close(inherited[i]);
	free(inherited);
	inherited = NULL;
	inherited_count = 0;
}

static int
limit_all(const struct confine *plan)
{
	if (limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_NOFILE, FILES_MAX) < 0 ||
	    limit_memory(plan->memory) < 0)
		return -1;
	return plan->seconds == 0 ? 0 : limit(RLIMIT_CPU, plan->seconds);
}

void
confine_user(uid_t *uid, gid_t *gid)
{
	/* Not by getpwnam(3): that may ask the network. */
	autofile FILE *file = fopen("/etc/passwd", "re");
	static char room[64 * 1024]; /* of a line */
	struct passwd entry;

	*uid = NOBODY;
	*gid = NOBODY;
	for (struct passwd *p; file != NULL && fgetpwent_r(file, &entry, room,
						   sizeof room, &p) == 0;)
		if (strcmp(p->pw_name, USER) == 0 && p->pw_uid != 0 &&
		    p->pw_gid != 0) {
			*uid = p->pw_uid;
			*gid = p->pw_gid;
			return;
		}
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

static int
change_user(uid_t uid, gid_t gid)
{
	int capability = 0;

	while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
		capability++;
	if (errno != EINVAL) /* the first that the kernel does not know */
		return -1;
	/* Root of a user namespace that has nobody else in it. */
	if (setresgid(gid, gid, gid) < 0)
		return errno == EINVAL ? 0 : -1;
	if (setgroups(0, NULL) < 0)
		return -1;
	return setresuid(uid, uid, uid);
}

/* The signal of a parent's death, which the kernel forgets at such a change. */
static int
become(uid_t uid, gid_t gid)
{
	pid_t parent = getppid();
	int death = 0;

	if (prctl(PR_GET_PDEATHSIG, &death) < 0 || change_user(uid, gid) < 0 ||
	    prctl(PR_SET_PDEATHSIG, death) < 0)
		return -1;
	return death != 0 && getppid() != parent ? kill(getpid(), death) : 0;
}

static int
filter_calls(const struct confine *plan)
{
	/* The kernel's struct has no const. */
	union {
		const struct sock_filter *in;
		struct sock_filter *out;
	} code = { .in = plan->calls };
	const struct sock_fprog program = {
		.len = (unsigned short)plan->call_count, .filter = code.out
	};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int
confine(const struct confine *plan, const struct confine_path *more)
{
	bool root = geteuid() == 0;
	uid_t uid;
	gid_t gid;

	if (unseen) {
		errno = ENOENT;
		return -1;
	}
	confine_user(&uid, &gid);
	close_inherited();
	/* The files before the user: a path may need a capability. */
	if (limit_all(plan) < 0 || chdir("/") < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    restrict_files(plan, more) < 0)
		return -1;
	if ((root && become(uid, gid) < 0) || drop_capabilities() < 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -1;
	(void)prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
	return filter_calls(plan);
}
