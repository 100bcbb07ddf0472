// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program that is being started under trace is stopped: at its entry point, where its dynamic
 * linker has mapped what may hold an interpreter, and where that interpreter starts.  Its ptracer
 * sees the signal before it is delivered and takes it away; should the ptracer have died, the
 * signal is one that is ignored.
 */
#include "maps.bpf.h"
#include "abi/launch.h"
#include <bpf/bpf_core_read.h>

#define SIGURG 23

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LAUNCH_FOLLOWED_MAX);
	__type(key, __u32);
	__type(value, struct launch_thread);
} launch_threads SEC(".maps");

/* The current thread, if it is followed and to be stopped. */
static __always_inline struct launch_thread *watched(void)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct launch_thread *t = bpf_map_lookup_elem(&launch_threads, &tid);

	return t && t->watched ? t : NULL;
}

SEC("uprobe")
int launch_entry(struct pt_regs *ctx)
{
	bpf_send_signal_thread(SIGURG);
	return 0;
}

/*
 * PyEval_EvalCode() of an interpreter in a program that is followed.  It may be called again before
 * the probe is gone: by then the program is followed no more.
 */
SEC("uprobe")
int launch_start(struct pt_regs *ctx)
{
	if (watched())
		bpf_send_signal_thread(SIGURG);
	return 0;
}

/*
 * _dl_debug_state() of a dynamic linker, in any process: for debuggers it calls that before and
 * after it has mapped libraries or taken them away (the r_brk of <link.h>).
 */
SEC("uprobe")
int launch_mapped(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct launch_thread *t = watched();
	__u64 pages, before;

	if (!t)
		return 0;
	pages = BPF_CORE_READ(task, mm, exec_vm);
	before = t->pages;
	t->pages = pages;
	if (pages <= before)
		return 0;
	t->mapped = 1;
	bpf_send_signal_thread(SIGURG);
	return 0;
}
