/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads of targets that are held until this side has answered, see bpf/abi/hold.h: taking up what
 * they ask for, and answering.  Of each kind it is counted here how many were held and for how
 * long, and known how long they may be.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/hold.h"

struct hold_count {
	atomic_uint_least64_t held, late; /* late: had gone on by themselves */
	atomic_uint_least64_t ns, longest_ns;
};

struct holds {
	/* HOLD_SLOTS, shared with the kernel side, and with processes that are forked later */
	struct hold_slot *slots;
	struct hold_count counts[HOLD_KINDS_MAX];
};

/*
 * Takes it up: true if the thread is held from now on, until one of those below, or as long as
 * holds_until() says.
 */
bool holds_take(struct holds *h, const struct ev_hold *asked);
/* What is to be done for the thread is done; answer: see HOLD_ANSWER(). */
void holds_answer(struct holds *h, const struct ev_hold *asked, uint32_t answer);
/* It could not be done: the probe counts that. */
void holds_give_up(struct holds *h, const struct ev_hold *asked);
/*
 * Lets the thread go on into a stop that it has been asked for; it is not held again for such until
 * holds_end().
 */
void holds_stop(struct holds *h, const struct ev_hold *asked);
void holds_end(struct holds *h, const struct ev_hold *asked);
/* Takes up what other threads of the process ask for of the same kind, at most `max`; how many. */
size_t holds_take_others(struct holds *h, const struct ev_hold *asked, struct ev_hold *others,
			 size_t max);

/* Where to see whether the thread is held still: what stands there is `taken` then. */
const uint64_t *holds_state(const struct holds *h, const struct ev_hold *asked, uint64_t *taken);
/* CLOCK_MONOTONIC, ns: the thread goes on by itself then. */
uint64_t holds_until(const struct ev_hold *asked);

/* Says how many were held, and for how long. */
void holds_report(const struct holds *h);
