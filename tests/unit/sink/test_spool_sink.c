// SPDX-License-Identifier: GPL-2.0-only
/* Alerts from a spool to a file, while there is memory and while there is none. */
#include "test.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/spool.h"
#include "sink/spool_sink.h"
#include "sink/stream.h"
#include "sink/written.h"

static char folder[64], file[96], spool[96];
static void *out;
static struct err err;
/* How many of the next alerts find memory, and how many after them do not. */
static int good, bad;

struct written *__real_written_of(struct text text);
struct written *__wrap_written_of(struct text text);

struct written *__wrap_written_of(struct text text)
{
	if (good > 0)
		good--;
	else if (bad > 0 && bad--)
		return NULL;
	return __real_written_of(text);
}

static struct sink_config config;

static void make_folder(void)
{
	unsetenv("SUDO_UID");
	log_set_level(LOG_LEVEL_ERROR);
	strcpy(folder, "/tmp/phrude-trace-unit-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(file, sizeof(file), "%s/alerts", folder);
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	config = (struct sink_config){
		.ops = &spool_sink_ops,
		.path = file,
		.spool = { .path = spool, .size = 1 << 20, .sender = &stream_file_ops },
	};
}

static void start(void)
{
	make_folder();
	if (spool_sink_ops.open(&config, &out, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

static void end(void)
{
	char command[100];

	spool_sink_ops.close(out);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		abort();
}

static void put(int from, int count)
{
	for (int i = from; i < from + count; i++) {
		struct sink_step step = { 0 };
		struct written *w;
		char line[16];
		int n = snprintf(line, sizeof(line), "%d\n", i);

		w = __real_written_of((struct text){ line, (size_t)n });
		if (spool_sink_ops.write(out, &w, 1, &step) || step.done != 1)
			abort();
		written_unref(w);
	}
}

/* Looks, as once a second, until all is delivered; how much is left. */
static uint64_t wait_for_all(int looks)
{
	for (int i = 0; i < looks && spool_sink_ops.spooled(out).left; i++) {
		usleep(5000);
		spool_sink_ops.woken(out);
		spool_sink_ops.look(out);
	}
	return spool_sink_ops.spooled(out).left;
}

/* Does the file have the numbers from 0 on, once each? */
static bool has_all(int count)
{
	FILE *f = fopen(file, "r");
	int number, expected = 0;

	while (f && fscanf(f, "%d", &number) == 1 && number == expected)
		expected++;
	if (f)
		fclose(f);
	return expected == count;
}

TEST(delivered)
{
	start();
	put(0, 50);
	ASSERT_EQ(wait_for_all(1000), 0);
	ASSERT(has_all(50));
	end();
}

/* The folder is another's yet: one that is to have it waits, any other is refused. */
TEST(a_spool_that_is_awaited)
{
	struct sink_step step = { 0 };
	struct spool *other;
	struct written *w;

	make_folder();
	ASSERT_EQ(spool_open(spool, 1 << 20, &other, &err), 0);
	ASSERT_EQ(spool_put(other, &TEXT("0\n"), 1, &err), 1);
	ASSERT_EQ(spool_sink_ops.open(&config, &out, &err), -EBUSY);
	config.spool.awaited = true;
	ASSERT_EQ(spool_sink_ops.open(&config, &out, &err), 0);
	w = __real_written_of(TEXT("1\n"));
	ASSERT_EQ(spool_sink_ops.write(out, &w, 1, &step), -EAGAIN);
	ASSERT_EQ(step.done, 0);
	spool_sink_ops.look(out);
	ASSERT_EQ(spool_sink_ops.write(out, &w, 1, &step), -EAGAIN);
	written_unref(w);
	ASSERT_EQ(spool_sink_ops.spooled(out).left, 0);
	spool_close(other);
	usleep(30000);
	put(1, 9);
	ASSERT_EQ(wait_for_all(1000), 0);
	ASSERT(has_all(10));
	end();
	/* It may end without ever having had it. */
	make_folder();
	config.spool.awaited = true;
	ASSERT_EQ(spool_open(spool, 1 << 20, &other, &err), 0);
	ASSERT_EQ(spool_sink_ops.open(&config, &out, &err), 0);
	spool_sink_ops.finish(out);
	ASSERT(spool_sink_ops.is_finished(out));
	spool_sink_ops.stop(out);
	spool_close(other);
	end();
}

TEST(without_memory_they_stay)
{
	start();
	put(0, 10);
	ASSERT_EQ(wait_for_all(1000), 0);
	good = 3;
	bad = 1000000;
	put(10, 10);
	ASSERT_EQ(wait_for_all(20), 7);
	ASSERT(has_all(13));
	bad = 0;
	ASSERT_EQ(wait_for_all(1000), 0);
	ASSERT(has_all(20));
	/* Now and then. */
	for (int i = 0; i < 20; i++) {
		good = i % 3;
		bad = 2;
		put(20 + 5 * i, 5);
	}
	bad = 0;
	ASSERT_EQ(wait_for_all(1000), 0);
	ASSERT(has_all(120));
	ASSERT_EQ(spool_sink_ops.spooled(out).dropped, 0);
	ASSERT_EQ(spool_sink_ops.spooled(out).sent, 120);
	end();
}
