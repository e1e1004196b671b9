/* SPDX-License-Identifier: Apache-2.0 */
/* outlet - where bytes go that nobody is to wait for */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * A descriptor for what fd is, which does not block if it is a pipe or a
 * terminal.  O_NONBLOCK is everybody's who has the same description, so it is
 * one of our own; fd itself where there can be none.
 */
int outlet_open(int fd);

/*
 * Writes so much as is taken at once; after poll(2) has said that something
 * is.  Returns how much, or -1 and errno: EAGAIN says later.
 */
ssize_t outlet_write(int fd, const char *bytes, size_t count);
