// SPDX-License-Identifier: GPL-2.0-only
/* The list of counters: the summary line and the documentation follow from it. */
#include "counters/counters.h"

#include "base/util.h"
#include "test.h"

TEST(keys_say_what_is_lost)
{
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		ASSERT(counter_info[i].key && counter_info[i].help);
		ASSERT_EQ(counter_info[i].class == COUNTER_LOST,
			  str_starts(counter_info[i].key, "lost_"));
		for (size_t k = 0; k < i; k++)
			ASSERT(!str_eq(counter_info[i].key, counter_info[k].key));
	}
}

TEST(summary)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	struct buf out = { 0 };

	counters_summary(&out, values);
	ASSERT_STR(out.data, "hits 0, matches 0, alerts 0, lost 0");
	buf_reset(&out);
	values[PHRUDE_STAT_HITS] = 5;
	values[PHRUDE_STAT_MATCHES] = 4;
	values[PHRUDE_STAT_DISMISSED] = 1;
	values[PHRUDE_STAT_LOST_RATE] = 1;
	values[PHRUDE_STAT_CUT_ARGS] = 1;
	values[COUNTER_alerts] = 2;
	values[COUNTER_unwritten] = UINT64_C(10000000000);
	values[COUNTER_forks_late] = 3;
	counters_summary(&out, values);
	ASSERT_STR(out.data,
		   "hits 5, matches 4, alerts 2, lost 10000000001, dismissed 1, lost_rate 1, "
		   "cut_args 1, lost_unwritten 10000000000, forks_late 3");
	ASSERT_EQ(counters_lost(values), 10000000001);
	buf_fini(&out);
}

TEST(each_is_documented)
{
	static char text[1 << 20];
	FILE *f = fopen("docs/architecture.md", "r");

	ASSERT(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		char row[1024];

		snprintf(row, sizeof(row), "\n| `%s` | %s |\n", counter_info[i].key,
			 counter_info[i].help);
		if (!strstr(text, row))
			TEST_FAIL("docs/architecture.md has no row%s", row);
	}
}
