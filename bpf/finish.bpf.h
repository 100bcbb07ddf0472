/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is done for the callers of an event once all of them are in it: their line tables, and the
 * request.
 */
#pragma once

#include "request.bpf.h"

/* Sends the line tables of callers from..to, and looks for the request in their locals. */
int finish_stack(__u32 slot, __u32 from, __u32 to);
