// SPDX-License-Identifier: GPL-2.0-only
/* What processes pay for being traced, by function, and what they are spared (bpf/cost.bpf.h). */
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

void kern_guard(struct kern *k, bool on)
{
	k->skel->bss->guarding = on;
}

void kern_costs_take(struct kern *k, kern_cost_fn fn, void *ctx)
{
	const struct bpf_map *map = k->skel->maps.costs;
	struct phrude_cost_key key, next;
	struct phrude_cost cost;
	bool more = !bpf_map__get_next_key(map, NULL, &next, sizeof(next));

	/* What follows a key that is deleted cannot be asked for any more. */
	for (int i = 0; more && i < 2 * PHRUDE_SHED_MAX; i++) {
		key = next;
		more = !bpf_map__get_next_key(map, &key, &next, sizeof(next));
		if (!bpf_map__lookup_and_delete_elem(map, &key, sizeof(key), &cost, sizeof(cost),
						     0))
			fn(ctx, (pid_t)key.pid, key.watch, &cost);
	}
}

int kern_shed(struct kern *k, pid_t pid, uint32_t watch)
{
	struct phrude_cost_key key = { .pid = (__u32)pid, .watch = watch };
	__u64 none = 0;

	return bpf_map__update_elem(k->skel->maps.shed, &key, sizeof(key), &none, sizeof(none),
				    BPF_NOEXIST);
}

void kern_unshed(struct kern *k, pid_t pid, uint32_t watch)
{
	struct phrude_cost_key key = { .pid = (__u32)pid, .watch = watch };

	bpf_map__delete_elem(k->skel->maps.shed, &key, sizeof(key), 0);
}

uint64_t kern_shed_count(const struct kern *k, pid_t pid, uint32_t watch)
{
	struct phrude_cost_key key = { .pid = (__u32)pid, .watch = watch };
	__u64 refused = 0;

	bpf_map__lookup_elem(k->skel->maps.shed, &key, sizeof(key), &refused, sizeof(refused), 0);
	return refused;
}
