// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

int kern_arm_set_pending(struct kern *k, pid_t pid, uint32_t left)
{
	__u32 key = pid, value = left;

	if (left)
		return bpf_map__update_elem(k->skel->maps.arm_pending, &key, sizeof(key), &value,
					    sizeof(value), BPF_ANY);
	return bpf_map__delete_elem(k->skel->maps.arm_pending, &key, sizeof(key), 0);
}

bool kern_arm_is_pending(const struct kern *k, pid_t pid)
{
	__u32 key = pid, value;

	return !bpf_map__lookup_elem(k->skel->maps.arm_pending, &key, sizeof(key), &value,
				     sizeof(value), 0);
}
