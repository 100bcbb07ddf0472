/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Claiming the buffer of an event, and adding nodes to it. */
#pragma once

#include "maps.bpf.h"
#include "read.bpf.h"

#define SCRATCH_NONE 0xffffffff
#define SCRATCH_TRIES 8

static __always_inline struct scratch *scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch, &slot);
}

/* Claims a slot.  SCRATCH_NONE if none is free: the caller counts the loss. */
static __always_inline __u32 scratch_claim(void)
{
	__u32 start = bpf_get_smp_processor_id() * 2;

	for (__u32 i = 0; i < SCRATCH_TRIES; i++) {
		__u32 slot = (start + i) % cfg_scratch_slots;
		struct scratch *s = scratch_get(slot);

		if (s && !s->busy && !__sync_val_compare_and_swap(&s->busy, 0, 1))
			return slot;
	}
	return SCRATCH_NONE;
}

static __always_inline void scratch_release(__u32 slot)
{
	struct scratch *s = scratch_get(slot);

	if (s)
		__sync_lock_test_and_set(&s->busy, 0);
}

#define NODE_SZ ((__u32)sizeof(struct ev_node))

/* Is there room for a node with `len` bytes of payload? */
static __always_inline bool node_fits(const struct scratch *s, __u32 len)
{
	return s->len + NODE_SZ + ((len + 7) & ~7u) <= s->limit;
}

/* Writes the head of a node; the payload, if any, is already in its place behind it. */
static __always_inline void node_put(struct scratch *s, __u8 type, __u8 flags, __u16 aux, __u32 len)
{
	struct ev_node *n = (void *)&s->data[s->len & (PHRUDE_EVENT_MAX - 1)];

	n->type = type;
	n->flags = flags;
	n->aux = aux;
	n->len = len;
	s->len += NODE_SZ + ((len + 7) & ~7u);
}

/* Writes a node without payload; false if the event is full. */
static __always_inline bool node_mark(struct scratch *s, __u8 type, __u16 aux)
{
	if (!node_fits(s, 0)) {
		s->cut |= EV_CUT_SPACE | EV_CUT_ARGS;
		return false;
	}
	node_put(s, type, 0, aux, 0);
	return true;
}

/* Type, flags and aux of a node in one scalar, for functions that the verifier checks by themselves. */
#define NODE(type, flags, aux) ((__u32)(type) | (__u32)(flags) << 8 | (__u32)(aux) << 16)
