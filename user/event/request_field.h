/* SPDX-License-Identifier: GPL-2.0-only */
/* The fields of a request as text: what was sent of an environ or a scope, decoded. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "event/event.h"

/*
 * All values of a field, in the order in which they were sent, joined as HTTP joins fields; .s
 * NULL: none, or no memory.  What lives in the arena may also lie in `in`.  *cut: one of the values
 * was longer.
 */
struct text event_request_field(struct arena *arena, const struct event_request *in,
				unsigned int field, bool *cut);
