// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_top.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"
#include "control/control_reading.h"
#include "control/control_show.h"
#include "control/control_table.h"

/* Lines of one table. */
#define ROWS_MAX 15
/* Targets that are told apart. */
#define TARGETS_MAX 256

/* Two documents of one run, and what lies between them. */
struct span {
	const cJSON *before, *now; /* before NULL: there is none */
	double seconds;
};

/* What alerts are summed up by. */
struct row {
	const char *name, *level;
	double alerts, rate, suppressed;
};

static double rate(const struct span *s, double before, double now)
{
	return s->before && now > before ? (now - before) / s->seconds : 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && str_eq(a, b));
}

/*
 * Of two lists in the same order, of which the later one may have more: the earlier one's item;
 * NULL: it was not there.
 */
static const cJSON *earlier(const cJSON **at, const cJSON *item, const char *const *keys)
{
	const cJSON *found = *at;

	for (size_t i = 0; found && keys[i]; i++) {
		if (!same_text(control_str(found, keys[i]), control_str(item, keys[i])))
			return NULL;
	}
	if (found)
		*at = found->next;
	return found;
}

static const cJSON *first_of(const cJSON *doc, const char *list)
{
	const cJSON *items = control_get(doc, list);

	return items ? items->child : NULL;
}

static double counter(const cJSON *doc, const char *class, const char *key)
{
	return control_num(control_get(control_get(doc, "counters"), class), key);
}

static void show_rates(struct buf *out, const struct span *s)
{
	static const char *const keys[] = { "hits", "matches", "dismissed", "alerts",
					    "suppressed" };
	const cJSON *lost_before = control_get(control_get(s->before, "counters"), "lost");
	double lost = control_sum(control_get(control_get(s->now, "counters"), "lost"));
	struct control_table t;

	control_table_init(&t, "lrr");
	control_table_add(&t, "");
	control_table_add(&t, "A SECOND");
	control_table_add(&t, "IN ALL");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		double before = counter(s->before, "counted", keys[i]),
		       now = counter(s->now, "counted", keys[i]);

		control_table_add(&t, keys[i]);
		control_table_addf(&t, "%.1f", rate(s, before, now));
		control_table_addf(&t, "%.0f", now);
	}
	control_table_add(&t, "lost");
	control_table_addf(&t, "%.1f", rate(s, control_sum(lost_before), lost));
	control_table_addf(&t, "%.0f", lost);
	control_table_write(&t, out);
}

static void show_probes(struct buf *out, const struct span *s)
{
	static const char *const keys[] = { "kind", NULL };
	const cJSON *at = first_of(s->before, "probes"), *probe;
	struct control_table t;
	bool timed = control_flag(s->now, "timed");

	buf_adds(out, "\nProbes\n");
	control_table_init(&t, "lrrrr");
	control_table_add(&t, "KIND");
	control_table_add(&t, "HITS/S");
	control_table_add(&t, "RUNS/S");
	control_table_add(&t, "US/RUN");
	control_table_add(&t, "CPU");
	cJSON_ArrayForEach(probe, control_get(s->now, "probes"))
	{
		const cJSON *before = earlier(&at, probe, keys);
		double runs = control_num(probe, "runs") - control_num(before, "runs");
		double seconds = control_num(probe, "seconds") - control_num(before, "seconds");
		double hits = rate(s, control_num(before, "hits"), control_num(probe, "hits"));

		if (!before || !(runs > 0))
			runs = seconds = 0;
		/* The whole machine may have it. */
		timed |= runs > 0;
		if (!(runs > 0) && !(control_num(probe, "hits") > 0))
			continue;
		control_table_add(&t, control_str(probe, "kind"));
		control_table_addf(&t, "%.1f", hits);
		control_table_addf(&t, "%.1f", rate(s, 0, runs));
		if (runs > 0)
			control_table_addf(&t, "%.2f", seconds * 1e6 / runs);
		else
			control_table_add(&t, NULL);
		control_table_addf(&t, "%.2f%%", 100 * rate(s, 0, seconds));
	}
	control_table_write(&t, out);
	if (!timed)
		buf_adds(out, "  No times: the kernel does not count them for this tracer.\n");
}

/* Most alerts a second come first, then most of them. */
static int by_rate(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->rate != y->rate)
		return x->rate < y->rate ? 1 : -1;
	return x->alerts < y->alerts ? 1 : x->alerts > y->alerts ? -1 : 0;
}

static void show_rows(struct buf *out, struct row *rows, size_t n, const char *title)
{
	struct control_table t;
	size_t shown = 0;

	qsort(rows, n, sizeof(*rows), by_rate);
	while (shown < MIN(n, (size_t)ROWS_MAX) && rows[shown].alerts > 0)
		shown++;
	if (!shown)
		return;
	buf_printf(out, "\n%ss\n", title);
	control_table_init(&t, "rrrll");
	control_table_add(&t, "ALERTS/S");
	control_table_add(&t, "ALERTS");
	control_table_add(&t, "SUPPRESSED");
	control_table_add(&t, "LEVEL");
	control_table_add(&t, "NAME");
	for (size_t i = 0; i < shown; i++) {
		control_table_addf(&t, "%.1f", rows[i].rate);
		control_table_addf(&t, "%.0f", rows[i].alerts);
		control_table_addf(&t, "%.0f", rows[i].suppressed);
		control_table_add(&t, rows[i].level);
		control_table_add(&t, rows[i].name);
	}
	control_table_write(&t, out);
}

/* The row of that name, made if there is room for it.  NULL: there is none. */
static struct row *find_row(struct row *rows, size_t *n, size_t max, const char *name)
{
	for (size_t i = 0; i < *n; i++) {
		if (same_text(rows[i].name, name))
			return &rows[i];
	}
	if (*n == max)
		return NULL;
	rows[*n] = (struct row){ .name = name };
	return &rows[(*n)++];
}

static void show_alerts(struct buf *out, const struct span *s)
{
	static const char *const keys[] = { "rule", "target", NULL };
	const cJSON *alerts = control_get(s->now, "alerts"), *series;
	const cJSON *at = first_of(s->before, "alerts");
	size_t max = cJSON_GetArraySize(alerts), nr_rules = 0, nr_targets = 0;
	_cleanup_free_ struct row *rules = calloc(max + 1, sizeof(*rules));
	_cleanup_free_ struct row *targets = calloc(TARGETS_MAX, sizeof(*targets));

	if (!rules || !targets) {
		out->failed = 1;
		return;
	}
	cJSON_ArrayForEach(series, alerts)
	{
		const char *target = control_str(series, "target");
		const cJSON *before = earlier(&at, series, keys);
		double n = control_num(series, "alerts");
		double suppressed = control_num(series, "suppressed");
		double more = rate(s, control_num(before, "alerts"), n);
		struct row *rule = find_row(rules, &nr_rules, max, control_str(series, "rule"));
		struct row *of =
			target ? find_row(targets, &nr_targets, TARGETS_MAX, target) : NULL;

		if (rule) {
			rule->level = control_str(series, "level");
			rule->alerts += n;
			rule->suppressed += suppressed;
			rule->rate += more;
		}
		if (of) {
			of->alerts += n;
			of->suppressed += suppressed;
			of->rate += more;
		}
	}
	show_rows(out, rules, nr_rules, "Rule");
	show_rows(out, targets, nr_targets, "Target");
}

static void show_outputs(struct buf *out, const struct span *s)
{
	static const char *const keys[] = { "name", NULL };
	const cJSON *at = first_of(s->before, "outputs"), *output;
	struct control_table t;

	buf_adds(out, "\nOutputs\n");
	control_table_init(&t, "rrrll");
	control_table_add(&t, "SENT/S");
	control_table_add(&t, "WAITING");
	control_table_add(&t, "DROPPED");
	control_table_add(&t, "STATE");
	control_table_add(&t, "NAME");
	cJSON_ArrayForEach(output, control_get(s->now, "outputs"))
	{
		const cJSON *before = earlier(&at, output, keys);

		control_table_addf(
			&t, "%.1f",
			rate(s, control_num(before, "sent"), control_num(output, "sent")));
		control_table_addf(&t, "%.0f", control_num(output, "queue"));
		control_table_addf(&t, "%.0f", control_num(output, "dropped"));
		control_table_add(&t, control_str(output, "state"));
		control_table_add(&t, control_str(output, "name"));
	}
	control_table_write(&t, out);
}

void control_top(struct buf *out, const struct cJSON *before, const struct cJSON *now)
{
	struct span s = { before, now, control_num(now, "uptime") - control_num(before, "uptime") };

	if (!before || !(s.seconds > 0) || control_num(before, "pid") != control_num(now, "pid") ||
	    !same_text(control_str(before, "started"), control_str(now, "started")))
		s.before = NULL;
	control_show_title(out, now);
	buf_addc(out, '\n');
	control_show_problems(out, now);
	buf_addc(out, '\n');
	show_rates(out, &s);
	show_probes(out, &s);
	control_show_costs(out, now);
	show_alerts(out, &s);
	show_outputs(out, &s);
}

void control_top_fit(struct buf *out, const struct buf *text, size_t rows, size_t columns,
		     const char *end)
{
	size_t i = 0, column = 0, row = 0;

	while (i < text->len && row < rows) {
		uint32_t ch = text_next(text->data, text->len, &i);

		if (ch == '\n') {
			buf_adds(out, end);
			column = 0;
			row++;
		} else if (column++ < columns) {
			text_put(out, ch);
		}
	}
}
