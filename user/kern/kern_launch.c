// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side does for programs that are started under trace, see bpf/launch.bpf.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

struct bpf_program *kern_launch_program(const struct kern *k)
{
	return k->skel->progs.launch_entry;
}

struct bpf_program *kern_launch_start_program(const struct kern *k)
{
	return k->skel->progs.launch_start;
}

struct bpf_program *kern_launch_mapped_program(const struct kern *k)
{
	return k->skel->progs.launch_mapped;
}

int kern_launch_follow(struct kern *k, pid_t tid, bool watched, uint64_t pages)
{
	struct launch_thread t = { .watched = watched, .pages = pages };
	__u32 key = tid;

	return bpf_map__update_elem(k->skel->maps.launch_threads, &key, sizeof(key), &t, sizeof(t),
				    BPF_ANY);
}

void kern_launch_forget(struct kern *k, pid_t tid)
{
	__u32 key = tid;

	bpf_map__delete_elem(k->skel->maps.launch_threads, &key, sizeof(key), 0);
}

bool kern_launch_mapped(struct kern *k, pid_t tid)
{
	struct bpf_map *map = k->skel->maps.launch_threads;
	struct launch_thread t;
	__u32 key = tid;

	if (bpf_map__lookup_elem(map, &key, sizeof(key), &t, sizeof(t), 0) || !t.mapped)
		return false;
	t.mapped = 0;
	bpf_map__update_elem(map, &key, sizeof(key), &t, sizeof(t), BPF_EXIST);
	return true;
}
