/* SPDX-License-Identifier: Apache-2.0 */
/* mask - what of /proc and /sys is hidden from apps, or read-only for them */
#pragma once

/*
 * Covers it, where this kernel has it, in the /proc and /sys below the current
 * directory; those are fresh mounts of ours, so no path is the image's.  What
 * fails ends the process.
 */
void mask_apply(void);
