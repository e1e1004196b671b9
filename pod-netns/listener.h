/* SPDX-License-Identifier: Apache-2.0 */
/* listener - takes connections, each for a process of its own */
#pragma once

#include <stdint.h>

/*
 * Those that there may be at a time: of all, of one pod, and of the host, from
 * which pods without a network of their own call too.
 */
enum { CONNECTIONS = 256, CONNECTIONS_OF_POD = 16, CONNECTIONS_OF_HOST = 128 };

/* The port for the host's network, as rkt has it. */
enum { HOST_PORT = 18112 };

/* Gives lo the address 169.254.169.255.  Ends the process if it cannot. */
void listener_address(void);

/*
 * Listens on 169.254.169.255:80 and 127.0.0.1:port, and on no other address,
 * until it is killed.
 */
_Noreturn void listener_run(uint16_t port);
