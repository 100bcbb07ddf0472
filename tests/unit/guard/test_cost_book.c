// SPDX-License-Identifier: GPL-2.0-only
/* What processes are found to pay, and what they are spared for it. */
#include "test.h"

#include "base/clock.h"
#include "base/util.h"
#include "guard/cost_book.h"

#define TRAP_NS 1000

static struct cost_book book;
static int64_t now_ns;
static struct py_cost paid[8]; /* by pid */
static size_t gone;

static void begin(bool sheds)
{
	cost_book_fini(&book);
	book.limits = (struct cost_limits){ .max_cpu = 0.05, .sheds = sheds, .trap_ns = TRAP_NS };
	now_ns = 1000 * NSEC_PER_SEC;
	memset(paid, 0, sizeof(paid));
	gone = 0;
}

static void count_gone(void *ctx, struct cost_process *p)
{
	gone++;
}

/* One hit in 16 is timed. */
static struct cost_process *hit(pid_t pid, uint64_t hits, uint64_t ns, enum cost_change *change)
{
	paid[pid].hits += hits;
	paid[pid].timed += hits / 16;
	paid[pid].timed_ns += hits / 16 * ns;
	return cost_book_take(&book, pid, 1, "shop", &paid[pid], now_ns, change);
}

/* A second in which one process has so many hits. */
static struct cost_process *second(pid_t pid, uint64_t hits, uint64_t ns, enum cost_change *change)
{
	struct cost_process *p;

	now_ns += NSEC_PER_SEC;
	cost_book_begin(&book);
	p = hit(pid, hits, ns, change);
	cost_book_end(&book, count_gone, NULL);
	return p;
}

static bool may(const void *ctx, uint32_t watch)
{
	return watch < 100;
}

static bool is_about(double value, double wanted)
{
	return value > wanted * 0.999 && value < wanted * 1.001;
}

TEST(cost_is_hits_by_their_price)
{
	enum cost_change change;
	struct cost_process *p = NULL;

	begin(false);
	second(1, 0, 0, &change);
	/* 4 us and a trap, 1600 times a second */
	for (int i = 0; i < 20; i++) {
		p = second(1, 1600, 4000, &change);
		ASSERT_EQ(change, COST_SAME);
	}
	ASSERT(is_about(p->cpu, 0.008));
	ASSERT(is_about(book.targets[0].cpu, 0.008));
	ASSERT(is_about(book.targets[0].spent_ns, 20 * 8e6));
	ASSERT(str_eq(book.targets[0].name, "shop"));
	/* A look begins its counters anew: nothing is counted twice, and nothing below zero. */
	memset(&paid[1], 0, sizeof(paid[1]));
	p = second(1, 1600, 4000, &change);
	ASSERT(is_about(p->cpu, 0.008));
	/* Too few to be timed have the price of those before. */
	paid[1].hits += 8;
	p = second(1, 0, 0, &change);
	ASSERT(is_about(p->cpu, 0.0072 + 8 * 5e-6 / 10));
}

TEST(over_is_said_once)
{
	unsigned int over = 0, calm = 0, near = 0, first = 0;
	enum cost_change change;

	begin(false);
	second(1, 0, 0, &change);
	for (unsigned int i = 1; i <= 100; i++) {
		second(1, i <= 30 || i > 70 ? 16000 : 160, 4000, &change);
		over += change == COST_OVER;
		calm += change == COST_CALM;
		near += change == COST_NEAR;
		if (change == COST_OVER && !first)
			first = i;
	}
	ASSERT_EQ(over, 2);
	ASSERT_EQ(calm, 1);
	ASSERT(near >= 1);
	/* A short burst is none: a whole window. */
	ASSERT_EQ(first, COST_WINDOW);
}

TEST(a_neighbour_is_not_at_fault)
{
	enum cost_change change;

	begin(true);
	for (int i = 0; i < 30; i++) {
		now_ns += NSEC_PER_SEC;
		cost_book_begin(&book);
		hit(1, 32000, 4000, &change);
		hit(2, 160, 4000, &change);
		ASSERT(change == COST_SAME);
		cost_book_end(&book, count_gone, NULL);
	}
	ASSERT(cost_book_find(&book, 1)->over);
	ASSERT(!cost_book_find(&book, 2)->over);
	ASSERT_EQ(book.targets[0].over, 1);
	ASSERT(!cost_book_find(&book, 3));
	/* Who has ended is told of, and forgotten. */
	second(2, 160, 4000, &change);
	ASSERT_EQ(gone, 1);
	ASSERT(!cost_book_find(&book, 1));
	ASSERT(cost_book_find(&book, 2));
}

/* What the functions of a process cost in a second. */
static void functions(struct cost_process *p, const uint64_t matches[3])
{
	static const uint32_t watch[3] = { 7, 8, 107 };

	for (int i = 0; i < 3; i++) {
		struct phrude_cost cost = { matches[i], matches[i] * 4000 };

		cost_process_add(&book, p, watch[i], &cost);
	}
}

static struct cost_process *busy(unsigned int seconds, const uint64_t matches[3])
{
	struct cost_process *p = NULL;
	enum cost_change change;

	while (seconds--) {
		p = second(1, matches[0] + matches[1] + matches[2], 4000, &change);
		functions(p, matches);
		cost_process_step(p);
	}
	return p;
}

TEST(the_dearest_goes_first_and_comes_back_last)
{
	static const uint64_t many[3] = { 16000, 1600, 3200 };
	struct cost_process *p;
	struct cost_function *f;
	enum cost_change change;

	begin(true);
	p = busy(5, many);
	/* A whole window has to go by. */
	ASSERT(!cost_process_shed(&book, p, may, NULL));
	p = busy(10, many);
	ASSERT(p->over && cost_process_is_dear(&book, p));
	f = cost_process_shed(&book, p, may, NULL);
	ASSERT(f && f->watch == 7);
	ASSERT(is_about(f->shed_cpu, 0.08));
	/* What is left is 2.4%: enough is given up. */
	ASSERT(!cost_process_shed(&book, p, may, NULL));
	cost_process_wait(p);
	ASSERT_EQ(p->nr_shed, 1);
	/* It is refused, and costs little by that: but it would cost much. */
	for (uint64_t i = 1; i <= 30; i++) {
		p = second(1, 16000, 100, &change);
		cost_process_refused(f, 16000 * i);
		cost_process_step(p);
		ASSERT(!cost_process_take_back(&book, p));
	}
	ASSERT(is_about(cost_function_cpu(f), 0.08));
	/* It is called no more: a window later it may come back. */
	for (int i = 0; i < COST_WINDOW + 1; i++) {
		p = second(1, 160, 100, &change);
		cost_process_refused(f, 16000 * 30);
		cost_process_step(p);
	}
	ASSERT(cost_process_take_back(&book, p) == f);
	cost_process_unshed(p, f);
	ASSERT(!cost_process_take_back(&book, p));
	ASSERT_EQ(p->nr_shed, 0);
}

TEST(what_may_not_be_shed_stays)
{
	static const uint64_t many[3] = { 160, 0, 32000 };
	struct cost_process *p;
	struct cost_function *f;

	begin(true);
	p = busy(12, many);
	ASSERT(cost_process_is_dear(&book, p));
	f = cost_process_shed(&book, p, may, NULL);
	ASSERT(f && f->watch == 7);
	ASSERT(!cost_process_shed(&book, p, may, NULL));
}

TEST(more_than_there_is_room_for)
{
	struct phrude_cost cost = { 1, 1000 };
	enum cost_change change;
	struct cost_process *p;
	uint32_t shed;
	char name[32];

	begin(true);
	p = second(1, 16, 10, &change);
	for (uint32_t i = 0; i < 2 * COST_FUNCTIONS_MAX; i++)
		cost_process_add(&book, p, i + 1, &cost);
	ASSERT_EQ(p->nr_functions, COST_FUNCTIONS_MAX);
	cost_process_step(p);
	ASSERT_EQ(cost_process_sort(p), COST_FUNCTIONS_MAX);
	/* What costs more than one of them takes its place, but of none that is shed. */
	p->functions[0].shed = true;
	p->functions[0].ring = (struct cost_ring){ 0 };
	shed = p->functions[0].watch;
	for (uint32_t i = 0; i < 2 * COST_FUNCTIONS_MAX; i++) {
		cost.ns = (i + 2) * 1000;
		cost_process_add(&book, p, i + 1001, &cost);
	}
	cost_process_step(p);
	ASSERT_EQ(p->nr_functions, COST_FUNCTIONS_MAX);
	ASSERT(p->functions[0].watch == shed);
	cost_process_sort(p);
	ASSERT_EQ(p->functions[0].watch, 2 * COST_FUNCTIONS_MAX + 1000);
	ASSERT_EQ(p->functions[COST_FUNCTIONS_MAX - 2].watch, COST_FUNCTIONS_MAX + 1002);
	for (int i = 0; i < 2 * COST_TARGETS_MAX; i++) {
		struct py_cost none = { 0 };

		snprintf(name, sizeof(name), "target-%d", i);
		cost_book_take(&book, 1000 + i, 1, name, &none, now_ns, &change);
	}
	ASSERT_EQ(book.nr_targets, COST_TARGETS_MAX);
	ASSERT(str_eq(book.targets[COST_TARGETS_MAX - 1].name, "(others)"));
	cost_book_fini(&book);
}
