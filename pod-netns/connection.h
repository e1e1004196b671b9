/* SPDX-License-Identifier: Apache-2.0 */
/* connection - serves one, in two processes */
#pragma once

#include "broker.h"

/* Who called; -1 and errno if the descriptor is no IPv4 connection. */
int connection_caller(int fd, struct caller *caller);

/*
 * Serves it.  The process that reads the request is a child of this one,
 * without any right (confine.h), which has CONNECTION_SECONDS for all of it;
 * this one goes on without capabilities.  What fails ends the process.
 */
enum { CONNECTION_SECONDS = 5 };
void connection_serve(int fd, const struct caller *caller);
