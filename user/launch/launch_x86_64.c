// SPDX-License-Identifier: GPL-2.0-only
#ifdef __x86_64__
#include "launch/launch_arch.h"

#include <sys/ptrace.h>
#include <sys/user.h>

uint64_t launch_thread_pointer(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, 0, &regs) ? 0 : regs.fs_base;
}
#endif
