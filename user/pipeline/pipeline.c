// SPDX-License-Identifier: GPL-2.0-only
#include "pipeline/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alert/alert_id.h"
#include "base/clock.h"
#include "base/log.h"
#include "input/input.h"
#include "pipeline/held.h"
#include "probe/probe_kind.h"

/* In a container the name is the container's: who starts one knows the machine's. */
static void name_host(char *host, size_t size)
{
	const char *given = getenv("PHRUDE_HOST");

	if (given && *given)
		snprintf(host, size, "%s", given);
	else
		gethostname(host, size - 1);
}

int pipeline_init(struct pipeline *p)
{
	name_host(p->host, sizeof(p->host));
	p->clock_offset = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	p->arena.limit = PIPELINE_ARENA_LIMIT;
	p->lines = lines_new();
	p->limit = limit_new(&p->rate, held_free);
	return p->lines && p->limit ? 0 : -ENOMEM;
}

struct redact *pipeline_change(struct pipeline *p, struct redact *redact,
			       const struct limit_rate *rate)
{
	struct redact *former = p->redact;

	p->redact = redact;
	limit_set(p->limit, rate);
	return former;
}

void pipeline_fini(struct pipeline *p)
{
	limit_free(p->limit);
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

/* A match that a rule reports. */
struct finding {
	const struct rule *rule;
	const struct event *event;
	const struct alert_request *request; /* NULL: there is none */
	const struct target_view *view;
};

/* repeated: what the alert stands for; NULL: for itself */
static void raise_alert(struct pipeline *p, const struct finding *f,
			const struct alert_repeated *repeated)
{
	const struct event *ev = f->event;
	const struct alert_request *request = f->request;
	const struct target_view *view = f->view;
	uint64_t time_ns = ev->head.hdr.time_ns + p->clock_offset;
	struct inputs *inputs = request ? request->inputs : NULL;
	struct redacted redacted;
	char id[ALERT_ID_MAX];
	struct alert alert = {
		.id = alert_id_make(id, time_ns) ? NULL : id,
		.time_ns = time_ns,
		.host = p->host,
		.target = view->target,
		.kubernetes = view->kubernetes,
		.rule = f->rule,
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
		.repeated = repeated ? *repeated : (struct alert_repeated){ 0 },
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

/* A match that rules are asked about. */
struct judged {
	const struct pipeline_match *match;
	const struct target_view *view;
	bool has_lines;
};

static void need_lines(struct pipeline *p, struct judged *j)
{
	if (!j->has_lines)
		find_lines(p, j->match->event);
	j->has_lines = true;
}

/* Is it one too many for this rule, and held back? */
static bool hold_back(struct pipeline *p, struct judged *j, const struct rule *rule)
{
	const struct ev_match *head = &j->match->event->head;
	const char *target = j->view->target;
	struct limit_key key = { rule->id ?: rule->name, target, (pid_t)head->hdr.pid };
	struct limit_place *place;
	struct held *first = NULL;

	place = limit_refuse(p->limit, &key, head->hdr.time_ns);
	if (!place)
		return false;
	if (!limit_holds(place)) {
		need_lines(p, j);
		first = held_new(p->ops, p->ctx, j->match, j->view, rule);
		if (!first)
			return false;
	}
	limit_hold(p->limit, place, first, first ? first->size : 0, head->hdr.time_ns,
		   clock_now_ns());
	p->suppressed++;
	p->ops->held_back(p->ctx, rule, target);
	return true;
}

/* Does a match fit the rule, and do its conditions allow it? */
static bool is_reported(const struct judged *j, size_t number, const struct alert_request *request,
			unsigned int *basis)
{
	const struct target_view *view = j->view;
	const struct rule *rule = &view->rules->rules[number];
	const struct event *ev = j->match->event;

	if (view->probe_of_rule && view->probe_of_rule[number] != ev->head.probe)
		return false;
	return rule_matches(rule, ev) && rule_condition_allows(rule, ev, request, basis);
}

/*
 * Would a rule report it in a process of another target?  What the kernel side learns counts in all
 * of them.
 */
static bool others_report(const struct judged *j, const struct alert_request *request,
			  unsigned int *basis)
{
	bool reported = false;

	for (size_t i = 0; i < j->view->rules->nr_rules && !reported; i++)
		reported =
			i - j->view->first >= j->view->count && is_reported(j, i, request, basis);
	return reported;
}

/*
 * Was it asked whether something of the request is in the arguments, and that may be so?  What a
 * program does in requests without the client's text in it is its own doing, whoever asks.
 */
static bool goes_by_input(unsigned int basis, const struct alert_request *request)
{
	return basis & RULE_BASIS_INPUT && !(request && inputs_are_absent(request->inputs));
}

/*
 * Raises the alerts of an event.  Returns whether a rule reports it, or would in another process;
 * *basis: what conditions went by.
 */
static bool judge_event(struct pipeline *p, const struct pipeline_match *match,
			const struct target_view *view, unsigned int *basis)
{
	struct judged judged = { .match = match, .view = view };
	struct event *ev = match->event;
	const struct alert_request *request;
	struct alert_request filled;
	struct inputs inputs;
	bool reported = false;

	inputs_init(&inputs, &p->arena, ev);
	request = request_make(&p->arena, p->request, &ev->request, &filled) ? &filled : NULL;
	filled.inputs = &inputs;
	for (size_t i = 0; i < view->count && !pipeline_has_enough(p); i++) {
		const struct rule *rule = &view->rules->rules[view->first + i];

		if (!is_reported(&judged, view->first + i, request, basis))
			continue;
		reported = true;
		if (hold_back(p, &judged, rule))
			continue;
		need_lines(p, &judged);
		raise_alert(p, &(struct finding){ rule, ev, request, view }, NULL);
	}
	reported = reported || others_report(&judged, request, basis);
	if (!reported && goes_by_input(*basis, request))
		*basis |= RULE_BASIS_REQUEST;
	return reported;
}

/* Raises the alerts of an event, or has the kernel side know that there are none. */
static void handle_match(struct pipeline *p, const struct pipeline_match *match,
			 const struct target_view *view)
{
	const struct ev_match *head = &match->event->head;
	unsigned int basis = 0;
	uint64_t digest;

	if (judge_event(p, match, view, &basis) || pipeline_has_enough(p) || view->outdated ||
	    basis & RULE_BASIS_REQUEST)
		return;
	/* No rule reports it, and none will another that is like it in what was asked. */
	digest = basis & RULE_BASIS_CALLERS ? head->digest_stack : head->digest_args;
	if (digest)
		p->ops->dismiss(p->ctx, digest,
				basis & RULE_BASIS_INPUT ? (pid_t)head->hdr.pid : 0);
}

int pipeline_match(struct pipeline *p, const void *record, size_t size, bool again)
{
	struct event ev;
	struct pipeline_match match = { &ev, &p->arena, again, record, size };
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
	handle_match(p, &match, &view);
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

/* What was held back becomes the alert that it would have been, and stands for what followed. */
static int raise_held(struct pipeline *p, const struct held *h,
		      const struct alert_repeated *repeated)
{
	struct finding f = { .rule = h->rule, .view = &h->view };
	struct alert_request filled;
	struct inputs inputs;
	struct event ev;
	unsigned int basis = 0;
	int ret;

	arena_reset(&p->arena);
	ret = held_event(h, &p->arena, &ev);
	if (ret)
		return ret;
	inputs_init(&inputs, &p->arena, &ev);
	f.event = &ev;
	f.request = request_make(&p->arena, p->request, &ev.request, &filled) ? &filled : NULL;
	filled.inputs = &inputs;
	/* That it allows it is known: this finds the input that it goes by. */
	rule_condition_allows(h->rule, &ev, f.request, &basis);
	raise_alert(p, &f, repeated);
	return 0;
}

bool pipeline_roll_up(struct pipeline *p, int64_t now_ns)
{
	struct limit_held held;
	struct alert_repeated repeated;

	if (!limit_take(p->limit, now_ns, &held))
		return false;
	repeated = (struct alert_repeated){
		.count = held.count,
		.since_ns = held.since_ns + p->clock_offset,
		.until_ns = held.until_ns + p->clock_offset,
	};
	if (raise_held(p, held.first, &repeated))
		p->held_lost += held.count;
	else
		p->rolled_up++;
	held_free(held.first);
	return true;
}

void pipeline_hurry(struct pipeline *p)
{
	limit_hurry(p->limit);
}

void pipeline_ended(struct pipeline *p, pid_t pid)
{
	limit_hurry_process(p->limit, pid);
}

bool pipeline_holds(const struct pipeline *p)
{
	return !limit_is_empty(p->limit);
}

void pipeline_give_up(struct pipeline *p)
{
	struct limit_held held;

	while (limit_take(p->limit, INT64_MAX, &held)) {
		p->held_lost += held.count;
		held_free(held.first);
	}
}
