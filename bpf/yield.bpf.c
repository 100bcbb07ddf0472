// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "yield.bpf.h"

#ifndef __weak
#define __weak __attribute__((weak))
#endif

/* Declared here only: bpftool's linker (7.1) takes no kernel function from two files. */
extern void bpf_arena_free_pages(void *arena, void *pages, __u32 count) __ksym __weak;

__noinline int give_way(__u32 unused)
{
	struct task_struct *task;

	if (cfg_yield == YIELD_ARENA) {
		/* Two pages that are not there: user space's mappings of them are looked through at once, in steps. */
		bpf_arena_free_pages(&yard, (void *)(cfg_yard + PAGE_SZ), 2);
	} else if (cfg_yield == YIELD_STORAGE) {
		task = bpf_get_current_task_btf();
		/* An allocation that may sleep, since the program may. */
		bpf_task_storage_get(&yields, task, NULL, STORAGE_CREATE);
		bpf_task_storage_delete(&yields, task);
	}
	return unused & 0;
}
