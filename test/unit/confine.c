/* SPDX-License-Identifier: Apache-2.0 */
/* confine - test of lib/confine.c: what a confined process cannot do */

#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine-calls.h"
#include "confine.h"
#include "scope.h"

/* Not in the headers of Debian 12. */
#define PR_GET_MDWE 66

static const char *planted; /* a file that anybody may read */

/* Each returns what the call returned, and errno says why. */
static long
open_shadow(void)
{
	return open("/etc/shadow", O_RDONLY | O_CLOEXEC);
}

static long
open_planted(void)
{
	return open(planted, O_RDONLY | O_CLOEXEC);
}

static long
make_file(void)
{
	return open("/tmp/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long
open_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long
open_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long
make_process(void)
{
	return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}

static long
run_program(void)
{
	char *const argv[] = { NULL };

	return execve("/bin/true", argv, argv);
}

static long
make_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
become_root(void)
{
	return setresuid(0, 0, 0);
}

static long
look_at_parent(void)
{
	return syscall(SYS_ptrace, 16, getppid(), NULL, NULL);
}

static long
end_parent(void)
{
	return kill(getppid(), SIGTERM);
}

static long
load_program(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long
take_keys(void)
{
	return syscall(SYS_keyctl, 0, -3, 0, 0, 0);
}

static long
make_device(void)
{
	return mknod("/tmp/null", S_IFCHR | 0666, 0x103);
}

/* The planted file is open as descriptor 3, for all that can be done to it. */
static long
map_file(void)
{
	return (long)mmap(NULL, 1, PROT_READ, MAP_SHARED, 3, 0);
}

static long
cut_file(void)
{
	return ftruncate(3, 0);
}

static long
make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

/* By the plans in this order. */
enum { WEB, COPY, DECODE, ARCHIVE, GPG, PLANS };
static const struct confine *const plans[] = { &confine_web, &confine_copy,
	&confine_decode, &confine_archive, &confine_gpg };

/* The errno of each attempt; 0: it is the plan's to be allowed. */
static const struct attempt {
	const char *name;
	long (*run)(void);
	int error[PLANS];
} attempts[] = {
#define NEVER \
	{ \
		ENOSYS, ENOSYS, ENOSYS, ENOSYS, ENOSYS \
	}
#define FILES \
	{ \
		EACCES, ENOSYS, ENOSYS, ENOSYS, EACCES \
	}
	{ "open /etc/shadow", open_shadow, FILES },
	{ "open a file for all", open_planted, FILES },
	{ "make a file", make_file, FILES },
	{ "socket", open_socket, { 0, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ "local socket", open_local_socket,
	    { EPERM, ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ "fork", make_process, { EPERM, EPERM, ENOSYS, ENOSYS, 0 } },
	{ "execve", run_program, { ENOSYS, ENOSYS, ENOSYS, ENOSYS, 0 } },
	{ "map a file", map_file, { 0, 0, EPERM, EPERM, 0 } },
	{ "cut a file", cut_file, { 0, ENOSYS, ENOSYS, ENOSYS, 0 } },
	{ "unshare", make_namespace, NEVER },
	{ "setresuid", become_root, NEVER },
	{ "ptrace", look_at_parent, NEVER },
	{ "kill", end_parent, NEVER },
	{ "bpf", load_program, NEVER },
	{ "keyctl", take_keys, NEVER },
	{ "mknod", make_device, NEVER },
};

/* One attempt in a confined child; its errno. */
static int
try(const struct confine *plan, long (*run)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (confine(plan, NULL) < 0)
			_exit(255);
		_exit(run() < 0 ? errno : 0);
	}
	assert(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Where the kernel can (Linux 6.3), memory does not become a program. */
static void
no_new_code(void)
{
	int want = prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0 ? 0 : EACCES;

	assert(try(&confine_web, make_code) == want);
}

static void
every_attempt(void)
{
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++)
		for (size_t p = 0; p < PLANS; p++) {
			int error = try(plans[p], attempts[i].run);

			if (error != attempts[i].error[p])
				(void)printf("%s, %s: %s\n", attempts[i].name,
				    confine_calls[p].name, strerror(error));
			assert(error == attempts[i].error[p]);
		}
}

static size_t
words(const char *list)
{
	size_t count = 1;

	for (; *list != '\0'; list++)
		count += *list == ' ';
	return count;
}

/* What SECURITY.md says of their number. */
static void
few_calls(void)
{
	static const struct {
		const char *name;
		size_t most;
	} most[] = { { "web", 65 }, { "copy", 31 }, { "decode", 14 },
		{ "archive", 13 }, { "gpg", 84 } };

	const size_t more = words(CALLS_SANITIZER) - 1;

	for (size_t i = 0; i < PLANS; i++) {
		size_t count = words(confine_calls[i].words) - more;

		(void)printf("%s: %zu\n", confine_calls[i].name, count);
		assert(strcmp(confine_calls[i].name, most[i].name) == 0);
		assert(count <= most[i].most);
	}
	assert(confine_calls[PLANS].name == NULL);
}

/* A lower limit stays, and no core is dumped. */
static long
limits(void)
{
	struct rlimit core, files;

	if (getrlimit(RLIMIT_CORE, &core) < 0 ||
	    getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -1;
	errno = 100;
	return core.rlim_max == 0 && files.rlim_max == 99 ? -1 : 0;
}

static void
inherited(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int mine;

		confine_note();
		mine = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (confine(&confine_web, NULL) < 0)
			_exit(1);
		_exit(fcntl(fd, F_GETFD) < 0 && fcntl(mine, F_GETFD) >= 0 ? 0
									  : 2);
	}
	assert(waitpid(pid, &status, 0) == pid && status == 0);
	(void)close(fd);
}

int
main(void)
{
	char path[] = "/var/lib/planted-XXXXXX";
	const struct rlimit few = { 99, 99 };
	autofd int fd = mkstemp(path);

	assert(fd == 3 && fchmod(fd, 0644) == 0);
	planted = path;
	every_attempt();
	no_new_code();
	few_calls();
	inherited();
	assert(setrlimit(RLIMIT_NOFILE, &few) == 0);
	assert(try(&confine_web, limits) == 100);
	assert(unlink(path) == 0);
	return 0;
}
