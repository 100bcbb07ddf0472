/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel side finds a request by in a target: names of frameworks, and of what they call
 * things.
 */
#pragma once

#include "bpf/abi/request.h"

/* For cfg_names.  -E2BIG: there are more names, or longer ones, than have room. */
int request_names_fill(struct request_names *names);
