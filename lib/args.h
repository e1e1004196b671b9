/* SPDX-License-Identifier: Apache-2.0 */
/* args - the command line of rkt run and rkt prepare */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "labels.h"
#include "manifest.h"

/*
 * The grammar, in which an option belongs to the image before it and one
 * before the first image to the pod:
 *
 *   [POD-OPTION…] IMAGE [IMAGE-OPTION…] [-- ARG… [---]] [IMAGE …]…
 *
 * Options are long, with one dash or two, the value after "=" or as the next
 * argument; a boolean takes a value only after "=".
 */
struct args_image {
	char *image;               /* the reference, as given */
	char *name;                /* --name; NULL: from the image's name */
	char *exec;                /* --exec */
	char *user;                /* --user */
	char *group;               /* --group */
	char *working_dir;         /* --working-dir */
	char *signature;           /* --signature FILE */
	char *seccomp;             /* --seccomp mode=…,…; kept as given */
	char *caps_retain;         /* --caps-retain, --cap-retain; as given */
	char *caps_remove;         /* --caps-remove, --cap-remove */
	char *memory;              /* --memory */
	char *cpu;                 /* --cpu */
	char *cpu_shares;          /* --cpu-shares */
	char *oom_score;           /* --oom-score-adj */
	char *gids;                /* --supplementary-gids */
	char *in;                  /* --stdin MODE */
	char *out;                 /* --stdout MODE */
	char *error;               /* --stderr MODE */
	bool read_only_root;       /* --readonly-rootfs */
	struct labels environment; /* --environment */
	struct labels annotations; /* --annotation */
	struct labels user_annotations; /* --user-annotation */
	struct labels user_labels;      /* --user-label */
	struct pod_mount *mounts;       /* --mount */
	size_t mount_count;
	struct strings args; /* what stands between -- and --- */
};

struct args {
	struct args_image *images;
	size_t image_count;

	char *name;            /* --name before the first image */
	struct strings nets;   /* --net LIST; empty: the host's network */
	bool interactive;      /* --interactive */
	bool detach;           /* --detach */
	bool quiet;            /* --quiet, -q */
	bool inherit_env;      /* --inherit-env */
	bool no_overlay;       /* --no-overlay */
	char *hostname;        /* --hostname */
	char *log;             /* --log file|journald|none */
	char *log_size;        /* --log-size */
	char *pod_manifest;    /* --pod-manifest FILE */
	char *uuid_file;       /* --uuid-file-save FILE */
	char *private_users;   /* "true" or "false"; NULL: not said */
	char *ipc;             /* --ipc; NULL: not said */
	char *pull_policy;     /* --pull-policy, --local, --store-only, … */
	struct labels set_env; /* --set-env */
	struct strings set_env_files; /* --set-env-file */
	struct volume *volumes;       /* --volume */
	size_t volume_count;
	struct pod_mount *mounts; /* --mount before the first image */
	size_t mount_count;
	struct pod_port *ports; /* --port */
	size_t port_count;
	struct strings dns, dns_search, dns_options; /* --dns… */
	char *dns_domain;
	struct strings hosts_entries; /* --hosts-entry */
	bool mds_register;            /* --mds-register */
};

/*
 * Reads argv[0..argc-1], which has no program name.  Returns 0 with *args for
 * args_free(), or -1 with *why (the caller frees it) in rkt's words.
 */
int args_parse(int argc, char *const argv[], struct args *args, char **why);

/*
 * The same for rkt run-prepared, whose one operand is a UUID, in images[0]:
 * [OPTION...] UUID [OPTION...], of those options that a pod can still take.
 */
int args_parse_late(
    int argc, char *const argv[], struct args *args, char **why);
void args_free(struct args *args);
