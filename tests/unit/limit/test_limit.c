// SPDX-License-Identifier: GPL-2.0-only
/* What is held back, of which rule and target, and for how long. */
#include "limit/limit.h"

#include "test.h"

#define S 1000000000ULL

static const struct limit_rate rate = { S, 1 };
static struct limit *limit;
static size_t freed;

static void let_go(void *first)
{
	free(first);
	freed++;
}

static void start(void)
{
	freed = 0;
	limit = limit_new(&rate, let_go);
	if (!limit)
		abort();
}

/* An alert, which is known by a number if it is held back as the first.  Was it written? */
static bool alert(const char *rule, const char *target, pid_t pid, uint64_t time_ns, int number,
		  size_t size)
{
	struct limit_key key = { rule, target, pid };
	struct limit_place *place = limit_refuse(limit, &key, time_ns);
	int *first = NULL;

	if (!place)
		return true;
	if (!limit_holds(place)) {
		first = malloc(sizeof(*first));
		if (!first)
			abort();
		*first = number;
	}
	limit_hold(limit, place, first, size, time_ns, (int64_t)time_ns);
	return false;
}

/* The number of what is due then; 0: nothing is. */
static int take(int64_t now_ns, struct limit_held *held)
{
	int number;

	if (!limit_take(limit, now_ns, held))
		return 0;
	number = *(int *)held->first;
	free(held->first);
	return number;
}

TEST(one_stands_for_many)
{
	struct limit_held held;

	start();
	ASSERT(alert("a", "shop", 1, 100 * S, 1, 1));
	ASSERT(!alert("a", "shop", 1, 100 * S + 5, 2, 1));
	ASSERT(!alert("a", "shop", 2, 100 * S + 4, 3, 1));
	ASSERT(!alert("a", "shop", 2, 100 * S + 9, 4, 1));
	ASSERT(!limit_is_empty(limit));
	ASSERT_EQ(take(100 * S + LIMIT_SPAN_NS + 4, &held), 0);
	ASSERT_EQ(take(100 * S + LIMIT_SPAN_NS + 5, &held), 2);
	ASSERT_EQ(held.count, 3);
	ASSERT_EQ(held.since_ns, 100 * S + 4);
	ASSERT_EQ(held.until_ns, 100 * S + 9);
	ASSERT(limit_is_empty(limit));
	ASSERT_EQ(take(INT64_MAX, &held), 0);
	/* The next one begins anew. */
	ASSERT(!alert("a", "shop", 1, 100 * S + 20, 5, 1));
	ASSERT_EQ(take(INT64_MAX, &held), 5);
	ASSERT_EQ(held.count, 1);
	ASSERT_EQ(held.since_ns, held.until_ns);
	limit_free(limit);
	ASSERT_EQ(freed, 0);
}

TEST(each_for_itself)
{
	struct limit_held held;

	start();
	ASSERT(alert("a", "shop", 1, S, 1, 1));
	ASSERT(alert("b", "shop", 1, S, 2, 1));
	ASSERT(alert("a", "mail", 1, S, 3, 1));
	ASSERT(alert("a", NULL, 1, S, 4, 1));
	ASSERT(alert("a", NULL, 2, S, 5, 1));
	ASSERT(alert("a", "", 2, S, 6, 1));
	ASSERT(!alert("a", NULL, 2, S, 7, 1));
	ASSERT(!alert("b", "shop", 9, S + 1, 8, 1));
	ASSERT(!alert("a", "shop", 9, S + 2, 9, 1));
	/* In the order in which they were held back. */
	ASSERT_EQ(take(INT64_MAX, &held), 7);
	ASSERT_EQ(take(INT64_MAX, &held), 8);
	ASSERT_EQ(take(INT64_MAX, &held), 9);
	ASSERT_EQ(take(INT64_MAX, &held), 0);
	limit_free(limit);
}

TEST(in_a_hurry)
{
	struct limit_held held;

	start();
	for (int i = 0; i < 2; i++) {
		alert("a", "shop", 1, S, 1, 1);
		alert("a", NULL, 1, S, 2, 1);
		alert("b", NULL, 2, S, 3, 1);
		alert("b", NULL, 1, S, 4, 1);
	}
	limit_hurry_process(limit, 3);
	ASSERT_EQ(take(S, &held), 0);
	limit_hurry_process(limit, 1);
	ASSERT_EQ(take(S, &held), 4);
	ASSERT_EQ(take(S, &held), 2);
	ASSERT_EQ(take(S, &held), 0);
	limit_hurry(limit);
	ASSERT_EQ(take(S, &held), 1);
	ASSERT_EQ(take(S, &held), 3);
	ASSERT_EQ(take(S, &held), 0);
	limit_free(limit);
}

/* What is held back stays so, and what was taken of the former limit does not count. */
TEST(another_limit)
{
	static const struct limit_rate none = { 0 }, hourly = { 3600 * S, 1 }, three = { S, 3 };
	struct limit_held held;

	start();
	limit_set(limit, &hourly);
	ASSERT(alert("r", "t", 1, S, 0, 1));
	ASSERT(!alert("r", "t", 1, 2 * S, 7, 1));
	/* The same one again begins nothing anew. */
	limit_set(limit, &hourly);
	ASSERT(!alert("r", "t", 1, 3 * S, 0, 1));
	limit_set(limit, &three);
	for (int i = 0; i < 3; i++)
		ASSERT(alert("r", "t", 1, 4 * S, 0, 1));
	ASSERT(!alert("r", "t", 1, 4 * S, 0, 1));
	limit_set(limit, &none);
	for (int i = 0; i < 10; i++)
		ASSERT(alert("r", "t", 1, 5 * S, 0, 1));
	ASSERT_EQ(take(INT64_MAX, &held), 7);
	ASSERT_EQ(held.count, 3);
	limit_free(limit);
}

TEST(what_nobody_takes_is_freed)
{
	start();
	for (int i = 0; i < 3; i++) {
		alert("a", "shop", 1, S, 1, 1);
		alert("b", "shop", 1, S, 1, 1);
	}
	limit_free(limit);
	ASSERT_EQ(freed, 2);
	limit_free(NULL);
}

TEST(too_many_bytes)
{
	struct limit_held held;

	start();
	for (int i = 0; i < 2; i++) {
		alert("a", "shop", 1, S, 1, LIMIT_BYTES_MAX - 1);
		alert("a", "mail", 1, S, 2, 1);
	}
	/* All others of a rule together; each has had its burst nevertheless. */
	for (pid_t pid = 1; pid < 4; pid++) {
		ASSERT(alert("a", NULL, pid, S, 3, 1));
		ASSERT(!alert("a", NULL, pid, S, 3 + pid, LIMIT_BYTES_MAX));
		ASSERT(alert("b", NULL, pid, S, 3, 1));
		ASSERT(!alert("b", NULL, pid, S, 6 + pid, LIMIT_BYTES_MAX));
	}
	ASSERT(!alert("a", "shop", 1, S, 10, 1));
	ASSERT_EQ(take(INT64_MAX, &held), 1);
	ASSERT_EQ(held.count, 2);
	ASSERT_EQ(take(INT64_MAX, &held), 2);
	ASSERT_EQ(take(INT64_MAX, &held), 4);
	ASSERT_EQ(held.count, 3);
	ASSERT_EQ(take(INT64_MAX, &held), 7);
	ASSERT_EQ(held.count, 3);
	ASSERT_EQ(take(INT64_MAX, &held), 0);
	/* There is room again. */
	ASSERT(!alert("a", NULL, 1, S, 11, 1));
	ASSERT(!alert("a", NULL, 2, S, 12, 1));
	ASSERT_EQ(take(INT64_MAX, &held), 11);
	ASSERT_EQ(take(INT64_MAX, &held), 12);
	limit_free(limit);
}

/* A target that forks without end has its children told apart only as long as there is room. */
TEST(too_many_places)
{
	struct limit_held held;
	pid_t pid;

	start();
	for (pid = 1; pid <= LIMIT_PLACES_MAX; pid++)
		ASSERT(alert("a", NULL, pid, 100 * S, 1, 1));
	ASSERT(!alert("a", NULL, 1, 100 * S, 2, 1));
	/* All others of this rule together. */
	ASSERT(alert("a", NULL, pid, 100 * S, 3, 1));
	ASSERT(!alert("a", NULL, pid + 1, 100 * S, 4, 1));
	ASSERT(!alert("a", "shop", pid + 1, 100 * S, 5, 1));
	ASSERT(alert("b", "shop", pid + 1, 100 * S, 6, 1));
	/* Whose pause is over has no place any more, but for what is held back. */
	ASSERT(alert("a", NULL, pid, 102 * S, 7, 1));
	ASSERT(alert("a", NULL, pid + 1, 102 * S, 8, 1));
	ASSERT(!alert("a", NULL, pid + 1, 102 * S, 9, 1));
	ASSERT_EQ(take(INT64_MAX, &held), 2);
	ASSERT_EQ(take(INT64_MAX, &held), 4);
	ASSERT_EQ(held.count, 2);
	ASSERT_EQ(take(INT64_MAX, &held), 9);
	limit_free(limit);
}
