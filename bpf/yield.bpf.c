// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "yield.bpf.h"

/* include/uapi/linux/bpf.h; what came with 6.9 is in no vmlinux.h that has to do for 5.15 */
#define MAP_TYPE_TASK_STORAGE 29
#define MAP_TYPE_ARENA 33
#define NO_PREALLOC 1
#define STORAGE_CREATE 1

/* User space has the first page of it mapped, and there is nothing in the others. */
struct {
	__uint(type, MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
} yard SEC(".maps");

struct {
	__uint(type, MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} yields SEC(".maps");

#ifndef __weak
#define __weak __attribute__((weak))
#endif

/* Declared here only: bpftool's linker (7.1) takes no kernel function from two files. */
extern void bpf_arena_free_pages(void *arena, void *pages, __u32 count) __ksym __weak;

__noinline int give_way(__u32 unused)
{
	struct task_struct *task;

	if (cfg_yield == YIELD_ARENA) {
		/*
		 * Two pages that are not there: user space's mappings of them are looked through at
		 * once, in steps.
		 */
		bpf_arena_free_pages(&yard, (void *)(cfg_yard + PAGE_SZ), 2);
	} else if (cfg_yield == YIELD_STORAGE) {
		task = bpf_get_current_task_btf();
		/* An allocation that may sleep, since the program may. */
		bpf_task_storage_get(&yields, task, NULL, STORAGE_CREATE);
		bpf_task_storage_delete(&yields, task);
	}
	return unused & 0;
}
