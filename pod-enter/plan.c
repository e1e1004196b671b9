/* SPDX-License-Identifier: Apache-2.0 */
/* plan - what pod-init is to do: the contract of pod-enter and pod-init */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "plan.h"

_Static_assert(sizeof(char *) == sizeof(uint64_t), "offsets become pointers");

struct plan *
plan_map(int fd)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat file;
	struct plan *plan;

	if (fstat(fd, &file) < 0)
		return NULL;
	if ((fcntl(fd, F_GET_SEALS) & seals) != seals ||
	    file.st_size < (off_t)sizeof(*plan) || file.st_size > PLAN_MAX) {
		errno = EINVAL;
		return NULL;
	}
	plan = mmap(NULL, (size_t)file.st_size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE, fd, 0);
	if (plan == MAP_FAILED)
		return NULL;
	if (plan->magic != PLAN_MAGIC || plan->size != file.st_size ||
	    plan->app_count > PLAN_APPS_MAX ||
	    sizeof(*plan) + plan->app_count * sizeof(*plan->apps) >
		plan->size) {
		(void)munmap(plan, (size_t)file.st_size);
		errno = EINVAL;
		return NULL;
	}
	return plan;
}

char **
plan_list(struct plan *plan, uint32_t offset)
{
	union {
		uint64_t offset;
		char *pointer;
	} *list = (void *)plan_at(plan, offset);

	for (size_t i = 0; list[i].offset != 0; i++)
		list[i].pointer = plan_at(plan, (uint32_t)list[i].offset);
	return &list->pointer;
}
