/* SPDX-License-Identifier: Apache-2.0 */
/* prepare-options - pod-prepare's own options, ahead of rkt's arguments */
#pragma once

#include <stdbool.h>

#include "start.h"

struct options {
	bool records;   /* the images' records are on stdin */
	bool quiet;     /* print the UUID at most */
	bool fetchable; /* the caller fetches what is absent, or too old */
	bool images;    /* print the references only */
	bool start;     /* become what starts the pod */
	bool late;      /* the pod is there */
	struct otherwise otherwise;
	int failing;       /* the status of every failure; 0: of its own */
	unsigned insecure; /* INSECURE_... */
};

extern struct options opts;

/*
 * Reads them, and returns how many words they and the name of the program are.
 * Ends the process after --help and --version, and with EX_USAGE, or the
 * --fail-status, if they are wrong.
 */
int options_read(char *argv[]);

/* Says why, and the usage, and ends the process so. */
_Noreturn void options_wrong(const char *why);
