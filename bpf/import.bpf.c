// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Modules written in C that are imported after the tracer has attached.  A module's functions and types are there when
 * _imp.exec_dynamic() or _imp.exec_builtin() returns, and nobody has called them yet.  The importing thread is halted at that
 * moment, only while a rule names something that has not been found yet.
 */
#include "halt.bpf.h"
#include "stack.bpf.h"
#include <bpf/bpf_tracing.h>
#include "abi/cookie.h"

/* The cookie's group says of which interpreter. */
SEC("uretprobe")
int import_done(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 group = bpf_get_attach_cookie(ctx) >> COOKIE_GROUP_SHIFT;
	__u32 pid = id >> 32, tid = id;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct py_template *t = bpf_map_lookup_elem(&templates, &group);

	keep_own_stack(ctx);
	if (!p || stopped || p->state != PY_PROC_TRACED || p->group != group || !t || !t->late)
		return 0;
	/* One of the two functions may end in a jump to the other: it returns from both. */
	if (halt_thread(PROC_IMPORT, pid, tid))
		stat_inc(PHRUDE_STAT_LOST_IMPORT);
	return 0;
}
