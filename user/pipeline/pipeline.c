// SPDX-License-Identifier: GPL-2.0-only
#include "pipeline/pipeline.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "alert/alert_id.h"
#include "base/clock.h"
#include "base/log.h"
#include "input/input.h"
#include "probe/probe_kind.h"

int pipeline_init(struct pipeline *p)
{
	gethostname(p->host, sizeof(p->host) - 1);
	p->clock_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	p->arena.limit = PIPELINE_ARENA_LIMIT;
	p->lines = lines_new();
	return p->lines ? 0 : -ENOMEM;
}

void pipeline_fini(struct pipeline *p)
{
	lines_free(p->lines);
	arena_fini(&p->arena);
}

bool pipeline_has_enough(const struct pipeline *p)
{
	return p->wanted && p->alerts >= p->wanted;
}

static void find_lines(struct pipeline *p, struct event *ev)
{
	for (size_t i = 0; i < ev->nr_frames; i++) {
		struct event_frame *f = &ev->frames[i];
		int line = lines_lookup(p->lines, ev->head.hdr.pid, f->linetable, f->signature,
					ev->head.layout, (int)f->firstlineno, f->lasti);

		if (line == -ENOENT) {
			p->lines_unknown++;
			p->ops->forget_table(p->ctx, ev->head.hdr.pid, f->linetable);
		}
		f->line = line > 0 ? line : 0;
	}
}

/* request: NULL if there is none */
static void raise_alert(struct pipeline *p, const struct rule *rule, const struct event *ev,
			const struct alert_request *request, const struct target_view *view)
{
	uint64_t time_ns = ev->head.hdr.time_ns + p->clock_offset;
	struct inputs *inputs = request ? request->inputs : NULL;
	struct redacted redacted;
	char id[ALERT_ID_MAX];
	struct alert alert = {
		.id = alert_id_make(id, time_ns) ? NULL : id,
		.time_ns = time_ns,
		.host = p->host,
		.target = view->target,
		.rule = rule,
		.event = ev,
		.process = {
			.pid = ev->head.hdr.pid,
			.tid = ev->head.hdr.tid,
			.ppid = ev->head.ppid,
			.uid = ev->head.uid,
			.python = view->python,
			.container = view->container,
		},
		.request = request,
		.input = inputs ? &inputs->found : NULL,
		.probe = probe_kind(ev->head.probe)->name,
		.action = "detect",
	};

	/* No condition asked for it. */
	if (inputs && !inputs->found.source)
		inputs_look(inputs);
	if (view->facts) {
		alert.process.exe = view->facts->exe;
		alert.process.cmdline = (const char *const *)view->facts->cmdline;
		alert.process.nr_cmdline = view->facts->nr_cmdline;
		alert.process.cut = view->facts->exe_cut || view->facts->cmdline_cut;
	}
	/* What rules go by stays as it is. */
	p->ops->alert(p->ctx, redact_alert(p->redact, &p->arena, &alert, &redacted));
	p->alerts++;
}

/* Raises the alerts of an event.  Returns whether a rule reports it; *basis: what conditions went by. */
static bool judge(struct pipeline *p, struct event *ev, const struct target_view *view,
		  unsigned int *basis)
{
	const struct alert_request *request;
	struct alert_request filled;
	struct inputs inputs;
	bool reported = false;

	inputs_init(&inputs, &p->arena, ev);
	request = request_make(&p->arena, p->request, &ev->request, &filled) ? &filled : NULL;
	filled.inputs = &inputs;
	for (size_t i = 0; i < p->rules->nr_rules && !pipeline_has_enough(p); i++) {
		const struct rule *rule = &p->rules->rules[i];

		if (view->probe_of_rule && view->probe_of_rule[i] != ev->head.probe)
			continue;
		if (!rule_matches(rule, ev) || !rule_condition_allows(rule, ev, request, basis))
			continue;
		if (!reported)
			find_lines(p, ev);
		reported = true;
		raise_alert(p, rule, ev, request, view);
	}
	return reported;
}

/* Raises the alerts of an event, or has the kernel side know that there are none. */
static void handle_match(struct pipeline *p, struct event *ev, const struct target_view *view)
{
	unsigned int basis = 0;
	uint64_t digest;

	if (judge(p, ev, view, &basis) || pipeline_has_enough(p) || basis & RULE_BASIS_REQUEST)
		return;
	/* No rule reports it, and none will another that is like it in what was asked. */
	digest = basis & RULE_BASIS_CALLERS ? ev->head.digest_stack : ev->head.digest_args;
	if (digest)
		p->ops->dismiss(p->ctx, digest);
}

int pipeline_match(struct pipeline *p, const void *record, size_t size, bool again)
{
	struct event ev;
	struct pipeline_match match = { .event = &ev, .arena = &p->arena, .again = again };
	struct target_view view = { 0 };
	struct err err;
	int ret;

	arena_reset(&p->arena);
	ret = event_decode(&p->arena, record, size, &ev, &err);
	if (!ret && !probe_kind(ev.head.probe))
		ret = err_set(&err, -EPROTO, "probe kind %u is unknown", ev.head.probe);
	if (ret) {
		log_debug("a record could not be decoded: %s", err.msg);
		return ret;
	}
	ret = p->ops->view(p->ctx, &match, &view);
	if (ret)
		return ret;
	handle_match(p, &ev, &view);
	p->ops->view_end(p->ctx, &view);
	return 0;
}

int pipeline_linetable(struct pipeline *p, const void *record, size_t size)
{
	int ret = lines_add(p->lines, record, size);

	if (ret == -ENOSPC) {
		/* Start afresh, on both sides. */
		lines_clear(p->lines);
		p->ops->forget_tables(p->ctx);
		ret = lines_add(p->lines, record, size);
	}
	return ret;
}
