/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeping the variables of a program its own while it runs. */
#pragma once

#include "maps.bpf.h"

/*
 * To be called first by every program on a uprobe; does nothing.
 *
 * Since Linux 6.13 the JIT gives programs of this type one stack a CPU (bpf_enable_priv_stack(),
 * kernel/bpf/verifier.c).  That is right for kprobes, which nothing interrupts; but a program on a
 * uprobe may be
 * preempted, and whoever runs the same program on that CPU meanwhile overwrites its variables.  A
 * program that has a tail call in it, be it never reached, keeps to the stack of its task
 * (check_max_stack_depth()).
 */
static __always_inline void keep_own_stack(void *ctx)
{
	if (cfg_tail_call)
		bpf_tail_call(ctx, NULL, 0);
}
