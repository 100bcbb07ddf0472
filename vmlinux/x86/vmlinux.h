/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel types for x86_64; see ../README.md. */
#pragma once

/* libbpf's <bpf/bpf_tracing.h> takes it as the sign that registers have the kernel's names. */
#define __VMLINUX_H__

#include "../base.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* In the order of the kernel's (it has not changed in decades), so that a whole one can be copied. */
struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	unsigned long cs;
	unsigned long flags;
	unsigned long sp;
	unsigned long ss;
};

struct thread_struct {
	unsigned long fsbase; /* the thread pointer: base of thread-local storage */
};

#pragma clang attribute pop

#include "../kernel.h"
