// SPDX-License-Identifier: GPL-2.0-only
/* Arming the functions that rules name in the processes traced, and disarming them. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/look.h"
#include "base/util.h"
#include "bpf/abi/hash.h"
#include "targets/targets_priv.h"
#include "kern/kern_feat.h"
#include "py/interp.h"

/* Most names are told by their length and first bytes to be no rule's, as the kernel side does. */
static bool looks_watched(const struct targets *t, struct text name)
{
	uint64_t first8 = 0;
	uint32_t bit;

	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.s[i] >= 0x80)
			return true;
		if (i < 8)
			first8 |= (uint64_t)(unsigned char)name.s[i] << (8 * i);
	}
	bit = phrude_prefilter_bit(name.len, first8);
	return t->names[bit / 64] >> bit % 64 & 1;
}

/* py_code_fn: what a rule names that is to be armed. */
static bool is_watched(void *ctx, struct text name, struct text file, struct text qualname)
{
	const struct targets *t = ctx;
	const struct rule_set *rules = t->config.rules;

	if (!looks_watched(t, name))
		return false;
	for (size_t i = 0; i < rules->nr_rules; i++) {
		if (plan_arms(&rules->rules[i], name, file, qualname))
			return true;
	}
	return false;
}

static struct arm_process arm_process(struct targets *t, const struct interp_facts *f,
				      const struct py_interp *interp)
{
	const struct kind_sites *k = &f->kinds[PROBE_ARM];
	const struct group *g = groups_find(&t->groups, f->group);

	return (struct arm_process){
		.interp = interp,
		.file = g->file,
		.group = f->group,
		.sites = k->sites,
		.nr_sites = k->count,
		.wanted = is_watched,
		.ctx = t,
		.patient = t->ending,
	};
}

int targets_arm(struct targets *t, struct process *p, const struct py_interp *interp,
		struct err *err)
{
	struct arm_process target = arm_process(t, p->interp, interp);

	/* Many would wait for each other, and at an exec others are held. */
	target.patient = p->target && !t->ready && t->config.nr_pids == 1;
	arm_free(p->arming);
	p->arming = NULL;
	if (!target.nr_sites)
		return 0;
	look_afresh();
	if (py_runs_beside(interp))
		return err_set(err, -EBUSY, "pid %d has made sub-interpreters meanwhile", p->pid);
	return arm_begin(t->armer, &target, &p->arming, err);
}

void targets_say_unarmed(const struct targets *t, const struct interp_facts *f,
			 const struct py_interp *interp)
{
	bool all = f->kinds[PROBE_FRAME].count || f->kinds[PROBE_USDT].count;

	if (all && t->config.choice.forced == PROBE_NONE && !t->config.choice.no_arm &&
	    py_runs_beside(interp))
		log_warn("pid %d has sub-interpreters, which may run at once: its functions cannot "
			 "be armed, and each of "
			 "its Python calls costs a trap",
			 interp->pid);
}

bool targets_arm_inherited(struct targets *t, struct process *p)
{
	return t->armer && p->interp && p->interp->kinds[PROBE_ARM].count &&
	       kern_arm_is_pending(t->kern, p->pid);
}

void targets_armed(struct process *p)
{
	if (p->arming && arm_is_done(p->arming)) {
		arm_free(p->arming);
		p->arming = NULL;
	}
}

/* So many processes are disarmed at the end, for so long: each may take a moment. The others go on as they are, which
 * does no harm. */
#define DISARM_MAX 32
#define DISARM_NS (500 * NSEC_PER_MSEC)

static int disarm(struct targets *t, const struct process *p, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	struct arm_process target;
	int ret = py_interp_open(p->pid, &interp, err);

	if (ret)
		return ret;
	target = arm_process(t, p->interp, interp);
	return arm_undo(t->armer, &target, err);
}

void targets_disarm(struct targets *t)
{
	int64_t until = clock_now_ns() + DISARM_NS;
	size_t n = 0;

	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *p = t->processes.buckets[i]; p && n < DISARM_MAX;
		     p = p->next) {
			struct look look;
			struct err err;

			if (!p->interp || !p->interp->kinds[PROBE_ARM].count || p->deaf)
				continue;
			n++;
			if (clock_now_ns() > until)
				return;
			look_begin(&look, p->pid, LOOK_LATER);
			if (disarm(t, p, &err))
				log_debug("pid %d: not disarmed: %s", p->pid, err.msg);
			/* Who ended us is waiting. */
			if (look_end(&look))
				return;
		}
	}
}
