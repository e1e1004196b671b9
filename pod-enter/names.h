/* SPDX-License-Identifier: Apache-2.0 */
/* names - how a pod resolves names: its resolv.conf, hosts and hostname */
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct pod;

/* A file of /etc.  Without a text there is nothing to say. */
struct name_file {
	const char *name; /* "resolv.conf" */
	const char *path; /* "/etc/resolv.conf" */
	char *text;
	bool firm;  /* said by an option or a network: above image and volume */
	bool peers; /* the file of names.peers takes its place */
};

enum { NAME_RESOLV, NAME_HOSTS, NAME_HOSTNAME, NAME_FILES };

struct names {
	struct name_file files[NAME_FILES];
	const json_t *network; /* the first one with an address, or NULL */
	json_t *networks;
	int peers; /* a file that pods share, or -1 */
};

/*
 * Decides what they say, by the pod's run.json and net.json and the files of
 * the host, in which it differs if the pod has a network of its own.  Ends the
 * process with one line if something cannot stand in such a file.
 */
void names_decide(struct names *names, const struct pod *pod, const json_t *run,
    const char *hostname, bool own_network);
