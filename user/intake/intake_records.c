// SPDX-License-Identifier: GPL-2.0-only
/* Whose each record of the ring buffer is, and what the pipeline asks of the rest. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "intake/intake_priv.h"

/* Records that are handled before signals are looked at again. */
#define TRACE_AT_ONCE 64

static int view_target(void *ctx, const struct pipeline_match *match, struct target_view *view)
{
	struct intake *in = ctx;

	return targets_view(in->config.targets, match, view);
}

static void end_view(void *ctx, struct target_view *view)
{
	targets_view_end(view);
}

static void share_view(void *ctx, const struct target_view *view, struct target_view *out)
{
	targets_view_share(view, out);
}

static void count_held_back(void *ctx, const struct rule *rule, const char *target)
{
	struct intake *in = ctx;

	if (in->config.counts)
		alert_counts_suppress(in->config.counts, rule, target);
}

static void take_alert(void *ctx, const struct alert *alert)
{
	struct intake *in = ctx;

	sinks_alert(in->config.sinks, alert);
	if (in->config.counts)
		alert_counts_add(in->config.counts, alert->rule, alert->target);
}

static void dismiss_digest(void *ctx, uint64_t digest, pid_t pid)
{
	struct intake *in = ctx;

	kern_dismiss(in->config.kern, digest, pid);
}

static void forget_table(void *ctx, pid_t pid, uint64_t table)
{
	struct intake *in = ctx;

	kern_forget_table(in->config.kern, pid, table);
}

static void forget_tables(void *ctx)
{
	struct intake *in = ctx;

	kern_forget_tables(in->config.kern);
}

const struct pipeline_ops intake_pipeline_ops = {
	.view = view_target,
	.view_end = end_view,
	.view_share = share_view,
	.held_back = count_held_back,
	.alert = take_alert,
	.dismiss = dismiss_digest,
	.forget_table = forget_table,
	.forget_tables = forget_tables,
};

/* Understands a record of a process that nothing is to be waited for. */
static int pass_on(struct intake *in, const struct ev_hdr *hdr, const void *record, bool asked)
{
	int ret;

	if (hdr->kind == EV_LINETABLE)
		return pipeline_linetable(&in->pipeline, record, hdr->size);
	ret = pipeline_match(&in->pipeline, record, hdr->size, asked);
	if (ret == -EAGAIN)
		return relay_ask(in->relay, record, hdr->size, (pid_t)hdr->pid);
	/* One that was let go of has sent some more. */
	return ret == -ESRCH ? 0 : ret;
}

/* A process that is no target's has nothing more to be rolled up with. */
static void see_end(struct intake *in, const void *record, size_t size)
{
	struct ev_proc ev;

	memcpy(&ev, record, MIN(size, sizeof(ev)));
	if (size >= sizeof(ev) && ev.what == PROC_EXIT)
		pipeline_ended(&in->pipeline, (pid_t)ev.hdr.pid);
}

static int take_record(struct intake *in, const void *record, size_t size)
{
	struct targets_order order;
	struct ev_hdr hdr;
	bool kept;
	int ret;

	if (size < sizeof(hdr))
		return -EPROTO;
	memcpy(&hdr, record, sizeof(hdr));
	if (hdr.abi != PHRUDE_ABI_VERSION || hdr.size < sizeof(hdr) || hdr.size > size)
		return -EPROTO;
	switch (hdr.kind) {
	case EV_MATCH:
	case EV_LINETABLE:
		ret = relay_keep(in->relay, record, hdr.size, (pid_t)hdr.pid, &kept);
		return ret || kept ? ret : pass_on(in, &hdr, record, false);
	case EV_PROC:
		see_end(in, record, hdr.size);
		/* fall through */
	case EV_HOLD:
		ret = targets_order(record, hdr.size, &order);
		return ret ? ret
			   : relay_hand_over(in->relay, record, hdr.size, order.of, order.after);
	}
	return -EPROTO;
}

bool intake_may_read(struct intake *in)
{
	return !pipeline_has_enough(&in->pipeline) &&
	       (in->late || !sinks_are_full(in->config.sinks));
}

void intake_write_held(struct intake *in, int64_t now_ns)
{
	while (intake_may_read(in) && pipeline_roll_up(&in->pipeline, now_ns))
		;
}

int intake_read(void *intake, const void *record, size_t size)
{
	struct intake *in = intake;

	atomic_fetch_add_explicit(&in->turns, 1, memory_order_relaxed);
	if (take_record(in, record, size))
		atomic_fetch_add(&in->malformed, 1);
	/*
	 * After the last alert wanted nothing more is looked at; nor while nobody takes alerts, too
	 * many records wait, or what is in force is to change.
	 */
	return intake_may_read(in) && !relay_is_full(in->relay) &&
			       atomic_load(&in->turn) != INTAKE_GIVEN
		       ? 0
		       : -ECANCELED;
}

/* relay_fn */
static bool read_kept(void *ctx, const void *record, size_t size, bool asked)
{
	struct intake *in = ctx;
	struct ev_hdr hdr;

	if (!intake_may_read(in))
		return false;
	memcpy(&hdr, record, sizeof(hdr));
	if (pass_on(in, &hdr, record, asked))
		atomic_fetch_add(&in->malformed, 1);
	return true;
}

void intake_resume(struct intake *in)
{
	relay_resume(in->relay, read_kept, in);
}

static void answer_asked(struct intake *in, const struct relay_item *item)
{
	struct event ev;
	struct err err;

	arena_reset(&in->arena);
	if (!event_decode(&in->arena, item->record, item->size, &ev, &err))
		targets_answer(in->config.targets, &ev);
}

void intake_trace(struct intake *in)
{
	struct relay_item *item;

	for (int i = 0; i < TRACE_AT_ONCE && (item = relay_take(in->relay)); i++) {
		if (item->asked)
			answer_asked(in, item);
		else if (targets_record(in->config.targets, item->record, item->size))
			atomic_fetch_add(&in->malformed, 1);
		relay_done(in->relay, item);
	}
}
