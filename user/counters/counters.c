// SPDX-License-Identifier: GPL-2.0-only
#include "counters/counters.h"

#include <stdbool.h>

#include "base/util.h"

#define COUNTER_count COUNTER_COUNT
#define COUNTER_lost COUNTER_LOST
#define COUNTER_cut COUNTER_CUT

const struct counter_info counter_info[NR_COUNTERS] = {
#define X(name, key, class, help) [PHRUDE_STAT_##name] = { key, help, COUNTER_##class },
	PHRUDE_STATS(X)
#undef X
#define X(name, key, class, help) [COUNTER_##name] = { key, help, COUNTER_##class },
		USER_COUNTERS(X)
#undef X
};

uint64_t counters_lost(const uint64_t values[NR_COUNTERS])
{
	uint64_t lost = 0;

	for (size_t i = 0; i < NR_COUNTERS; i++)
		lost += counter_info[i].class == COUNTER_LOST ? values[i] : 0;
	return lost;
}

static void add_counter(struct buf *out, const char *key, uint64_t value)
{
	buf_printf(out, "%s%s %llu", out->len ? ", " : "", key, (unsigned long long)value);
}

void counters_summary(struct buf *out, const uint64_t values[NR_COUNTERS])
{
	static const unsigned int always[] = { PHRUDE_STAT_HITS, PHRUDE_STAT_MATCHES,
					       COUNTER_alerts };
	bool said[NR_COUNTERS] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(always); i++) {
		add_counter(out, counter_info[always[i]].key, values[always[i]]);
		said[always[i]] = true;
	}
	add_counter(out, "lost", counters_lost(values));
	for (size_t i = 0; i < NR_COUNTERS; i++) {
		if (values[i] && !said[i])
			add_counter(out, counter_info[i].key, values[i]);
	}
}
