// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The life of traced processes.  A forked child is traced from its first instruction: its entry is made before it
 * runs.  An exec makes the entry invalid at once, so that nothing is decoded with the old program's addresses.
 */
#include "maps.bpf.h"
#include <bpf/bpf_core_read.h>

static __always_inline void send_proc(__u32 what, __u32 pid, __u32 other)
{
	struct ev_proc ev = {
		.hdr = { .size = sizeof(ev), .kind = EV_PROC, .abi = PHRUDE_ABI_VERSION, .pid = pid, .tid = pid },
		.what = what,
		.other = other,
	};

	ev.hdr.time_ns = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&events, &ev, sizeof(ev), wakeup_flags(ev.hdr.time_ns)))
		stat_inc(PHRUDE_STAT_LOST_PROC);
}

/* TP_PROTO(struct task_struct *parent, struct task_struct *child) */
SEC("raw_tp/sched_process_fork")
int proc_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 ppid = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	struct py_proc *p;

	if (pid == ppid) /* a thread */
		return 0;
	p = bpf_map_lookup_elem(&procs, &ppid);
	if (!p)
		return 0;
	if (bpf_map_update_elem(&procs, &pid, p, BPF_ANY)) {
		stat_inc(PHRUDE_STAT_LOST_PROC);
		return 0;
	}
	/* vfork: no Python runs in the child before its exec. */
	if (BPF_CORE_READ(parent, mm) == BPF_CORE_READ(child, mm)) {
		p = bpf_map_lookup_elem(&procs, &pid);
		if (p)
			p->state = PY_PROC_EXECED;
		send_proc(PROC_VFORK, pid, ppid);
		return 0;
	}
	send_proc(PROC_FORK, pid, ppid);
	return 0;
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int proc_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	if (!p)
		return 0;
	p->state = PY_PROC_EXECED;
	send_proc(PROC_EXEC, pid, 0);
	return 0;
}

/* Not in every kernel's type information under one name, and needed for one field only. */
struct signal_struct___live {
	struct {
		int counter;
	} live;
} __attribute__((preserve_access_index));

struct task_struct___signal {
	struct signal_struct___live *signal;
} __attribute__((preserve_access_index));

/* TP_PROTO(struct task_struct *p, ...); after signal->live was counted down (kernel/exit.c). */
SEC("raw_tp/sched_process_exit")
int proc_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	struct task_struct___signal *t = (void *)task;
	__u32 pid = BPF_CORE_READ(task, tgid);

	if (!bpf_map_lookup_elem(&procs, &pid))
		return 0;
	if (BPF_CORE_READ(t, signal, live.counter) > 0)
		return 0;
	bpf_map_delete_elem(&procs, &pid);
	send_proc(PROC_EXIT, pid, 0);
	return 0;
}
