/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls - system calls by name, and the sets of names that images use */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf.h"
#include "string-list.h"

/* What every pod gets whose image has no set of its own. */
void syscalls_default(struct verdicts *verdicts);

/*
 * Those alone; every other call is answered as by a kernel that lacks it.  Some
 * words of the list stand for a call with its arguments checked (syscalls.c).
 * Returns NULL, or the word that is none, for the caller to free.
 */
char *syscalls_only(const char *words, struct verdicts *verdicts);

/*
 * An image's own set (os/linux/seccomp-retain-set and -remove-set): names of
 * system calls and of wildcards ("@rkt/default-whitelist").  refusal is the
 * SECCOMP_RET_ value for what it does not let through.  Returns NULL, or what
 * is wrong with the names, for the caller to free.
 */
char *syscalls_retain(
    const struct strings *names, unsigned refusal, struct verdicts *verdicts);
char *syscalls_remove(
    const struct strings *names, unsigned refusal, struct verdicts *verdicts);

/* SECCOMP_RET_ERRNO with the number of "EPERM"; 0 for no such name. */
unsigned syscalls_errno(const char *name);
