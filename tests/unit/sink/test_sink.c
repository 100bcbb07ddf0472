// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues and threads of outputs: what one of them does, or does not do, is nothing to the others.
 */
#include "fake_sink.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "sink/sink_priv.h"

static struct sinks *start(size_t n)
{
	static const char *const names[] = { "a", "b", "c" };
	struct sink_config configs[ARRAY_SIZE(names)] = { 0 };
	struct sinks *s = NULL;

	sample_init(&sample);
	log_set_level(LOG_LEVEL_ERROR);
	for (size_t i = 0; i < n; i++) {
		fakes[i] = (struct fake){ .room = SIZE_MAX, .lasting = true };
		pthread_mutex_init(&fakes[i].text_lock, NULL);
		if (pipe(fakes[i].pipe))
			abort();
		configs[i].ops = &fake_ops;
		configs[i].path = names[i];
	}
	if (sinks_start(configs, n, &s, &err))
		abort();
	return s;
}

static void end(struct sinks *s, size_t n)
{
	sinks_free(s);
	for (size_t i = 0; i < n; i++) {
		close(fakes[i].pipe[0]);
		close(fakes[i].pipe[1]);
	}
}

static bool is_told(struct sinks *s)
{
	struct pollfd p = { .fd = sinks_fd(s), .events = POLLIN };
	bool told = poll(&p, 1, 5000) == 1;

	sinks_changed(s);
	return told;
}

/* As at the end of a run. */
static bool finish(struct sinks *s)
{
	sinks_finish(s);
	for (int i = 0; i < 100 && !sinks_are_finished(s); i++)
		is_told(s);
	return sinks_are_finished(s);
}

TEST(each_output_gets_each_alert)
{
	struct sinks *s = start(3);

	alerts(s, 5);
	alerts(s, 2000);
	ASSERT(finish(s));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(fakes[i].taken, 2005);
	ASSERT_EQ(sinks_totals(s).lost, 0);
	ASSERT_EQ(sinks_error(s, &err), 0);
	end(s, 3);
	ASSERT(fakes[0].closed && fakes[1].closed && fakes[2].closed);
}

TEST(an_alert_owns_its_text)
{
	struct sinks *s = start(1);
	char name[] = "Access to Environment Variable";

	fakes[0].room = 0;
	sample.rule.name = name;
	alerts(s, 1);
	memset(name, 'x', sizeof(name) - 1);
	ASSERT(SOON(fakes[0].writes));
	fakes[0].room = 1;
	ASSERT(finish(s));
	ASSERT(strstr(fakes[0].last, "Access to Environment"));
	end(s, 1);
}

TEST(forms)
{
	struct sink_config configs[3] = {
		{ .ops = &fake_ops, .path = "a", .format = SINK_TEXT },
		{ .ops = &fake_ops, .path = "b", .format = SINK_AUTO },
		{ .ops = &fake_ops, .path = "c", .format = SINK_JSON },
	};
	struct sinks *s = start(3);

	end(s, 3);
	fakes[1].terminal = true;
	ASSERT_EQ(sinks_start(configs, 3, &s, &err), 0);
	alerts(s, 1);
	ASSERT(finish(s));
	ASSERT(str_starts(fakes[0].last, "2026-") && !strchr(fakes[0].last, '\033'));
	ASSERT(str_starts(fakes[1].last, "2026-") && strchr(fakes[1].last, '\033'));
	ASSERT(str_starts(fakes[2].last, "{\"id\""));
	sinks_free(s);
}

/* The first takes nothing: it loses what does not fit, and counts it; the second gets all. */
TEST(one_that_is_full)
{
	struct sinks *s = start(2);
	struct sink_counts counts[3];
	const char *names[3];
	size_t n = 0;

	fakes[0].room = 0;
	for (; n < 30000; n += 100) {
		alerts(s, 100);
		ASSERT(SOON(fakes[1].taken == n + 100));
		ASSERT(!sinks_are_full(s));
	}
	ASSERT(sinks_totals(s).lost > 0 && sinks_totals(s).lost < n);
	ASSERT_EQ(sinks_counts(s, counts, names, 3), 2);
	ASSERT(!counts[0].sent && counts[0].queued && counts[0].dropped == sinks_totals(s).lost);
	ASSERT_EQ(counts[0].queued + counts[0].dropped, n);
	ASSERT(SOON(sinks_counts(s, counts, names, 3) && counts[1].sent == n));
	ASSERT(!counts[1].queued && !counts[1].dropped);
	n -= sinks_totals(s).lost;
	fakes[0].room = SIZE_MAX;
	ASSERT(finish(s));
	ASSERT_EQ(fakes[0].taken, n);
	end(s, 2);
}

TEST(all_are_full)
{
	struct sinks *s = start(2);

	fakes[0].room = fakes[1].room = 0;
	for (int i = 0; i < 100000 && !sinks_are_full(s); i++)
		alerts(s, 1);
	/* As the reader does it: who asks is told once, of what came after that. */
	sinks_changed(s);
	ASSERT(sinks_are_full(s));
	ASSERT_EQ(sinks_totals(s).lost, 0);
	fakes[1].room = 100;
	ASSERT(is_told(s));
	ASSERT(SOON(!sinks_are_full(s)));
	fakes[0].room = fakes[1].room = SIZE_MAX;
	ASSERT(finish(s));
	ASSERT_EQ(sinks_totals(s).lost, 0);
	end(s, 2);
}

TEST(one_that_hangs)
{
	struct sinks *s = start(2);

	fakes[0].hangs = true;
	for (size_t n = 0; n < 20000; n += 100) {
		alerts(s, 100);
		ASSERT(SOON(fakes[1].taken == n + 100));
	}
	ASSERT(sinks_totals(s).lost > 0);
	sinks_finish(s);
	ASSERT(SOON(fakes[1].taken == 20000));
	ASSERT(!sinks_are_finished(s));
	sinks_give_up(s);
	ASSERT_EQ(sinks_totals(s).lost, 20000);
	end(s, 0);
	ASSERT(!fakes[0].closed);
	/* Its thread was left behind. */
	fakes[0].hangs = false;
	ASSERT(SOON(fakes[0].closed));
}

TEST(one_that_does_not_go_on)
{
	struct sink_config config = { .ops = &fake_ops, .path = "a" };
	struct sinks *other = start(1);
	struct written *w;
	struct sink *s;
	int changed = eventfd(0, EFD_NONBLOCK);

	end(other, 0);
	ASSERT_EQ(sink_start(&config, changed, &s, &err), 0);
	sink_watch(s);
	ASSERT(!s->stalls && sink_counts(s).unmoved_s <= 1);
	w = written_of((struct text)TEXT("x\n"));
	fakes[0].hangs = true;
	sink_put(s, w);
	written_unref(w);
	sink_flush(s);
	ASSERT(SOON(fakes[0].writes == 1));
	ASSERT(SOON(sink_counts(s).unmoved_s >= 2));
	sink_watch(s);
	ASSERT(!s->stalls);
	pthread_mutex_lock(&s->lock);
	s->moved_ms -= 30000;
	pthread_mutex_unlock(&s->lock);
	sink_watch(s);
	ASSERT(s->stalls);
	fakes[0].hangs = false;
	ASSERT(SOON(sink_counts(s).unmoved_s <= 1));
	sink_watch(s);
	ASSERT(!s->stalls);
	sink_stop(s);
	sink_join(s, clock_now_ms() + 5000);
	sink_free(s);
	close(changed);
}

TEST(one_that_fails)
{
	struct sinks *s = start(2);
	size_t n = 0;

	fakes[0].error = ENOSPC;
	alerts(s, 1);
	ASSERT(SOON(sinks_error(s, &err) == -EIO));
	ASSERT_STR(err.msg, "alerts could not be written to a place: No space left on device");
	ASSERT_EQ(sinks_gone(s, &err), 0);
	for (n = 1; !sinks_totals(s).lost && n < 10000; n++)
		alerts(s, 1);
	/* Fewer are kept than by one that is only behind, and that is not waited for. */
	ASSERT(n > 200 && n < 1000);
	ASSERT(!sinks_are_full(s));
	/* It is tried once a second, not for each alert. */
	ASSERT(fakes[0].writes < 10);
	fakes[0].error = 0;
	ASSERT(SOON(fakes[0].taken == n - 1));
	/* Who still fails at the end is not waited for. */
	ASSERT(SOON(!sinks_error(s, &err)));
	ASSERT_EQ(fakes[1].taken, n);
	alerts(s, 1);
	ASSERT(finish(s));
	ASSERT_EQ(fakes[0].taken, n);
	ASSERT_EQ(sinks_totals(s).lost, 1);
	end(s, 2);
}

TEST(one_that_fails_to_the_end)
{
	struct sinks *s = start(1);

	fakes[0].error = EFBIG;
	alerts(s, 3);
	ASSERT(finish(s));
	sinks_give_up(s);
	ASSERT_EQ(sinks_totals(s).lost, 3);
	ASSERT_EQ(sinks_error(s, &err), -EIO);
	end(s, 1);
}

/* The reader of a pipe: noticed with nothing to write, and final. */
TEST(a_reader_who_has_gone)
{
	struct sinks *s = start(2);

	fakes[0].lasting = false;
	alerts(s, 1);
	ASSERT(SOON(fakes[0].taken == 1));
	ASSERT_EQ(sinks_gone(s, &err), 0);
	close(fakes[0].pipe[0]);
	ASSERT(is_told(s));
	/* The other one is still there. */
	ASSERT_EQ(sinks_gone(s, &err), 0);
	alerts(s, 2);
	ASSERT(SOON(fakes[1].taken == 3));
	ASSERT_EQ(sinks_totals(s).lost, 2);
	fakes[0].pipe[0] = dup(0);
	fakes[1].lasting = false;
	fakes[1].error = EPIPE;
	alerts(s, 1);
	ASSERT(is_told(s));
	ASSERT_EQ(sinks_gone(s, &err), -EIO);
	ASSERT_STR(err.msg, "whoever reads the alerts has gone: Broken pipe");
	ASSERT_EQ(sinks_totals(s).lost, 4);
	ASSERT(!sinks_are_full(s));
	ASSERT(finish(s));
	end(s, 2);
}

/* One takes what is urgent, the other keeps ten. */
TEST(level_queue_and_name)
{
	struct sink_config configs[2] = {
		{ .ops = &fake_ops, .path = "a", .level = RULE_LEVEL_ALERT },
		{ .ops = &fake_ops,
		  .path = "b",
		  .level = RULE_LEVEL_WARN,
		  .queue = 10,
		  .name = "mine" },
	};
	struct sinks *s = start(2);

	end(s, 2);
	ASSERT_EQ(sinks_start(configs, 2, &s, &err), 0);
	fakes[1].room = 0;
	alerts(s, 25);
	ASSERT_EQ(sinks_totals(s).lost, 15);
	sample.rule.level = RULE_LEVEL_ALERT;
	alerts(s, 1);
	sample.rule.level = RULE_LEVEL_INFO;
	alerts(s, 1);
	ASSERT_EQ(sinks_totals(s).lost, 16);
	fakes[1].error = ENOSPC;
	ASSERT(SOON(sinks_error(s, &err)));
	ASSERT_STR(err.msg, "alerts could not be written to output mine (a place): No space left "
			    "on device");
	fakes[1].error = 0;
	fakes[1].room = SIZE_MAX;
	ASSERT(finish(s));
	ASSERT_EQ(fakes[0].taken, 1);
	ASSERT_EQ(fakes[1].taken, 10);
	sinks_free(s);
}

TEST(once_a_second_and_when_asked)
{
	struct sinks *s = start(1);

	ASSERT(SOON(fakes[0].looks >= 2));
	sinks_reopen(s, "SIGUSR1");
	ASSERT(SOON(fakes[0].reopened == 1));
	end(s, 1);
}

TEST(one_that_cannot_be_opened)
{
	struct sink_config configs[2] = { { .ops = &fake_ops, .path = "a" }, { .ops = &fake_ops } };
	struct sinks *s = start(1);

	end(s, 1);
	ASSERT_EQ(sinks_start(configs, 2, &s, &err), -EACCES);
	ASSERT(!s && fakes[0].closed);
	ASSERT_STR(err.msg, "it cannot be opened");
}

TEST(types)
{
	ASSERT_STR(sink_type("file")->type, "file");
	ASSERT_STR(sink_type("stdout")->type, "stdout");
	ASSERT(!sink_type("fax"));
}
