/* SPDX-License-Identifier: Apache-2.0 */
/* message - bytes of a known length, and a descriptor, to another process */
#pragma once

#include <stddef.h>

/* Over a socket of SOCK_SEQPACKET; fd -1: none goes along.  0, or -1. */
int message_send(int to, const void *bytes, size_t length, int fd);

/*
 * Returns 1; 0 when the other side is gone; -1 if it is not of that length.
 * *fd is the descriptor that came along, for the caller to close, or -1.
 */
int message_receive(int from, void *bytes, size_t length, int *fd);
