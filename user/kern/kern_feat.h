/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel, and this process's privilege, allow. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* 0 if BPF and uprobes can be used here; else -EPERM or -EOPNOTSUPP with a sentence. */
int kern_feat_check(struct err *err);
/*
 * May uprobe programs sleep?  Since 6.0: 8c7dcb84e3b7 ("bpf: implement sleepable uprobes by
 * chaining gps").
 */
bool kern_feat_sleepable(void);
/* Are there arenas?  Since 6.9: 317460317a02 ("bpf: Introduce bpf_arena."). */
bool kern_feat_arena(void);
/*
 * Can programs look for a mapping?  Since 5.17: 7c7e3d31e785 ("bpf: Introduce helper
 * bpf_find_vma").
 */
bool kern_feat_find_vma(void);
/* Can one link hold many uprobes?  Since 6.6: 89ae89f53d20 ("bpf: Add multi uprobe link"). */
bool kern_feat_uprobe_multi(void); /* kern_uprobe_multi.c */
