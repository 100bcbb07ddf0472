/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Giving up the CPU while a thread is held, on kernels that do not preempt themselves: see docs/decisions.md.
 * Nothing of a target is touched by that, neither its memory nor the locks of it.
 */
#pragma once

#include "maps.bpf.h"
#include "abi/arm.h"

/* include/uapi/linux/bpf.h; what came with 6.9 is in no vmlinux.h that has to do for 5.15 */
#define MAP_TYPE_TASK_STORAGE 29
#define MAP_TYPE_ARENA 33
#define NO_PREALLOC 1
#define STORAGE_CREATE 1

/* User space has the first page of it mapped, and there is nothing in the others. */
typedef struct {
	__uint(type, MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
} yard_map;

typedef struct {
	__uint(type, MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} yields_map;

extern yard_map yard SEC(".maps");
extern yields_map yields SEC(".maps");

/* Lets those have the CPU who should have it. */
int give_way(__u32 unused);
