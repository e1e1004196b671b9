/* SPDX-License-Identifier: Apache-2.0 */
/* import - an image file into the store, by way of cas-put */
#pragma once

#include <stdbool.h>

/*
 * Becomes cas-put with a record that names the file, which stays the caller's.
 * Nobody has verified it: cas-put refuses it unless insecure says so.
 */
_Noreturn void import_file(const char *path, bool insecure, bool quiet);
