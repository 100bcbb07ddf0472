// SPDX-License-Identifier: GPL-2.0-only
/* Arming the functions that rules name in the processes traced, and disarming them. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/look.h"
#include "base/util.h"
#include "targets/targets_priv.h"
#include "kern/kern_feat.h"
#include "py/interp.h"

/* What these rules of `policy` have armed, and those of `other` (NULL: nothing) have not. */
struct wanted {
	const struct policy *policy;
	struct config_list list;
	const struct policy *other;
	struct config_list other_list;
};

static bool list_arms(const struct policy *policy, struct config_list list, struct text name,
		      struct text file, struct text qualname)
{
	if (!watched_may_be(&policy->watched, name))
		return false;
	for (size_t i = list.first; i < list.first + list.count; i++) {
		if (plan_arms(&policy->rules.rules[i], name, file, qualname))
			return true;
	}
	return false;
}

/* py_code_fn */
static bool is_wanted(void *ctx, struct text name, struct text file, struct text qualname)
{
	const struct wanted *w = ctx;

	return list_arms(w->policy, w->list, name, file, qualname) &&
	       !(w->other && list_arms(w->other, w->other_list, name, file, qualname));
}

static struct arm_process arm_process(struct targets *t, const struct interp_facts *f,
				      const struct py_interp *interp, struct wanted *wanted)
{
	const struct kind_sites *k = &f->kinds[PROBE_ARM];
	const struct group *g = groups_find(&t->groups, f->group);

	return (struct arm_process){
		.interp = interp,
		.file = g->file,
		.group = f->group,
		.sites = k->sites,
		.nr_sites = k->count,
		.wanted = is_wanted,
		.ctx = wanted,
		.patient = t->ending,
	};
}

int targets_arm(struct targets *t, struct process *p, const struct py_interp *interp,
		struct err *err)
{
	struct wanted wanted = { .policy = p->interp->policy, .list = p->list };
	struct arm_process target = arm_process(t, p->interp, interp, &wanted);

	/* Many would wait for each other, and at an exec others are held. */
	target.patient = p->target && !t->ready && t->config.nr_pids == 1;
	arm_free(p->arming);
	p->arming = NULL;
	if (!target.nr_sites || !process_needs(p, PROBE_ARM))
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
	return t->armer && process_needs(p, PROBE_ARM) && kern_arm_is_pending(t->kern, p->pid);
}

void targets_armed(struct process *p)
{
	if (p->arming && arm_is_done(p->arming)) {
		arm_free(p->arming);
		p->arming = NULL;
	}
}

/* Disarms what `wanted` says; of a kind that its rules may not have any more. */
static int disarm_process(struct targets *t, const struct process *p, struct wanted wanted,
			  struct arming **out, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	struct kind_sites sites = p->interp->kinds[PROBE_ARM];
	struct arm_process target;
	int ret = py_interp_open(p->pid, &interp, err);

	if (!ret && !sites.count)
		ret = probe_kind(PROBE_ARM)->sites(interp, sites.sites, &sites.count, err);
	if (ret)
		return ret;
	target = arm_process(t, p->interp, interp, &wanted);
	target.sites = sites.sites;
	target.nr_sites = sites.count;
	return arm_undo(t->armer, &target, out, err);
}

void targets_disarm_former(struct targets *t, struct process *p)
{
	struct look look;
	struct err err;

	if (!p->disarms || p->arming || t->reloading)
		return;
	p->disarms = false;
	if (!p->interp || !p->former || !t->armer || !targets_look_begin(t, p, &look))
		return;
	if (disarm_process(t, p,
			   (struct wanted){ p->former->policy, p->former_list, p->interp->policy,
					    p->list },
			   &p->arming, &err))
		log_debug("pid %d: what is not watched any more stays armed: %s", p->pid, err.msg);
	targets_look_end(t, p, &look);
}

/*
 * So many processes are disarmed at the end, for so long: each may take a moment. The others go on
 * as they are, which does no harm.
 */
#define DISARM_MAX 32
#define DISARM_NS (500 * NSEC_PER_MSEC)

void targets_disarm(struct targets *t)
{
	int64_t until = clock_now_ns() + DISARM_NS;
	size_t n = 0;

	processes_for_each(p, &t->processes) {
		struct arming *arming = NULL;
		struct look look;
		struct err err;

		if (!process_needs(p, PROBE_ARM) || p->deaf)
			continue;
		if (n++ == DISARM_MAX || clock_now_ns() > until)
			return;
		look_begin(&look, p->pid, LOOK_LATER);
		if (disarm_process(t, p,
				   (struct wanted){ .policy = p->interp->policy, .list = p->list },
				   &arming, &err))
			log_debug("pid %d: not disarmed: %s", p->pid, err.msg);
		arm_free(arming);
		/* Who ended us is waiting. */
		if (look_end(&look))
			return;
	}
}
