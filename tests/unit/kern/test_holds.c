// SPDX-License-Identifier: GPL-2.0-only
/* What this side does to the slots of threads that are held; the probe's steps are done by hand. */
#include "test.h"

#include <time.h>

#include "kern/holds.h"

static struct hold_slot slots[HOLD_SLOTS];
static struct holds holds;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* As hold_claim() and hold_ask() of bpf/hold.bpf.c do. */
static struct ev_hold ask(uint32_t slot, enum hold_kind kind, uint32_t pid, uint32_t tid,
			  uint64_t token)
{
	const struct ev_hold asked = {
		.hdr = { .kind = EV_HOLD, .time_ns = token, .pid = pid, .tid = tid },
		.slot = slot,
		.kind = kind,
	};

	slots[slot] = (struct hold_slot){ .state = hold_state(token, HOLD_ASKED),
					  .owner = tid,
					  .asked = asked };
	return asked;
}

static bool is_at(uint32_t slot, uint64_t token, uint32_t state)
{
	return slots[slot].state == hold_state(token, state);
}

static void begin(void)
{
	memset(slots, 0, sizeof(slots));
	memset(&holds, 0, sizeof(holds));
	holds.slots = slots;
}

TEST(taken_and_answered)
{
	struct ev_hold asked;
	uint64_t taken;

	begin();
	asked = ask(5, HOLD_FETCH, 10, 11, now_ns());
	ASSERT(holds_take(&holds, &asked));
	ASSERT(is_at(5, asked.hdr.time_ns, HOLD_TAKEN));
	ASSERT(*holds_state(&holds, &asked, &taken) == taken);
	ASSERT(!holds_take(&holds, &asked));
	holds_answer(&holds, &asked, FETCH_SOME);
	ASSERT(HOLD_ANSWER_OF(slots[5].state) == FETCH_SOME);
	ASSERT((slots[5].state & 7) == HOLD_DONE);
	ASSERT(*holds_state(&holds, &asked, &taken) != taken);
	/* Only the probe gives it back. */
	ASSERT(slots[5].owner == 11);
	ASSERT(holds.counts[HOLD_FETCH].held == 1);
	ASSERT(holds.counts[HOLD_FETCH].ns == holds.counts[HOLD_FETCH].longest_ns);
	ASSERT(!holds.counts[HOLD_ARM].held);
}

TEST(who_is_late_moves_nothing)
{
	struct ev_hold old, new;

	begin();
	old = ask(7, HOLD_ARM, 10, 11, now_ns());
	slots[7].state = hold_state(old.hdr.time_ns, HOLD_GIVEN_UP);
	ASSERT(!holds_take(&holds, &old));
	ASSERT(holds.counts[HOLD_ARM].late == 1);
	/* The slot is another thread's by now. */
	new = ask(7, HOLD_ARM, 20, 21, old.hdr.time_ns + 1);
	ASSERT(!holds_take(&holds, &old));
	holds_answer(&holds, &old, 0);
	holds_give_up(&holds, &old);
	holds_stop(&holds, &old);
	holds_end(&holds, &old);
	ASSERT(is_at(7, new.hdr.time_ns, HOLD_ASKED));
	ASSERT(slots[7].owner == 21);
	ASSERT(holds_take(&holds, &new));
	holds_end(&holds, &old);
	ASSERT(is_at(7, new.hdr.time_ns, HOLD_TAKEN));
	holds_give_up(&holds, &new);
	ASSERT(is_at(7, new.hdr.time_ns, HOLD_GIVEN_UP));
}

TEST(given_up_while_it_is_served)
{
	struct ev_hold asked;

	begin();
	asked = ask(0, HOLD_IMPORT, 10, 11, now_ns());
	ASSERT(holds_take(&holds, &asked));
	slots[0].state = hold_state(asked.hdr.time_ns, HOLD_GIVEN_UP);
	slots[0].owner = 0;
	holds_stop(&holds, &asked);
	holds_end(&holds, &asked);
	holds_answer(&holds, &asked, 1);
	ASSERT(is_at(0, asked.hdr.time_ns, HOLD_GIVEN_UP));
	ASSERT(!holds.counts[HOLD_IMPORT].held);
}

TEST(one_that_stops_has_its_slot_until_the_end)
{
	struct ev_hold asked;

	begin();
	asked = ask(HOLD_SLOTS - 1, HOLD_LAUNCH, 10, 11, now_ns());
	ASSERT(holds_take(&holds, &asked));
	holds_stop(&holds, &asked);
	ASSERT(is_at(HOLD_SLOTS - 1, asked.hdr.time_ns, HOLD_STOPPING));
	ASSERT(slots[HOLD_SLOTS - 1].owner == 11);
	holds_end(&holds, &asked);
	ASSERT(!slots[HOLD_SLOTS - 1].owner);
	holds_end(&holds, &asked);
	ASSERT(!slots[HOLD_SLOTS - 1].owner);
}

TEST(others_of_the_process)
{
	struct ev_hold first, others[4];
	uint64_t now = now_ns();
	size_t n;

	begin();
	first = ask(1, HOLD_IMPORT, 10, 10, now);
	ask(2, HOLD_IMPORT, 10, 12, now + 1);
	ask(3, HOLD_IMPORT, 20, 20, now + 2); /* another process */
	ask(4, HOLD_ARM, 10, 13, now + 3);    /* another kind */
	ask(5, HOLD_IMPORT, 10, 14, now + 4);
	slots[5].state = hold_state(now + 4, HOLD_GIVEN_UP);
	ask(6, HOLD_IMPORT, 10, 15, now + 5);
	ASSERT(holds_take(&holds, &first));
	n = holds_take_others(&holds, &first, others, 4);
	ASSERT(n == 2);
	ASSERT(others[0].hdr.tid == 12 && others[1].hdr.tid == 15);
	ASSERT(is_at(2, now + 1, HOLD_TAKEN) && is_at(6, now + 5, HOLD_TAKEN));
	ASSERT(is_at(3, now + 2, HOLD_ASKED) && is_at(4, now + 3, HOLD_ASKED));
	ASSERT(!holds_take_others(&holds, &first, others, 4));
	/* No more than there is room for. */
	ask(2, HOLD_IMPORT, 10, 12, now + 6);
	ask(6, HOLD_IMPORT, 10, 15, now + 7);
	ASSERT(holds_take_others(&holds, &first, others, 1) == 1);
	ASSERT(is_at(6, now + 7, HOLD_ASKED));
}

TEST(what_is_no_hold)
{
	struct ev_hold asked;

	begin();
	asked = ask(1, HOLD_ARM, 10, 11, now_ns());
	asked.slot = HOLD_SLOTS;
	ASSERT(!holds_take(&holds, &asked));
	holds_answer(&holds, &asked, 0);
	asked.slot = 1;
	asked.kind = NR_HOLD_KINDS;
	ASSERT(!holds_take(&holds, &asked));
	holds_answer(&holds, &asked, 0);
	ASSERT((slots[1].state & 7) == HOLD_ASKED);
}

TEST(how_long_it_may_last)
{
	struct ev_hold asked = { .hdr.time_ns = 1000 };

	ASSERT(holds_until(&asked) == 1000 + HOLD_MS(100));
	asked.kind = HOLD_FETCH;
	ASSERT(holds_until(&asked) == 1000 + HOLD_MS(40));
}
