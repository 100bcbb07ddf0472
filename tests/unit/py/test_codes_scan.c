// SPDX-License-Identifier: GPL-2.0-only
/* Looking for code objects in the memory of a child of ours, which looks as ours did. */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "base/worker.h"
#include "py/interp.h"
#include "py/py_codes.h"
#include "py/py_codes_scan.h"
#include "py/remote.h"

#define PAGE 4096u
#define TYPE 0x123456789ab8ULL
#define PAGES 600u /* more than is read at once */

static struct py_layout layout;
static uint8_t *memory;

static pid_t child_start(void)
{
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void put(size_t offset, uint64_t refs, uint64_t name)
{
	const uint64_t type = TYPE;
	const uint32_t traceable = 3;

	memcpy(memory + offset, &refs, sizeof(refs));
	memcpy(memory + offset + 8, &type, sizeof(type));
	memcpy(memory + offset + layout.code_name, &name, sizeof(name));
	memcpy(memory + offset + layout.code_firsttraceable, &traceable, sizeof(traceable));
}

static bool set_up(void)
{
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	return memory != MAP_FAILED && !py_layout_get(12, &layout);
}

struct seen {
	struct scan_found list[8];
	size_t count, total, calls;
	int ret;
};

/* scan_fn */
static int note(void *ctx, const struct scan_found *found, size_t count)
{
	struct seen *s = ctx;

	s->calls++;
	s->total += count;
	for (size_t i = 0; i < count && s->count < ARRAY_SIZE(s->list); i++)
		s->list[s->count++] = found[i];
	return s->ret;
}

static uint64_t at(size_t offset)
{
	return (uintptr_t)memory + offset;
}

TEST(what_stands_where)
{
	const size_t last = PAGES * PAGE - 16, edge = 256 * 1024 - 8;
	struct scan_run runs[2];
	struct seen seen = { 0 };
	uint64_t bytes;
	pid_t pid;

	ASSERT(set_up());
	put(64, 1, 0x1000);
	put(edge, 2, 0x2000);	   /* its type is the first word of the next piece */
	put(8192, 0, 0x3000);	   /* nobody refers to it */
	put(40 * PAGE, 5, 0x4000); /* in no run */
	memcpy(memory + last + 8, &(uint64_t){ TYPE }, 8); /* ends behind the memory */
	runs[0] = (struct scan_run){ at(0), at(40 * PAGE) };
	runs[1] = (struct scan_run){ at(41 * PAGE), at(PAGES * PAGE) };
	pid = child_start();
	ASSERT_EQ(py_codes_scan(pid, &layout, TYPE, runs, 2, note, &seen, &bytes), 0);
	child_end(pid);
	ASSERT_EQ(bytes, (PAGES - 1) * PAGE);
	ASSERT_EQ(seen.count, 3);
	ASSERT_EQ(seen.list[0].addr, at(64));
	ASSERT_EQ(seen.list[0].name, 0x1000);
	ASSERT_EQ(seen.list[0].firsttraceable, 3);
	ASSERT_EQ(seen.list[1].addr, at(edge));
	ASSERT_EQ(seen.list[2].addr, at(last));
	ASSERT_EQ(seen.list[2].refs, 0); /* for the caller to look at */
	munmap(memory, PAGES * PAGE);
}

TEST(memory_full_of_them)
{
	struct scan_run run;
	struct seen seen = { 0 };
	uint64_t bytes;
	pid_t pid;

	ASSERT(set_up());
	for (size_t i = 0; i < PAGES * PAGE / 8; i++)
		memcpy(memory + 8 * i, &(uint64_t){ TYPE }, 8);
	run = (struct scan_run){ at(0), at(256 * PAGE) };
	pid = child_start();
	ASSERT_EQ(py_codes_scan(pid, &layout, TYPE, &run, 1, note, &seen, &bytes), 0);
	ASSERT_EQ(seen.total, 256 * PAGE / 8);
	ASSERT_EQ(bytes, 256 * PAGE);
	ASSERT(seen.calls > 1);
	seen.ret = -ENOMEM;
	seen.calls = 0;
	ASSERT_EQ(py_codes_scan(pid, &layout, TYPE, &run, 1, note, &seen, &bytes), -ENOMEM);
	ASSERT_EQ(seen.calls, 1);
	child_end(pid);
	munmap(memory, PAGES * PAGE);
}

/* Unmapped since its pages were asked for. */
TEST(memory_that_is_gone)
{
	struct scan_run run;
	struct seen seen = { 0 };
	uint64_t bytes;
	pid_t pid;

	ASSERT(set_up());
	put(64, 1, 0x1000);
	munmap(memory + 2 * PAGE, (PAGES - 2) * PAGE);
	run = (struct scan_run){ at(0), at(PAGES * PAGE) };
	pid = child_start();
	ASSERT_EQ(py_codes_scan(pid, &layout, TYPE, &run, 1, note, &seen, &bytes), 0);
	ASSERT_EQ(seen.count, 1);
	ASSERT_EQ(bytes, 2 * PAGE);
	child_end(pid);
	ASSERT_EQ(py_codes_scan(pid, &layout, TYPE, &run, 1, note, &seen, &bytes), 0);
	ASSERT_EQ(bytes, 0);
	munmap(memory, 2 * PAGE);
}

TEST(several_places_at_once)
{
	uint64_t addrs[2050], values[2050];
	static bool whole[2050];
	pid_t pid;

	ASSERT(set_up());
	munmap(memory + PAGE, PAGE);
	for (size_t i = 0; i < PAGE / 8; i++)
		memcpy(memory + 8 * i, &i, 8);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		addrs[i] = at(8 * (i % 512));
	addrs[0] = addrs[1500] = at(PAGE);
	addrs[7] = 0;
	pid = child_start();
	ASSERT_EQ(remote_read_each(pid, addrs, ARRAY_SIZE(addrs), 8, values, whole), 0);
	child_end(pid);
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		bool there = i != 0 && i != 7 && i != 1500;

		ASSERT_EQ(whole[i], there);
		ASSERT(!there || values[i] == i % 512);
	}
	munmap(memory, PAGE);
	munmap(memory + 2 * PAGE, (PAGES - 2) * PAGE);
}
