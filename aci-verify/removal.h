/* SPDX-License-Identifier: Apache-2.0 */
/* removal - a key that is to be trusted no more */
#pragma once

/*
 * Takes away the trust in the key, for that prefix ("" is that for every name;
 * NULL: wherever it lies): removes the local files, and masks the system's.
 * Says what it does.  Returns the exit status.
 */
int removal_run(const char *fingerprint, const char *prefix);
