// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a process has exec'ed: its executable and its command line, read at that moment, as a
 * short-lived process is gone before user space could look at it.  The kernel has just written the
 * command line, so its pages are there; nothing is waited for.  bpf_d_path() may not be called
 * here, so the path is put together by its rules: names, from the file up to the root of its mount,
 * and on from the place where that is mounted, up to the root of the mount namespace.
 */
#include "event.bpf.h"
#include "proc.bpf.h"
#include <bpf/bpf_core_read.h>

/* Names of a path, and mounts on the way. */
#define STEPS 256
#define NAME_SZ 256
/* Two powers of two that the verifier knows an offset to be below. */
#define EXE_SZ (2 * PHRUDE_EXE_MAX)

struct program {
	__u32 busy; /* the program that uses it may be preempted */
	__u32 pad;
	struct dentry *dentry; /* where the path has been followed to */
	struct vfsmount *mnt;
	struct ev_exec ev;
	__u8 data[EXE_SZ + PHRUDE_CMDLINE_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct program);
} program_buffer SEC(".maps");

static __always_inline struct program *program_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&program_buffer, &zero);
}

/*
 * From a name to the one above it; 0: there is none.  Functions of their own, so that the verifier
 * goes through each once.
 */
__noinline int exe_step(void)
{
	struct program *g = program_get();
	struct dentry *dentry, *parent;
	struct vfsmount *mnt;
	long n;

	if (!g)
		return 0;
	dentry = g->dentry;
	mnt = g->mnt;
	if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
		struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
		struct mount *up = BPF_CORE_READ(m, mnt_parent);

		if (up == m)
			return 0;
		g->dentry = BPF_CORE_READ(m, mnt_mountpoint);
		g->mnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
		return 1;
	}
	if (g->ev.exe_len > PHRUDE_EXE_MAX - NAME_SZ) {
		g->ev.flags |= EV_EXEC_EXE_CUT;
		return 0;
	}
	n = bpf_probe_read_kernel_str(&g->data[g->ev.exe_len & (PHRUDE_EXE_MAX - 1)], NAME_SZ,
				      BPF_CORE_READ(dentry, d_name.name));
	if (n <= 0)
		return 0;
	g->ev.exe_len += n;
	/* A memfd stands nowhere. */
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		g->ev.flags |= EV_EXEC_EXE_DELETED;
		return 0;
	}
	g->dentry = parent;
	return 1;
}

__noinline int exe_read(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct program *g = program_get();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct dentry *dentry = BPF_CORE_READ(exe, f_path.dentry);

	if (!g || !dentry)
		return 0;
	g->dentry = dentry;
	g->mnt = BPF_CORE_READ(exe, f_path.mnt);
	if (!BPF_CORE_READ(dentry, d_hash.pprev) && dentry != BPF_CORE_READ(dentry, d_parent))
		g->ev.flags |= EV_EXEC_EXE_DELETED;
	for (__u32 i = 0; i < STEPS; i++) {
		if (!exe_step())
			return 0;
	}
	g->ev.flags |= EV_EXEC_EXE_CUT;
	return 0;
}

__noinline int cmdline_read(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 start = BPF_CORE_READ(task, mm, arg_start), len;
	struct program *g = program_get();
	__u32 at;

	if (!g)
		return 0;
	len = BPF_CORE_READ(task, mm, arg_end) - start;
	if (len > PHRUDE_CMDLINE_MAX) {
		len = PHRUDE_CMDLINE_MAX;
		g->ev.flags |= EV_EXEC_CMDLINE_CUT;
	}
	at = g->ev.exe_len & (EXE_SZ - 1);
	if (bpf_probe_read_user(&g->data[at], len, (void *)start))
		return 0;
	g->ev.cmdline_len = len;
	return 1;
}

static __always_inline bool program_send(struct program *g, __u32 pid, __u64 start)
{
	__u64 len;

	proc_event(&g->ev.proc, PROC_EXEC, pid, 0, start);
	g->ev.flags = 0;
	g->ev.exe_len = 0;
	g->ev.cmdline_len = 0;
	g->ev.pad = 0;
	exe_read();
	if (!cmdline_read())
		return false;
	len = sizeof(g->ev) + (__u64)g->ev.exe_len + g->ev.cmdline_len;
	if (len > sizeof(g->ev) + sizeof(g->data) || !admit_bytes(len))
		return false;
	g->ev.proc.hdr.size = len;
	return !bpf_ringbuf_output(&events, &g->ev, len, wakeup_flags(g->ev.proc.hdr.time_ns));
}

__noinline int send_exec(__u32 pid, __u64 start)
{
	struct program *g = program_get();
	bool sent = false;

	if (g && !__sync_val_compare_and_swap(&g->busy, 0, 1)) {
		sent = program_send(g, pid, start);
		__sync_lock_test_and_set(&g->busy, 0);
	}
	if (!sent) {
		stat_inc(PHRUDE_STAT_FACTS_LATE);
		send_proc_of(PROC_EXEC, pid, 0, start);
	}
	return 0;
}
