/* SPDX-License-Identifier: Apache-2.0 */
/* insecure - the words of --insecure-options, which every tool understands */
#pragma once

enum {
	INSECURE_IMAGE = 1,         /* no signature is asked for */
	INSECURE_TLS = 2,           /* no certificate is checked */
	INSECURE_HTTP = 4,          /* images may be found by plain http */
	INSECURE_PUBKEY = 8,        /* keys may come by plain http */
	INSECURE_CAPABILITIES = 16, /* apps keep all that root has */
	INSECURE_PATHS = 32,        /* nothing of /proc and /sys is hidden */
	INSECURE_SECCOMP = 64,      /* no system call filter */
	INSECURE_ONDISK = 128,      /* stored images are not checked again */
};

/*
 * Reads a list of words ("paths,seccomp", "all-fetch") into flags, those that
 * concern other tools, too.  Returns 0, or -1 if there is an unknown one.
 */
int insecure_parse(const char *list, unsigned *flags);
