/* SPDX-License-Identifier: Apache-2.0 */
/* target - a file or directory of the user's that appears whole, or not */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "escape.h"
#include "path.h"
#include "publish.h"
#include "scope.h"
#include "target.h"
#include "uuid.h"

static volatile pid_t child;

/* Opens what is above, and looks whether something is there. */
static int
open_parent(struct target *target, const char *path, bool overwrite,
    const char *what, struct fault *fault)
{
	autofree char *above = xstrdup(path);
	autofree char *copy = xstrdup(path);
	autofree char *shown = escape(path);
	struct stat there;

	*target = (struct target){ .fd = -1,
		.parent =
		    open(dirname(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.name = xstrdup(basename(copy)) };
	if (target->parent < 0)
		return fault_errno(fault, "%s", shown);
	if (!path_is_name(target->name))
		return fault_set(
		    fault, EX_USAGE, "%s: not a name in a directory", shown);
	target->exists = fstatat(target->parent, target->name, &there,
			     AT_SYMLINK_NOFOLLOW) == 0;
	if (target->exists && !overwrite)
		return fault_set(
		    fault, EX_CANTCREAT, "%s exists (try --overwrite)", what);
	return 0;
}

int
target_file(struct target *target, const char *path, bool overwrite,
    const char *what, struct fault *fault)
{
	autofree char *shown = escape(path);

	if (strcmp(path, "-") == 0) {
		*target = (struct target){ .fd = STDOUT_FILENO, .parent = -1 };
		return isatty(STDOUT_FILENO)
			   ? fault_set(fault, EX_USAGE, "stdout: a terminal")
			   : 0;
	}
	if (open_parent(target, path, overwrite, what, fault) < 0)
		return -1;
	target->fd = publish_open(target->parent, 0644);
	return target->fd < 0 ? fault_errno(fault, "%s", shown) : 0;
}

/* The root directory, by whichever name. */
static bool
is_root(const char *path)
{
	autofree char *real = realpath(path, NULL);

	return real != NULL && strcmp(real, "/") == 0;
}

static const int ends[] = { SIGHUP, SIGINT, SIGTERM };

/* They wait while there is something that nobody would remove. */
static void
hold_ends(int how)
{
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		(void)sigaddset(&set, ends[i]);
	(void)sigprocmask(how, &set, NULL);
}

static void
end_child(int number)
{
	(void)kill(child, number);
}

/* Waits for the child, removes what a failure left, and ends as it did. */
static _Noreturn void
follow(const struct target *target)
{
	const struct sigaction action = { .sa_handler = end_child };
	struct sigaction was;
	int status = 0;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		/* What is ignored (nohup(1)) stays so. */
		if (sigaction(ends[i], NULL, &was) == 0 &&
		    was.sa_handler == SIG_DFL)
			(void)sigaction(ends[i], &action, NULL);
	hold_ends(SIG_UNBLOCK);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		(void)path_remove(target->parent, target->beside);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Goes on in the child, once there is a directory. */
static int
start_child(const struct target *target, pid_t parent)
{
	if (mkdirat(target->parent, target->beside, 0700) < 0)
		return -1;
	child = fork();
	if (child > 0)
		follow(target);
	if (child < 0) {
		(void)path_remove(target->parent, target->beside);
		return -1;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_OSERR);
	return 0;
}

int
target_directory(struct target *target, const char *path, bool overwrite,
    struct fault *fault)
{
	autofree char *shown = escape(path);
	char uuid[UUID_SIZE];
	int result;

	if (is_root(path))
		return fault_set(fault, EX_USAGE,
		    "this would delete your root filesystem. Refusing.");
	if (open_parent(target, path, overwrite, "output directory", fault) < 0)
		return -1;
	uuid_make(uuid);
	target->beside = xasprintf(".%.200s-%s", target->name, uuid);
	hold_ends(SIG_BLOCK);
	result = start_child(target, getpid());
	hold_ends(SIG_UNBLOCK);
	if (result == 0)
		target->fd = beneath_open(
		    target->parent, target->beside, O_RDONLY | O_DIRECTORY, 0);
	return target->fd < 0 ? fault_errno(fault, "%s", shown) : 0;
}

static int
finish_directory(struct target *target, const char *shown, struct fault *fault)
{
	unsigned how = target->exists ? RENAME_EXCHANGE : RENAME_NOREPLACE;
	autofree char *inner =
	    target->inner == NULL
		? xstrdup(target->beside)
		: xasprintf("%s/%s", target->beside, target->inner);

	if (renameat2(
		target->parent, inner, target->parent, target->name, how) < 0)
		return fault_errno(fault, "%s", shown);
	/* What is left of it, and what was there before. */
	if (path_remove(target->parent, target->beside) < 0)
		return fault_errno(fault, "%s: what was there", shown);
	return 0;
}

int
target_finish(struct target *target, struct fault *fault)
{
	autofree char *shown = NULL;
	int result;

	if (target->parent < 0)
		return 0;
	shown = escape(target->name);
	if (target->beside != NULL)
		return finish_directory(target, shown, fault);
	result = target->exists
		     ? publish_replace(target->fd, target->parent, target->name)
		     : publish_link(target->fd, target->parent, target->name);
	if (result == 1) /* somebody was faster */
		errno = EEXIST;
	return result == 0 ? 0 : fault_errno(fault, "%s", shown);
}

void
target_close(struct target *target)
{
	if (target->parent >= 0) {
		(void)close(target->parent);
		if (target->fd >= 0)
			(void)close(target->fd);
	}
	free(target->name);
	free(target->beside);
}
