/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel types for arm64; see ../README.md. */
#pragma once

/* libbpf's <bpf/bpf_tracing.h> takes it as the sign that registers have the kernel's names. */
#define __VMLINUX_H__

#include "../base.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* The part of the registers that BPF programs are given; libbpf's PT_REGS_* go through this type. */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

/* The kernel's own begins with the same registers. */
struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
	__u64 orig_x0;
};

struct thread_struct {
	struct {
		/*
		 * The thread pointer (TPIDR_EL0), as saved when the thread was last switched out.  It is set
		 * once, when a thread starts, so that of any thread that ever waited is right.
		 */
		unsigned long tp_value;
	} uw;
};

#pragma clang attribute pop

#include "../kernel.h"
