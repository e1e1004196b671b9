/* SPDX-License-Identifier: Apache-2.0 */
/* sign - a detached signature, by the caller's own gpg */

#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"
#include "scope.h"
#include "sign.h"

static int
start(const char *const argv[], int from, int to, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	if ((error = posix_spawn_file_actions_adddup2(
		 &actions, from, STDIN_FILENO)) == 0 &&
	    (error = posix_spawn_file_actions_adddup2(
		 &actions, to, STDOUT_FILENO)) == 0)
		error = posix_spawnp(pid, "gpg", &actions, NULL,
		    (char **)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
sign(const char *key, int from, int to, struct fault *fault)
{
	autofree char *user = xasprintf("--local-user=%s", key);
	const char *argv[] = { "gpg", "--quiet", "--armor",
		"--digest-algo=SHA512", user, "--detach-sign", NULL };
	pid_t pid;
	int status;
	int error = start(argv, from, to, &pid);

	if (error != 0)
		return fault_set(
		    fault, EX_UNAVAILABLE, "gpg: %s", strerror(error));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fault_errno(fault, "gpg");
	if (status != 0)
		return fault_set(fault, EX_NOPERM, "gpg: has not signed");
	return 0;
}
