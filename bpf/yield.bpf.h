/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Giving up the CPU while a thread is held, on kernels that do not preempt themselves: see
 * docs/decisions.md. Nothing of a target is touched by that, neither its memory nor the locks of
 * it.
 */
#pragma once

#include "maps.bpf.h"

/* Lets those have the CPU who should have it. */
int give_way(__u32 unused);
