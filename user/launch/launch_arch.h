/* SPDX-License-Identifier: GPL-2.0-only */
/* What launch.c needs of the architecture. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* The thread pointer (fs base on x86_64) of the ptrace-stopped thread; 0 if it cannot be read. */
uint64_t launch_thread_pointer(pid_t pid);
