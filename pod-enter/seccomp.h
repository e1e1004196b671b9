/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp - the system call filter of an app */
#pragma once

#include <stddef.h>

struct pod;
struct sock_filter;

/*
 * The program that pod-prepare left for the app (an empty file: none at all),
 * else the default one.  The caller frees it.  What fails ends the process.
 */
struct sock_filter *seccomp_program(
    const struct pod *pod, const char *app, size_t *instructions);
