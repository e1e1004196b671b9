/* SPDX-License-Identifier: Apache-2.0 */
/* mapping - which ports of the host are to lead to the pod */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "pod.h"
#include "subnet.h"

struct mapping {
	char *name;
	uint8_t protocol;   /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;      /* the first of the pod's ports */
	uint16_t host_port; /* the first of the host's */
	unsigned count;     /* of ports, one after the other */
	struct subnet host; /* of family 0: any of either family */
};

/* Every address of the family, "0.0.0.0" or "::". */
bool mapping_is_any(const struct mapping *mapping);

/* "tcp 192.0.2.1:80" or "tcp port 80" for a message; in a static buffer. */
const char *mapping_text(const struct mapping *mapping, unsigned number);

/*
 * The mappings of run, the pod's run.json, as pod-prepare(1) writes them, and
 * how many they are.  Ends the process with one line if they are wrong.
 */
struct mapping *mappings_read(
    const struct pod *pod, const json_t *run, size_t *count);
