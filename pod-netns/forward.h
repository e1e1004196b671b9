/* SPDX-License-Identifier: Apache-2.0 */
/* forward - what the host must do, and not do, for packets of a pod */
#pragma once

#include <stdbool.h>

/* Does the host speak IPv6 at all? */
bool forward_has_ipv6(void);

/*
 * The host's end of a pod, before it is up.  With IPv6, what comes in there is
 * forwarded, and what the pod says about routes is not listened to: a router
 * advertisement of a pod must not reach the host's routes (CVE-2020-10749).
 * Without, it speaks no IPv6.
 */
void forward_ipv6(const char *interface);
void forward_no_ipv6(const char *interface);

/*
 * Answers from outside come in by the interface that the host itself reaches
 * the outside by, and that one is asked whether to forward them: switches it on
 * there, and nowhere else.  Returns whether the host has a way out by the
 * family (AF_INET, AF_INET6).
 */
bool forward_answers(int family);
