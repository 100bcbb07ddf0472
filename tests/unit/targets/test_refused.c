// SPDX-License-Identifier: GPL-2.0-only
/* How often, and of how many processes, it is said that they make too many matches. */
#include "test.h"

#include <stdarg.h>

#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* The kernel side: what it has refused, by pid. */
static uint64_t refused[64];
static char said[4096];
static unsigned int lines;

uint64_t kern_refused(const struct kern *kern, pid_t pid)
{
	return refused[pid];
}

int kern_stats(const struct kern *kern, uint64_t stats[NR_PHRUDE_STATS])
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		stats[i % 2 ? PHRUDE_STAT_LOST_RATE : PHRUDE_STAT_LOST_SHARE] += refused[i];
	return 0;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	lines++;
}

static struct targets *start(pid_t processes)
{
	struct targets *t = calloc(1, sizeof(*t));

	memset(refused, 0, sizeof(refused));
	lines = 0;
	for (pid_t pid = 1; pid <= processes; pid++)
		processes_add(&t->processes, pid);
	return t;
}

static void stop(struct targets *t)
{
	processes_fini(&t->processes);
	free(t);
}

TEST(at_once_and_then_ever_more_seldom)
{
	struct targets *t = start(2);
	unsigned int at[8] = { 0 }, n = 0;

	for (unsigned int second = 1; second <= 200; second++) {
		unsigned int before = lines;

		refused[1] += 10;
		targets_say_refused(t);
		if (lines > before && n < ARRAY_SIZE(at))
			at[n++] = second;
	}
	ASSERT_EQ(n, 8);
	ASSERT_EQ(at[0], 1);
	ASSERT_EQ(at[1], 3);
	ASSERT_EQ(at[2], 7);
	ASSERT_EQ(at[3], 15);
	/* No more than a minute, or about. */
	ASSERT_EQ(at[6] - at[5], 64);
	ASSERT_EQ(at[7] - at[6], 64);
	ASSERT_HAS(said, "pid 1: 640 matches in the last 64 s");
	stop(t);
}

TEST(nothing_new)
{
	struct targets *t = start(2);

	targets_say_refused(t);
	ASSERT_EQ(lines, 0);
	refused[2] = 5;
	targets_say_refused(t);
	ASSERT_HAS(said, "pid 2: 5 matches in the last 1 s");
	for (int i = 0; i < 10; i++)
		targets_say_refused(t);
	ASSERT_EQ(lines, 1);
	stop(t);
}

TEST(many_processes)
{
	struct targets *t = start(20);

	for (pid_t pid = 1; pid <= 20; pid++)
		refused[pid] = 3;
	targets_say_refused(t);
	ASSERT_EQ(lines, 6);
	ASSERT_HAS(said, "15 more processes: 45 matches");
	stop(t);
}
