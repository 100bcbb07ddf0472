// SPDX-License-Identifier: GPL-2.0-only
/* Memory of another process: some of it never arrives, some changes, some goes away. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/look.h"
#include "base/worker.h"
#include "py/interp.h"
#include "py/py_arm.h"
#include "py/py_arm_worker.h"
#include "py/remote.h"

#define PAGE 4096

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Has a page that never arrives made in a child of ours; 0: that is not allowed here. */
static bool make_missing(void *page)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range = { (uintptr_t)page, PAGE },
				       .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	return fd >= 0 && !ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &reg);
}

struct child {
	pid_t pid;
	int in; /* a byte has it exec something else */
};

/* A process with our memory; *missing, if given, is a page that never arrives there. */
static struct child child_start(void *missing)
{
	int ready[2], in[2];
	struct child c = { 0 };
	char byte = 0;

	if (pipe(ready) || pipe(in))
		return c;
	c.pid = fork();
	if (!c.pid) {
		bool ok = !missing || make_missing(missing);

		close(in[1]);
		byte = ok ? 'y' : 'n';
		if (write(ready[1], &byte, 1) == 1 && read(in[0], &byte, 1) == 1)
			execl("/bin/sleep", "sleep", "60", NULL);
		_exit(0);
	}
	close(in[0]);
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1 || byte != 'y')
		printf("SKIP: no userfaultfd for this user\n");
	close(ready[0]);
	c.in = byte == 'y' ? in[1] : -1;
	return c;
}

static void child_end(struct child *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	close(c->in);
}

static void *pages(size_t n)
{
	return mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

TEST(many_places_at_once)
{
	enum { LEN = 96 };
	static uint8_t out[REMOTE_MANY_MAX][LEN];
	static uint64_t addrs[REMOTE_MANY_MAX];
	static bool got[REMOTE_MANY_MAX];
	uint8_t *mem = pages(4);
	size_t read = 0;

	memset(mem, 7, 4 * PAGE);
	for (size_t i = 0; i < 4 * PAGE; i += 100)
		mem[i] = (uint8_t)(i / 100);
	munmap(mem + 2 * PAGE, PAGE);
	/* Every third is nowhere, and so is what lies in the hole, or reaches into it. */
	for (size_t i = 0; i < REMOTE_MANY_MAX; i++)
		addrs[i] = i % 3 == 1 ? i * 8 : (uintptr_t)mem + i % 160 * 100;
	addrs[0] = addrs[250] = UINT64_MAX - 8;
	addrs[100] = 1ULL << 62;
	ASSERT_EQ(remote_read_many(getpid(), addrs, REMOTE_MANY_MAX, LEN, out[0], got), 0);
	for (size_t i = 0; i < REMOTE_MANY_MAX; i++) {
		uint64_t at = addrs[i] - (uintptr_t)mem;
		bool there = i && i != 250 && i % 3 != 1 &&
			     (at + LEN <= 2 * PAGE || (at >= 3 * PAGE && at + LEN <= 4 * PAGE));

		ASSERT_EQ(got[i], there);
		ASSERT(!there || !memcmp(out[i], mem + at, LEN));
		read += there;
	}
	ASSERT(read > 200);
	ASSERT_EQ(remote_read_many(0x7fffffff, addrs, 3, LEN, out[0], got), -ESRCH);
	ASSERT_EQ(remote_read_many(getpid(), addrs, 0, LEN, out[0], got), 0);
	ASSERT_EQ(remote_read_many(getpid(), addrs, REMOTE_MANY_MAX + 1, LEN, out[0], got),
		  -EINVAL);
	munmap(mem, 4 * PAGE);
}

TEST(pages_that_are_brought_here_ahead)
{
	enum { PAGES = 200, HOLE = 70 };
	uint8_t *mem = pages(PAGES), byte;
	uint64_t addrs[PAGES + 2];
	struct look look;
	int kept = 0;

	for (int i = 0; i < PAGES; i++) {
		mem[i * PAGE + 5] = (uint8_t)i;
		addrs[i] = (uintptr_t)mem + i * PAGE + 5;
	}
	munmap(mem + HOLE * PAGE, PAGE);
	addrs[PAGES] = UINT64_MAX - 5;
	addrs[PAGES + 1] = addrs[0];
	look_begin(&look, getpid(), LOOK_LATER);
	remote_ahead(getpid(), addrs, PAGES + 2);
	/* What is read from now on is of that moment, but for what has had to make room. */
	for (int i = 0; i < PAGES; i++) {
		if (i != HOLE)
			mem[i * PAGE + 5] = 255;
	}
	for (int i = 0; i < PAGES; i++) {
		byte = 0;
		ASSERT_EQ(remote_read(getpid(), addrs[i], &byte, 1), i == HOLE ? -EFAULT : 0);
		ASSERT(byte == (i == HOLE ? 0 : i) || (i != HOLE && byte == 255));
		kept += byte == i;
	}
	ASSERT(kept > PAGES / 2);
	ASSERT_EQ(remote_read(getpid(), addrs[PAGES], &byte, 1), -EFAULT);
	ASSERT_EQ(look_end(&look), 0);
	remote_ahead(getpid(), addrs, PAGES);
	ASSERT_EQ(remote_read(getpid(), addrs[3], &byte, 1), 0);
	ASSERT_EQ(byte, 255);
	munmap(mem, PAGES * PAGE);
}

TEST(many_places_of_which_one_never_arrives)
{
	uint8_t *mem = pages(2), out[2][64];
	uint64_t addrs[2] = { (uintptr_t)mem + PAGE, (uintptr_t)mem };
	struct look look;
	struct child c;
	bool got[2];

	memset(mem + PAGE, 7, PAGE);
	c = child_start(mem);
	if (c.in < 0)
		return;
	ASSERT_EQ(remote_read_many(c.pid, addrs, 2, 64, out[0], got), -ETIMEDOUT);
	ASSERT_EQ(remote_read_many(c.pid, addrs, 1, 64, out[0], got), 0);
	ASSERT(got[0] && out[0][63] == 7);
	look_begin(&look, c.pid, LOOK_LATER);
	remote_ahead(c.pid, addrs, 2);
	ASSERT_EQ(remote_read(c.pid, addrs[0], out[0], 1), -ETIMEDOUT);
	ASSERT_EQ(look_end(&look), -ETIMEDOUT);
	child_end(&c);
}

TEST(a_page_that_never_arrives)
{
	uint8_t *mem = pages(2), buf[64];
	struct child c = child_start(mem);
	int64_t start = now_ms();
	struct look look;
	char why[160], at[32];

	memset(mem + PAGE, 7, PAGE);
	if (c.in < 0)
		return;
	ASSERT_EQ(remote_read(c.pid, (uintptr_t)mem, buf, sizeof(buf)), -ETIMEDOUT);
	ASSERT_EQ(remote_fetch(c.pid, (uintptr_t)mem), -ETIMEDOUT);
	ASSERT_EQ(remote_fetch(c.pid, (uintptr_t)mem + PAGE), 0);
	look_begin(&look, c.pid, LOOK_LATER);
	for (int i = 0; i < 10000; i++)
		ASSERT_EQ(remote_read(c.pid, (uintptr_t)mem + 8, buf, sizeof(buf)), -ETIMEDOUT);
	ASSERT_EQ(look_end(&look), -ETIMEDOUT);
	snprintf(at, sizeof(at), "0x%lx", (unsigned long)mem + 8);
	ASSERT_HAS(look_failure(&look, why, sizeof(why)), at);
	ASSERT(now_ms() - start < 10000);
	/* Others are read as ever. */
	mem[0] = 9;
	ASSERT_EQ(remote_read(getpid(), (uintptr_t)mem, buf, 1), 0);
	ASSERT_EQ(buf[0], 9);
	child_end(&c);
	munmap(mem, 2 * PAGE);
}

TEST(a_look_reads_once)
{
	static volatile uint64_t word = 1;
	struct look look;
	uint64_t got = 0;

	look_begin(&look, getpid(), LOOK_LATER);
	ASSERT_EQ(remote_read_u64(getpid(), (uintptr_t)&word, &got), 0);
	ASSERT_EQ(got, 1);
	word = 2;
	ASSERT_EQ(remote_read_u64(getpid(), (uintptr_t)&word, &got), 0);
	ASSERT_EQ(got, 1);
	look_afresh();
	ASSERT_EQ(remote_read_u64(getpid(), (uintptr_t)&word, &got), 0);
	ASSERT_EQ(got, 2);
	ASSERT_EQ(look_end(&look), 0);
	word = 3;
	ASSERT_EQ(remote_read_u64(getpid(), (uintptr_t)&word, &got), 0);
	ASSERT_EQ(got, 3);
}

TEST(the_end_of_memory)
{
	uint8_t *mem = pages(6), buf[2 * PAGE];
	struct look look;

	for (int i = 0; i < 6; i++)
		memset(mem + i * PAGE, i, PAGE);
	munmap(mem + 3 * PAGE, PAGE);
	munmap(mem + 5 * PAGE, PAGE);
	look_begin(&look, getpid(), LOOK_FIRST);
	for (int i = 0; i < 5; i++) {
		uintptr_t at = (uintptr_t)mem + (unsigned int)i * PAGE;

		ASSERT_EQ(remote_read(getpid(), at + 100, buf, 100), i == 3 ? -EFAULT : 0);
		if (i != 3)
			ASSERT_EQ(buf[99], i);
	}
	ASSERT_EQ(remote_read(getpid(), (uintptr_t)mem + 2 * PAGE - 4, buf, 8), 0);
	ASSERT(buf[3] == 1 && buf[4] == 2);
	ASSERT_EQ(remote_read(getpid(), (uintptr_t)mem + 3 * PAGE - 4, buf, 8), -EFAULT);
	ASSERT_EQ(remote_read(getpid(), UINT64_MAX - 3, buf, 8), -EFAULT);
	ASSERT_EQ(look_end(&look), 0);
	munmap(mem, 6 * PAGE);
}

/* A code object of 3.12 and where its RESUME is. */
static struct py_layout layout;
static uint64_t type_code = 0x1000;

static uint8_t *make_code(uint64_t *instr)
{
	uint8_t *code = pages(1);
	uint64_t refs = 1;

	py_layout_get(12, &layout);
	memcpy(code, &refs, sizeof(refs));
	memcpy(code + 8, &type_code, sizeof(type_code));
	code[layout.code_adaptive] = layout.resume_cold;
	*instr = (uintptr_t)code + layout.code_adaptive;
	return code;
}

static int times_held;

static bool held_for_a_while(void *ctx)
{
	return times_held-- > 0;
}

static struct py_arm_target target_of(pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	return (struct py_arm_target){ .mem = open(path, O_RDWR | O_CLOEXEC),
				       .layout = &layout,
				       .type_code = type_code,
				       .held = held_for_a_while };
}

TEST(arms_what_it_should)
{
	uint64_t instr;
	uint8_t *code = make_code(&instr), unit;
	struct child c = child_start(NULL);
	struct py_arm_target t = target_of(c.pid);

	times_held = 100;
	ASSERT_EQ(py_arm(&t, (uintptr_t)code, instr, 0), 0);
	ASSERT_EQ(remote_read(c.pid, instr, &unit, 1), 0);
	ASSERT_EQ(unit, layout.resume_armed);
	ASSERT_EQ(code[layout.code_adaptive], layout.resume_cold); /* ours is another's */
	close(t.mem);
	child_end(&c);
}

/* We are late at the second write, or at the first: the thread has gone on. */
TEST(nothing_is_written_once_the_thread_is_not_held)
{
	uint64_t instr;
	uint8_t *code = make_code(&instr), unit;
	struct child c = child_start(NULL);
	struct py_arm_target t = target_of(c.pid);

	for (int i = 0; i < 2; i++) {
		times_held = i;
		ASSERT_EQ(py_arm(&t, (uintptr_t)code, instr, 0), -ETIMEDOUT);
		ASSERT_EQ(remote_read(c.pid, instr, &unit, 1), 0);
		ASSERT_EQ(unit, layout.resume_cold);
	}
	close(t.mem);
	child_end(&c);
}

/*
 * The memory that was opened is gone: neither what was exec'ed nor who has the id then is written
 * to.
 */
TEST(another_program_is_never_written_to)
{
	uint64_t instr;
	uint8_t *code = make_code(&instr);
	struct child c = child_start(NULL);
	struct py_arm_target t = target_of(c.pid);
	char exe[64] = "", path[32];
	ssize_t n;

	ASSERT_EQ(write(c.in, "x", 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/exe", c.pid);
	for (int i = 0; i < 5000 && !strstr(exe, "sleep") && !strstr(exe, "coreutils"); i++) {
		n = readlink(path, exe, sizeof(exe) - 1);
		exe[n > 0 ? n : 0] = '\0';
		usleep(1000);
	}
	ASSERT(strstr(exe, "sleep") || strstr(exe, "coreutils"));
	times_held = 100;
	ASSERT_EQ(py_arm(&t, (uintptr_t)code, instr, 0), -ESRCH);
	close(t.mem);
	t = target_of(c.pid);
	child_end(&c);
	ASSERT_EQ(py_arm(&t, (uintptr_t)code, instr, 0), -ESRCH);
	close(t.mem);
}

struct shared_state {
	uint64_t state;
};

static struct py_arm_job job_for(pid_t pid, const struct shared_state *s)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	return (struct py_arm_job){ .pid = pid,
				    .minor = 12,
				    .type_code = type_code,
				    .state = &s->state,
				    .taken = 5,
				    .until = now + 5000000000,
				    .enough = now + 5000000000,
				    .count = 1 };
}

TEST(a_worker_arms_while_the_thread_is_held)
{
	struct shared_state *s =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t instr;
	uint8_t *code = make_code(&instr), *missing = pages(1), unit;
	struct py_arm_item item = { (uintptr_t)code, instr, 0, -1 };
	struct child c = child_start(missing);
	struct py_arm_job job;

	if (c.in < 0)
		return;
	worker_stop(); /* the next one shares the state */
	s->state = 4;
	job = job_for(c.pid, s);
	ASSERT_EQ(py_arm_run(&job, &item, 1000), -ECANCELED);
	ASSERT_EQ(job.done, 0);
	ASSERT_EQ(remote_read(c.pid, instr, &unit, 1), 0);
	ASSERT_EQ(unit, layout.resume_cold);
	s->state = 5;
	job = job_for(c.pid, s);
	ASSERT_EQ(py_arm_run(&job, &item, 1000), 0);
	ASSERT_EQ(job.done, 1);
	ASSERT_EQ(item.result, 0);
	ASSERT(!job.late);
	ASSERT_EQ(remote_read(c.pid, instr, &unit, 1), 0);
	ASSERT_EQ(unit, layout.resume_armed);
	/* Nobody waits through /proc/PID/mem for what a userfaultfd handler does not provide. */
	job = job_for(c.pid, s);
	item.code = (uintptr_t)missing;
	ASSERT_EQ(py_arm_run(&job, &item, 1000), 0);
	ASSERT_EQ(item.result, -ESTALE);
	child_end(&c);
}
