/* SPDX-License-Identifier: Apache-2.0 */
/* left - an app of a pod that has ended, as an image that would be it again */
#pragma once

struct pod;

struct left {
	char *name; /* of the app */
	char *image_id;
	char *manifest; /* of the image, as text */
};

/*
 * From the pod's manifest: the app of that name, or the only one if it is NULL.
 * The environment is the app's without what each start adds; of the image's
 * manifest the name and labels are kept, since the image itself may have left
 * the store.  What fails ends the process.
 */
void left_read(const struct pod *pod, const char *name, struct left *left);
