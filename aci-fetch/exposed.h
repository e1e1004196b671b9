/* SPDX-License-Identifier: Apache-2.0 */
/* exposed - the ports and volumes that an image's configuration lists */
#pragma once

#include "manifest.h"
#include "spot.h"

/*
 * ExposedPorts and Volumes of the object at spot, sorted and each once, with
 * names that are valid and unique: "80-tcp", "8000-8010-udp", "volume-data".
 * 0, or -1 as spot.h has it.
 */
int exposed_ports(const struct spot *object, struct app *app);
int exposed_volumes(const struct spot *object, struct app *app);
