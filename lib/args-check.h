/* SPDX-License-Identifier: Apache-2.0 */
/* args-check - what the values of rkt's options may be */
#pragma once

#include "spot.h"

/* Each says what is wrong with the text, or NULL. */
spot_check memory_check, cpu_check, cpu_shares_check, oom_score_check,
    gids_check, caps_check, seccomp_text_check, network_check, dns_check,
    hosts_entry_check, policy_check, word_check, ipc_check, input_check,
    output_check, log_check, log_size_check, any_check, bool_check;
