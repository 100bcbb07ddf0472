// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_show.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"
#include "control/control_reading.h"
#include "control/control_table.h"

/* Rules that are listed: those with the most alerts. */
#define RULES_MAX 20

static void add_text(struct buf *out, const char *text)
{
	text_terminal(out, (struct text){ text ?: "?", strlen(text ?: "?") });
}

void control_show_title(struct buf *out, const struct cJSON *doc)
{
	buf_adds(out, "phrude-trace ");
	add_text(out, control_str(doc, "version"));
	buf_adds(out, " (");
	add_text(out, control_str(doc, "commit"));
	buf_printf(out, "), pid %.0f, ", control_num(doc, "pid"));
	add_text(out, control_str(doc, "state"));
	buf_adds(out, ", up for ");
	control_add_duration(out, control_num(doc, "uptime"));
}

static void add_fact(struct control_table *t, const char *name, const char *text)
{
	control_table_add(t, name);
	control_table_add(t, text);
}

/* Where nobody asks for them nothing is said. */
static void show_labels(struct control_table *t, const cJSON *labels)
{
	_cleanup_buf_ struct buf line = { 0 };
	const char *state = control_str(labels, "state"), *error = control_str(labels, "error");
	double pods = control_num(labels, "pods");

	if (!state || str_eq(state, "off"))
		return;
	buf_printf(&line, "%s, %.0f pod%s known%s%s", state, pods, pods == 1 ? "" : "s",
		   error ? ": " : "", error ?: "");
	add_fact(t, "labels", line.data ?: "?");
}

/* Where targets go by lists of their own, how many there are in each. */
static void show_rules(struct control_table *t, const cJSON *doc)
{
	const cJSON *lists = control_get(doc, "rules_by_target"), *list;
	double all = control_num(doc, "rules"), left = control_num(doc, "rules_by_target_left_out");
	_cleanup_buf_ struct buf line = { 0 };
	bool differ = false;

	buf_printf(&line, "%.0f", all);
	cJSON_ArrayForEach(list, lists)
	{
		const char *target = control_str(list, "target");
		double rules = control_num(list, "rules");

		differ |= rules < all;
		buf_printf(&line, "%s%s %.0f", list == lists->child ? " (" : ", ", target ?: "-",
			   rules);
	}
	if (left > 0)
		buf_printf(&line, ", and %.0f more", left);
	if (cJSON_GetArraySize(lists))
		buf_addc(&line, ')');
	control_table_add(t, "rules");
	if (differ)
		control_table_add(t, line.data ?: "?");
	else
		control_table_addf(t, "%.0f", all);
}

static void show_facts(struct buf *out, const cJSON *doc)
{
	_cleanup_buf_ struct buf states = { 0 };
	struct control_table t;
	const cJSON *state;

	cJSON_ArrayForEach(state, control_get(doc, "processes"))
	{
		if (cJSON_IsNumber(state) && state->valuedouble > 0)
			buf_printf(&states, "%s%.0f %s", states.len ? ", " : "", state->valuedouble,
				   state->string ?: "?");
	}
	control_table_init(&t, "ll");
	add_fact(&t, "mode", control_str(doc, "mode"));
	add_fact(&t, "config", control_str(doc, "config"));
	show_rules(&t, doc);
	add_fact(&t, "processes", states.len ? states.data : "none");
	show_labels(&t, control_get(doc, "labels"));
	add_fact(&t, "since", control_str(doc, "started"));
	control_table_add(&t, "lost");
	control_table_addf(&t, "%.0f",
			   control_sum(control_get(control_get(doc, "counters"), "lost")));
	control_table_write(&t, out);
	out->failed |= states.failed;
}

void control_show_problems(struct buf *out, const struct cJSON *doc)
{
	const cJSON *problem;

	cJSON_ArrayForEach(problem, control_get(doc, "problems"))
	{
		if (cJSON_IsString(problem))
			text_line(out, "  PROBLEM: %s", problem->valuestring);
	}
}

/* Of one class. */
static void show_counters(struct buf *out, const cJSON *doc, const char *class, const char *title)
{
	const cJSON *counters = control_get(control_get(doc, "counters"), class), *counter;
	struct control_table t;

	if (!cJSON_GetArraySize(counters))
		return;
	buf_printf(out, "\n%s\n", title);
	control_table_init(&t, "lr");
	cJSON_ArrayForEach(counter, counters)
	{
		control_table_add(&t, counter->string);
		control_table_addf(&t, "%.0f", cJSON_IsNumber(counter) ? counter->valuedouble : 0);
	}
	control_table_write(&t, out);
}

static void show_targets(struct buf *out, const cJSON *doc)
{
	const cJSON *targets = control_get(doc, "targets"), *target;
	struct control_table t;

	if (!cJSON_GetArraySize(targets))
		return;
	buf_adds(out, "\nTargets\n");
	control_table_init(&t, "rrlllll");
	control_table_add(&t, "PID");
	control_table_add(&t, "CPU");
	control_table_add(&t, "PYTHON");
	control_table_add(&t, "TARGET");
	control_table_add(&t, "STATE");
	control_table_add(&t, "SINCE");
	control_table_add(&t, "PROGRAM");
	cJSON_ArrayForEach(target, targets)
	{
		control_table_addf(&t, "%.0f", control_num(target, "pid"));
		if (cJSON_IsNumber(control_get(target, "cpu")))
			control_table_addf(&t, "%.2f%%", 100 * control_num(target, "cpu"));
		else
			control_table_add(&t, NULL);
		control_table_add(&t, control_str(target, "python"));
		control_table_add(&t, control_str(target, "target"));
		control_table_add(&t, control_str(target, "state"));
		control_table_add(&t, control_str(target, "since"));
		control_table_add(&t, control_str(target, "exe"));
	}
	control_table_write(&t, out);
	if (control_num(doc, "targets_left_out") > 0)
		buf_printf(out, "  and %.0f more\n", control_num(doc, "targets_left_out"));
}

static int by_alerts(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;
	double n = control_num(*x, "alerts"), m = control_num(*y, "alerts");

	return n < m ? 1 : n > m ? -1 : 0;
}

static void show_alerts(struct buf *out, const cJSON *doc)
{
	const cJSON *alerts = control_get(doc, "alerts"), *series;
	_cleanup_free_ const cJSON **list = calloc(cJSON_GetArraySize(alerts) + 1, sizeof(*list));
	struct control_table t;
	size_t n = 0;

	cJSON_ArrayForEach(series, alerts)
	{
		if (list && control_num(series, "alerts") > 0)
			list[n++] = series;
	}
	out->failed |= !list;
	if (!n)
		return;
	qsort(list, n, sizeof(*list), by_alerts);
	buf_adds(out, "\nAlerts\n");
	control_table_init(&t, "rrlll");
	control_table_add(&t, "ALERTS");
	control_table_add(&t, "SUPPRESSED");
	control_table_add(&t, "LEVEL");
	control_table_add(&t, "TARGET");
	control_table_add(&t, "RULE");
	for (size_t i = 0; i < MIN(n, (size_t)RULES_MAX); i++) {
		control_table_addf(&t, "%.0f", control_num(list[i], "alerts"));
		control_table_addf(&t, "%.0f", control_num(list[i], "suppressed"));
		control_table_add(&t, control_str(list[i], "level"));
		control_table_add(&t, control_str(list[i], "target"));
		control_table_add(&t, control_str(list[i], "rule"));
	}
	control_table_write(&t, out);
	if (n > RULES_MAX)
		buf_printf(out, "  and %zu more; --json has them all\n", n - RULES_MAX);
}

static void show_outputs(struct buf *out, const cJSON *doc)
{
	const cJSON *output;
	struct control_table t;

	buf_adds(out, "\nOutputs\n");
	control_table_init(&t, "rrrll");
	control_table_add(&t, "WAITING");
	control_table_add(&t, "SENT");
	control_table_add(&t, "DROPPED");
	control_table_add(&t, "STATE");
	control_table_add(&t, "OUTPUT");
	cJSON_ArrayForEach(output, control_get(doc, "outputs"))
	{
		control_table_addf(&t, "%.0f", control_num(output, "queue"));
		control_table_addf(&t, "%.0f", control_num(output, "sent"));
		control_table_addf(&t, "%.0f", control_num(output, "dropped"));
		control_table_add(&t, control_str(output, "state"));
		control_table_add(&t, control_str(output, "name"));
	}
	control_table_write(&t, out);
}

/* Those that were hit, or run for others. */
static void show_probes(struct buf *out, const cJSON *doc)
{
	const cJSON *probe;
	struct control_table t;
	bool timed = false;

	buf_adds(out, "\nProbes\n");
	control_table_init(&t, "lrrr");
	control_table_add(&t, "KIND");
	control_table_add(&t, "HITS");
	control_table_add(&t, "US/RUN");
	control_table_add(&t, "CPU");
	cJSON_ArrayForEach(probe, control_get(doc, "probes"))
	{
		bool ran = control_num(probe, "runs") > 0;

		timed |= ran;
		if (!ran && !(control_num(probe, "hits") > 0))
			continue;
		control_table_add(&t, control_str(probe, "kind"));
		control_table_addf(&t, "%.0f", control_num(probe, "hits"));
		if (ran) {
			control_table_addf(&t, "%.2f", control_num(probe, "us_per_run"));
			control_table_addf(&t, "%.2f%%", 100 * control_num(probe, "cpu"));
		} else {
			control_table_add(&t, NULL);
			control_table_add(&t, NULL);
		}
	}
	control_table_write(&t, out);
	if (!timed)
		buf_adds(out, "  The kernel's statistics are off: `phrude-trace top` has times.\n");
}

void control_show_costs(struct buf *out, const struct cJSON *doc)
{
	const cJSON *costs = control_get(doc, "costs"), *cost;
	struct control_table t;

	if (!cJSON_GetArraySize(costs))
		return;
	buf_adds(out, "\nCost\n");
	control_table_init(&t, "rrrrl");
	control_table_add(&t, "CPU");
	control_table_add(&t, "SECONDS");
	control_table_add(&t, "OVER");
	control_table_add(&t, "SHED");
	control_table_add(&t, "TARGET");
	cJSON_ArrayForEach(cost, costs)
	{
		control_table_addf(&t, "%.2f%%", 100 * control_num(cost, "cpu"));
		control_table_addf(&t, "%.1f", control_num(cost, "seconds"));
		control_table_addf(&t, "%.0f", control_num(cost, "over"));
		control_table_addf(&t, "%.0f", control_num(cost, "shed"));
		control_table_add(&t, control_str(cost, "target"));
	}
	control_table_write(&t, out);
}

void control_show(struct buf *out, const struct cJSON *doc)
{
	control_show_title(out, doc);
	buf_addc(out, '\n');
	control_show_problems(out, doc);
	show_facts(out, doc);
	show_counters(out, doc, "lost", "Lost");
	show_counters(out, doc, "cut", "Incomplete or late");
	show_counters(out, doc, "counted", "Counted");
	show_alerts(out, doc);
	show_targets(out, doc);
	show_outputs(out, doc);
	show_probes(out, doc);
	control_show_costs(out, doc);
}
