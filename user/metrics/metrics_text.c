// SPDX-License-Identifier: GPL-2.0-only
#include "metrics/metrics_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"

#ifndef PHRUDE_COMMIT
#define PHRUDE_COMMIT "unknown"
#endif

const char metrics_commit[] = PHRUDE_COMMIT;

/* What cannot stand in UTF-8 becomes this. */
#define REPLACEMENT 0xfffd

static void begin_family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP phrude_%s %s\n# TYPE phrude_%s %s\n", name, help, name, type);
}

static void add_label_value(struct buf *out, const char *value)
{
	size_t len = strlen(value), i = 0;

	while (i < len) {
		uint32_t ch = text_next(value, len, &i);

		if (ch == '\\' || ch == '"')
			buf_addc(out, '\\');
		if (ch == '\n')
			buf_adds(out, "\\n");
		else
			text_put(out, ch >= 0xd800 && ch <= 0xdfff ? REPLACEMENT : ch);
	}
}

/*
 * The name with its labels: pairs of a label's name and value, and NULL.  A label without a value
 * is as if it were not there.
 */
static void add_labels(struct buf *out, const char *name, va_list ap)
{
	const char *label, *separator = "{";

	buf_printf(out, "phrude_%s", name);
	while ((label = va_arg(ap, const char *))) {
		const char *text = va_arg(ap, const char *);

		if (!text)
			continue;
		buf_printf(out, "%s%s=\"", separator, label);
		add_label_value(out, text);
		buf_addc(out, '"');
		separator = ",";
	}
	buf_adds(out, *separator == ',' ? "} " : " ");
}

static void add_sample(struct buf *out, const char *name, uint64_t value, ...)
{
	va_list ap;

	va_start(ap, value);
	add_labels(out, name, ap);
	va_end(ap);
	buf_printf(out, "%llu\n", (unsigned long long)value);
}

/* A time, in seconds. */
static void add_time(struct buf *out, const char *name, uint64_t ns, ...)
{
	va_list ap;

	va_start(ap, ns);
	add_labels(out, name, ap);
	va_end(ap);
	buf_printf(out, "%llu.%09llu\n", (unsigned long long)ns / 1000000000,
		   (unsigned long long)ns % 1000000000);
}

static void write_alerts(struct buf *out, struct alert_counts *alerts)
{
	struct alert_series a;

	begin_family(out, "alerts_total", "counter",
		     "Matches that a rule reported, and alerts that stand for what was held back.");
	for (size_t i = 0, n = alert_counts_size(alerts); i < n; i++) {
		alert_counts_get(alerts, i, &a);
		add_sample(out, "alerts_total", a.alerts, "rule", a.rule, "level", a.level,
			   "target", a.target, NULL);
	}
}

static void write_suppressed(struct buf *out, struct alert_counts *alerts)
{
	struct alert_series a;

	begin_family(out, "suppressed_total", "counter",
		     "Matches that a rule reported and a rate limit held back.");
	for (size_t i = 0, n = alert_counts_size(alerts); i < n; i++) {
		alert_counts_get(alerts, i, &a);
		if (a.is_first)
			add_sample(out, "suppressed_total", a.suppressed, "rule", a.rule, "target",
				   a.target, NULL);
	}
}

/*
 * Each by its key; but alerts are told by rule, those in spools by output, and hits by probe kind.
 */
static void write_counts(struct buf *out, const uint64_t values[NR_COUNTERS])
{
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		char name[64];

		if (counter_info[i].class != COUNTER_COUNT || i == COUNTER_alerts ||
		    i == COUNTER_suppressed || i == COUNTER_spooled || i == PHRUDE_STAT_HITS)
			continue;
		snprintf(name, sizeof(name), "%s_total", counter_info[i].key);
		begin_family(out, name, "counter", counter_info[i].help);
		add_sample(out, name, values[i], NULL);
	}
}

/* All counters of a class, by their keys without the prefix. */
static void write_class(struct buf *out, const char *name, enum counter_class class,
			const char *prefix, const uint64_t values[NR_COUNTERS], const char *help)
{
	begin_family(out, name, "counter", help);
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		const char *key = counter_info[i].key;

		if (counter_info[i].class != class)
			continue;
		if (str_starts(key, prefix))
			key += strlen(prefix);
		add_sample(out, name, values[i], "reason", key, NULL);
	}
}

static void write_states(struct buf *out, const struct metrics_now *now)
{
	begin_family(out, "targets", "gauge",
		     "Processes that are traced or followed, by their state.");
	for (size_t i = 0; i < now->nr_states; i++)
		add_sample(out, "targets", now->states[i].processes, "state", now->states[i].name,
			   NULL);
}

static void write_outputs(struct buf *out, const struct metrics_now *now)
{
	static const struct {
		const char *name, *type, *help;
		size_t at;
	} families[] = {
		{ "output_queue", "gauge",
		  "Alerts that wait for an output, those in its spool included.",
		  offsetof(struct metrics_output, queued) },
		{ "output_sent_total", "counter", "Alerts that an output has written or sent.",
		  offsetof(struct metrics_output, sent) },
		{ "output_dropped_total", "counter", "Alerts that an output has lost.",
		  offsetof(struct metrics_output, dropped) },
		{ "output_unmoved_seconds", "gauge",
		  "For how long the thread of an output has not gone on; 0 or 1 if it does.",
		  offsetof(struct metrics_output, unmoved_s) },
	};

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		begin_family(out, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < now->nr_outputs; i++) {
			const struct metrics_output *o = &now->outputs[i];
			uint64_t value;

			memcpy(&value, (const char *)o + families[f].at, sizeof(value));
			add_sample(out, families[f].name, value, "output", o->name, NULL);
		}
	}
}

/* Times are there once the kernel's statistics have been on. */
static void write_probes(struct buf *out, const struct metrics_now *now)
{
	bool timed = false;

	begin_family(out, "hits_total", "counter", counter_info[PHRUDE_STAT_HITS].help);
	for (size_t i = 0; i < now->nr_probes; i++) {
		const struct metrics_probe *p = &now->probes[i];

		if (p->is_kind)
			add_sample(out, "hits_total", p->hits, "kind", p->kind, NULL);
		timed |= p->runs;
	}
	if (timed)
		begin_family(
			out, "probe_seconds_total", "counter",
			"What the tracer's BPF programs took, while the kernel's statistics were "
			"on.");
	for (size_t i = 0; i < now->nr_probes; i++) {
		const struct metrics_probe *p = &now->probes[i];

		if (p->runs)
			add_time(out, "probe_seconds_total", p->run_ns, "kind", p->kind, NULL);
	}
}

static void write_costs(struct buf *out, const struct metrics_now *now)
{
	/* Without a limit nobody looks; alert rules know the names all the same. */
	size_t nr = now->guarded ? now->nr_costs : 0;

	begin_family(out, "target_seconds_total", "counter",
		     "Time of a CPU that probes cost the processes of a target, traps included.");
	for (size_t i = 0; i < nr; i++) {
		const struct metrics_cost *c = &now->costs[i];

		add_time(out, "target_seconds_total", c->spent_ns, "target",
			 c->target[0] ? c->target : NULL, NULL);
	}
	begin_family(out, "targets_over", "gauge",
		     "Processes that probes cost more than max_cpu_percent.");
	for (size_t i = 0; i < nr; i++) {
		const struct metrics_cost *c = &now->costs[i];

		add_sample(out, "targets_over", c->over, "target", c->target[0] ? c->target : NULL,
			   NULL);
	}
	begin_family(out, "functions_shed", "gauge",
		     "Watched functions that processes are spared, as they cost too much.");
	for (size_t i = 0; i < nr; i++) {
		const struct metrics_cost *c = &now->costs[i];

		add_sample(out, "functions_shed", c->shed, "target",
			   c->target[0] ? c->target : NULL, NULL);
	}
}

/* Without a target that goes by labels nobody asks for them. */
static void write_labels(struct buf *out, const struct pod_watch_status *labels)
{
	begin_family(out, "labels_watched", "gauge",
		     "Does the API server tell of the labels of pods at the moment? 1 or 0.");
	if (labels->state != POD_WATCH_OFF)
		add_sample(out, "labels_watched", labels->state == POD_WATCH_WATCHING, NULL);
	begin_family(out, "labels_pods", "gauge", "Pods of this node whose labels are known.");
	if (labels->state != POD_WATCH_OFF)
		add_sample(out, "labels_pods", labels->pods, NULL);
}

void metrics_write(struct buf *out, const struct metrics_now *now, struct alert_counts *alerts)
{
	const uint64_t *values = now->values;

	begin_family(out, "build_info", "gauge", "Which program this is.");
	add_sample(out, "build_info", 1, "version", PHRUDE_VERSION, "commit", metrics_commit, NULL);
	write_alerts(out, alerts);
	write_suppressed(out, alerts);
	write_counts(out, values);
	write_probes(out, now);
	write_costs(out, now);
	write_class(out, "lost_total", COUNTER_LOST, "lost_", values,
		    "Matches and alerts that were lost, by the counter of the summary.");
	write_class(out, "cut_total", COUNTER_CUT, "cut_", values,
		    "Matches with a part missing, and what came late, by the counter of the "
		    "summary.");
	begin_family(out, "reloads_total", "counter", "Times that the rules were read anew.");
	add_sample(out, "reloads_total", now->reloads, "result", "ok", NULL);
	add_sample(out, "reloads_total", now->reloads_refused, "result", "refused", NULL);
	write_states(out, now);
	write_outputs(out, now);
	write_labels(out, &now->labels);
}
