// SPDX-License-Identifier: GPL-2.0-only
/* What the pipeline asks of the rest: who a process is, and where alerts and verdicts go. */
#include "engine/engine_priv.h"

static bool view_target(void *ctx, pid_t pid, struct target_view *view)
{
	struct engine *e = ctx;
	const struct process *p = processes_add(&e->processes, pid);

	if (!p)
		return false;
	if (p->interp)
		*view = (struct target_view){ p->interp->version, p->interp->probe_of_rule };
	return true;
}

static void find_qualname(void *ctx, struct event *ev)
{
	struct engine *e = ctx;
	struct process *p = processes_find(&e->processes, ev->head.hdr.pid);
	struct qualnames *q = p && p->interp ? p->interp->qualnames : NULL;
	struct look look;

	if (!q)
		return;
	if (qualnames_unknown(q, ev) && engine_look_begin(e, p, &look)) {
		qualnames_find(q, &p->view, ev);
		engine_look_end(e, p, &look);
	}
	qualnames_fill(q, ev);
}

static void describe_process(void *ctx, const struct event *ev, struct alert_process *out)
{
	struct engine *e = ctx;
	struct process *p = processes_find(&e->processes, ev->head.hdr.pid);
	const struct proc_facts *facts = engine_facts(e, p, ev->head.cgroup);

	out->exe = facts->exe;
	out->cmdline = (const char *const *)facts->cmdline;
	out->nr_cmdline = facts->nr_cmdline;
	out->cut = facts->exe_cut || facts->cmdline_cut;
	out->container = p->container;
}

static void take_alert(void *ctx, const struct alert *alert)
{
	struct engine *e = ctx;

	sinks_alert(e->sinks, alert);
}

static void dismiss(void *ctx, uint64_t digest)
{
	struct engine *e = ctx;

	kern_dismiss(e->kern, digest);
}

static void forget_table(void *ctx, pid_t pid, uint64_t table)
{
	struct engine *e = ctx;

	kern_forget_table(e->kern, pid, table);
}

static void forget_tables(void *ctx)
{
	struct engine *e = ctx;

	kern_forget_tables(e->kern);
}

const struct pipeline_ops engine_pipeline_ops = {
	.view = view_target,
	.find_qualname = find_qualname,
	.describe = describe_process,
	.alert = take_alert,
	.dismiss = dismiss,
	.forget_table = forget_table,
	.forget_tables = forget_tables,
};
