/* SPDX-License-Identifier: Apache-2.0 */
/* supervise - what pod-enter does while the pod runs */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct terminal;

/* Blocks the signals that supervise() waits for; before the clone. */
void supervise_prepare(const struct terminal *terminal);

/* While it waits: when there is a byte to be read from fd, calls what once. */
void supervise_on_ready(int fd, void (*what)(void));

/*
 * Waits for the process pid, carries bytes between its terminal and the
 * caller's, and passes on what it is asked: for a pod, any signal that ends a
 * process stops it in good order, a second SIGINT or three ^] within a second
 * at once; to a process that has joined one, signals go as they are.
 * Returns its exit status, or 128 and the number of its signal.
 */
int supervise(struct terminal *terminal, pid_t pid, bool joined);
