/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the node stream of a record (see bpf/abi/event.h).  Private to user/event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "bpf/abi/event.h"
#include "event/value.h"

struct node {
	uint8_t type, flags;
	uint16_t aux;
	uint32_t len;
	const uint8_t *payload; /* any alignment */
};

struct node_reader {
	const uint8_t *pos, *end;
	struct arena *arena;
	struct err *err;
	bool may_end; /* EV_CUT_SPACE: the stream may end inside an item */
	/* elements of the containers that are open; no more than there are nodes */
	struct value *stack;
	size_t top, max;
};

/* The stream in [data, data + len). Checks every node of it: 0, -EPROTO or -ENOMEM. */
int node_reader_init(struct node_reader *r, struct arena *arena, const uint8_t *data, size_t len,
		     struct err *err);

static inline bool node_is_section(const struct node *n)
{
	return n->type < NR_SECS;
}

/* The next node, which stays the next one; false at the end. */
bool node_peek(const struct node_reader *r, struct node *out);
void node_skip(struct node_reader *r, const struct node *n);

/*
 * Decodes the next value with all that belongs to it. Where it is missing: VALUE_DEEP if may_end,
 * else -EPROTO.
 */
int node_value(struct node_reader *r, struct value *out);
