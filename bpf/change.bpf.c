// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tells user space of processes whose effective user or whose cgroup changes without an exec, as it
 * may choose by these whom it traces.  Loaded only where a configuration names one of them.  A
 * process that changes all the time is told of once, until user space has looked at it.
 */
#include "proc.bpf.h"
#include "abi/change.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PHRUDE_CHANGES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} changes SEC(".maps");

static __always_inline bool is_noted(__u32 pid)
{
	__u32 *noted = bpf_map_lookup_elem(&changes, &pid);

	if (noted)
		*noted = CHANGE_AGAIN;
	return noted;
}

static __always_inline void tell_change(__u32 pid, __u32 uid)
{
	const __u32 told = CHANGE_TOLD;
	struct ev_proc ev;

	if (stopped || is_noted(pid))
		return;
	if (bpf_map_update_elem(&changes, &pid, &told, BPF_NOEXIST)) {
		/* Another CPU was faster, or there are too many. */
		if (!is_noted(pid))
			__sync_fetch_and_add(&changes_untold, 1);
		return;
	}
	proc_event(&ev, PROC_CHANGED, pid, uid, 0);
	if (bpf_ringbuf_output(&events, &ev, sizeof(ev), wakeup_flags(ev.hdr.time_ns))) {
		bpf_map_delete_elem(&changes, &pid);
		__sync_fetch_and_add(&changes_untold, 1);
	}
}

/*
 * A process's user is that of its first thread.  A kprobe: programs on functions by way of a
 * trampoline are refused by some kernels, and on arm64 before 6.0.
 */
SEC("?kprobe/commit_creds")
int BPF_KPROBE(change_user, struct cred *new)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 uid = BPF_CORE_READ(new, euid.val);

	if (pid_tgid >> 32 == (__u32)pid_tgid && uid != BPF_CORE_READ(task, cred, euid.val))
		tell_change((__u32)pid_tgid, uid);
	return 0;
}

/* Its cgroup is told by the unified hierarchy, or by that which systemd keeps of version 1. */
static __always_inline bool is_looked_at(struct cgroup *cgroup)
{
	char name[] = "systemd", root[sizeof(name)] = {};

	if (!BPF_CORE_READ(cgroup, root, hierarchy_id))
		return true;
	BPF_CORE_READ_STR_INTO(&root, cgroup, root, name);
#pragma unroll
	for (__u32 i = 0; i < sizeof(name); i++) {
		if (root[i] != name[i])
			return false;
	}
	return true;
}

/* TP_PROTO(struct cgroup *dst_cgrp, const char *path, struct task_struct *task, bool) */
SEC("?raw_tp/cgroup_attach_task")
int change_cgroup(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[2];
	__u32 pid = BPF_CORE_READ(task, tgid);

	if (pid == (__u32)BPF_CORE_READ(task, pid) && BPF_CORE_READ(task, mm) &&
	    is_looked_at((void *)ctx->args[0]))
		tell_change(pid, PHRUDE_UID_SAME);
	return 0;
}

/* A child may be born into another cgroup (CLONE_INTO_CGROUP).  Its fork has been told of. */
SEC("?raw_tp/sched_process_fork")
int change_born(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *parent = (void *)ctx->args[0], *child = (void *)ctx->args[1];
	__u32 pid = BPF_CORE_READ(child, tgid);

	if (pid == (__u32)BPF_CORE_READ(child, pid) && BPF_CORE_READ(child, mm) &&
	    BPF_CORE_READ(child, cgroups) != BPF_CORE_READ(parent, cgroups))
		tell_change(pid, PHRUDE_UID_SAME);
	return 0;
}
