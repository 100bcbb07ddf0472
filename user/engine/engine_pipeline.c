// SPDX-License-Identifier: GPL-2.0-only
/* Whose each record of the ring buffer is, and what the pipeline asks of the rest: who a process is, and where alerts and verdicts go. */
#include <errno.h>
#include <string.h>

#include "engine/engine_priv.h"

static bool view_target(void *ctx, pid_t pid, struct target_view *view)
{
	struct engine *e = ctx;

	return targets_view(e->targets, pid, view);
}

static void find_qualname(void *ctx, struct event *ev)
{
	struct engine *e = ctx;

	targets_find_qualname(e->targets, ev);
}

static void describe_process(void *ctx, const struct event *ev, struct alert_process *out)
{
	struct engine *e = ctx;

	targets_describe(e->targets, ev, out);
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

static int take_record(struct engine *e, const void *record, size_t size)
{
	struct ev_hdr hdr;

	if (size < sizeof(hdr))
		return -EPROTO;
	memcpy(&hdr, record, sizeof(hdr));
	if (hdr.abi != PHRUDE_ABI_VERSION || hdr.size > size)
		return -EPROTO;
	switch (hdr.kind) {
	case EV_MATCH:
		return pipeline_match(&e->pipeline, record, hdr.size);
	case EV_LINETABLE:
		return pipeline_linetable(&e->pipeline, record, hdr.size);
	case EV_HOLD:
		return targets_held(e->targets, record, hdr.size);
	case EV_PROC:
		return targets_record(e->targets, record, hdr.size);
	}
	return -EPROTO;
}

int engine_record(void *ctx, const void *record, size_t size)
{
	struct engine *e = ctx;

	e->malformed += take_record(e, record, size) != 0;
	if (pipeline_has_enough(&e->pipeline))
		e->stop = true;
	/* After the last alert wanted, nothing more is looked at; nor while nobody takes alerts. */
	return e->stop || sinks_are_full(e->sinks) ? -ECANCELED : 0;
}
