/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Claiming the buffer of an event, and adding nodes to it. */
#pragma once

#include "maps.bpf.h"
#include "read.bpf.h"

#define SCRATCH_NONE 0xffffffff

/* Of the function that an event is about. */
enum callee_state {
	CALLEE_OTHER, /* nothing is known of it, or kept */
	CALLEE_KNOWN,
	CALLEE_LEARNING,
};

static __always_inline struct scratch *scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch, &slot);
}

/*
 * Claims a slot for the current process.  SCRATCH_NONE if none is free, or if it has its share of
 * them: counted.
 */
__u32 scratch_claim(__u32 pid);
int scratch_release(__u32 slot);

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

/*
 * Type, flags and aux of a node in one scalar, for functions that the verifier checks by
 * themselves.
 */
#define NODE(type, flags, aux) ((__u32)(type) | (__u32)(flags) << 8 | (__u32)(aux) << 16)
