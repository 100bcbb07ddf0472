/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Halting a thread until user space has looked at its process, and stopped the thread if there is something to put probes on.  A
 * program cannot wait, so it spins, for a bounded time.  A kernel that does not preempt itself would keep user space from the
 * processor meanwhile: it is given away where a program can do that.
 */
#pragma once

#include "maps.bpf.h"

enum {
	HALT_BEGUN,
	HALT_NOT,    /* it is halted already */
	HALT_FAILED, /* it cannot be */
};

/* Before the record is sent that asks for it; then halt_wait() has to follow. */
int halt_begin(__u32 tid);
/* Waits until user space lets the thread go.  1: it took too long. */
int halt_wait(__u32 tid);
