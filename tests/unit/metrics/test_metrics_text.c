// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "metrics/metrics_text.h"

#include "base/util.h"

static const char rules_text[] =
	"- { name: one, level: alert, func: f, module: m }\n"
	"- { name: two, level: info, func: g, module: m }\n"
	"- { name: \"a\\\\b\\\"c\\nd\", level: warn, func: h, module: m }\n";

static struct rule_set rules;

static void load_rules(void)
{
	_cleanup_buf_ struct buf messages = { 0 };

	if (rule_set_parse("rules.yaml", rules_text, strlen(rules_text), &rules, &messages)) {
		fprintf(stderr, "%s\n", messages.data);
		abort();
	}
}

static struct alert_counts *counts_of(const struct rule_set *set, const char *const *targets,
				      size_t nr_targets)
{
	struct alert_counts *c = alert_counts_new();

	if (!c || (!nr_targets && alert_counts_expect(c, set, NULL)))
		abort();
	for (size_t i = 0; i < nr_targets; i++) {
		if (alert_counts_expect(c, set, targets[i]))
			abort();
	}
	return c;
}

static void text_of(struct buf *out, const struct metrics_now *now, struct alert_counts *c)
{
	buf_reset(out);
	metrics_write(out, now, c);
}

static bool has(const struct buf *out, const char *line)
{
	const char *at = strstr(out->data, line);

	while (at && !((at == out->data || at[-1] == '\n') && at[strlen(line)] == '\n'))
		at = strstr(at + 1, line);
	if (!at)
		fprintf(stderr, "no line %s in:\n%s", line, out->data);
	return at;
}

static size_t count(const struct buf *out, const char *what)
{
	size_t n = 0;

	for (const char *at = out->data; (at = strstr(at, what)); at++)
		n++;
	return n;
}

TEST(alerts_by_rule)
{
	static const struct metrics_now nothing;
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c;

	load_rules();
	c = counts_of(&rules, NULL, 0);
	ASSERT(c);
	text_of(&out, &nothing, c);
	ASSERT_EQ(count(&out, "phrude_alerts_total{"), 3);
	ASSERT(has(&out, "phrude_alerts_total{rule=\"one\",level=\"alert\"} 0"));
	ASSERT(has(&out, "phrude_alerts_total{rule=\"a\\\\b\\\"c\\nd\",level=\"warn\"} 0"));
	for (size_t i = 0; i < rules.nr_rules; i++)
		alert_counts_add(c, &rules.rules[i], NULL);
	alert_counts_add(c, &rules.rules[0], NULL);
	text_of(&out, &nothing, c);
	ASSERT(has(&out, "phrude_alerts_total{rule=\"one\",level=\"alert\"} 2"));
	ASSERT(has(&out, "phrude_alerts_total{rule=\"two\",level=\"info\"} 1"));
	ASSERT(has(&out, "phrude_alerts_total{rule=\"a\\\\b\\\"c\\nd\",level=\"warn\"} 1"));
	alert_counts_free(c);
	rule_set_fini(&rules);
}

TEST(alerts_by_target)
{
	static const char *const targets[] = { "shop", "the rest" };
	static const struct metrics_now nothing;
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c;
	char shop[] = "shop";

	load_rules();
	c = counts_of(&rules, targets, 2);
	ASSERT(c);
	alert_counts_add(c, &rules.rules[0], shop);
	alert_counts_add(c, &rules.rules[1], NULL);
	text_of(&out, &nothing, c);
	ASSERT(has(&out, "phrude_alerts_total{rule=\"one\",level=\"alert\",target=\"shop\"} 1"));
	ASSERT(has(&out,
		   "phrude_alerts_total{rule=\"one\",level=\"alert\",target=\"the rest\"} 0"));
	ASSERT(has(&out, "phrude_alerts_total{rule=\"two\",level=\"info\"} 1"));
	ASSERT_EQ(count(&out, "phrude_alerts_total{"), 7);
	alert_counts_free(c);
	rule_set_fini(&rules);
}

/* Its labels are the rule and the target alone, whatever levels rules of one name have had. */
TEST(what_was_held_back)
{
	static const char *const targets[] = { "shop" };
	static const struct metrics_now nothing;
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c;

	load_rules();
	c = counts_of(&rules, targets, 1);
	ASSERT(c);
	text_of(&out, &nothing, c);
	ASSERT_EQ(count(&out, "phrude_suppressed_total{"), 3);
	alert_counts_suppress(c, &rules.rules[0], "shop");
	alert_counts_suppress(c, &rules.rules[0], NULL);
	rules.rules[0].level = RULE_LEVEL_INFO;
	alert_counts_suppress(c, &rules.rules[0], "shop");
	alert_counts_add(c, &rules.rules[0], "shop");
	text_of(&out, &nothing, c);
	ASSERT_EQ(count(&out, "phrude_suppressed_total{"), 4);
	ASSERT(has(&out, "phrude_suppressed_total{rule=\"one\",target=\"shop\"} 2"));
	ASSERT(has(&out, "phrude_suppressed_total{rule=\"one\"} 1"));
	ASSERT(has(&out, "phrude_alerts_total{rule=\"one\",level=\"info\",target=\"shop\"} 1"));
	ASSERT(has(&out, "phrude_rolled_up_total 0"));
	alert_counts_free(c);
	rule_set_fini(&rules);
}

/* Zeros are left out where there would be too many in all; what has counted is not. */
TEST(very_many_targets)
{
	static const struct metrics_now nothing;
	_cleanup_buf_ struct buf out = { 0 };
	const char *targets[700];
	struct alert_counts *c;

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		static char names[ARRAY_SIZE(targets)][8];

		snprintf(names[i], sizeof(names[i]), "t%zu", i);
		targets[i] = names[i];
	}
	load_rules();
	c = counts_of(&rules, targets, ARRAY_SIZE(targets));
	ASSERT(c);
	alert_counts_add(c, &rules.rules[2], "t699");
	text_of(&out, &nothing, c);
	ASSERT_EQ(count(&out, "phrude_alerts_total{"), 3 * 666 + 1);
	ASSERT_EQ(count(&out, "target=\"t699\"} 1\n"), 1);
	/* Those that are there are in nobody's way. */
	ASSERT_EQ(alert_counts_expect(c, &rules, "t0"), 0);
	rules.rules[0].level = RULE_LEVEL_INFO;
	ASSERT_EQ(alert_counts_expect(c, &rules, "t0"), 0);
	ASSERT_EQ(alert_counts_expect(c, &rules, "t1"), 0);
	ASSERT_EQ(alert_counts_size(c), 2000);
	alert_counts_free(c);
	rule_set_fini(&rules);
}

TEST(numbers)
{
	static const struct rule_set no_rules;
	struct metrics_now now = {
		.values = { [COUNTER_spool_dropped] = 5,
			    [PHRUDE_STAT_LOST_RING] = 7,
			    [PHRUDE_STAT_CUT_ARGS] = 8 },
		.states = { { "traced", 2 } },
		.nr_states = 1,
		.outputs = { { "all", 1, 2, 3, 9, "ok", false },
			     { "\xff\xed\xa0\x80"
			       "ä",
			       4, 5, 6, 0, "failing", true } },
		.nr_outputs = 2,
	};
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c = counts_of(&no_rules, NULL, 0);

	ASSERT(c);
	text_of(&out, &now, c);
	ASSERT(has(&out, "phrude_build_info{version=\"" PHRUDE_VERSION "\",commit=\"unknown\"} 1"));
	ASSERT(has(&out, "phrude_matches_total 0"));
	ASSERT(has(&out, "phrude_dismissed_total 0"));
	ASSERT(has(&out, "phrude_lost_total{reason=\"ring_full\"} 7"));
	ASSERT(has(&out, "phrude_lost_total{reason=\"spool\"} 5"));
	ASSERT(has(&out, "phrude_cut_total{reason=\"args\"} 8"));
	ASSERT(has(&out, "phrude_cut_total{reason=\"lines_unknown\"} 0"));
	ASSERT(has(&out, "phrude_targets{state=\"traced\"} 2"));
	ASSERT(has(&out, "phrude_output_queue{output=\"all\"} 1"));
	ASSERT(has(&out, "phrude_output_sent_total{output=\"all\"} 2"));
	ASSERT(has(&out, "phrude_output_dropped_total{output=\"all\"} 3"));
	ASSERT(has(&out, "phrude_output_unmoved_seconds{output=\"all\"} 9"));
	/* No byte that is not UTF-8: the reader refuses all of it otherwise. */
	ASSERT(has(&out, "phrude_output_queue{output=\"\xef\xbf\xbd\xef\xbf\xbdä\"} 4"));
	alert_counts_free(c);
}

/* Only where somebody asks for them. */
TEST(labels_of_pods)
{
	struct metrics_now now = { .labels = { .state = POD_WATCH_OFF } };
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c = alert_counts_new();

	metrics_write(&out, &now, c);
	ASSERT(!strstr(out.data, "phrude_labels_watched 0"));
	now.labels = (struct pod_watch_status){ .state = POD_WATCH_WATCHING, .pods = 7 };
	buf_reset(&out);
	metrics_write(&out, &now, c);
	ASSERT(has(&out, "phrude_labels_watched 1"));
	ASSERT(has(&out, "phrude_labels_pods 7"));
	now.labels.state = POD_WATCH_FAILING;
	buf_reset(&out);
	metrics_write(&out, &now, c);
	ASSERT(has(&out, "phrude_labels_watched 0"));
	ASSERT(has(&out, "phrude_labels_pods 7"));
	alert_counts_free(c);
}

TEST(probes)
{
	static const struct rule_set no_rules;
	struct metrics_now now = {
		.probes = { { "direct", true, UINT64_MAX, 3, 12000000345, 0.5 },
			    { "call", true, 0, 0, 0, 0 },
			    { "own", false, 0, 1, 7, 0 } },
		.nr_probes = 3,
	};
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c = counts_of(&no_rules, NULL, 0);

	ASSERT(c);
	text_of(&out, &now, c);
	ASSERT(has(&out, "phrude_hits_total{kind=\"direct\"} 18446744073709551615"));
	ASSERT(has(&out, "phrude_hits_total{kind=\"call\"} 0"));
	ASSERT_EQ(count(&out, "phrude_hits_total{"), 2);
	ASSERT(has(&out, "phrude_probe_seconds_total{kind=\"direct\"} 12.000000345"));
	ASSERT(has(&out, "phrude_probe_seconds_total{kind=\"own\"} 0.000000007"));
	ASSERT_EQ(count(&out, "phrude_probe_seconds_total{"), 2);
	/* Without the kernel's statistics there are no times. */
	for (size_t i = 0; i < now.nr_probes; i++)
		now.probes[i].runs = 0;
	text_of(&out, &now, c);
	ASSERT_EQ(count(&out, "probe_seconds"), 0);
	ASSERT_EQ(count(&out, "phrude_hits_total{"), 2);
	alert_counts_free(c);
}

TEST(costs)
{
	static const struct rule_set no_rules;
	struct metrics_now now = {
		.costs = { { "sh\"op", 1500000001, 0.5, 1, 2 }, { "", 0, 0, 0, 0 } },
		.nr_costs = 2,
		.guarded = true,
	};
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c = counts_of(&no_rules, NULL, 0);

	ASSERT(c);
	text_of(&out, &now, c);
	ASSERT(has(&out, "phrude_target_seconds_total{target=\"sh\\\"op\"} 1.500000001"));
	ASSERT(has(&out, "phrude_target_seconds_total 0.000000000"));
	ASSERT(has(&out, "phrude_targets_over{target=\"sh\\\"op\"} 1"));
	ASSERT(has(&out, "phrude_functions_shed{target=\"sh\\\"op\"} 2"));
	ASSERT(has(&out, "phrude_functions_shed 0"));
	/* Where nobody looks there are only the names. */
	now.guarded = false;
	text_of(&out, &now, c);
	ASSERT(has(&out, "# TYPE phrude_targets_over gauge"));
	ASSERT_EQ(count(&out, "target_seconds_total{") + count(&out, "shed 0"), 0);
	alert_counts_free(c);
}

/* Every counter of the summary is there, under some name, once. */
TEST(all_counters)
{
	static const struct rule_set no_rules;
	struct metrics_now now = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct alert_counts *c = counts_of(&no_rules, NULL, 0);
	char end[32];

	ASSERT(c);
	for (size_t i = 0; i < NR_COUNTERS; i++)
		now.values[i] = 1000 + i;
	text_of(&out, &now, c);
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		/* These are told by rule, by output, and by probe kind. */
		if (i == COUNTER_alerts || i == COUNTER_suppressed || i == COUNTER_spooled ||
		    i == PHRUDE_STAT_HITS)
			continue;
		snprintf(end, sizeof(end), " %zu\n", 1000 + i);
		if (count(&out, end) != 1)
			TEST_FAIL("%s is there %zu times", counter_info[i].key, count(&out, end));
	}
	alert_counts_free(c);
}

/*
 * What the format wants: a HELP and a TYPE before the samples of each name, which stand together.
 */
TEST(families)
{
	static const struct metrics_now now = { .states = { { "traced", 2 } }, .nr_states = 1 };
	_cleanup_buf_ struct buf out = { 0 };
	char name[64] = "", line[512];
	struct alert_counts *c;

	load_rules();
	c = counts_of(&rules, NULL, 0);
	ASSERT(c);
	text_of(&out, &now, c);
	for (char *at = out.data, *end; (end = strchr(at, '\n')); at = end + 1) {
		snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
		if (str_starts(line, "# HELP ")) {
			ASSERT(sscanf(line, "# HELP %63s", name) == 1);
			snprintf(line, sizeof(line), "# HELP %s ", name);
			ASSERT_EQ(count(&out, line), 1);
		} else if (str_starts(line, "# TYPE ")) {
			bool total = str_ends(name, "_total");

			ASSERT(str_starts(line + strlen("# TYPE "), name));
			ASSERT(str_ends(line, total ? " counter" : " gauge"));
		} else {
			size_t len = strlen(name);

			ASSERT(str_starts(line, name) && (line[len] == ' ' || line[len] == '{'));
		}
	}
	ASSERT(str_ends(out.data, "\n"));
	alert_counts_free(c);
	rule_set_fini(&rules);
}
