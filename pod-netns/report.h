/* SPDX-License-Identifier: Apache-2.0 */
/* report - net.json and cni.json: what a pod has, for others and for pod-gc */
#pragma once

#include <stddef.h>

#include "pod.h"
#include "wire.h"

/*
 * Written before what they name is made: for rkt list, and for who finds the
 * pod after a crash; and again when it is known.  cni.json is there only if
 * plugins are asked: pod-gc(8) asks them to undo what is in it.  Ends the
 * process with one line if that fails.
 */
void report_write(
    const struct pod *pod, const struct wire *wires, size_t count);
