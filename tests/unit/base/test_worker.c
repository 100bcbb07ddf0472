// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/look.h"
#include "base/worker.h"

static int add_up(struct worker_call *call)
{
	uint32_t *n = call->area;

	n[2] = n[0] + n[1];
	return worker_is_one() ? 0 : -EINVAL;
}

static int hang(struct worker_call *call)
{
	while (pause())
		;
	return 0;
}

static int die(struct worker_call *call)
{
	_exit(1);
}

/* Takes a second of processor time, and does not wait for anything. */
static int be_busy(struct worker_call *call)
{
	int64_t until = clock_now_ms() + 1000;

	while (clock_now_ms() < until)
		;
	return 7;
}

static int open_null(struct worker_call *call)
{
	call->fd_out = open("/dev/null", O_PATH | O_CLOEXEC);
	return call->fd_out < 0 ? -errno : 0;
}

static int read_sent(struct worker_call *call)
{
	return read(call->fd_in, call->area, 4) == 4 ? 0 : -EIO;
}

static bool sum_is(uint32_t a, uint32_t b)
{
	uint32_t *n = worker_area();

	n[0] = a;
	n[1] = b;
	return worker_run(add_up, 1000, -1, NULL) == 0 && n[2] == a + b;
}

TEST(answers)
{
	for (uint32_t i = 0; i < 1000; i++)
		ASSERT(sum_is(i, 5));
	ASSERT(!worker_is_one());
}

TEST(descriptors_both_ways)
{
	int pair[2], fd;

	ASSERT_EQ(pipe(pair), 0);
	ASSERT_EQ(write(pair[1], "abcd", 4), 4);
	ASSERT(worker_area());
	ASSERT_EQ(worker_run(read_sent, 1000, pair[0], NULL), 0);
	ASSERT(!memcmp(worker_area(), "abcd", 4));
	ASSERT_EQ(worker_run(open_null, 1000, -1, &fd), 0);
	ASSERT(fd >= 0);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

TEST(one_that_hangs_is_left_behind)
{
	int64_t start = clock_now_ms();
	uint64_t before, left, refused;

	worker_counts(&before, &refused);
	ASSERT_EQ(worker_run(hang, 50, -1, NULL), -ETIMEDOUT);
	ASSERT(clock_now_ms() - start < 2000);
	ASSERT(sum_is(3, 4));
	worker_counts(&left, &refused);
	ASSERT_EQ(left, before + 1);
	/* More of them than may be there at a time: those that can be killed do not count. */
	for (int i = 0; i < WORKERS_LEFT_MAX + 10; i++)
		ASSERT_EQ(worker_run(hang, 1, -1, NULL), -ETIMEDOUT);
	ASSERT(sum_is(5, 6));
}

TEST(one_that_is_busy_is_waited_for)
{
	ASSERT_EQ(worker_run(be_busy, 200, -1, NULL), 7);
}

TEST(one_that_dies_is_replaced)
{
	ASSERT_EQ(worker_run(die, 5000, -1, NULL), -EIO);
	ASSERT(sum_is(1, 2));
}

/* Whoever reads from a pipe of ours must see its end, whatever a worker does. */
TEST(holds_nothing)
{
	struct pollfd poll_fd = { .events = POLLIN };
	int pair[2];

	worker_stop();
	ASSERT_EQ(pipe(pair), 0);
	worker_start();
	ASSERT(sum_is(1, 1));
	close(pair[1]);
	poll_fd.fd = pair[0];
	ASSERT_EQ(poll(&poll_fd, 1, 0), 1);
	ASSERT(poll_fd.revents & POLLHUP);
	close(pair[0]);
}

TEST(a_look_that_failed_asks_no_more)
{
	struct look look, inner;
	int64_t start = clock_now_ms();

	look_begin(&look, 1, LOOK_LATER);
	ASSERT_EQ(look_read(0x1234), 0);
	ASSERT_EQ(worker_run(hang, 100, -1, NULL), -ETIMEDOUT);
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(worker_run(hang, 100, -1, NULL), -ETIMEDOUT);
	ASSERT_EQ(look_read(0x1234), -ETIMEDOUT);
	look_begin(&inner, 1, LOOK_LATER);
	ASSERT_EQ(look_read(0x1234), -ETIMEDOUT);
	ASSERT_EQ(look_end(&inner), -ETIMEDOUT);
	ASSERT_EQ(look_end(&look), -ETIMEDOUT);
	ASSERT(clock_now_ms() - start < 2000);
	ASSERT(look_current() == NULL);
	ASSERT_EQ(look_read(0x1234), 0);
}

TEST(a_look_without_an_end_ends)
{
	struct look look;
	unsigned int reads = 0;
	char why[160];

	look_begin(&look, 1, (struct look_limits){ .reads = 1000, .ms = 100 });
	while (!look_read(0x1234))
		reads++;
	ASSERT_EQ(look_end(&look), -E2BIG);
	ASSERT_EQ(reads, 1000);
	ASSERT_HAS(look_failure(&look, why, sizeof(why)), "has no end");
	/* By the clock, at last. */
	look_begin(&look, 1, (struct look_limits){ .reads = UINT64_MAX, .ms = 5 });
	while (!look_read(0x1234))
		;
	ASSERT_EQ(look_end(&look), -E2BIG);
	ASSERT(clock_now_ns() - look.began >= 5000000LL * LOOK_WALL);
	/* Each call of a worker is more than a read. */
	look_begin(&look, 1, (struct look_limits){ .reads = 10 * LOOK_READS_A_CALL, .ms = 1000 });
	for (int i = 0; i < 10; i++)
		ASSERT(sum_is(i, i));
	ASSERT_EQ(worker_run(hang, 100, -1, NULL), -ETIMEDOUT);
	ASSERT_EQ(look_end(&look), -E2BIG);
}

static int sleep_a_while(struct worker_call *call)
{
	static const struct timespec ms2 = { .tv_nsec = 2000000 };

	(void)call;
	return nanosleep(&ms2, NULL);
}

static int work_a_while(struct worker_call *call)
{
	int64_t until = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + 20 * NSEC_PER_MSEC;

	(void)call;
	while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < until)
		;
	return 0;
}

/*
 * What is slept for is the target's doing, however little each time; what takes long for want of a
 * processor is not.
 */
TEST(a_look_has_patience_for_so_much_sleep)
{
	struct look look;
	int calls = 0;

	look_begin(&look, 1, (struct look_limits){ .reads = 1000000, .ms = 200 });
	for (int i = 0; i < 12; i++)
		ASSERT_EQ(worker_run(work_a_while, 5000, -1, NULL), 0);
	while (calls < 1000 && !worker_run(sleep_a_while, 5000, -1, NULL))
		calls++;
	ASSERT_EQ(look_end(&look), -ETIMEDOUT);
	ASSERT(calls > 0 && calls <= 100);
}

static int answer_late(struct worker_call *call)
{
	static const struct timespec ms700 = { .tv_nsec = 700000000 };

	(void)call;
	return nanosleep(&ms700, NULL);
}

/* A disk that others keep busy is no reason to give up what a user has named. */
TEST(one_answer_may_take_all_the_patience)
{
	struct look look;

	ASSERT_EQ(worker_patience(), WORKER_PATIENCE_MS);
	look_begin(&look, 1, LOOK_FIRST);
	ASSERT_EQ(worker_run(answer_late, worker_patience(), -1, NULL), 0);
	ASSERT(worker_patience() > 1000 && worker_patience() < 2400);
	ASSERT_EQ(look_end(&look), 0);
	look_begin(&look, 1, LOOK_LATER);
	ASSERT_EQ(worker_run(answer_late, worker_patience(), -1, NULL), -ETIMEDOUT);
	ASSERT_EQ(look_end(&look), -ETIMEDOUT);
}

/* A family's allowance is not spent by what others keep the processors busy with. */
TEST(a_look_costs_processors_and_sleep_for_answers)
{
	static const struct timespec ms100 = { .tv_nsec = 100000000 };
	struct look look;
	int64_t worked, slept;

	look_begin(&look, 1, LOOK_FIRST);
	ASSERT_EQ(nanosleep(&ms100, NULL), 0);
	ASSERT(look_spent_ns(&look) < 50 * NSEC_PER_MSEC);
	for (int i = 0; i < 12; i++)
		ASSERT_EQ(worker_run(work_a_while, 5000, -1, NULL), 0);
	worked = look_spent_ns(&look);
	ASSERT(worked > 100 * NSEC_PER_MSEC);
	ASSERT_EQ(worker_run(answer_late, worker_patience(), -1, NULL), 0);
	slept = look_spent_ns(&look) - worked;
	ASSERT(slept >= 700 * NSEC_PER_MSEC);
	ASSERT_EQ(look_end(&look), 0);
}
