// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another policy takes the place of the one in force, without a gap: first the kernel side sends
 * matches of both, then each process is looked at and gets the probes that the new one needs, and
 * its matches are judged by that from then on; at last all goes that only the old one needed.  A
 * match is judged once, by the policy that its process has when the record is read.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"

int targets_reload(struct targets *t, struct policy *policy, struct err *err)
{
	int ret = watch_policy(t->kern, policy, err);

	if (ret) {
		watch_only(t->kern, t->policy);
		return ret;
	}
	/* Who has left may be chosen again. */
	targets_drop_leaving(t, true);
	/* What has all the probes that the old one needs may lack some now. */
	for (uint32_t i = 1; i < PHRUDE_GROUPS_MAX; i++) {
		if (groups_find(&t->groups, i))
			kern_import_forget(t->kern, i);
	}
	policy_unref(t->former);
	t->former = t->policy;
	t->policy = policy_ref(policy);
	identities_set_policy(&t->identities, policy);
	targets_watch_changes(t);
	targets_watch_labels(t);
	t->reloads++;
	t->reloading = true;
	/* Who fitted nothing may fit now. */
	t->found.looks = 0;
	return 0;
}

bool targets_are_reloading(const struct targets *t)
{
	return t->reloading;
}

static bool is_outdated(const struct targets *t, const struct process *p)
{
	if (p->leaving)
		return false;
	return (p->interp && p->interp->policy != t->policy) ||
	       (t->config.discovers && p->selected && p->selected_by != t->policy);
}

/*
 * One that goes by the old policy and was not looked at because of this one; NULL: there is none.
 */
static struct process *next_outdated(struct targets *t)
{
	processes_for_each(p, &t->processes) {
		if (p->reloads != t->reloads && is_outdated(t, p))
			return p;
	}
	return NULL;
}

/* It does not answer; what was found out in another process that runs the same holds for it. */
static bool take_known(struct targets *t, struct process *p)
{
	struct group *g = groups_find(&t->groups, p->interp->group);
	struct py_view view = p->view;

	if (!g || !g->facts || g->facts->policy != t->policy)
		return false;
	process_renew_interp(p, g->facts, clock_now_ns());
	p->view = view;
	identities_publish(&t->identities, p);
	targets_fork(t, p);
	return true;
}

/* Of this look its family is not to blame. */
static int look_again(struct targets *t, struct process *p, struct err *err)
{
	struct look look;
	int ret;

	look_begin(&look, p->pid, LOOK_LATER);
	ret = targets_retrace(t, p, err);
	look_end(&look);
	/* What it forks from now on is traced as it is itself. */
	p->attached = clock_now_ns();
	return ret;
}

static void renew_process(struct targets *t, struct process *p)
{
	struct err err;
	int ret;

	p->reloads = t->reloads;
	if (!targets_choose_anew(t, p))
		return;
	identities_publish(&t->identities, p);
	/* Looked at when it is known what it has become. */
	if (!p->interp || p->undecided)
		return;
	ret = look_again(t, p, &err);
	if (!ret || ret == -ESRCH || take_known(t, p))
		return;
	t->reloads_refused++;
	log_warn("pid %d goes by the rules that were in force before: %s", p->pid, err.msg);
}

/* direct_named_fn */
static bool is_named(const void *ctx, const char *name, const char *module)
{
	const struct policy *policy = ctx;

	for (size_t i = 0; i < policy->rules.nr_rules; i++) {
		const struct rule *rule = &policy->rules.rules[i];

		if (rule->place_kind == RULE_MODULE && str_eq(rule->place, module) &&
		    str_eq(rule_func_name(rule), name))
			return true;
	}
	return false;
}

/* Did the former policy arm what this one may not? */
static bool arms_less(const struct targets *t)
{
	const struct rule_set *rules = &t->policy->rules, *former = &t->former->rules;

	for (size_t i = 0; i < former->nr_rules; i++) {
		const struct rule *old = &former->rules[i];
		bool stays = old->place_kind != RULE_FILE;

		for (size_t k = 0; k < rules->nr_rules && !stays; k++)
			stays = rules->rules[k].place_kind == RULE_FILE &&
				str_eq(rules->rules[k].func, old->func) &&
				str_eq(rules->rules[k].place, old->place);
		if (!stays)
			return true;
	}
	return false;
}

/* May processes differ in what is armed? */
static bool has_lists(const struct policy *policy)
{
	return policy->common.count != policy->rules.nr_rules;
}

void targets_detach_unneeded(struct process *p)
{
	for (int i = 0; i < NR_PROBES; i++) {
		if (!process_needs(p, i))
			attachment_free(TAKE_PTR(p->attachments[i]));
	}
}

/* The same for an interpreter's file. */
static void detach_wide(struct targets *t, uint32_t number, struct group *g)
{
	bool needed[NR_PROBES] = { false };

	processes_for_each(p, &t->processes) {
		for (int k = 0; p->interp && p->interp->group == number && k < NR_PROBES; k++)
			needed[k] |= p->interp->kinds[k].count > 0;
	}
	for (int k = 0; k < NR_PROBES; k++) {
		if (!needed[k])
			attachment_free(TAKE_PTR(g->attachments[k]));
	}
}

/*
 * Nobody runs it: the next one is to be looked at while it starts, as one of a new interpreter is.
 */
static void forget_facts(struct targets *t, uint32_t number, struct group *g)
{
	const struct py_template image = { .start = g->start_addr };

	kern_template_set(t->kern, number, &image);
	interp_facts_unref(TAKE_PTR(g->facts));
}

static void finish_reload(struct targets *t)
{
	bool less = arms_less(t) || has_lists(t->policy) || has_lists(t->former);

	watch_only(t->kern, t->policy);
	direct_probes_keep(t->direct, is_named, t->policy);
	processes_for_each(p, &t->processes) {
		if (!p->interp)
			continue;
		p->disarms = less && p->interp->policy == t->policy;
		targets_detach_unneeded(p);
	}
	for (uint32_t i = 1; i < PHRUDE_GROUPS_MAX; i++) {
		struct group *g = groups_find(&t->groups, i);

		if (!g)
			continue;
		if (g->facts && g->facts->policy != t->policy)
			forget_facts(t, i, g);
		detach_wide(t, i, g);
	}
	t->reloading = false;
}

bool targets_reload_next(struct targets *t)
{
	struct process *p = t->ending ? NULL : next_outdated(t);

	if (p) {
		renew_process(t, p);
		return true;
	}
	if (!t->ending && t->config.discovers && targets_discover_more(t))
		return true;
	finish_reload(t);
	return false;
}
