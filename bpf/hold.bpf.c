// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program cannot sleep until it is answered, so it looks at its slot again and again, for a
 * bounded time.  On a kernel that does not preempt itself user space would have no processor
 * meanwhile: it is given away where a program can do that.
 */
#include "hold.bpf.h"
#include "yield.bpf.h"

/* What threads ask for that is not answered in the order of all else. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} hold_requests SEC(".maps");

static const struct {
	__u64 take_ns, work_ns;
	__u32 of_target, in_order;
} terms[HOLD_KINDS_MAX] = {
#define X(name, what, take, work, of_target, in_order) \
	[HOLD_##name] = { take, work, of_target, in_order },
	HOLD_KINDS(X)
#undef X
};

#define KIND_MASK (HOLD_KINDS_MAX - 1)

/*
 * Looks at the state in one round, rounds in one turn, and turns: they take longer than any hold
 * may.
 */
#define LOOKS 1024
#define ROUNDS 256
#define TURNS 512

static __always_inline struct phrude_share *current_target(void)
{
	struct phrude_share *share = share_of(bpf_get_current_pid_tgid() >> 32);

	return share ? share_of(share->target | PHRUDE_SHARE_TARGET) : NULL;
}

/* The n-th slot that the thread may have. */
static __always_inline __u32 slot_of(__u32 tid, __u32 n)
{
	return ((tid * 0x9e3779b1U >> 16) + n) & (HOLD_SLOTS - 1);
}

/* Has the thread one already, which user space has not freed since it told it to stop? */
static __always_inline bool is_stopping(__u32 tid)
{
	for (__u32 i = 0; i < HOLD_WINDOW; i++) {
		struct hold_slot *slot = hold_slot(slot_of(tid, i));

		if (slot && slot->owner == tid)
			return true;
	}
	return false;
}

__noinline __u32 hold_claim(__u32 kind)
{
	struct phrude_share *target = current_target();
	__u32 tid = bpf_get_current_pid_tgid();
	__u32 *holds_of_kind;

	kind &= KIND_MASK;
	/*
	 * It comes by another probe of the same place.  What else it may need is answered
	 * meanwhile.
	 */
	if (terms[kind].in_order && is_stopping(tid))
		return HOLD_NOT_NOW;
	if (!target)
		return HOLD_NONE;
	holds_of_kind = &target->holds[kind];
	if (__sync_fetch_and_add(holds_of_kind, 1) >= terms[kind].of_target)
		goto none;
	for (__u32 i = 0; i < HOLD_WINDOW; i++) {
		__u32 index = slot_of(tid, i);
		struct hold_slot *slot = hold_slot(index);

		if (slot && !slot->owner && !__sync_val_compare_and_swap(&slot->owner, 0, tid)) {
			slot->asked.kind = kind;
			return index;
		}
	}
none:
	__sync_fetch_and_add(holds_of_kind, -1);
	return HOLD_NONE;
}

static __always_inline bool move_on(struct hold_slot *slot, __u64 token, __u32 from, __u32 to)
{
	__u64 old = hold_state(token, from);

	return __sync_val_compare_and_swap(&slot->state, old, hold_state(token, to)) == old;
}

/* 1: it is over. */
__noinline int wait_round(__u32 index, __u64 token, __u32 kind)
{
	struct hold_slot *slot = hold_slot(index);
	__u64 waited, take_ns;

	if (!slot)
		return 1;
	for (int i = 0; i < LOOKS; i++) {
		if (*(volatile __u64 *)&slot->state > hold_state(token, HOLD_TAKEN))
			return 1;
	}
	give_way(index);
	kind &= KIND_MASK;
	waited = bpf_ktime_get_ns() - token;
	if (waited > terms[kind].work_ns)
		return 1;
	take_ns = kind == HOLD_FETCH && stopped ? 0 : terms[kind].take_ns;
	return waited >= take_ns && move_on(slot, token, HOLD_ASKED, HOLD_GIVEN_UP);
}

/* Functions of their own, for the verifier to follow one turn of each loop only. */
__noinline int wait_turn(__u32 index, __u64 token, __u32 kind)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (wait_round(index, token, kind))
			return 1;
	}
	return 0;
}

/* Waits until the hold is over, one way or the other: the last state. */
static __always_inline __u64 wait_answer(struct hold_slot *slot, __u32 index, __u64 token)
{
	__u32 kind = slot->asked.kind;

	for (int i = 0; i < TURNS; i++) {
		if (wait_turn(index, token, kind))
			break;
	}
	if (!move_on(slot, token, HOLD_ASKED, HOLD_GIVEN_UP))
		move_on(slot, token, HOLD_TAKEN, HOLD_GIVEN_UP);
	return *(volatile __u64 *)&slot->state;
}

static __always_inline long send(struct ev_hold *asked)
{
	/* Forced, as a thread waits. */
	return terms[asked->kind & KIND_MASK].in_order
		       ? bpf_ringbuf_output(&events, asked, sizeof(*asked), BPF_RB_FORCE_WAKEUP)
		       : bpf_ringbuf_output(&hold_requests, asked, sizeof(*asked),
					    BPF_RB_FORCE_WAKEUP);
}

__noinline int hold_ask(__u32 index)
{
	struct hold_slot *slot = hold_slot(index);
	__u64 id = bpf_get_current_pid_tgid(), token = bpf_ktime_get_ns(), state;
	struct phrude_share *target = current_target();
	int ret = 0;

	if (!slot)
		return 0;
	slot->asked.hdr = (struct ev_hdr){ .size = sizeof(slot->asked),
					   .kind = EV_HOLD,
					   .abi = PHRUDE_ABI_VERSION,
					   .time_ns = token,
					   .pid = id >> 32,
					   .tid = id };
	slot->asked.slot = index;
	slot->asked.target = target ? target->target : 0;
	*(volatile __u64 *)&slot->state = hold_state(token, HOLD_ASKED);
	if (send(&slot->asked))
		move_on(slot, token, HOLD_ASKED, HOLD_GIVEN_UP);
	state = wait_answer(slot, index, token);
	if ((state & 7) == HOLD_DONE)
		ret = 1 + HOLD_ANSWER_OF(state);
	if (target)
		__sync_fetch_and_add(&target->holds[slot->asked.kind & KIND_MASK], -1);
	if ((state & 7) == HOLD_STOPPING)
		return 1;
	__sync_lock_test_and_set(&slot->owner, 0);
	return ret;
}
