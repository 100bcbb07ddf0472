// SPDX-License-Identifier: GPL-2.0-only
#include "kern/holds.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

static const struct {
	const char *what;
	uint64_t work_ns;
} kinds[] = {
#define X(name, what, take_ns, work_ns, of_target, in_order) [HOLD_##name] = { what, work_ns },
	HOLD_KINDS(X)
#undef X
};

static bool is_one(const struct ev_hold *asked)
{
	return asked->slot < HOLD_SLOTS && asked->kind < NR_HOLD_KINDS;
}

static bool move_on(struct holds *h, const struct ev_hold *asked, uint32_t from, uint32_t to)
{
	__u64 expected = hold_state(asked->hdr.time_ns, from);

	return is_one(asked) &&
	       __atomic_compare_exchange_n(&h->slots[asked->slot].state, &expected,
					   hold_state(asked->hdr.time_ns, to), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Ends the hold, which is counted. */
static void finish_hold(struct holds *h, const struct ev_hold *asked, uint32_t to)
{
	struct hold_count *c;
	uint64_t ns, longest;

	if (!is_one(asked))
		return;
	c = &h->counts[asked->kind];
	if (!move_on(h, asked, HOLD_TAKEN, to))
		return;
	ns = (uint64_t)clock_now_ns() - asked->hdr.time_ns;
	atomic_fetch_add(&c->held, 1);
	atomic_fetch_add(&c->ns, ns);
	longest = atomic_load(&c->longest_ns);
	while (ns > longest && !atomic_compare_exchange_weak(&c->longest_ns, &longest, ns))
		;
}

bool holds_take(struct holds *h, const struct ev_hold *asked)
{
	bool taken = move_on(h, asked, HOLD_ASKED, HOLD_TAKEN);

	if (!taken && is_one(asked))
		atomic_fetch_add(&h->counts[asked->kind].late, 1);
	return taken;
}

void holds_answer(struct holds *h, const struct ev_hold *asked, uint32_t answer)
{
	finish_hold(h, asked, HOLD_ANSWER(answer));
}

void holds_give_up(struct holds *h, const struct ev_hold *asked)
{
	finish_hold(h, asked, HOLD_GIVEN_UP);
}

void holds_stop(struct holds *h, const struct ev_hold *asked)
{
	finish_hold(h, asked, HOLD_STOPPING);
}

void holds_end(struct holds *h, const struct ev_hold *asked)
{
	if (move_on(h, asked, HOLD_STOPPING, HOLD_DONE))
		__atomic_store_n(&h->slots[asked->slot].owner, 0, __ATOMIC_SEQ_CST);
}

size_t holds_take_others(struct holds *h, const struct ev_hold *asked, struct ev_hold *others,
			 size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < HOLD_SLOTS && n < max; i++) {
		struct ev_hold *other = &others[n];

		/* What is copied before the thread is held may be of several. */
		*other = h->slots[i].asked;
		if (i == asked->slot || !h->slots[i].owner || other->kind != asked->kind ||
		    other->hdr.pid != asked->hdr.pid || other->slot != i ||
		    !move_on(h, other, HOLD_ASKED, HOLD_TAKEN))
			continue;
		*other = h->slots[i].asked;
		n++;
	}
	return n;
}

const uint64_t *holds_state(const struct holds *h, const struct ev_hold *asked, uint64_t *taken)
{
	*taken = hold_state(asked->hdr.time_ns, HOLD_TAKEN);
	return (const uint64_t *)&h->slots[asked->slot].state;
}

uint64_t holds_until(const struct ev_hold *asked)
{
	return asked->hdr.time_ns + kinds[asked->kind].work_ns;
}

void holds_report(const struct holds *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct hold_count *c = &h->counts[i];
		uint64_t held = atomic_load(&c->held), late = atomic_load(&c->late);

		if (held || late)
			log_debug("threads were held %llu times for %s: %llu us in all, %llu us at "
				  "most; %llu were taken up too late",
				  (unsigned long long)held, kinds[i].what,
				  (unsigned long long)atomic_load(&c->ns) / 1000,
				  (unsigned long long)atomic_load(&c->longest_ns) / 1000,
				  (unsigned long long)late);
	}
}
