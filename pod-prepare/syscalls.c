/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls - system calls by name, and the sets of names that images use */

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "alloc.h"
#include "escape.h"
#include "scope.h"
#include "syscalls.h"

/*
 * Allowed by default: what a program may want that holds the specification's
 * fourteen capabilities, and nothing whose only users administer the machine.
 */
static const char allowed[] =
    "accept accept4 access adjtimex alarm arch_prctl bind brk cachestat capget "
    "capset chdir chmod chown chroot clock_adjtime clock_getres clock_gettime "
    "clock_nanosleep close close_range connect copy_file_range creat dup dup2 "
    "dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait "
    "epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat "
    "exit exit_group faccessat faccessat2 fadvise64 fallocate fanotify_mark "
    "fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync "
    "fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs "
    "fsync ftruncate futex futex_requeue futex_wait futex_waitv futex_wake "
    "futimesat getcpu getcwd getdents getdents64 getegid geteuid getgid "
    "getgroups getitimer getpeername getpgid getpgrp getpid getppid "
    "getpriority getrandom getresgid getresuid getrlimit getrusage getsid "
    "getsockname getsockopt get_robust_list get_thread_area gettid "
    "gettimeofday getuid getxattr getxattrat inotify_add_watch inotify_init "
    "inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents "
    "io_pgetevents io_setup io_submit ioprio_get ioprio_set kill "
    "landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown "
    "lgetxattr link linkat listen listxattr listxattrat llistxattr "
    "lremovexattr lseek lsetxattr lstat madvise map_shadow_stack membarrier "
    "memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock "
    "mlock2 mlockall mmap modify_ldt mprotect mq_getsetattr mq_notify mq_open "
    "mq_timedreceive mq_timedsend mq_unlink mremap mseal msgctl msgget msgrcv "
    "msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep "
    "newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe "
    "pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv "
    "preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev "
    "pselect6 ptrace pwrite64 pwritev pwritev2 read readahead readlink "
    "readlinkat readv recvfrom recvmmsg recvmsg remap_file_pages removexattr "
    "removexattrat rename renameat renameat2 restart_syscall rmdir rseq "
    "rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn "
    "rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getattr sched_getparam "
    "sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr "
    "sched_setparam sched_setscheduler sched_yield seccomp select semctl "
    "semget semop semtimedop sendfile sendmmsg sendmsg sendto setfsgid "
    "setfsuid setgid setgroups setitimer setpgid setpriority setregid "
    "setresgid setresuid setreuid setrlimit set_robust_list setsid setsockopt "
    "set_thread_area set_tid_address setuid setxattr setxattrat shmat shmctl "
    "shmdt shmget shutdown sigaltstack signalfd signalfd4 socketpair splice "
    "stat statfs statx symlink symlinkat sync sync_file_range syncfs sysinfo "
    "tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime "
    "timer_settime timerfd_create timerfd_gettime timerfd_settime times tkill "
    "truncate umask uname unlink unlinkat utime utimensat utimes vfork "
    "vmsplice wait4 waitid write writev";

/* The same, but for some values of an argument (bpf.h). */
static const struct {
	const char *name;
	uint32_t check;
} checked[] = {
	{ "ioctl", BPF_CHECK_IOCTL },
	{ "socket", BPF_CHECK_SOCKET },
	{ "clone", BPF_CHECK_CLONE },
	{ "personality", BPF_CHECK_PERSONALITY },
};

/*
 * Refused by default with EPERM.  What stands in neither list, clone3 and the
 * calls that are yet to come among them, is answered with ENOSYS, after which
 * a C library takes the older call.  (A filter cannot see the flags of
 * clone3, they are in memory.)
 */
static const char refused[] =
    "_sysctl acct add_key afs_syscall bpf clock_settime create_module "
    "delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick "
    "get_kernel_syms get_mempolicy getpmsg init_module io_uring_enter "
    "io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load "
    "kexec_load keyctl lookup_dcookie mbind migrate_pages mount mount_setattr "
    "move_mount move_pages nfsservctl open_by_handle_at open_tree "
    "perf_event_open pidfd_getfd pivot_root process_madvise putpmsg "
    "query_module quotactl quotactl_fd reboot request_key security "
    "set_mempolicy set_mempolicy_home_node setdomainname sethostname setns "
    "settimeofday swapoff swapon sysfs syslog tuxcall umount2 unshare uselib "
    "userfaultfd ustat vhangup vserver";

/* What a process needs to be started, ended and told the time. */
static const char essential[] =
    "clock_getres clock_gettime clock_nanosleep execve execveat exit "
    "exit_group getrlimit gettimeofday nanosleep restart_syscall rt_sigreturn "
    "time";

/* Besides those refused, what rkt's black list of 2017 has. */
static const char blacklisted[] =
    "adjtimex clock_adjtime name_to_handle_at process_vm_readv "
    "process_vm_writev ptrace";

static const struct wildcard {
	const char *name;
	const char *calls;
} wildcards[] = {
	{ "@rkt/default-whitelist", allowed },
	{ "@docker/default-whitelist", allowed },
	{ "@systemd/default-whitelist", allowed },
	{ "@rkt/default-blacklist", refused },
	{ "@docker/default-blacklist", refused },
	{ "@appc.io/empty", "" },
	{ "@systemd/clock",
	    "adjtimex clock_adjtime clock_settime settimeofday" },
	{ "@systemd/mount",
	    "chroot fsconfig fsmount fsopen fspick mount mount_setattr "
	    "move_mount open_tree pivot_root umount2" },
	{ "@systemd/network-io",
	    "accept accept4 bind connect getpeername getsockname getsockopt "
	    "listen recvfrom recvmmsg recvmsg sendmmsg sendmsg sendto "
	    "setsockopt shutdown socket socketpair" },
	{ "@systemd/obsolete",
	    "_sysctl afs_syscall create_module get_kernel_syms getpmsg "
	    "nfsservctl putpmsg query_module security sysfs tuxcall uselib "
	    "ustat vserver" },
	{ "@systemd/privileged",
	    "_sysctl acct adjtimex bpf capset chown chroot clock_adjtime "
	    "clock_settime delete_module fchown fchownat finit_module "
	    "init_module ioperm iopl kexec_file_load kexec_load lchown mount "
	    "nfsservctl open_by_handle_at pivot_root quotactl quotactl_fd "
	    "reboot setdomainname setfsgid setfsuid setgid setgroups "
	    "sethostname setregid setresgid setresuid setreuid settimeofday "
	    "setuid swapoff swapon syslog umount2 vhangup" },
	{ "@systemd/process",
	    "arch_prctl capget clone clone3 execveat fork getrusage kill "
	    "pidfd_open pidfd_send_signal prctl rt_sigqueueinfo "
	    "rt_tgsigqueueinfo setns tgkill times tkill unshare vfork wait4 "
	    "waitid" },
	{ "@systemd/raw-io", "ioperm iopl" },
};

/* Younger than libseccomp 2.5.4.  From 424 on all architectures agree. */
static const struct {
	const char *name;
	int number;
} younger[] = {
	{ "cachestat", 451 },
	{ "fchmodat2", 452 },
	{ "map_shadow_stack", 453 },
	{ "futex_wake", 454 },
	{ "futex_wait", 455 },
	{ "futex_requeue", 456 },
	{ "statmount", 457 },
	{ "listmount", 458 },
	{ "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 },
	{ "lsm_list_modules", 461 },
	{ "mseal", 462 },
	{ "setxattrat", 463 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
	{ "removexattrat", 466 },
	{ "open_tree_attr", 467 },
	{ "file_getattr", 468 },
	{ "file_setattr", 469 },
};

/* Its number; __NR_SCMP_ERROR for no such name; negative if not on this
 * architecture. */
static int
number_of(const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number != __NR_SCMP_ERROR)
		return number;
	for (size_t i = 0; i < sizeof(younger) / sizeof(*younger); i++) {
		if (strcmp(name, younger[i].name) == 0)
			return younger[i].number;
	}
	return __NR_SCMP_ERROR;
}

static void
set_call(struct verdicts *verdicts, const char *name, uint32_t verdict)
{
	int number = number_of(name);

	if (number >= 0 && number < BPF_CALLS)
		verdicts->call[number] = verdict;
}

static void
set_all(struct verdicts *verdicts, const char *list, uint32_t verdict)
{
	autofree char *names = xstrdup(list);
	char *rest = names;
	const char *name;

	while ((name = strsep(&rest, " ")) != NULL)
		set_call(verdicts, name, verdict);
}

static void
set_every(struct verdicts *verdicts, uint32_t verdict)
{
	for (size_t i = 0; i < BPF_CALLS; i++)
		verdicts->call[i] = verdict;
	verdicts->other = verdict;
	verdicts->foreign = verdict;
}

/* What is allowed by default; argument checks only if it is to be so here. */
static void
set_default_list(struct verdicts *verdicts, uint32_t verdict)
{
	bool allow = verdict == SECCOMP_RET_ALLOW;

	set_all(verdicts, allowed, verdict);
	for (size_t i = 0; i < sizeof(checked) / sizeof(*checked); i++)
		set_call(verdicts, checked[i].name,
		    allow ? checked[i].check : verdict);
}

void
syscalls_default(struct verdicts *verdicts)
{
	set_every(verdicts, SECCOMP_RET_ERRNO | ENOSYS);
	set_all(verdicts, refused, SECCOMP_RET_ERRNO | EPERM);
	set_default_list(verdicts, SECCOMP_RET_ALLOW);
}

char *
syscalls_only(const char *words, struct verdicts *verdicts)
{
	static const struct {
		const char *word;
		const char *call;
		uint32_t check;
	} narrowed[] = {
		{ "clone", "clone", BPF_CHECK_CLONE },
		{ "clone.thread", "clone", BPF_CHECK_THREAD },
		{ "ioctl", "ioctl", BPF_CHECK_IOCTL },
		{ "mmap.anonymous", "mmap", BPF_CHECK_ANONYMOUS },
		{ "socket.internet", "socket", BPF_CHECK_INTERNET },
	};
	autofree char *copy = xstrdup(words);
	char *rest = copy;
	const char *word;

	set_every(verdicts, SECCOMP_RET_ERRNO | ENOSYS);
	while ((word = strsep(&rest, " ")) != NULL) {
		const char *call = word;
		uint32_t verdict = SECCOMP_RET_ALLOW;

		for (size_t i = 0; i < sizeof narrowed / sizeof *narrowed; i++)
			if (strcmp(word, narrowed[i].word) == 0) {
				call = narrowed[i].call;
				verdict = narrowed[i].check;
			}
		if (number_of(call) == __NR_SCMP_ERROR)
			return xstrdup(word);
		set_call(verdicts, call, verdict);
	}
	return NULL;
}

static void
set_wildcard(struct verdicts *verdicts, const char *calls, uint32_t verdict)
{
	if (calls == allowed) {
		set_default_list(verdicts, verdict);
		return;
	}
	set_all(verdicts, calls, verdict);
	if (calls == refused)
		set_all(verdicts, blacklisted, verdict);
}

/* One member of an image's set. */
static bool
set_member(struct verdicts *verdicts, const char *name, uint32_t verdict)
{
	for (size_t i = 0; i < sizeof(wildcards) / sizeof(*wildcards); i++) {
		if (strcmp(name, wildcards[i].name) == 0) {
			set_wildcard(verdicts, wildcards[i].calls, verdict);
			return true;
		}
	}
	set_call(verdicts, name, verdict);
	return number_of(name) != __NR_SCMP_ERROR;
}

static char *
set_members(
    struct verdicts *verdicts, const struct strings *names, uint32_t verdict)
{
	for (size_t i = 0; i < names->count; i++) {
		autofree char *shown = NULL;

		if (set_member(verdicts, names->list[i], verdict))
			continue;
		shown = escape(names->list[i]);
		return xasprintf("unknown system call \"%s\"", shown);
	}
	return NULL;
}

/* In every filter: nothing is typed into a terminal by ioctl(2). */
static void
guard_terminal(struct verdicts *verdicts)
{
	int ioctl = number_of("ioctl");

	if (verdicts->call[ioctl] == SECCOMP_RET_ALLOW)
		verdicts->call[ioctl] = BPF_CHECK_IOCTL;
}

char *
syscalls_retain(
    const struct strings *names, unsigned refusal, struct verdicts *verdicts)
{
	int clone3 = number_of("clone3");
	char *why;

	set_every(verdicts, refusal);
	set_all(verdicts, essential, SECCOMP_RET_ALLOW);
	why = set_members(verdicts, names, SECCOMP_RET_ALLOW);
	/* A C library tries clone3 first; it must live to take clone. */
	if (verdicts->call[number_of("clone")] != refusal &&
	    verdicts->call[clone3] == refusal)
		verdicts->call[clone3] = SECCOMP_RET_ERRNO | ENOSYS;
	guard_terminal(verdicts);
	return why;
}

char *
syscalls_remove(
    const struct strings *names, unsigned refusal, struct verdicts *verdicts)
{
	char *why;

	set_every(verdicts, SECCOMP_RET_ALLOW);
	/* By another architecture's numbers nothing removed comes back. */
	verdicts->foreign = refusal;
	why = set_members(verdicts, names, refusal);
	guard_terminal(verdicts);
	return why;
}

unsigned
syscalls_errno(const char *name)
{
	for (int number = 1; number < 134; number++) {
		const char *known = strerrorname_np(number);

		if (known != NULL && strcmp(known, name) == 0)
			return SECCOMP_RET_ERRNO | (unsigned)number;
	}
	return 0;
}
