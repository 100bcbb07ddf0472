// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which matches are worth the effort, when there are more than user space can take.  Decided before
 * they are captured.
 *
 * Rate: what a process sends costs time that it has to wait for; it may be in debt by a second's
 * worth.  Big events cost as much as several.  Its target, all that descends from one attached
 * process together, has twice the rate.
 *
 * Ring: while it is nearly empty everybody may write.  As it fills, those that have written much
 * lately are refused, rules of level info first and of level alert last; all others find room.  The
 * last part is for what is no match: forks, execs and exits.
 */
#include "event.bpf.h"

#define NSEC_PER_SEC 1000000000ULL
/* Bytes that cost as much as one match. */
#define UNIT_SZ 4096
/*
 * Bytes in this period and the one before (ns >> PERIOD_SHIFT, about a quarter of a second) that
 * are much, of a target twice.
 */
#define PERIOD_SHIFT 28
#define MUCH (RING_SZ / 16)

static __always_inline bool in_debt(const struct phrude_share *share, __u64 now)
{
	return share->paid_until > now + NSEC_PER_SEC;
}

static __always_inline void pay(struct phrude_share *share, __u64 now, __u64 cost)
{
	if (share->paid_until < now)
		share->paid_until = now;
	__sync_fetch_and_add(&share->paid_until, cost);
}

static __always_inline void use(struct phrude_share *share, __u64 now, __u32 bytes)
{
	__u32 period = now >> PERIOD_SHIFT;

	if (share->sent_in != period) {
		if (share->sent_in + 1 != period)
			share->sent[(period - 1) & 1] = 0;
		share->sent[period & 1] = 0;
		share->sent_in = period;
	}
	share->sent[period & 1] += bytes;
}

static __always_inline bool used_much(const struct phrude_share *share, __u64 now, __u32 much)
{
	__u32 period = now >> PERIOD_SHIFT;

	if (share->sent_in == period)
		return share->sent[0] + share->sent[1] > much;
	return share->sent_in + 1 == period && share->sent[share->sent_in & 1] > much;
}

/*
 * Bytes in the ring up to which those that have used much may write: 22, 24, 26 parts of 32.  What
 * is left is for others, should user space get no processor: of what it refuses a process begins
 * anew after a while, with a sixteenth of the ring.
 */
static __always_inline __u64 room_of(__u32 level)
{
	return RING_SZ / 32 * (22 + 2 * (level < NR_PHRUDE_LEVELS ? level : PHRUDE_LEVEL_ALERT));
}

#define ROOM_OF_ALL (RING_SZ / 32 * 31)

static __always_inline bool has_room(const struct phrude_share *share,
				     const struct phrude_share *target, __u32 level, __u64 now)
{
	__u64 filled = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);

	if (filled > ROOM_OF_ALL)
		return false;
	return filled <= room_of(level) ||
	       !(used_much(share, now, MUCH) || used_much(target, now, 2 * MUCH));
}

static __always_inline bool refuse(struct phrude_share *share, enum phrude_stat why)
{
	__sync_fetch_and_add(&share->refused, 1);
	stat_inc(PHRUDE_STAT_MATCHES);
	stat_inc(why);
	return 0;
}

__noinline int admit(__u32 watch)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, level = PHRUDE_WATCH_LEVEL(watch);
	struct phrude_share *share, *target;
	__u64 now;

	if (cfg_costs && guarding && level == PHRUDE_LEVEL_INFO && cost_is_shed(pid, watch))
		return 0;
	now = bpf_ktime_get_ns();
	share = share_of(pid);
	if (!share)
		return 1;
	target = share_of(share->target | PHRUDE_SHARE_TARGET);
	if (!target)
		return 1;
	if (in_debt(share, now) || in_debt(target, now))
		return refuse(share, PHRUDE_STAT_LOST_RATE);
	if (!has_room(share, target, level, now))
		return refuse(share, PHRUDE_STAT_LOST_SHARE);
	return 1;
}

__noinline int charge(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct phrude_share *share, *target;
	__u64 now = bpf_ktime_get_ns(), cost;
	__u32 bytes;

	if (!s)
		return 0;
	share = share_of(s->owner);
	target = share_of(s->owner_target);
	if (!share || !target)
		return 0;
	bytes = s->len + s->table_bytes;
	cost = cfg_match_ns * (1 + bytes / UNIT_SZ);
	pay(share, now, cost);
	pay(target, now, cost / 2);
	use(share, now, bytes);
	use(target, now, bytes);
	return 0;
}

__noinline int admit_bytes(__u32 bytes)
{
	struct phrude_share *share = share_of(bpf_get_current_pid_tgid() >> 32), *target;
	__u64 now = bpf_ktime_get_ns();

	target = share ? share_of(share->target | PHRUDE_SHARE_TARGET) : NULL;
	if (!target || !has_room(share, target, PHRUDE_LEVEL_ALERT, now))
		return 0;
	use(share, now, bytes);
	use(target, now, bytes);
	return 1;
}
