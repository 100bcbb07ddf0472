// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the pipeline sees of a process, in the thread that reads records; and what that thread asks
 * for is found here in the other one.
 */
#include <errno.h>

#include "targets/targets_priv.h"

int targets_view(struct targets *t, const struct pipeline_match *match, struct target_view *view)
{
	const struct event *ev = match->event;
	struct policy *policy = identities_policy(&t->identities);
	struct identity *id = identities_get(&t->identities, ev->head.hdr.pid);
	bool chosen = !t->config.discovers || (id && id->selected);
	struct interp_facts *f = id ? id->interp : NULL;
	struct config_list list = { 0 };
	bool known = id && identity_is_in(id, ev->head.cgroup);

	if (f)
		known &= qualnames_fill(f->qualnames, match->arena, match->event);
	if (f)
		list = id->list;
	if (f && id->former && ev->head.hdr.time_ns < id->renewed) {
		f = id->former;
		list = id->former_list;
	}
	if (!chosen || (!known && !match->again)) {
		identity_unref(id);
		policy_unref(policy);
		return chosen ? -EAGAIN : -ESRCH;
	}
	view->rules = &policy->rules;
	if (!f)
		list = policy_list(policy, id ? id->selected : NULL);
	view->first = list.first;
	view->count = list.count;
	if (f) {
		view->rules = &f->policy->rules;
		view->outdated = f->policy != policy;
		view->python = f->version;
		view->probe_of_rule = f->probe_of_rule;
	}
	if (id && id->program)
		view->facts = &id->program->facts;
	view->target = id && id->selected ? id->selected->name : NULL;
	view->container = id ? id->container : NULL;
	view->kubernetes = id ? kube_facts(id->kube) : NULL;
	view->owned = id;
	view->policy = policy;
	return 0;
}

void targets_view_share(const struct target_view *view, struct target_view *out)
{
	*out = *view;
	identity_ref(view->owned);
	policy_ref(view->policy);
}

void targets_view_end(struct target_view *view)
{
	identity_unref(view->owned);
	policy_unref(view->policy);
	view->owned = view->policy = NULL;
}

void targets_forget(struct targets *t, pid_t pid)
{
	const struct process *p = processes_find(&t->processes, pid);
	pid_t share = p ? p->share : 0;

	processes_remove(&t->processes, pid);
	identities_remove(&t->identities, pid);
	targets_unshare(t, share);
}

void targets_let_go(struct targets *t, pid_t pid)
{
	kern_proc_delete(t->kern, pid);
	kern_share_delete(t->kern, pid);
	targets_forget(t, pid);
}

void targets_answer(struct targets *t, const struct event *ev)
{
	struct process *p = processes_add(&t->processes, ev->head.hdr.pid);
	struct qualnames *q = p && p->interp ? p->interp->qualnames : NULL;
	struct look look;

	if (!p)
		return;
	targets_facts_find(t, p, ev->head.cgroup);
	if (q && targets_look_begin(t, p, &look)) {
		qualnames_find(q, &p->view, ev);
		targets_look_end(t, p, &look);
	}
	identities_publish(&t->identities, p);
}
