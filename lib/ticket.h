/* SPDX-License-Identifier: Apache-2.0 */
/* ticket - what the metadata service knows a pod by, and the key of the pod */
#pragma once

#include <stdbool.h>

#include "uuid.h"

/*
 * A token is 64 hexadecimal digits: those of the pod's UUID, by which the pod
 * is found, and as many that nobody can guess: 128 bits.
 */
enum { TICKET_SIZE = 65, TICKET_KEY = 64 };

struct ticket {
	char text[TICKET_SIZE];
	unsigned char key[TICKET_KEY]; /* of the pod's signatures */
};

/*
 * The pod that registers has both in its file "token", which only root reads;
 * one that is there already stays.  0, or -1 and errno.
 */
int ticket_make(int dir, const char uuid[UUID_SIZE]);

/* 0, or -1 and errno; ENOENT: the pod did not register. */
int ticket_read(int dir, struct ticket *token);

/* Whose token a text would be.  Is it the form of one? */
bool ticket_uuid(const char *text, char uuid[UUID_SIZE]);
