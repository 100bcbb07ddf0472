// SPDX-License-Identifier: GPL-2.0-only
/* What the pipeline sees of a process, in the thread that reads records; and what that thread asks for is found here in the other one. */
#include <errno.h>

#include "targets/targets_priv.h"

int targets_view(struct targets *t, const struct pipeline_match *match, struct target_view *view)
{
	const struct event *ev = match->event;
	struct identity *id = identities_get(&t->identities, ev->head.hdr.pid);
	bool chosen = !t->config.selection || (id && id->selected);
	struct interp_facts *f = id ? id->interp : NULL;
	bool known = id && identity_is_in(id, ev->head.cgroup);

	if (f)
		known &= qualnames_fill(f->qualnames, match->arena, match->event);
	if (!chosen || (!known && !match->again)) {
		identity_unref(id);
		return chosen ? -EAGAIN : -ESRCH;
	}
	if (f) {
		view->python = f->version;
		view->probe_of_rule = f->probe_of_rule;
	}
	if (id && id->program)
		view->facts = &id->program->facts;
	view->target = id && id->selected ? id->selected->name : NULL;
	view->container = id ? id->container : NULL;
	view->owned = id;
	return 0;
}

void targets_view_end(struct target_view *view)
{
	identity_unref(view->owned);
	view->owned = NULL;
}

/* Has somebody else a share together with it? */
static bool is_shared(const struct targets *t, pid_t share)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *p = t->processes.buckets[i]; p; p = p->next) {
			if (p->share == share)
				return true;
		}
	}
	return false;
}

void targets_forget(struct targets *t, pid_t pid)
{
	const struct process *p = processes_find(&t->processes, pid);
	pid_t share = p ? p->share : 0;

	processes_remove(&t->processes, pid);
	identities_remove(&t->identities, pid);
	if (share && !is_shared(t, share))
		kern_share_delete(t->kern, share);
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
