/* SPDX-License-Identifier: Apache-2.0 */
/* args-value - where the values of rkt's options go */
#pragma once

#include "args.h"
#include "spot.h"

struct option;

/*
 * Stores value in the member that is place (its type is in the name), or in
 * the structure that is place.  Returns 0, or -1 with *why, which the caller
 * frees and which fits behind "invalid argument "x" for --NAME: ".
 */
typedef int option_set(
    const struct option *option, void *place, const char *value, char **why);

option_set set_flag;      /* bool */
option_set set_text;      /* char *; the last one counts */
option_set set_text_once; /* char * */
option_set set_yes_or_no; /* char *; "true" or "false" */
option_set set_policy;    /* char *; not two different ones */
option_set set_never;     /* the same: a switch for "never" */
option_set set_update;    /* the same: a switch for "update" */
option_set set_string;    /* struct strings; one more */
option_set set_list;      /* struct strings; those between commas */
option_set set_pair;      /* struct labels; NAME=VALUE */
option_set set_volume;    /* struct args */
option_set set_port;      /* struct args */
option_set set_pod_mount; /* struct args */
option_set set_mount;     /* struct args_image */

struct option {
	const char *name;
	enum { OPTION_FLAG, OPTION_VALUE, OPTION_MAYBE } takes;
	enum { OPTION_POD, OPTION_IMAGE } scope;
	size_t offset; /* of the place, in struct args or struct args_image */
	option_set *set;
	spot_check *check; /* of the value, or the name in a pair */
	const char *fixed; /* the value if there is none */
};
