// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "base/clock.h"
#include "base/handoff.h"

#define ROUNDS 1000

struct table {
	struct handoff there, back;
	int cpu;
};

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (cpu >= 0)
		sched_setaffinity(0, sizeof(set), &set);
}

static void wait_for(struct handoff *h, unsigned int value)
{
	while (!handoff_comes_soon(h, value))
		handoff_sleep(h, value, NULL);
}

static void *play(void *arg)
{
	struct table *t = arg;

	stay_on(t->cpu);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		wait_for(&t->there, i);
		handoff_pass(&t->back, i + 1);
	}
	return NULL;
}

/* spent: what this thread has taken of a processor, in ns a round. */
static void rounds(int cpu, int other, int64_t *spent)
{
	struct table t = { .cpu = other };
	struct timespec before, after;
	pthread_t thread;

	stay_on(cpu);
	ASSERT_EQ(pthread_create(&thread, NULL, play, &t), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		handoff_pass(&t.there, i + 1);
		wait_for(&t.back, i);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	pthread_join(thread, NULL);
	ASSERT_EQ(t.there.count, ROUNDS);
	ASSERT_EQ(t.back.count, ROUNDS);
	*spent = ((after.tv_sec - before.tv_sec) * NSEC_PER_SEC + after.tv_nsec - before.tv_nsec) /
		 ROUNDS;
}

TEST(to_and_fro)
{
	int64_t spent;

	rounds(-1, -1, &spent);
}

/* To spin would take 100 us a round. */
TEST(not_in_the_others_way)
{
	int here = sched_getcpu();
	int64_t spent = 0;

	rounds(here, here, &spent);
	ASSERT(spent < 50000);
}

TEST(not_for_ever)
{
	const struct timespec ms = { .tv_nsec = NSEC_PER_MSEC };
	struct handoff h = { .count = 7 };

	ASSERT(!handoff_comes_soon(&h, 7));
	handoff_sleep(&h, 7, &ms);
	ASSERT(handoff_comes_soon(&h, 6));
}
