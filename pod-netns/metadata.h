/* SPDX-License-Identifier: Apache-2.0 */
/* metadata - what the metadata service tells a pod of itself */
#pragma once

/*
 * Reads one request from a connection and writes the answer, by what the broker
 * says.  To be called without any right: all that is read here was written by
 * others, the manifests as well.
 */
void metadata_serve(int connection, int broker);
