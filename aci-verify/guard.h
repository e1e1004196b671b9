/* SPDX-License-Identifier: Apache-2.0 */
/* guard - who may write what says who is trusted */
#pragma once

/*
 * NULL if the open file or directory belongs to root or to the user of this
 * process, and no other user can write it: its group may if that is root's, or
 * this process's own.  Else what is wrong, as a static text.
 */
const char *guard_check(int fd);
