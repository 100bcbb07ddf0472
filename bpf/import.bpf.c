// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Modules written in C that are imported after the tracer has attached.  A module's functions and types are there when
 * _imp.exec_dynamic() or _imp.exec_builtin() returns, and nobody has called them yet.  The importing thread is held at that
 * moment until user space has looked, and stopped it if there is something to put probes on.  A program cannot wait, so it
 * spins, for a bounded time and only while a rule names something that has not been found yet.  A kernel that does not
 * preempt itself would keep user space from the processor meanwhile: it is given away where a program can do that.
 */
#include "frame.bpf.h"
#include "proc.bpf.h"
#include "stack.bpf.h"
#include "yield.bpf.h"
#include <bpf/bpf_tracing.h>
#include "abi/cookie.h"

/* The longest that a thread is held.  Past it, calls may be missed: counted. */
#define HOLD_NS 100000000ULL
#define ROUNDS 4096
#define LOOKS 2048

#define HOLD_OVER 0
#define HOLD_ON 1
#define HOLD_TOO_LONG 2

/* A function of its own, so that the verifier counts its loop once. */
__noinline int hold_round(__u32 tid, __u64 since)
{
	give_way(tid);
	for (int i = 0; i < LOOKS; i++) {
		__u32 *state = bpf_map_lookup_elem(&holds, &tid);

		if (!state || *state == HOLD_STOPPING)
			return HOLD_OVER;
	}
	return bpf_ktime_get_ns() - since > HOLD_NS ? HOLD_TOO_LONG : HOLD_ON;
}

/* The cookie's group says of which interpreter. */
SEC("uretprobe")
int import_done(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid(), since = bpf_ktime_get_ns();
	__u32 group = bpf_get_attach_cookie(ctx) >> COOKIE_GROUP_SHIFT;
	__u32 pid = id >> 32, tid = id, on = HOLD_ON, held = HOLD_HELD, *state;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct py_template *t = bpf_map_lookup_elem(&templates, &group);

	keep_own_stack(ctx);
	if (!p || stopped || p->state != PY_PROC_TRACED || p->group != group || !t || !t->late)
		return 0;
	/* One of the two functions may end in a jump to the other: it returns from both, and waits to be stopped. */
	state = bpf_map_lookup_elem(&holds, &tid);
	if (state && *state == HOLD_STOPPING)
		return 0;
	if (bpf_map_update_elem(&holds, &tid, &held, BPF_ANY)) {
		stat_inc(PHRUDE_STAT_LOST_IMPORT);
		return 0;
	}
	send_proc(PROC_IMPORT, pid, tid);
	for (int i = 0; i < ROUNDS && on == HOLD_ON; i++)
		on = hold_round(tid, since);
	if (on != HOLD_OVER) {
		bpf_map_delete_elem(&holds, &tid);
		stat_inc(PHRUDE_STAT_LOST_IMPORT);
	}
	return 0;
}
