// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_document.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/util.h"

struct json {
	struct buf *out;
	unsigned int depth;
	unsigned int flat; /* from this depth on all stands on one line; 0: nowhere */
	bool some;	   /* what was begun last has members */
};

/* What stands before a member, and its key; NULL: in a list. */
static void member(struct json *j, const char *key)
{
	bool flat = j->flat && j->depth > j->flat;

	if (j->some)
		buf_addc(j->out, ',');
	if (!flat && j->depth)
		buf_addc(j->out, '\n');
	for (unsigned int i = 0; !flat && i < j->depth; i++)
		buf_adds(j->out, "  ");
	if (flat && j->some)
		buf_addc(j->out, ' ');
	j->some = true;
	if (!key)
		return;
	text_json(j->out, (struct text){ key, strlen(key) });
	buf_adds(j->out, ": ");
}

static void begin_node(struct json *j, const char *key, char bracket)
{
	member(j, key);
	buf_addc(j->out, bracket);
	j->depth++;
	j->some = false;
}

static void end_node(struct json *j, char bracket)
{
	bool flat = j->flat && j->depth > j->flat;

	j->depth--;
	if (j->some && !flat) {
		buf_addc(j->out, '\n');
		for (unsigned int i = 0; i < j->depth; i++)
			buf_adds(j->out, "  ");
	}
	buf_addc(j->out, bracket);
	j->some = true;
}

/* A list whose members have a line each. */
static void begin_rows(struct json *j, const char *key)
{
	begin_node(j, key, '[');
	j->flat = j->depth;
}

static void end_rows(struct json *j)
{
	j->flat = 0;
	end_node(j, ']');
}

static void add_str(struct json *j, const char *key, const char *s)
{
	member(j, key);
	if (s)
		/* Readers may refuse half a surrogate pair, as a path that is no UTF-8 has them. */
		text_json_whole(j->out, (struct text){ s, strlen(s) });
	else
		buf_adds(j->out, "null");
}

static void add_number(struct json *j, const char *key, uint64_t n)
{
	member(j, key);
	buf_printf(j->out, "%llu", (unsigned long long)n);
}

static void add_bool(struct json *j, const char *key, bool b)
{
	member(j, key);
	buf_adds(j->out, b ? "true" : "false");
}

/* Of nanoseconds seconds, down to those. */
static void add_seconds(struct json *j, const char *key, uint64_t ns)
{
	member(j, key);
	buf_printf(j->out, "%llu.%09llu", (unsigned long long)ns / NSEC_PER_SEC,
		   (unsigned long long)ns % NSEC_PER_SEC);
}

/* Of a CPU; null where it is not known. */
static void add_share(struct json *j, const char *key, bool known, double cpu)
{
	member(j, key);
	if (known)
		buf_printf(j->out, "%.6f", MAX(cpu, 0));
	else
		buf_adds(j->out, "null");
}

static void add_time(struct json *j, const char *key, int64_t ns)
{
	time_t seconds = (time_t)(ns / NSEC_PER_SEC);
	struct tm tm = { .tm_mday = 1 };
	char text[64] = "";

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_str(j, key, text);
}

/* What keeps the tracer from being well, a sentence each; returns how many. */
static size_t add_problems(struct json *j, const struct control_state *s)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < NR_METRICS_THREADS; i++) {
		if (s->ages[i] < METRICS_STALE_MS)
			continue;
		buf_reset(&text);
		buf_printf(&text,
			   "the thread of %s has not moved for %lld s: the numbers are old, and "
			   "nothing may be seen any more",
			   metrics_thread_names[i], (long long)s->ages[i] / 1000);
		add_str(j, NULL, text.data ?: "");
		n++;
	}
	for (size_t i = 0; i < s->now->nr_outputs; i++) {
		const struct metrics_output *o = &s->now->outputs[i];

		if (!o->failing)
			continue;
		buf_reset(&text);
		buf_printf(&text,
			   "the output %s is %s: what the tracer says on standard error, or "
			   "its journal, tells why",
			   o->name, o->state);
		add_str(j, NULL, text.data ?: "");
		n++;
	}
	j->out->failed |= text.failed;
	return n;
}

static void add_facts(struct json *j, const struct control_state *s)
{
	const struct control_facts *f = s->facts;
	size_t problems;

	add_str(j, "version", PHRUDE_VERSION);
	add_str(j, "commit", metrics_commit);
	add_number(j, "pid", f->pid);
	add_time(j, "started", f->started_ns);
	add_seconds(j, "uptime", MAX(s->now->taken_ns - f->since_ns, (int64_t)0));
	add_str(j, "state", s->ready ? "tracing" : "attaching");
	add_str(j, "mode", f->mode);
	add_str(j, "config", f->config);
	add_number(j, "rules", s->now->nr_rules);
	add_number(j, "reloads", s->now->reloads);
	begin_node(j, "problems", '[');
	problems = add_problems(j, s);
	end_node(j, ']');
	add_bool(j, "well", !problems);
}

/* By how many rules the processes of each target go. */
static void add_lists(struct json *j, const struct metrics_now *now)
{
	begin_rows(j, "rules_by_target");
	for (size_t i = 0; i < now->nr_lists; i++) {
		const struct metrics_list *l = &now->lists[i];

		begin_node(j, NULL, '{');
		add_str(j, "target", l->target[0] ? l->target : NULL);
		add_number(j, "rules", l->rules);
		end_node(j, '}');
	}
	end_rows(j);
	add_number(j, "rules_by_target_left_out", now->lists_left_out);
}

static void add_processes(struct json *j, const struct control_state *s)
{
	const struct control_processes *known = s->processes;

	begin_node(j, "processes", '{');
	for (size_t i = 0; i < s->now->nr_states; i++)
		add_number(j, s->now->states[i].name, s->now->states[i].processes);
	end_node(j, '}');
	begin_rows(j, "targets");
	for (size_t i = 0; known && i < known->count; i++) {
		const struct control_process *p = &known->list[i];

		begin_node(j, NULL, '{');
		add_number(j, "pid", p->pid);
		add_str(j, "exe", p->exe);
		add_str(j, "python", p->python);
		add_str(j, "target", p->target);
		add_str(j, "state", p->state);
		add_time(j, "since", p->since_ns);
		add_share(j, "cpu", s->now->guarded, p->cpu);
		end_node(j, '}');
	}
	end_rows(j);
	add_number(j, "targets_left_out", known ? known->total - known->count : 0);
}

static void add_alerts(struct json *j, const struct control_state *s)
{
	struct alert_series a;

	begin_rows(j, "alerts");
	for (size_t i = 0, n = alert_counts_size(s->alerts); i < n; i++) {
		alert_counts_get(s->alerts, i, &a);
		begin_node(j, NULL, '{');
		add_str(j, "rule", a.rule);
		add_str(j, "level", a.level);
		add_str(j, "target", a.target);
		add_number(j, "alerts", a.alerts);
		add_number(j, "suppressed", a.suppressed);
		end_node(j, '}');
	}
	end_rows(j);
}

static void add_outputs(struct json *j, const struct metrics_now *now)
{
	begin_rows(j, "outputs");
	for (size_t i = 0; i < now->nr_outputs; i++) {
		const struct metrics_output *o = &now->outputs[i];

		begin_node(j, NULL, '{');
		add_str(j, "name", o->name);
		add_str(j, "state", o->state);
		add_number(j, "queue", o->queued);
		add_number(j, "sent", o->sent);
		add_number(j, "dropped", o->dropped);
		end_node(j, '}');
	}
	end_rows(j);
}

/* Those that are not zero; what is lost comes first, then what is cut. */
static void add_counters(struct json *j, const struct metrics_now *now)
{
	static const struct {
		enum counter_class class;
		const char *key;
	} classes[] = { { COUNTER_LOST, "lost" },
			{ COUNTER_CUT, "cut" },
			{ COUNTER_COUNT, "counted" } };

	begin_node(j, "counters", '{');
	for (size_t c = 0; c < ARRAY_SIZE(classes); c++) {
		begin_node(j, classes[c].key, '{');
		for (size_t i = 0; i < NR_COUNTERS; i++) {
			if (counter_info[i].class == classes[c].class && now->values[i])
				add_number(j, counter_info[i].key, now->values[i]);
		}
		end_node(j, '}');
	}
	end_node(j, '}');
}

static void add_probes(struct json *j, const struct control_state *s)
{
	const struct metrics_now *now = s->now;

	add_bool(j, "timed", s->timed);
	begin_rows(j, "probes");
	for (size_t i = 0; i < now->nr_probes; i++) {
		const struct metrics_probe *p = &now->probes[i];

		begin_node(j, NULL, '{');
		add_str(j, "kind", p->kind);
		add_number(j, "hits", p->hits);
		add_number(j, "runs", p->runs);
		add_seconds(j, "seconds", p->run_ns);
		member(j, "us_per_run");
		buf_printf(j->out, "%.3f", p->runs ? (double)p->run_ns / 1e3 / (double)p->runs : 0);
		add_share(j, "cpu", true, p->cpu);
		end_node(j, '}');
	}
	end_rows(j);
}

/* What probes cost targets. */
static void add_costs(struct json *j, const struct metrics_now *now)
{
	begin_rows(j, "costs");
	for (size_t i = 0; i < now->nr_costs; i++) {
		const struct metrics_cost *c = &now->costs[i];

		begin_node(j, NULL, '{');
		add_str(j, "target", c->target[0] ? c->target : NULL);
		add_seconds(j, "seconds", c->spent_ns);
		add_share(j, "cpu", true, c->cpu);
		add_number(j, "over", c->over);
		add_number(j, "shed", c->shed);
		end_node(j, '}');
	}
	end_rows(j);
}

/* Of pods. */
static void add_labels(struct json *j, const struct pod_watch_status *labels)
{
	begin_node(j, "labels", '{');
	add_str(j, "state", pod_watch_state_names[labels->state]);
	add_number(j, "pods", labels->pods);
	add_number(j, "restarts", labels->restarts);
	add_number(j, "refused", labels->refused);
	add_str(j, "error", *labels->error ? labels->error : NULL);
	end_node(j, '}');
}

void control_write(struct buf *out, const struct control_state *s)
{
	struct json j = { .out = out };

	begin_node(&j, NULL, '{');
	add_facts(&j, s);
	add_processes(&j, s);
	add_alerts(&j, s);
	add_outputs(&j, s->now);
	add_counters(&j, s->now);
	add_probes(&j, s);
	add_costs(&j, s->now);
	add_lists(&j, s->now);
	add_labels(&j, &s->now->labels);
	end_node(&j, '}');
	buf_addc(out, '\n');
}

void control_write_error(struct buf *out, const char *sentence)
{
	struct json j = { .out = out };

	begin_node(&j, NULL, '{');
	add_str(&j, "error", sentence);
	end_node(&j, '}');
	buf_addc(out, '\n');
}

struct control_processes *control_processes_new(size_t total)
{
	size_t room = MIN(total, (size_t)CONTROL_PROCESSES_MAX);
	struct control_processes *p = calloc(1, sizeof(*p) + room * sizeof(p->list[0]));

	if (p)
		p->total = total;
	return p;
}

void control_processes_free(struct control_processes *processes)
{
	for (size_t i = 0; processes && i < processes->count; i++) {
		struct control_process *p = &processes->list[i];

		free(p->exe);
		free(p->python);
		free(p->target);
	}
	free(processes);
}
