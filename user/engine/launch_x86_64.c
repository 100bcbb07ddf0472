// SPDX-License-Identifier: GPL-2.0-only
#ifdef __x86_64__
#include "engine/launch_arch.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#define DEBUGREG(n) ((void *)(offsetof(struct user, u_debugreg) + (n) * sizeof(long)))
/* DR7: enable breakpoint 0 locally; type and length bits zero: on execution (Intel SDM, volume 3, 18.2.4). */
#define DR7_ENABLE_0 1L

int launch_arch_break(pid_t pid, uint64_t addr)
{
	if (ptrace(PTRACE_POKEUSER, pid, DEBUGREG(0), addr) ||
	    ptrace(PTRACE_POKEUSER, pid, DEBUGREG(7), DR7_ENABLE_0))
		return -errno;
	return 0;
}

bool launch_arch_hit(pid_t pid)
{
	errno = 0;
	return ptrace(PTRACE_PEEKUSER, pid, DEBUGREG(6), 0) & 1 && !errno;
}

void launch_arch_clear(pid_t pid)
{
	ptrace(PTRACE_POKEUSER, pid, DEBUGREG(7), 0);
	ptrace(PTRACE_POKEUSER, pid, DEBUGREG(0), 0);
	ptrace(PTRACE_POKEUSER, pid, DEBUGREG(6), 0);
}

uint64_t launch_arch_thread_pointer(pid_t pid)
{
	struct user_regs_struct regs;

	return ptrace(PTRACE_GETREGS, pid, 0, &regs) ? 0 : regs.fs_base;
}
#endif
