// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The life of traced processes.  A forked child is traced from its first instruction: its entry is
 * made before it runs.  An exec makes the entry invalid at once, so that nothing is decoded with
 * the old program's addresses.
 */
#include "event.bpf.h"
#include "proc.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* A child is as suspect as its parent was. */
static __always_inline int share_inherit(__u32 pid, __u32 ppid)
{
	struct phrude_share *from = share_of(ppid), share;

	if (!from)
		return -1;
	share = *from;
	share.slots = 0;
	share.asking = 0;
	return bpf_map_update_elem(&shares, &pid, &share, BPF_ANY);
}

/* TP_PROTO(struct task_struct *parent, struct task_struct *child) */
SEC("raw_tp/sched_process_fork")
int proc_fork(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 ppid = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	__u32 *pending;
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
	if (share_inherit(pid, ppid)) {
		bpf_map_delete_elem(&procs, &pid);
		/* User space lets go of a process's entry first, and then of its share. */
		if (bpf_map_lookup_elem(&procs, &ppid))
			stat_inc(PHRUDE_STAT_LOST_PROC);
		return 0;
	}
	/* vfork: no Python runs in the child before its exec. */
	if (BPF_CORE_READ(parent, mm) == BPF_CORE_READ(child, mm)) {
		p = bpf_map_lookup_elem(&procs, &pid);
		if (p)
			p->state = PY_PROC_EXECED;
		send_proc_of(PROC_VFORK, pid, ppid, BPF_CORE_READ(child, start_boottime));
		return 0;
	}
	p = bpf_map_lookup_elem(&procs, &pid);
	if (p) {
		new_image(p);
		p->cost = (struct py_cost){};
	}
	pending = bpf_map_lookup_elem(&arm_pending, &ppid);
	if (pending)
		bpf_map_update_elem(&arm_pending, &pid, pending, BPF_ANY);
	send_proc_of(PROC_FORK, pid, ppid, BPF_CORE_READ(child, start_boottime));
	return 0;
}

/*
 * Has a process that has exec'ed be one of those told of, until user space has chosen.  It is a
 * target of its own.
 */
static __always_inline struct py_proc *discover(__u32 pid)
{
	static const struct py_proc execed = { .state = PY_PROC_EXECED };
	const struct phrude_share share = { .target = pid };
	__u32 target = pid | PHRUDE_SHARE_TARGET;

	if (!discovering || stopped)
		return NULL;
	if (bpf_map_update_elem(&procs, &pid, &execed, BPF_ANY) ||
	    bpf_map_update_elem(&shares, &pid, &share, BPF_ANY) ||
	    bpf_map_update_elem(&shares, &target, &share, BPF_ANY)) {
		stat_inc(PHRUDE_STAT_LOST_PROC);
		return NULL;
	}
	return bpf_map_lookup_elem(&procs, &pid);
}

/* What it was forked from may have been let go of, and with it the share that both had. */
static __always_inline bool has_share(__u32 pid)
{
	const struct phrude_share *share = share_of(pid);

	return share && share_of(share->target | PHRUDE_SHARE_TARGET);
}

/* TP_PROTO(struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm) */
SEC("raw_tp/sched_process_exec")
int proc_exec(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	if (!p || !has_share(pid))
		p = discover(pid) ?: p;
	if (!p)
		return 0;
	p->state = PY_PROC_EXECED;
	send_exec(pid, BPF_CORE_READ(task, group_leader, start_boottime));
	return 0;
}

/* The addresses of an interpreter that is loaded elsewhere: in place. */
static __always_inline void move_addresses(struct py_proc *p, __u64 delta)
{
#pragma unroll
	for (int i = 0; i < NR_PY_ADDRESSES; i++) {
		if (p->addresses[i])
			p->addresses[i] += delta;
	}
	p->load_bias += delta;
	if (!(p->layout.features & PY_F_TSTATE_TLS))
		p->tstate += delta;
}

/*
 * Is it the interpreter of `image`, in a process that has just exec'ed?  Returns what event_close()
 * is for.
 */
__noinline __u32 start_look(__u32 group, __u64 ip, __u32 pass)
{
	struct py_template *image = bpf_map_lookup_elem(&templates, &group);
	__u32 pid = bpf_get_current_pid_tgid() >> 32, slot = event_open(pass);
	struct scratch *s = scratch_get(slot);
	__u64 tstate, delta;

	if (!s || !image) {
		stat_inc(PHRUDE_STAT_LOST_PROC);
		return slot;
	}
	__builtin_memcpy(&s->proc, &image->proc, sizeof(s->proc));
	delta = ip - image->start - s->proc.load_bias;
	move_addresses(&s->proc, delta);
	new_image(&s->proc);
	s->proc.program = next_image();
	/* With another program around it, the library's thread-local variables may be elsewhere. */
	tstate = current_tstate(s, &s->proc);
	if (tstate &&
	    read_u64(s, tstate + s->proc.layout.ts_interp) == read_u64(s, image->main + delta) &&
	    !s->nr_missing) {
		bpf_map_update_elem(&procs, &pid, &s->proc, BPF_ANY);
		send_proc(PROC_START, pid, group);
	}
	event_check(slot);
	return slot;
}

__noinline int python_recognise(__u32 group, __u64 ip)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, pass = 0;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct py_template *image = bpf_map_lookup_elem(&templates, &group);

	if (!p || !image || !image->start || p->state != PY_PROC_EXECED)
		return 0;
	if (image->proc.state != PY_PROC_TRACED) {
		/*
		 * Should it take too long, its next call is such a moment, and its hits are counted
		 * as lost.
		 */
		hold_ask(hold_claim(HOLD_LAUNCH));
		return 0;
	}
	for (__u64 i = 0; i < PASSES; i++) {
		pass = event_close(start_look(group, ip, pass)) & 7;
		if (!pass)
			break;
	}
	if (choosing_alive)
		hold_ask(hold_claim(HOLD_LAUNCH));
	return 0;
}

/* The cookie's group says which interpreter it is. */
SEC("uprobe")
int python_start(struct pt_regs *ctx)
{
	keep_own_stack(ctx);
	python_recognise(cookie_group(bpf_get_attach_cookie(ctx)), PT_REGS_IP(ctx));
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
	bpf_map_delete_elem(&shares, &pid);
	send_proc(PROC_EXIT, pid, 0);
	return 0;
}
