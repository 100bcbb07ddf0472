// SPDX-License-Identifier: GPL-2.0-only
/* Outputs that take the place of others: what stays, what comes, what goes, what is refused. */
#include "fake_sink.h"

#include <errno.h>

#include "base/clock.h"
#include "base/log.h"
#include "sink/spool_sink.h"
#include "sink/stream.h"

static const struct sink_config a = { .ops = &fake_ops, .path = "a" },
				b = { .ops = &fake_ops, .path = "b" },
				c = { .ops = &fake_ops, .path = "c" };

static struct sinks *start(const struct sink_config *configs, size_t n)
{
	struct sinks *s = NULL;

	sample_init(&sample);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < ARRAY_SIZE(fakes); i++) {
		fakes[i] = (struct fake){ .room = SIZE_MAX, .lasting = true, .pipe = { -1, -1 } };
		pthread_mutex_init(&fakes[i].text_lock, NULL);
	}
	if (sinks_start(configs, n, &s, &err))
		abort();
	return s;
}

/* What has gone is closed by a thread of its own. */
static bool end(struct sinks *s)
{
	sinks_free(s);
	return SOON(!fakes_open);
}

static bool change(struct sinks *s, const struct sink_config *configs, size_t n)
{
	struct sinks_change *change;

	if (sinks_prepare(s, configs, n, &change, &err))
		return false;
	sinks_change(s, change);
	sinks_change_free(change);
	return true;
}

static size_t counted(struct sinks *s, struct sink_counts counts[4], const char *names[4])
{
	return sinks_counts(s, counts, names, 4);
}

TEST(one_that_stays_knows_nothing_of_it)
{
	struct sinks *s = start((struct sink_config[]){ a, b }, 2);
	struct sink_counts counts[4];
	const char *names[4];

	fakes[0].room = 0;
	alerts(s, 50);
	/* In another order, with another beside it. */
	ASSERT(change(s, (struct sink_config[]){ c, a }, 2));
	alerts(s, 7);
	ASSERT(!fakes[0].closed);
	fakes[0].room = SIZE_MAX;
	ASSERT(SOON(fakes[0].taken == 57 && fakes[1].taken == 50 && fakes[2].taken == 7));
	ASSERT(SOON(!sinks_let_go(s) && fakes[1].closed));
	ASSERT_EQ(counted(s, counts, names), 2);
	ASSERT(SOON(counted(s, counts, names) && counts[1].sent == 57));
	ASSERT_EQ(counts[0].sent, 7);
	ASSERT_EQ(sinks_totals(s).lost, 0);
	ASSERT(end(s));
	ASSERT(fakes[0].closed && fakes[2].closed);
}

/* While alerts come: those that stay have each one, and whoever is there for a part has that. */
TEST(again_and_again)
{
	struct sinks *s = start((struct sink_config[]){ a, b }, 2);
	size_t b_sees = 0, n = 0;

	for (int i = 0; i < 200; i++) {
		bool with_b = i % 3;

		ASSERT(change(
			s, with_b ? (struct sink_config[]){ b, a } : (struct sink_config[]){ a, c },
			2));
		alerts(s, 10);
		n += 10;
		b_sees += with_b ? 10 : 0;
		sinks_let_go(s);
	}
	ASSERT(SOON(!sinks_let_go(s)));
	ASSERT(SOON(fakes[0].taken == n));
	ASSERT(SOON(fakes[1].taken == b_sees && fakes[2].taken == n - b_sees));
	ASSERT_EQ(sinks_totals(s).lost, 0);
	ASSERT(end(s));
}

TEST(one_that_is_bad_changes_nothing)
{
	struct sinks *s = start(&a, 1);
	struct sink_config bad = { .ops = &fake_ops, .name = "bad" };
	struct sink_counts counts[4];
	const char *names[4];

	ASSERT(!change(s, (struct sink_config[]){ b, bad }, 2));
	ASSERT_STR(err.msg, "it cannot be opened");
	/* What was opened beside it is closed again, and has seen nothing. */
	ASSERT(fakes[1].closed);
	alerts(s, 5);
	ASSERT(SOON(fakes[0].taken == 5));
	ASSERT_EQ(fakes[1].taken, 0);
	ASSERT_EQ(counted(s, counts, names), 1);
	ASSERT(!sinks_let_go(s));
	/* One that is not wanted after all. */
	{
		struct sinks_change *change;

		ASSERT_EQ(sinks_prepare(s, &c, 1, &change, &err), 0);
		sinks_change_free(change);
	}
	ASSERT(fakes[2].closed && !fakes[0].closed);
	ASSERT(end(s));
}

/* A setting that is another one makes it another output: what the former got it writes. */
TEST(one_that_changes)
{
	struct sink_config loud = a;
	struct sinks *s = start(&a, 1);

	alerts(s, 20);
	loud.level = RULE_LEVEL_ALERT;
	ASSERT(change(s, &loud, 1));
	sample.rule.level = RULE_LEVEL_WARN;
	alerts(s, 20);
	sample.rule.level = RULE_LEVEL_ALERT;
	alerts(s, 3);
	ASSERT(SOON(fakes[0].taken == 23));
	ASSERT(SOON(!sinks_let_go(s)));
	ASSERT_EQ(sinks_totals(s).lost, 0);
	ASSERT(end(s));
}

/* Nobody waits for it; what it had is counted as lost, and stays so. */
TEST(one_that_hangs_goes)
{
	struct sinks *s = start((struct sink_config[]){ a, b }, 2);
	int64_t begin = clock_now_ms();

	fakes[0].hangs = true;
	alerts(s, 100);
	ASSERT(SOON(fakes[0].writes));
	ASSERT(change(s, &b, 1));
	alerts(s, 100);
	ASSERT(SOON(fakes[1].taken == 200));
	ASSERT(sinks_let_go(s));
	ASSERT(clock_now_ms() < begin + 3000);
	for (int i = 0; i < 400 && sinks_let_go(s); i++)
		usleep(20000);
	ASSERT(!sinks_let_go(s));
	ASSERT_EQ(sinks_totals(s).lost, 100);
	ASSERT(!fakes[0].closed);
	fakes[0].hangs = false;
	ASSERT(SOON(fakes[0].closed));
	ASSERT(end(s));
}

TEST(the_end_while_one_goes)
{
	struct sinks *s = start((struct sink_config[]){ a, b }, 2);

	fakes[0].room = 0;
	alerts(s, 100);
	ASSERT(change(s, &b, 1));
	sinks_finish(s);
	ASSERT(SOON(fakes[1].taken == 100));
	ASSERT(!sinks_are_finished(s));
	sinks_give_up(s);
	ASSERT_EQ(sinks_totals(s).lost, 100);
	ASSERT(!sinks_let_go(s));
	ASSERT(end(s));
	ASSERT(fakes[0].closed);
}

/* What the thread of alerts and the main thread have of each other. */
static struct sinks *shared;
static struct sinks_change *_Atomic given;
static atomic_bool taken, over;
static atomic_size_t made;

static void *make_alerts(void *arg)
{
	while (!over) {
		struct sinks_change *change = atomic_exchange(&given, NULL);

		if (change) {
			sinks_change(shared, change);
			taken = true;
		}
		alerts(shared, 3);
		made += 3;
		/* No faster than they are written. */
		while (made - fakes[0].taken > 1000)
			usleep(100);
		sinks_are_full(shared);
	}
	return NULL;
}

/* As in the tracer: one thread makes alerts and takes what another one prepares and lets go of. */
TEST(two_threads)
{
	struct sink_config others[] = { b, c };
	struct sink_counts counts[4];
	const char *names[4];
	pthread_t thread;

	shared = start((struct sink_config[]){ a, b }, 2);
	for (size_t i = 0; i < ARRAY_SIZE(fakes); i++)
		atomic_store(&fakes[i].room, SIZE_MAX);
	ASSERT(!pthread_create(&thread, NULL, make_alerts, NULL));
	for (int i = 0; i < 300; i++) {
		struct sinks_change *change;

		ASSERT_EQ(sinks_prepare(shared,
					(struct sink_config[]){ i % 2 ? a : others[i / 2 % 2],
								i % 2 ? others[i / 2 % 2] : a },
					2, &change, &err),
			  0);
		taken = false;
		given = change;
		while (!taken) {
			counted(shared, counts, names);
			sinks_totals(shared);
			sinks_watch(shared);
			usleep(100);
		}
		sinks_change_free(change);
		sinks_let_go(shared);
	}
	over = true;
	pthread_join(thread, NULL);
	ASSERT(SOON(!sinks_let_go(shared)));
	ASSERT(SOON(fakes[0].taken == made));
	/* The others had their turns, one at a time. */
	ASSERT(SOON(fakes[0].taken == fakes[1].taken + fakes[2].taken));
	ASSERT_EQ(sinks_totals(shared).lost, 0);
	ASSERT(end(shared));
}

/* No two have the same name, and one that stays keeps it. */
TEST(names)
{
	struct sink_config named = c, like_another = c;
	struct sinks *s = start((struct sink_config[]){ a, b }, 2);
	struct sink_counts counts[4];
	const char *names[4];

	ASSERT_EQ(counted(s, counts, names), 2);
	ASSERT_STR(names[0], "fake");
	ASSERT_STR(names[1], "fake-2");
	named.name = "named";
	ASSERT(change(s, (struct sink_config[]){ named, b }, 2));
	ASSERT_EQ(counted(s, counts, names), 2);
	ASSERT_STR(names[0], "named");
	ASSERT_STR(names[1], "fake-2");
	ASSERT(change(s, (struct sink_config[]){ b, a }, 2));
	ASSERT_EQ(counted(s, counts, names), 2);
	ASSERT_STR(names[0], "fake-2");
	ASSERT_STR(names[1], "fake");
	/* Unless another one is given that very name. */
	like_another.name = "fake-2";
	ASSERT(change(s, (struct sink_config[]){ like_another, b, a }, 3));
	ASSERT_EQ(counted(s, counts, names), 3);
	ASSERT_STR(names[0], "fake-2");
	ASSERT_STR(names[1], "fake-3");
	ASSERT_STR(names[2], "fake");
	ASSERT(end(s));
}

/* Lines of a file. */
static int lines_of(const char *path)
{
	FILE *f = fopen(path, "r");
	int n = 0;

	for (int ch; f && (ch = fgetc(f)) != EOF;)
		n += ch == '\n';
	if (f)
		fclose(f);
	return n;
}

/* Another output with the spool of one that cannot send: it sends what is there, and each once. */
TEST(a_spool_is_handed_on)
{
	char folder[] = "/tmp/phrude-trace-unit-XXXXXX", spool[64], file[64], command[96];
	struct sink_config away = { .ops = &fake_ops, .path = "a" }, here;
	struct sinks *s;

	ASSERT(mkdtemp(folder));
	unsetenv("SUDO_UID");
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	snprintf(file, sizeof(file), "%s/file", folder);
	away.spool.path = spool;
	away.spool.size = 1 << 20;
	here = away;
	here.ops = &stream_file_ops;
	here.path = file;
	s = start(&away, 1);
	fakes[0].error = EIO;
	alerts(s, 30);
	ASSERT(SOON(sinks_totals(s).spooled == 30));
	alerts(s, 10);
	ASSERT(change(s, &here, 1));
	alerts(s, 60);
	for (int i = 0; i < 200 && lines_of(file) < 100; i++) {
		sinks_let_go(s);
		usleep(20000);
	}
	ASSERT_EQ(lines_of(file), 100);
	ASSERT(!sinks_let_go(s));
	ASSERT(SOON(!sinks_totals(s).spooled));
	ASSERT_EQ(sinks_totals(s).lost, 0);
	ASSERT_EQ(fakes[0].taken, 0);
	ASSERT(end(s));
	snprintf(command, sizeof(command), "rm -r %s", folder);
	ASSERT(!system(command));
}
