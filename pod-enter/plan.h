/* SPDX-License-Identifier: Apache-2.0 */
/* plan - what pod-init is to do: the contract of pod-enter and pod-init */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The plan is one flat image in a sealed memfd: a struct plan with its apps,
 * and behind them what they point to by offsets from the start of the image
 * (0: nothing).  A list is an array of 64-bit offsets that ends in a 0, which
 * plan_list() makes pointers of where they lie.  Both programs are always of
 * one build, and PLAN_MAGIC changes with the format.
 */
#define PLAN_MAGIC UINT64_C(0x31306e616c70746b) /* "ktplan01" */

enum {
	PLAN_APPS_MAX = 64,
	PLAN_GROUPS = 3, /* control groups of an app besides the unified one */
	PLAN_MAX = 16 * 1024 * 1024,
};

/* The commands of an app, in the order in which they run. */
enum plan_command { PRE_START, MAIN, POST_STOP, PLAN_COMMANDS };

enum {
	PLAN_FOREGROUND = 1, /* stop when pod-enter dies */
	PLAN_CGROUP = 2,     /* /sys/fs/cgroup/APP is there to go to */
	PLAN_READY = 4,      /* tell READY_FD when the apps were started */
	PLAN_NOTIFY = 8,     /* and only when each is past its pre-start */
};

enum {
	APP_NO_NEW_PRIVS = 1,
	APP_TERMINAL = 2,  /* its standard streams are its terminal */
	APP_LOG = 4,       /* what it writes goes to its FD_LOG */
	APP_OOM_SCORE = 8, /* oom_score_adj was asked for */
	/* Of which of its own descriptors there are; else those of all. */
	APP_IN = 16,
	APP_OUT = 32,
	APP_ERR = 64,
	APP_KEYS = 128,      /* FD_KEYS is the other end of its stdin, */
	APP_PTY = 256,       /* or the other side of its terminal */
	APP_FROM_OUT = 512,  /* the other ends of its stdout */
	APP_FROM_ERR = 1024, /* and its stderr */
};

struct plan_app {
	uint32_t name;
	uint32_t directory;               /* working directory */
	uint32_t search;                  /* value of its PATH */
	uint32_t environment;             /* list, with room for one more */
	uint32_t commands[PLAN_COMMANDS]; /* lists: argv of each */
	uint32_t shown[PLAN_COMMANDS];    /* argv[0] of each, escaped */
	uint32_t uid;
	uint32_t gid;
	uint32_t gids; /* uint32_t[gid_count] */
	uint32_t gid_count;
	uint32_t filter; /* struct sock_filter[filter_count] */
	uint32_t filter_count;
	uint64_t bounding; /* capabilities, a bit each */
	int32_t oom_score;
	uint32_t flags;
	uint32_t groups; /* how many of PLAN_GROUPS: FD_GROUP and those after */
	uint32_t unused;
};

struct plan {
	uint64_t magic;
	uint32_t size;
	uint32_t flags;
	uint32_t program; /* how messages call us */
	uint32_t failed;  /* exit status of what went wrong before exec */
	uint32_t app_count;
	uint32_t unused;
	struct plan_app apps[];
};

/*
 * The descriptors of pod-init: 0 to 2 for the apps, 3 and 4 as in the chain
 * (lib/pod.h), and these.  None is of a directory: from one, an app with the
 * same uid could climb to the host.  pod-enter --join takes the plan and the
 * mount namespaces from here.
 */
enum {
	PLAN_FD = 6,
	READY_FD = 7,
	SIGNAL_FD = 8,
	APP_FDS = 9, /* app i has those from APP_FDS + i * APP_FD_COUNT */
};

/*
 * pod-attach: there is no more for the stdin of the app whose number comes
 * with it.  A real-time signal, as those of two apps must not become one.
 */
enum { SIGNAL_INPUT = 40 };

enum app_fd {
	FD_MOUNTS,
	FD_STATUS,
	FD_LOG,
	FD_LOG_OTHER,
	FD_IN,
	FD_OUT,
	FD_ERR,
	FD_KEYS,
	FD_FROM_OUT,
	FD_FROM_ERR,
	FD_TTY,   /* pod-enter's alone: not among those of pod-init */
	FD_GROUP, /* lists of processes, to be written to */
	APP_FD_COUNT = FD_GROUP + PLAN_GROUPS
};

static inline int
plan_app_fd(uint32_t app, enum app_fd which)
{
	return APP_FDS + (int)app * APP_FD_COUNT + (int)which;
}

/*
 * Maps the plan in fd for this process alone.  NULL and errno; EINVAL: it is
 * no sealed plan of this build.
 */
struct plan *plan_map(int fd);

/* The text, or what else lies there, at an offset. */
static inline char *
plan_at(struct plan *plan, uint32_t offset)
{
	return (char *)plan + offset;
}

/* The list at an offset, as an argv.  Once only for each list. */
char **plan_list(struct plan *plan, uint32_t offset);
