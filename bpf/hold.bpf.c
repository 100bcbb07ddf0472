// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hold.bpf.h"
#include "frame.bpf.h"
#include "yield.bpf.h"

/* What threads ask for. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} arm_requests SEC(".maps");

/* Looks at the answer in one round, rounds in one turn, and turns: they take about as long as ARM_WORK_NS. */
#define LOOKS 256
#define ROUNDS 256
#define TURNS 256

/* A target may have so many of the slots: others are to find one. */
#define HOLDS_OF_TARGET (PHRUDE_ARM_SLOTS / 4)

static __always_inline struct phrude_share *current_target(void)
{
	struct phrude_share *share = share_of(bpf_get_current_pid_tgid() >> 32);

	return share ? share_of(share->target | PHRUDE_SHARE_TARGET) : NULL;
}

static __always_inline void hold_release(struct arm_slot *slot)
{
	struct phrude_share *target = current_target();

	__sync_lock_test_and_set(&slot->busy, 0);
	if (target)
		__sync_fetch_and_add(&target->holds, -1);
}

__noinline __u32 hold_claim(void)
{
	__u32 start = bpf_get_smp_processor_id();
	struct phrude_share *target = current_target();

	if (!target)
		return PHRUDE_ARM_SLOTS;
	if (__sync_fetch_and_add(&target->holds, 1) >= HOLDS_OF_TARGET)
		goto none;
	for (__u32 i = 0; i < 16; i++) {
		__u32 index = (start + i) % PHRUDE_ARM_SLOTS;
		struct arm_slot *slot = hold_slot(index);

		if (slot && !slot->busy && !__sync_val_compare_and_swap(&slot->busy, 0, 1))
			return index;
	}
none:
	__sync_fetch_and_add(&target->holds, -1);
	return PHRUDE_ARM_SLOTS;
}

static __always_inline __u64 wait_ns(__u32 why)
{
	return why != ARM_FETCH ? ARM_WAIT_NS : stopped ? 0 : FETCH_WAIT_NS;
}

/* 1: it is over. */
__noinline int wait_round(__u32 index, __u64 token, __u32 why)
{
	struct arm_slot *slot = hold_slot(index);
	__u64 waited;

	if (!slot)
		return 1;
	for (int i = 0; i < LOOKS; i++) {
		__u64 state = *(volatile __u64 *)&slot->state;

		if (state == arm_state(token, ARM_DONE) || state == arm_state(token, ARM_GIVEN_UP))
			return 1;
	}
	give_way(index);
	waited = bpf_ktime_get_ns() - token;
	if (waited > (why == ARM_FETCH ? FETCH_WAIT_NS + FETCH_WORK_NS : ARM_WORK_NS))
		return 1;
	if (waited < wait_ns(why))
		return 0;
	return __sync_val_compare_and_swap(&slot->state, arm_state(token, ARM_ASKED),
					   arm_state(token, ARM_GIVEN_UP)) ==
	       arm_state(token, ARM_ASKED);
}

/* Functions of their own, for the verifier to follow one turn of each loop only. */
__noinline int wait_turn(__u32 index, __u64 token, __u32 why)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (wait_round(index, token, why))
			return 1;
	}
	return 0;
}

static __always_inline int wait_answer(__u32 index, __u64 token, __u32 why)
{
	struct arm_slot *slot;

	for (int i = 0; i < TURNS; i++) {
		if (wait_turn(index, token, why))
			break;
	}
	slot = hold_slot(index);
	return slot && *(volatile __u64 *)&slot->state == arm_state(token, ARM_DONE);
}

__noinline int hold_ask(__u32 index, __u32 why, __u64 code, __u64 instr, __u32 watched)
{
	struct arm_request rq = {
		.slot = index, .why = why, .code = code, .instr = instr, .watched = watched
	};
	__u64 id = bpf_get_current_pid_tgid(), tstate;
	struct arm_slot *slot = hold_slot(index);
	struct phrude_share *share;
	struct py_proc *p;
	int done = 0;

	rq.pid = id >> 32;
	rq.tid = id;
	p = bpf_map_lookup_elem(&procs, &rq.pid);
	if (!slot)
		return 0;
	if (p) {
		share = share_of(rq.pid);
		if (share)
			rq.target = share->target;
		rq.minor = p->layout.minor;
		rq.type_code = p->type_code;
		/* Nothing is fetched for that: it would be for another slot. */
		if (!peek(&tstate, sizeof(tstate), tstate_at(p)))
			peek(&rq.interp, sizeof(rq.interp), tstate + p->layout.ts_interp);
		rq.token = bpf_ktime_get_ns();
		slot->outcome = FETCH_STUCK;
		slot->state = arm_state(rq.token, ARM_ASKED);
		if (!bpf_ringbuf_output(&arm_requests, &rq, sizeof(rq), BPF_RB_FORCE_WAKEUP))
			done = wait_answer(index, rq.token, why);
	}
	if (done && why == ARM_FETCH)
		done = 1 + (slot->outcome & 3);
	hold_release(slot);
	return done;
}
