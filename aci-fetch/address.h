/* SPDX-License-Identifier: Apache-2.0 */
/* address - is this an address of the Internet, or of a network of one's own?
 */
#pragma once

#include <stdbool.h>

struct sockaddr;

/*
 * Is it one that everybody can have (RFC 6890): loopback, private, link-local,
 * shared, multicast, unspecified, reserved; or of IPv6 with such an IPv4
 * address in it?  So is any that is of another family.
 */
bool address_is_private(const struct sockaddr *address);
