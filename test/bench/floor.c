/* SPDX-License-Identifier: Apache-2.0 */
/* floor - the least that starts a container: what no runtime can do without */
/*
 * usage: floor [-n] ROOT DIR COMMAND [ARG...]
 *
 * Namespaces (-n: a network, too), an overlay on ROOT with its upper layer in
 * a new directory in DIR, /proc, /dev with the usual nodes, pivot_root, exec,
 * wait: bare system calls, no state, no cgroup, no filter.  For
 * test/bench/run, and for nothing else.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sched.h>

static void
mount_or_die(const char *type, const char *where, unsigned long flags,
    const char *options)
{
	if (mount(type, where, type, flags, options) < 0)
		err(125, "%s", where);
}

static void
make_dev(void)
{
	static const struct {
		const char *path;
		unsigned minor;
	} nodes[] = {
		{ "dev/null", 3 },
		{ "dev/zero", 5 },
		{ "dev/full", 7 },
		{ "dev/random", 8 },
		{ "dev/urandom", 9 },
	};

	mount_or_die("tmpfs", "dev", MS_NOSUID, "mode=755,size=64k");
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (mknod(nodes[i].path, S_IFCHR | 0666,
			makedev(1, nodes[i].minor)) < 0)
			err(125, "%s", nodes[i].path);
	if (mkdir("dev/pts", 0755) < 0 || mkdir("dev/shm", 0755) < 0)
		err(125, "dev");
	mount_or_die("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
	    "newinstance,ptmxmode=0666");
	mount_or_die("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV, NULL);
}

/* An overlay on root, its upper layer in the working directory. */
static void
make_root(const char *root)
{
	char options[4096];

	if (mkdir("upper", 0755) < 0 || mkdir("work", 0755) < 0 ||
	    mkdir("root", 0755) < 0)
		err(125, "mkdir");
	snprintf(options, sizeof options,
	    "lowerdir=%s,upperdir=upper,workdir=work,volatile", root);
	mount_or_die("overlay", "root", 0, options);
	if (chdir("root") < 0)
		err(125, "root");
}

static _Noreturn void
contained(const char *root, char *argv[])
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		err(125, "/");
	make_root(root);
	mount_or_die("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	make_dev();
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		err(125, "pivot_root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		err(125, "/");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "no_new_privs");
	execv(argv[0], argv);
	err(127, "%s", argv[0]);
}

int
main(int argc, char *argv[])
{
	struct clone_args how = {
		.flags =
		    CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC,
		.exit_signal = SIGCHLD,
	};
	char own[4096];
	int status = 0;
	long pid;

	if (argc > 1 && strcmp(argv[1], "-n") == 0) {
		how.flags |= CLONE_NEWNET;
		argv++, argc--;
	}
	if (argc < 4)
		errx(64, "usage: floor [-n] ROOT DIR COMMAND [ARG...]");
	snprintf(own, sizeof own, "%s/XXXXXX", argv[2]);
	if (mkdtemp(own) == NULL || chdir(own) < 0)
		err(125, "%s", own);
	pid = syscall(SYS_clone3, &how, sizeof how);
	if (pid < 0)
		err(125, "clone3");
	if (pid == 0)
		contained(argv[1], argv + 3);
	if (waitpid((pid_t)pid, &status, 0) < 0)
		err(125, "wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
