// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cost.bpf.h"
#include "scratch.bpf.h"

/* What matches of a function cost a process. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct phrude_cost_key);
	__type(value, struct phrude_cost);
} costs SEC(".maps");

/* Functions of which a process's matches are refused; the value: how many were. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PHRUDE_SHED_MAX);
	__type(key, struct phrude_cost_key);
	__type(value, __u64);
} shed SEC(".maps");

__noinline int cost_match(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct phrude_cost_key key = {};
	struct phrude_cost first = { .matches = 1 }, *cost;
	__u64 took;

	if (!s || !s->began)
		return 0;
	took = bpf_ktime_get_ns() - s->began;
	if (took > PY_COST_MAX_NS)
		return 0;
	key.pid = s->owner;
	key.watch = PHRUDE_WATCH_ID(s->watch);
	cost = bpf_map_lookup_elem(&costs, &key);
	if (cost) {
		__sync_fetch_and_add(&cost->matches, 1);
		__sync_fetch_and_add(&cost->ns, took);
		return 0;
	}
	first.ns = took;
	bpf_map_update_elem(&costs, &key, &first, BPF_NOEXIST);
	return 0;
}

__noinline int cost_is_shed(__u32 pid, __u32 watch)
{
	struct phrude_cost_key key = { .pid = pid, .watch = PHRUDE_WATCH_ID(watch) };
	__u64 *refused = bpf_map_lookup_elem(&shed, &key);

	if (!refused)
		return 0;
	__sync_fetch_and_add(refused, 1);
	stat_inc(PHRUDE_STAT_MATCHES);
	stat_inc(PHRUDE_STAT_LOST_SHED);
	return 1;
}
