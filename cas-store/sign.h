/* SPDX-License-Identifier: Apache-2.0 */
/* sign - a detached signature, by the caller's own gpg */
#pragma once

#include "fault.h"

/*
 * Writes the armoured signature, by the secret key that gpg knows as key, of
 * what from holds from its offset on, to the descriptor to.  gpg asks for the
 * passphrase as it does for its user.  Returns 0, or -1 with fault.
 */
int sign(const char *key, int from, int to, struct fault *fault);
