/* SPDX-License-Identifier: Apache-2.0 */
/* forward - what the host must do, and not do, for packets of a pod */
#pragma once

/*
 * The host's end of a pod speaks no IPv6: a router advertisement from the pod
 * must not reach the host's routes (CVE-2020-10749).  Before it is up.
 */
void forward_no_ipv6(const char *interface);

/*
 * Answers from outside come in by the interface that the host itself reaches
 * the outside by, and IPv4 asks that one whether to forward them: switches it
 * on there, and nowhere else.  A host without a way out needs nothing.
 */
void forward_answers(void);
