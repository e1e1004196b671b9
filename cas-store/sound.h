/* SPDX-License-Identifier: Apache-2.0 */
/* sound - an image file that the store would take */
#pragma once

#include "fault.h"

struct sound {
	char *id;
	char *name;
};

/*
 * Reads the image fd as cas-put does, from its offset on, into unnamed files
 * in the directory tmp.  Returns 0 with *sound for sound_free(), or -1 with
 * fault.
 */
int sound_check(int fd, int tmp, struct sound *sound, struct fault *fault);
void sound_free(struct sound *sound);
