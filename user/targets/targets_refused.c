// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says of which processes matches were refused, as they made too many (bpf/admit.bpf.c): at once,
 * and then ever more seldom.
 */
#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* Looks (one a second) between two lines of one process. */
#define PAUSE_MAX 64
/* Lines at one look. */
#define LINES_MAX 5

static uint64_t refused_in_all(const struct targets *t)
{
	uint64_t stats[NR_PHRUDE_STATS] = { 0 };

	kern_stats(t->kern, stats);
	return stats[PHRUDE_STAT_LOST_RATE] + stats[PHRUDE_STAT_LOST_SHARE];
}

/* Is there something to be said of it?  Sets how many matches, in how many looks. */
static bool is_due(struct targets *t, struct process *p, uint64_t *count, unsigned int *looks)
{
	uint64_t refused = kern_refused(t->kern, p->pid);

	if (refused <= p->refused.said || t->looks - p->refused.look < p->refused.pause)
		return false;
	*count = refused - p->refused.said;
	*looks = p->refused.pause ? t->looks - p->refused.look : 1;
	p->refused.said = refused;
	p->refused.look = t->looks;
	p->refused.pause = MIN(MAX(2 * p->refused.pause, 2), PAUSE_MAX);
	return true;
}

void targets_say_refused(struct targets *t)
{
	uint64_t all = refused_in_all(t), count, others = 0;
	unsigned int looks, lines = 0;

	t->looks++;
	/* Nearly always: no look at each of them. */
	if (all == t->refused)
		return;
	t->refused = all;
	processes_for_each(p, &t->processes) {
		if (!is_due(t, p, &count, &looks))
			continue;
		if (lines++ < LINES_MAX)
			log_warn("pid %d: %llu matches in the last %u s were not reported: "
				 "it makes more than its share (--rate)",
				 p->pid, (unsigned long long)count, looks);
		else
			others += count;
	}
	if (lines > LINES_MAX)
		log_warn("%u more processes: %llu matches were not reported: they make more than "
			 "their share (--rate)",
			 lines - LINES_MAX, (unsigned long long)others);
}
