// SPDX-License-Identifier: GPL-2.0-only
/* What is written by the tracer and shown by its client: one document, from end to end. */
#include "test.h"

#include "control/control_document.h"
#include "control/control_reading.h"
#include "control/control_show.h"
#include "control/control_table.h"
#include "control/control_top.h"

#include "base/clock.h"
#include "base/text.h"
#include "base/util.h"

static const char rules_text[] = "- { name: one, level: alert, func: f, module: m }\n"
				 "- { name: \"t\\e[2Jwo\", level: info, func: g, module: m }\n"
				 "- { name: never, level: info, func: h, module: m }\n";
static const char *const targets[] = { "shop", "rest" };

static struct rule_set rules;
static struct alert_counts *counts;
static struct metrics_now now;
static struct control_facts facts;
static struct control_processes *processes;
static struct control_state state;
static struct buf text;

static void set_up(void)
{
	_cleanup_buf_ struct buf messages = { 0 };

	if (rule_set_parse("rules.yaml", rules_text, strlen(rules_text), &rules, &messages)) {
		fprintf(stderr, "%s\n", messages.data);
		abort();
	}
	counts = alert_counts_new();
	if (!counts)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (alert_counts_expect(counts, &rules, targets[i]))
			abort();
	}
	facts = (struct control_facts){ .pid = 4711,
					.started_ns = 1767225600LL * NSEC_PER_SEC,
					.since_ns = 10 * NSEC_PER_SEC,
					.mode = "detect",
					.config = "/etc/x\n\x1b[31m.yaml" };
	now = (struct metrics_now){
		.taken_ns = 3743 * NSEC_PER_SEC,
		.nr_rules = 3,
		.values = { [PHRUDE_STAT_HITS] = 30,
			    [PHRUDE_STAT_LOST_RING] = 5,
			    [PHRUDE_STAT_CUT_ARGS] = 6,
			    [COUNTER_alerts] = 7 },
		.states = { { "traced", 2 }, { "other", 0 } },
		.nr_states = 2,
		.outputs = { { "all", 1, 2, 3, 0, "ok", false } },
		.nr_outputs = 1,
		.probes = { { "direct", true, 20, 40, 100000, 0.25 },
			    { "call", true, 0, 0, 0, 0 },
			    { "own", false, 0, 2, 3000, 0 } },
		.nr_probes = 3,
		.costs = { { "shop", 1500000000, 0.0625, 1, 2 }, { "", 0, 0, 0, 0 } },
		.nr_costs = 2,
		.guarded = true,
	};
	processes = control_processes_new(2);
	processes->count = 1;
	processes->list[0] =
		(struct control_process){ .pid = 99,
					  .since_ns = 1767225661LL * NSEC_PER_SEC,
					  .state = "traced",
					  .exe = strdup("/usr/bin/p\xc2\x9byth\xffon\n"),
					  .python = strdup("3.12.1"),
					  .target = strdup("shop"),
					  .cpu = 0.03125 };
	state = (struct control_state){ .facts = &facts,
					.now = &now,
					.alerts = counts,
					.processes = processes,
					.ready = true,
					.timed = true };
}

static void tear_down(void)
{
	control_processes_free(processes);
	alert_counts_free(counts);
	rule_set_fini(&rules);
	buf_fini(&text);
}

/* The document of the state as it is; NULL after saying why not. */
static struct cJSON *read_back(struct buf *out)
{
	struct err err = { "" };
	struct cJSON *doc;

	buf_reset(out);
	control_write(out, &state);
	doc = control_read(out->data, out->len, &err);
	if (!doc)
		fprintf(stderr, "%s: %s\n", err.msg, out->data);
	return doc;
}

/* Is it all fit for a terminal? */
static bool is_clean(const struct buf *out)
{
	for (size_t i = 0; i < out->len;) {
		uint32_t ch = text_next(out->data, out->len, &i);

		if (ch != '\n' &&
		    (ch < ' ' || (ch >= 0x7f && ch < 0xa0) || (ch >= 0xd800 && ch < 0xe000)))
			return false;
	}
	return true;
}

TEST(the_document)
{
	_cleanup_(control_read_freep) struct cJSON *doc = NULL;

	set_up();
	alert_counts_add(counts, &rules.rules[0], "shop");
	alert_counts_suppress(counts, &rules.rules[0], "shop");
	alert_counts_suppress(counts, &rules.rules[0], "shop");
	doc = read_back(&text);
	ASSERT(doc && is_clean(&text) && !strstr(text.data, "\n\n"));
	ASSERT_STR(control_str(doc, "version"), PHRUDE_VERSION);
	ASSERT_STR(control_str(doc, "started"), "2026-01-01T00:00:00Z");
	ASSERT_STR(control_str(doc, "state"), "tracing");
	ASSERT_STR(control_str(doc, "config"), "/etc/x\n\x1b[31m.yaml");
	ASSERT_EQ(control_num(doc, "uptime"), 3733);
	ASSERT_EQ(control_num(doc, "targets_left_out"), 1);
	ASSERT(control_flag(doc, "well"));
	ASSERT_HAS(text.data, "\"since\": \"2026-01-01T00:01:01Z\", \"cpu\": 0.031250}");
	ASSERT_HAS(text.data, "{\"target\": \"shop\", \"seconds\": 1.500000000, \"cpu\": 0.062500, "
			      "\"over\": 1, \"shed\": 2}");
	now.guarded = false;
	buf_reset(&text);
	control_write(&text, &state);
	ASSERT_HAS(text.data, "\"cpu\": null}");
	ASSERT_HAS(text.data, "    {\"rule\": \"one\", \"level\": \"alert\", \"target\": \"shop\", "
			      "\"alerts\": 1, \"suppressed\": 2},\n");
	/* What is lost comes first. */
	ASSERT(strstr(text.data, "lost_ring_full") < strstr(text.data, "cut_args"));
	ASSERT(strstr(text.data, "cut_args") < strstr(text.data, "\"hits\": 30"));
	ASSERT(!strstr(text.data, "lost_rate"));
	ASSERT_HAS(text.data,
		   "{\"kind\": \"direct\", \"hits\": 20, \"runs\": 40, \"seconds\": 0.000100000, "
		   "\"us_per_run\": 2.500, \"cpu\": 0.250000}");
	tear_down();
}

/* How many rules a target goes by is shown where that is not all of them. */
TEST(rules_of_targets)
{
	_cleanup_(control_read_freep) struct cJSON *doc = NULL, *other = NULL;
	_cleanup_buf_ struct buf shown = { 0 };

	set_up();
	now.lists[0] = (struct metrics_list){ "sh\x1b[2Jop", 3 };
	now.lists[1] = (struct metrics_list){ "", 3 };
	now.nr_lists = 2;
	doc = read_back(&text);
	ASSERT(doc);
	ASSERT_HAS(text.data, "{\"target\": null, \"rules\": 3}");
	control_show(&shown, doc);
	ASSERT(is_clean(&shown) && strstr(shown.data, " 3\n") && !strstr(shown.data, "(sh"));
	now.lists[1].rules = 1;
	now.lists_left_out = 4;
	other = read_back(&text);
	ASSERT(other);
	ASSERT_EQ(control_num(other, "rules_by_target_left_out"), 4);
	buf_reset(&shown);
	control_show(&shown, other);
	ASSERT(is_clean(&shown));
	ASSERT_HAS(shown.data, "[2Jop 3, - 1, and 4 more)\n");
	tear_down();
}

TEST(what_is_not_well)
{
	_cleanup_(control_read_freep) struct cJSON *doc = NULL;

	set_up();
	now.outputs[0].failing = true;
	now.outputs[0].state = "failing";
	state.ages[METRICS_MAIN] = 20000;
	doc = read_back(&text);
	ASSERT(doc && !control_flag(doc, "well"));
	buf_reset(&text);
	control_show(&text, doc);
	ASSERT_HAS(text.data, "\n  PROBLEM: the thread of tracing has not moved for 20 s");
	ASSERT_HAS(text.data, "\n  PROBLEM: the output all is failing");
	tear_down();
}

TEST(the_text)
{
	_cleanup_(control_read_freep) struct cJSON *doc = NULL;

	set_up();
	alert_counts_add(counts, &rules.rules[0], "shop");
	alert_counts_suppress(counts, &rules.rules[0], "shop");
	for (int i = 0; i < 6; i++)
		alert_counts_add(counts, &rules.rules[1], NULL);
	doc = read_back(&text);
	ASSERT(doc);
	buf_reset(&text);
	control_show(&text, doc);
	ASSERT(is_clean(&text));
	ASSERT(str_starts(text.data, "phrude-trace " PHRUDE_VERSION
				     " (unknown), pid 4711, tracing, up for 1 h 2 min\n"));
	ASSERT_HAS(text.data, "  config     /etc/x\\n\\x1b[31m.yaml\n");
	ASSERT_HAS(text.data, "  processes  2 traced\n");
	ASSERT_HAS(text.data, "\nLost\n  lost_ring_full  5\n");
	ASSERT_HAS(text.data, "\nIncomplete or late\n  cut_args  6\n");
	ASSERT_HAS(text.data, "\nAlerts\n"
			      "  ALERTS  SUPPRESSED  LEVEL  TARGET  RULE\n"
			      "       6           0  info   -       t\\x1b[2Jwo\n"
			      "       1           1  alert  shop    one\n");
	ASSERT(!strstr(text.data, "never"));
	ASSERT_HAS(text.data,
		   "\nTargets\n"
		   "  PID    CPU  PYTHON  TARGET  STATE   SINCE                 PROGRAM\n"
		   "   99  3.12%  3.12.1  shop    traced  2026-01-01T00:01:01Z  "
		   "/usr/bin/p\\x9byth\\udcffon\\n\n"
		   "  and 1 more\n");
	ASSERT_HAS(text.data, "\nProbes\n"
			      "  KIND    HITS  US/RUN     CPU\n"
			      "  direct    20    2.50  25.00%\n"
			      "  own        0    1.50   0.00%\n"
			      "\nCost\n"
			      "    CPU  SECONDS  OVER  SHED  TARGET\n"
			      "  6.25%      1.5     1     2  shop\n"
			      "  0.00%      0.0     0     0  -\n");
	tear_down();
}

TEST(rates)
{
	_cleanup_(control_read_freep) struct cJSON *before = NULL, *after = NULL, *other = NULL;

	set_up();
	alert_counts_add(counts, &rules.rules[0], "shop");
	before = read_back(&text);
	/* Two seconds later; a series more has counted something. */
	now.taken_ns += 2 * NSEC_PER_SEC;
	now.values[PHRUDE_STAT_HITS] += 100;
	now.values[PHRUDE_STAT_LOST_RATE] = 3;
	now.outputs[0].sent += 8;
	now.probes[0].hits += 50;
	now.probes[0].runs += 100;
	now.probes[0].run_ns += 600000;
	for (int i = 0; i < 4; i++)
		alert_counts_add(counts, &rules.rules[0], "shop");
	alert_counts_add(counts, &rules.rules[0], NULL);
	for (int i = 0; i < 20; i++)
		alert_counts_add(counts, &rules.rules[1], "rest");
	alert_counts_suppress(counts, &rules.rules[0], "shop");
	alert_counts_suppress(counts, &rules.rules[0], NULL);
	after = read_back(&text);
	ASSERT(before && after);
	buf_reset(&text);
	control_top(&text, before, after);
	ASSERT(is_clean(&text));
	ASSERT_HAS(text.data, "  hits            50.0     130\n");
	ASSERT_HAS(text.data, "  lost             1.5       8\n");
	ASSERT_HAS(text.data, "  direct    25.0    50.0    6.00  0.03%\n");
	ASSERT_HAS(text.data, "\nRules\n"
			      "  ALERTS/S  ALERTS  SUPPRESSED  LEVEL  NAME\n"
			      "      10.0      20           0  info   t\\x1b[2Jwo\n"
			      "       2.5       6           2  alert  one\n");
	ASSERT_HAS(text.data, "\nTargets\n"
			      "  ALERTS/S  ALERTS  SUPPRESSED  LEVEL  NAME\n"
			      "      10.0      20           0  -      rest\n"
			      "       2.0       5           1  -      shop\n");
	ASSERT_HAS(text.data, "\n     4.0        1        3  ok     all\n");
	ASSERT(!strstr(text.data, "No times"));
	/*
	 * Without an earlier one, with one of the same moment, or of another tracer, nothing is a
	 * second's.
	 */
	buf_reset(&text);
	control_top(&text, NULL, after);
	ASSERT_HAS(text.data, "  hits             0.0     130\n");
	buf_reset(&text);
	control_top(&text, after, after);
	ASSERT_HAS(text.data, "  hits             0.0     130\n");
	state.timed = false;
	facts.pid++;
	now.taken_ns += NSEC_PER_SEC;
	now.values[PHRUDE_STAT_HITS] = 200;
	buf_reset(&text);
	other = read_back(&text);
	buf_reset(&text);
	control_top(&text, after, other);
	ASSERT_HAS(text.data, "  hits             0.0     200\n");
	ASSERT_HAS(text.data, "\n  No times: ");
	tear_down();
}

/* What is no such document, or one in which nothing is as it should be. */
TEST(hostile_documents)
{
	static const char *const none[] = { "",
					    "{",
					    "[]",
					    "null",
					    "\"x\"",
					    "{\"version\": 1}",
					    "{}",
					    "{\"version\"",
					    "{\"version\": \"\\udcff\"}" };
	static const char *const odd[] = {
		"{\"version\": \"\\u001b\"}",
		"{\"version\": \"1\", \"processes\": [1, 2], \"targets\": {\"a\": 1, \"b\": [2]}, "
		"\"alerts\": 7, "
		"\"problems\": {\"x\": \"\\n\\u009b\"}, \"counters\": {\"lost\": [1, \"x\", 1e999, "
		"-5], \"counted\": {\"hits\": -1}}}",
		"{\"version\": \"1\", \"uptime\": 1e308, \"pid\": 1e308, \"rules\": -1e308, "
		"\"probes\": [null, {\"kind\": {}, "
		"\"hits\": 1e308, \"runs\": 1e-308, \"us_per_run\": 1e308}], \"outputs\": [[]], "
		"\"alerts\": [{\"rule\": null, "
		"\"alerts\": 1e308}, {\"rule\": \"\\u007f\", \"alerts\": 3, \"target\": \"\"}]}",
	};
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		if (control_read(none[i], strlen(none[i]), &err))
			TEST_FAIL("%s is taken", none[i]);
	}
	ASSERT(!control_read("{\"error\": \"no\", \"version\": \"1\"}", 31, &err));
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct cJSON *doc = control_read(odd[i], strlen(odd[i]), &err);

		if (!doc)
			TEST_FAIL("%s is not taken", odd[i]);
		buf_reset(&text);
		control_show(&text, doc);
		control_top(&text, doc, doc);
		if (text.failed || !is_clean(&text))
			TEST_FAIL("not clean: %s", text.data);
		control_read_free(doc);
	}
	buf_fini(&text);
}

TEST(durations)
{
	static const struct {
		double seconds;
		const char *said;
	} cases[] = { { 0, "0 s" },
		      { 59.9, "59 s" },
		      { 60, "1 min 0 s" },
		      { 3599, "59 min 59 s" },
		      { 3600 * 5 + 61, "5 h 1 min" },
		      { 86400 * 3 + 7200, "3 d 2 h" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&text);
		control_add_duration(&text, cases[i].seconds);
		ASSERT_STR(text.data, cases[i].said);
	}
	buf_fini(&text);
}

TEST(tables)
{
	struct control_table t;
	char wide[200];

	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	control_table_init(&t, "rl");
	control_table_add(&t, "ä");
	control_table_add(&t, "x");
	control_table_addf(&t, "%d", 123);
	control_table_add(&t, NULL);
	control_table_write(&t, &text);
	ASSERT_STR(text.data, "    ä  x\n  123  -\n");
	/* Only what stands last may be long. */
	control_table_add(&t, wide);
	control_table_add(&t, wide);
	buf_reset(&text);
	control_table_write(&t, &text);
	ASSERT_EQ(text.len, 2 + 47 + strlen("…") + 2 + 199 + 1);
	buf_fini(&text);
}

TEST(fitting)
{
	_cleanup_buf_ struct buf out = { 0 };

	buf_adds(&text, "äöü\nabcdef\n\nlast\n");
	control_top_fit(&out, &text, 3, 4, "|");
	ASSERT_STR(out.data, "äöü|abcd||");
	buf_reset(&out);
	control_top_fit(&out, &text, 100, 2, "|");
	ASSERT_STR(out.data, "äö|ab||la|");
	buf_fini(&text);
}
