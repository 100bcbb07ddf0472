/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Halting a thread until user space has looked at its process, and stopped the thread if there is something to put probes on.  A
 * program cannot wait, so it spins, for a bounded time.  A kernel that does not preempt itself would keep user space from the
 * processor meanwhile: it is given away where a program can do that.
 */
#pragma once

#include "maps.bpf.h"

/* Sends a record of this kind (enum ev_proc_what), in which `other` is the thread, and waits.  1: too long, or it could not be. */
int halt_thread(__u32 what, __u32 pid, __u32 tid);
