// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which interpreters a process has, as it is asked while one of its threads is held; its memory is
 * a file here.
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/interp.h"
#include "py/py_arm.h"

#define HEAD 8	    /* where the list of interpreters begins, */
#define MAIN 0x1000 /* and two of them */
#define SUB 0x2000
#define NEXT 16 /* in each */

static bool is_held(void *ctx)
{
	return *(bool *)ctx;
}

static bool held;
static struct py_layout layout;

static struct py_arm_target target(unsigned int minor, uint64_t interp)
{
	struct py_arm_target t = { .mem = memfd_create("memory", MFD_CLOEXEC),
				   .layout = &layout,
				   .interp = interp,
				   .held = is_held,
				   .ctx = &held };

	py_layout_get(minor, &layout);
	held = true;
	return t;
}

static bool put(const struct py_arm_target *t, uint64_t at, uint64_t value)
{
	return pwrite(t->mem, &value, sizeof(value), (off_t)at) == sizeof(value);
}

static uint64_t get(const struct py_arm_target *t, uint64_t at)
{
	uint64_t value = 0;

	return pread(t->mem, &value, sizeof(value), (off_t)at) == sizeof(value) ? value : ~0ULL;
}

TEST(alone)
{
	struct py_arm_target t = target(13, MAIN);
	bool alone = false;

	ASSERT(put(&t, HEAD, MAIN) && put(&t, MAIN + NEXT, 0));
	ASSERT_EQ(py_arm_is_alone(&t, HEAD, NEXT, &alone), 0);
	ASSERT(alone);
	close(t.mem);
}

/* A new one comes first. */
TEST(not_alone)
{
	struct py_arm_target t = target(13, MAIN);
	bool alone = true;

	ASSERT(put(&t, HEAD, SUB) && put(&t, SUB + NEXT, MAIN) && put(&t, MAIN + NEXT, 0));
	ASSERT_EQ(py_arm_is_alone(&t, HEAD, NEXT, &alone), 0);
	ASSERT(!alone);
	/* Nor is it if a thread of the other one is held. */
	t.interp = SUB;
	alone = true;
	ASSERT_EQ(py_arm_is_alone(&t, HEAD, NEXT, &alone), 0);
	ASSERT(!alone);
	close(t.mem);
}

TEST(unreadable)
{
	struct py_arm_target t = target(13, MAIN);
	bool alone = true;

	ASSERT(py_arm_is_alone(&t, HEAD, NEXT, &alone) < 0);
	/* Which interpreter the thread belongs to was not read. */
	t.interp = 0;
	ASSERT(put(&t, HEAD, 0) && put(&t, NEXT, 0));
	ASSERT_EQ(py_arm_is_alone(&t, HEAD, NEXT, &alone), -EAGAIN);
	close(t.mem);
}

TEST(version)
{
	struct py_arm_target t = target(12, MAIN);
	uint64_t at = MAIN + layout.interp_monitoring_version;

	ASSERT(py_arm_wants_new_version(&t));
	ASSERT(put(&t, at, 0));
	held = false;
	ASSERT_EQ(py_arm_new_version(&t), -ETIMEDOUT);
	ASSERT_EQ(get(&t, at), 0);
	held = true;
	ASSERT_EQ(py_arm_new_version(&t), 0);
	ASSERT_EQ(get(&t, at), 2);
	/* One that the process has set itself stays. */
	ASSERT(put(&t, at, 7));
	ASSERT_EQ(py_arm_new_version(&t), 0);
	ASSERT_EQ(get(&t, at), 7);
	close(t.mem);
}
