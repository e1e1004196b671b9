/* SPDX-License-Identifier: Apache-2.0 */
/* broker - what may read pods, and hands out what one connection may know */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"
#include "ticket.h"
#include "uuid.h"

/*
 * A connection has two processes.  One reads the request, has no right to
 * anything, and asks.  The other answers it, for the one pod that the token and
 * the address belong to: by open files, and by signatures, so that the key of
 * a pod is never where a request is read.  It looks at nothing but this:
 */
struct ask {
	enum {
		ASK_POD,   /* by its token; before all others */
		ASK_IMAGE, /* an app's */
		ASK_SIGN,
		ASK_VERIFY /* any pod's signature, by its UUID */
	} kind;
	char token[TICKET_SIZE];
	char app[256];
	char uuid[UUID_SIZE];
	unsigned char signature[64];
	uint32_t length;
	char content[REQUEST_MAX];
};

/* The status is that of HTTP. */
struct answer {
	int status;
	char uuid[UUID_SIZE];        /* the pod's */
	unsigned char signature[64]; /* ASK_SIGN */
};

/* Who is at the other end, and where it was that it called. */
struct caller {
	struct in_addr peer, own;
};

/* Answers until the other process is gone. */
void broker_serve(int socket, const struct caller *caller);

/*
 * Asks.  For ASK_POD and ASK_IMAGE *file is then the manifest, open for
 * reading.  0, or -1 and errno if nobody answers.
 */
int broker_ask(
    int socket, const struct ask *ask, struct answer *answer, int *file);
