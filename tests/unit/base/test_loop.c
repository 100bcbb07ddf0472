// SPDX-License-Identifier: GPL-2.0-only
#include "base/loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "test.h"

static struct loop loop;
static int fd, other, called, fired;

static void on_ready(void *ctx)
{
	uint64_t value;

	called += read(*(int *)ctx, &value, sizeof(value)) == sizeof(value);
}

static void on_timer(void *ctx)
{
	fired++;
}

static void remove_both(void *ctx)
{
	called++;
	loop_remove(&loop, fd);
	loop_remove(&loop, other);
}

static void start(void)
{
	struct err err;

	called = fired = 0;
	fd = eventfd(0, EFD_NONBLOCK);
	other = eventfd(0, EFD_NONBLOCK);
	if (fd < 0 || other < 0 || loop_init(&loop, &err))
		abort();
}

static void end(void)
{
	loop_fini(&loop);
	close(fd);
	close(other);
}

static void make_ready(int which)
{
	uint64_t one = 1;

	if (write(which, &one, sizeof(one)) != sizeof(one))
		abort();
}

TEST(what_can_be_read_is_called)
{
	struct err err;

	start();
	ASSERT_EQ(loop_add(&loop, fd, on_ready, &fd, &err), 0);
	ASSERT_EQ(loop_add(&loop, other, on_ready, &other, &err), 0);
	ASSERT_EQ(loop_once(&loop, 0, &err), 0);
	ASSERT_EQ(called, 0);
	make_ready(fd);
	make_ready(other);
	ASSERT_EQ(loop_once(&loop, -1, &err), 0);
	ASSERT_EQ(called, 2);
	loop_remove(&loop, fd);
	make_ready(fd);
	ASSERT_EQ(loop_once(&loop, 0, &err), 0);
	ASSERT_EQ(called, 2);
	loop_remove(&loop, fd); /* once more */
	end();
}

TEST(one_that_is_closed)
{
	struct err err;
	int closed = eventfd(0, EFD_NONBLOCK);

	start();
	ASSERT_EQ(loop_add(&loop, closed, on_ready, &closed, &err), 0);
	close(closed);
	loop_remove(&loop, closed);
	ASSERT_EQ(loop_add(&loop, fd, on_ready, &fd, &err), 0);
	make_ready(fd);
	ASSERT_EQ(loop_once(&loop, 0, &err), 0);
	ASSERT_EQ(called, 1);
	end();
}

TEST(removed_while_they_are_called)
{
	struct err err;

	start();
	ASSERT_EQ(loop_add(&loop, fd, remove_both, NULL, &err), 0);
	ASSERT_EQ(loop_add(&loop, other, remove_both, NULL, &err), 0);
	make_ready(fd);
	make_ready(other);
	ASSERT_EQ(loop_once(&loop, 0, &err), 0);
	ASSERT_EQ(called, 1);
	end();
}

TEST(timers)
{
	int64_t began = clock_now_ms();
	struct err err;

	start();
	ASSERT_EQ(loop_timer(&loop, 0.02, 0.01, on_timer, NULL, &err), 0);
	while (fired < 3)
		ASSERT_EQ(loop_once(&loop, -1, &err), 0);
	ASSERT(clock_now_ms() - began >= 38);
	end();
}

TEST(a_timer_that_fires_once)
{
	struct err err;

	start();
	ASSERT_EQ(loop_timer(&loop, 0.005, 0, on_timer, NULL, &err), 0);
	ASSERT_EQ(loop_once(&loop, 1000, &err), 0);
	ASSERT_EQ(loop_once(&loop, 30, &err), 0);
	ASSERT_EQ(fired, 1);
	end();
}

TEST(too_many)
{
	struct err err;

	start();
	for (int i = 0; i < LOOP_SOURCES_MAX; i++)
		ASSERT_EQ(loop_timer(&loop, 1, 0, on_timer, NULL, &err), 0);
	ASSERT_EQ(loop_add(&loop, fd, on_ready, &fd, &err), -ENOSPC);
	ASSERT_HAS(err.msg, "more than");
	end();
}
