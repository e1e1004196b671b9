/* SPDX-License-Identifier: Apache-2.0 */
/* dirs - the directories that rkt works in */
#pragma once

#include <stdbool.h>

/*
 * Absolute paths, valid until the process ends.  Each comes from its variable,
 * else the default for root, else (for another user) the XDG one:
 *
 *   dirs_data()    RKT_DIR          /var/lib/rkt  $XDG_DATA_HOME/rkt
 *   dirs_run()     RKT_RUN          /run/rkt      $XDG_RUNTIME_DIR/rkt
 *   dirs_conf()    RKT_CONF         /etc/rkt      $XDG_CONFIG_HOME/rkt
 *   dirs_system()  RKT_SYSTEM_CONF  /usr/lib/rkt  /usr/lib/rkt
 *   dirs_user()    RKT_USER_CONF    NULL: none    NULL
 *
 * A variable that is set and not absolute ends the process with EX_CONFIG (a
 * chain loader: its prog_status) and one line.
 */
const char *dirs_data(void);
const char *dirs_run(void);
const char *dirs_conf(void);
const char *dirs_system(void);
const char *dirs_user(void);

/*
 * A descriptor (O_PATH) of the directory sub below the data or run directory:
 * "cas/tmp", "pods/run".  What is missing is made, with the modes of
 * rkt-store(5) and rkt-pod(5): cas/tree, cas/tmp, cas/partial, pods and the run
 * directory's mnt and uids are 0700, the others 0755.  Returns -1 and errno.  A
 * data directory that belongs to rkt 1.x (cas/db is there) is refused with
 * EBADMSG.
 */
int dirs_open_data(const char *sub);
int dirs_open_run(const char *sub);

/*
 * Is path a file's directly in the store's cas/tmp?  Such a file belongs to
 * the pipe that made it, which removes it; no other is ever removed.
 */
bool dirs_in_tmp(const char *path);
