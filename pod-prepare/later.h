/* SPDX-License-Identifier: Apache-2.0 */
/* later - what is said of a pod when it is to run, after it was prepared */
#pragma once

#include "args.h"
#include "uuid.h"

/*
 * Writes the options of args into the run.json of the prepared (or ended) pod
 * that its operand names (by any unambiguous beginning); without an option
 * nothing is written.  Ends the process on a failure: EX_NOINPUT if there is no
 * such pod, EX_USAGE if it is not prepared or an option does not fit it,
 * EX_TEMPFAIL if somebody starts or removes it.
 */
void later_change(const struct args *args, char uuid[UUID_SIZE]);
