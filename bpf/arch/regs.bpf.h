/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between architectures: registers by their DWARF number, and the thread pointer. */
#pragma once

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#if defined(__TARGET_ARCH_x86)

#define NR_DWARF_REGS 16

/* System V ABI for x86_64, figure 3.36. */
static const volatile __u8 dwarf_reg_offset[NR_DWARF_REGS] = {
	__builtin_offsetof(struct pt_regs, ax),	 __builtin_offsetof(struct pt_regs, dx),
	__builtin_offsetof(struct pt_regs, cx),	 __builtin_offsetof(struct pt_regs, bx),
	__builtin_offsetof(struct pt_regs, si),	 __builtin_offsetof(struct pt_regs, di),
	__builtin_offsetof(struct pt_regs, bp),	 __builtin_offsetof(struct pt_regs, sp),
	__builtin_offsetof(struct pt_regs, r8),	 __builtin_offsetof(struct pt_regs, r9),
	__builtin_offsetof(struct pt_regs, r10), __builtin_offsetof(struct pt_regs, r11),
	__builtin_offsetof(struct pt_regs, r12), __builtin_offsetof(struct pt_regs, r13),
	__builtin_offsetof(struct pt_regs, r14), __builtin_offsetof(struct pt_regs, r15),
};

static __always_inline __u64 thread_pointer(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread.fsbase);
}

/* The sixth integer argument of a function; libbpf's headers have it since 1.2 only. */
static __always_inline __u64 sixth_argument(struct pt_regs *ctx)
{
	return ctx->r9;
}

/*
 * Where a function has returned: its stack pointer at its entry, which its return has moved past
 * the return address.
 */
static __always_inline __u64 entry_stack(struct pt_regs *ctx)
{
	return ctx->sp - 8;
}

#else
#error "this architecture is not supported yet"
#endif

static __always_inline __u64 dwarf_reg(struct pt_regs *ctx, __u32 nr)
{
	__u64 v = 0;

	/* A variable offset into the context is not allowed, reading it as kernel memory is. */
	bpf_probe_read_kernel(&v, sizeof(v), (void *)ctx + dwarf_reg_offset[nr % NR_DWARF_REGS]);
	return v;
}
