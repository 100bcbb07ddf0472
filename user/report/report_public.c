// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tracer publishes of itself, for those who ask over HTTP, or at the control socket:
 * numbers, whether its threads move, whether it has attached.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/util.h"
#include "report/report_priv.h"
#include "probe/probe_kind.h"

_Static_assert(CONFIG_OUTPUTS_MAX <= METRICS_OUTPUTS_MAX, "every output is there");
_Static_assert(NR_PROBES <= METRICS_PROBES_MAX, "every kind is there");
_Static_assert(COST_TARGETS_MAX <= METRICS_COSTS_MAX, "every target is there");
_Static_assert(COST_NAME_MAX <= METRICS_NAME_MAX, "its name fits");
_Static_assert((int)NR_TARGETS_STATES <= METRICS_STATES_MAX, "every state is there");

struct report_public {
	struct published published;
	struct metrics *metrics; /* NULL: nobody asks over HTTP */
	struct alert_counts *counts;
	struct metrics_now now;
	unsigned long asked; /* for intake_moves() */
	/* At the last second, to see what programs take. */
	int64_t timed_ns;
	uint64_t run_ns[NR_PROBES];
};

/* In the order in which kinds are preferred, and behind them what is none. */
static void name_probes(struct metrics_now *now)
{
	const struct probe_kind *kind;

	while ((kind = probe_kind_preferred(now->nr_probes)))
		now->probes[now->nr_probes++] =
			(struct metrics_probe){ .kind = kind->name, .is_kind = true };
	now->probes[now->nr_probes++].kind = "own";
}

/* Those in force; names are there for as long as the outputs are. */
static void take_outputs(struct report *r)
{
	struct metrics_now *now = &r->public->now;
	struct sink_counts counts[CONFIG_OUTPUTS_MAX];
	const char *names[CONFIG_OUTPUTS_MAX];

	now->nr_outputs = sinks_counts(r->config.sinks, counts, names, CONFIG_OUTPUTS_MAX);
	for (size_t i = 0; i < now->nr_outputs; i++)
		now->outputs[i] =
			(struct metrics_output){ .name = names[i],
						 .queued = counts[i].queued,
						 .sent = counts[i].sent,
						 .dropped = counts[i].dropped,
						 .unmoved_s = counts[i].unmoved_s,
						 .state = sink_state_names[counts[i].state],
						 .failing = counts[i].state != SINK_OK };
}

static int name_all(struct report *r)
{
	struct report_public *m = r->public;

	take_outputs(r);
	m->now.nr_states = NR_TARGETS_STATES;
	for (size_t i = 0; i < NR_TARGETS_STATES; i++)
		m->now.states[i].name = targets_state_names[i];
	name_probes(&m->now);
	m->counts = alert_counts_new();
	if (!m->counts)
		return -ENOMEM;
	report_count_policy(r);
	return 0;
}

int report_start_public(struct report *r, struct err *err)
{
	const struct config *c = r->config.config;
	int ret = 0;

	if (!c->metrics && !c->control)
		return 0;
	r->public = calloc(1, sizeof(*r->public));
	if (!r->public || name_all(r))
		return err_set(err, -ENOMEM, "out of memory");
	r->public->now.taken_ns = clock_now_ns();
	published_init(&r->public->published, r->public->counts);
	published_set(&r->public->published, &r->public->now);
	if (c->metrics)
		ret = metrics_start(c->metrics, &r->public->published, &r->public->metrics, err);
	if (ret)
		return err_prefix(err, -EIO, "--metrics");
	return c->control ? report_start_control(r, &r->public->published, err) : 0;
}

/* The rules of one target; NULL: of none. */
static void expect_list(struct report *r, struct config_list list, const char *target)
{
	const struct rule_set rules = { .rules = r->policy->rules.rules + list.first,
					.nr_rules = list.count };

	alert_counts_expect(r->public->counts, &rules, target);
}

/* Without memory for it they are counted from their first alert on. */
void report_count_policy(struct report *r)
{
	const struct selection *s = &r->policy->selection;

	if (!r->public)
		return;
	/* Where processes are named, they are of no target. */
	if (!r->config.discovers)
		expect_list(r, r->policy->common, NULL);
	for (size_t i = 0; r->config.discovers && i < s->nr_targets; i++)
		expect_list(r, policy_list(r->policy, &s->targets[i]), s->targets[i].name);
}

struct alert_counts *report_alert_counts(struct report *r)
{
	return r->public ? r->public->counts : NULL;
}

/* anew: a second has gone by, over which shares of a CPU are taken. */
static void take_probes(struct report *r, bool anew)
{
	struct report_public *m = r->public;
	double passed = (double)(m->now.taken_ns - m->timed_ns);
	struct kern_usage usage[NR_PROBES];

	if (kern_usage(r->parts.kern, usage))
		return;
	for (size_t i = 0; i < m->now.nr_probes; i++) {
		struct metrics_probe *p = &m->now.probes[i];
		const struct probe_kind *kind = probe_kind_preferred(i);
		enum phrude_probe probe = kind ? kind->probe : PROBE_NONE;

		p->hits = usage[probe].hits;
		p->runs = usage[probe].runs;
		p->run_ns = usage[probe].run_ns;
		if (!anew)
			continue;
		p->cpu = (double)(p->run_ns - m->run_ns[probe]) / passed;
		m->run_ns[probe] = p->run_ns;
	}
	if (anew)
		m->timed_ns = m->now.taken_ns;
}

static void take_costs(struct report *r)
{
	struct metrics_now *now = &r->public->now;
	const struct cost_book *b;

	if (!r->parts.guard)
		return;
	b = guard_costs(r->parts.guard);
	now->guarded = true;
	now->nr_costs = b->nr_targets;
	for (size_t i = 0; i < b->nr_targets; i++) {
		const struct cost_target *t = &b->targets[i];
		struct metrics_cost *c = &now->costs[i];

		snprintf(c->target, sizeof(c->target), "%s", t->name);
		c->spent_ns = (uint64_t)t->spent_ns;
		c->cpu = t->cpu;
		c->over = t->over;
		c->shed = t->shed;
	}
}

static void add_list(struct metrics_now *now, const char *target, struct config_list list)
{
	struct metrics_list *l = &now->lists[now->nr_lists];

	if (now->nr_lists == METRICS_LISTS_MAX) {
		now->lists_left_out++;
		return;
	}
	snprintf(l->target, sizeof(l->target), "%s", target);
	l->rules = list.count;
	now->nr_lists++;
}

/* Where processes are named, they are of no target. */
static void take_rules(struct report *r)
{
	const struct selection *s = &r->policy->selection;
	struct metrics_now *now = &r->public->now;

	now->nr_rules = r->policy->rules.nr_rules;
	now->nr_lists = now->lists_left_out = 0;
	if (!r->config.discovers)
		add_list(now, "", r->policy->common);
	for (size_t i = 0; r->config.discovers && i < s->nr_targets; i++)
		add_list(now, s->targets[i].name, policy_list(r->policy, &s->targets[i]));
}

static void publish_numbers(struct report *r, bool anew)
{
	struct report_public *m = r->public;
	size_t states[NR_TARGETS_STATES];

	published_beat(&m->published, METRICS_MAIN);
	if (intake_moves(r->parts.intake, &m->asked))
		published_beat(&m->published, METRICS_INTAKE);
	/* Counters must not seem to begin anew. */
	if (report_count(r, m->now.values))
		return;
	m->now.taken_ns = clock_now_ns();
	take_probes(r, anew);
	take_costs(r);
	take_rules(r);
	m->now.reloads = r->reloads;
	m->now.reloads_refused = r->reloads_refused;
	targets_pods(r->parts.targets, &m->now.labels);
	targets_states(r->parts.targets, states);
	for (size_t i = 0; i < NR_TARGETS_STATES; i++)
		m->now.states[i].processes = states[i];
	take_outputs(r);
	published_set(&m->published, &m->now);
}

void report_publish(struct report *r, bool anew)
{
	if (r->public)
		publish_numbers(r, anew);
}

void report_publish_ready(struct report *r, bool ready)
{
	if (r->public)
		published_set_ready(&r->public->published, ready);
}

void report_stop_public(struct report *r)
{
	struct report_public *m = r->public;

	if (!m)
		return;
	report_stop_control(r);
	metrics_stop(m->metrics);
	alert_counts_free(m->counts);
	free(m);
}
