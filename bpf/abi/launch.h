/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that `run` follows until an interpreter is seen in them: one that loads its libpython
 * while it runs, by dlopen(), is stopped when the dynamic linker has mapped it.
 */
#pragma once

#include "types.h"

/* Threads that are followed, at most. */
#define LAUNCH_FOLLOWED_MAX 256

/* Value of the map "launch_threads", key: thread id. */
struct launch_thread {
	__u32 watched; /* it is stopped when something was mapped */
	__u32 mapped;  /* by the kernel side: something was, and its signal is on the way */
	/*
	 * That its process had mapped to be executed when its dynamic linker was last seen, or at
	 * its exec.
	 */
	__u64 pages;
};
