/* SPDX-License-Identifier: GPL-2.0-only */
/* What launch.c needs of the architecture: a breakpoint that does not change the program's memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Sets a hardware breakpoint on the execution of `addr` in the stopped thread `pid`. 0 or -errno. */
int launch_arch_break(pid_t pid, uint64_t addr);
/* Was it that breakpoint that stopped the thread? */
bool launch_arch_hit(pid_t pid);
void launch_arch_clear(pid_t pid);
/* The thread pointer (fs base on x86_64) of the stopped thread; 0 if it cannot be read. */
uint64_t launch_arch_thread_pointer(pid_t pid);
