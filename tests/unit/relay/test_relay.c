// SPDX-License-Identifier: GPL-2.0-only
/* Records between two threads: what waits for what, and that each process's stay in their order. */
#include "relay/relay.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

static struct relay *relay;
static char got[4096]; /* what the reader was given, and what the tracer took */

static void start(void)
{
	struct err err;

	got[0] = '\0';
	if (relay_new(&relay, &err))
		abort();
}

static bool note(void *ctx, const void *record, size_t size, bool asked)
{
	const char *closed = ctx;

	if (closed && !strcmp(record, closed))
		return false;
	strcat(strcat(got, record), asked ? "! " : " ");
	return true;
}

static bool kept(pid_t pid, const char *record)
{
	bool is_kept;

	if (relay_keep(relay, record, strlen(record) + 1, pid, &is_kept))
		abort();
	return is_kept;
}

static void hand_over(const char *record, pid_t of, pid_t after)
{
	ASSERT_EQ(relay_hand_over(relay, record, strlen(record) + 1, of, after), 0);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The tracer takes one record, and is done with it. */
static void handle(const char *expected)
{
	struct relay_item *item = relay_take(relay);

	ASSERT(item);
	ASSERT_STR((const char *)item->record, expected);
	relay_done(relay, item);
}

static void end(void)
{
	ASSERT(relay_is_empty(relay));
	ASSERT(!relay_take(relay));
	ASSERT(!readable(relay_take_fd(relay)));
	relay_free(relay);
}

TEST(what_nothing_is_known_of_does_not_wait)
{
	start();
	ASSERT(!kept(1, "match"));
	hand_over("import", 0, 1);
	ASSERT(!kept(1, "match"));
	ASSERT(readable(relay_take_fd(relay)));
	handle("import");
	end();
}

TEST(a_fork_has_its_child_wait_and_nobody_else)
{
	start();
	hand_over("fork 2", 2, 1);
	ASSERT(!kept(1, "of the parent"));
	ASSERT(kept(2, "a"));
	ASSERT(kept(2, "b"));
	ASSERT(!kept(3, "of another"));
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "");
	ASSERT(!readable(relay_resume_fd(relay)));
	handle("fork 2");
	ASSERT(readable(relay_resume_fd(relay)));
	/* Until it was resumed what comes now is later. */
	ASSERT(kept(2, "c"));
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "a b c ");
	ASSERT(!kept(2, "d"));
	end();
}

TEST(an_end_is_told_after_what_was_before_it)
{
	start();
	hand_over("exec", 1, 1);
	ASSERT(kept(1, "a"));
	hand_over("exit", 0, 1);
	hand_over("fork 2", 2, 1);
	ASSERT(kept(2, "x"));
	handle("exec");
	ASSERT(!relay_take(relay));
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "a ");
	handle("exit");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "a ");
	handle("fork 2");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "a x ");
	end();
}

TEST(two_programs_one_after_the_other)
{
	start();
	hand_over("exec", 1, 1);
	ASSERT(kept(1, "first"));
	hand_over("exec again", 1, 1);
	ASSERT(kept(1, "second"));
	handle("exec");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "first ");
	handle("exec again");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "first second ");
	end();
}

TEST(a_number_that_is_used_again)
{
	start();
	hand_over("exec", 2, 2);
	ASSERT(kept(2, "old"));
	hand_over("exit", 0, 2);
	hand_over("fork 2", 2, 1);
	ASSERT(kept(2, "new"));
	handle("exec");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "old ");
	handle("exit");
	handle("fork 2");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "old new ");
	end();
}

TEST(a_question_comes_back_first)
{
	start();
	ASSERT_EQ(relay_ask(relay, "what", 5, 1), 0);
	ASSERT(kept(1, "later"));
	handle("what");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "what! later ");
	end();
}

/* Of a record that was kept it turns out that something is to be asked. */
static bool ask(void *ctx, const void *record, size_t size, bool asked)
{
	if (!asked && record && !strcmp(record, "what"))
		return relay_ask(relay, record, size, 1) == 0;
	return note(ctx, record, size, asked);
}

TEST(a_question_of_what_was_kept)
{
	start();
	hand_over("exec", 1, 1);
	ASSERT(kept(1, "a"));
	ASSERT(kept(1, "what"));
	ASSERT(kept(1, "b"));
	handle("exec");
	ASSERT(relay_resume(relay, ask, NULL));
	ASSERT_STR(got, "a ");
	handle("what");
	ASSERT(relay_resume(relay, ask, NULL));
	ASSERT_STR(got, "a what! b ");
	end();
}

TEST(who_would_not_have_more_gets_it_later)
{
	static char b[] = "b";

	start();
	hand_over("exec", 1, 1);
	ASSERT(kept(1, "a"));
	ASSERT(kept(1, "b"));
	handle("exec");
	ASSERT(!relay_resume(relay, note, b));
	ASSERT_STR(got, "a ");
	ASSERT(kept(1, "c"));
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT_STR(got, "a b c ");
	end();
}

TEST(there_is_an_end_to_what_is_kept)
{
	static char large[1 << 20];
	bool is_kept;

	start();
	hand_over("exec", 1, 1);
	for (int i = 0; !relay_is_full(relay); i++) {
		ASSERT(i < 64);
		ASSERT_EQ(relay_keep(relay, large, sizeof(large), 1, &is_kept), 0);
	}
	handle("exec");
	ASSERT(relay_resume(relay, note, NULL));
	ASSERT(!relay_is_full(relay));
	end();
}

TEST(left_as_it_is)
{
	start();
	hand_over("exec", 1, 1);
	hand_over("fork", 2, 1);
	ASSERT(kept(1, "a"));
	relay_free(relay);
}

/*
 * Two threads: each process's records come in the order of their numbers, and none before the
 * record that it waits for was handled.
 */
#define PROCESSES 7
#define RECORDS 20000

struct numbered {
	int pid;
	unsigned int number;
};

static atomic_uint handled[PROCESSES + 1];
static unsigned int seen[PROCESSES + 1];
static atomic_bool over;
static int wrong;

static void *trace(void *arg)
{
	while (!atomic_load(&over)) {
		struct relay_item *item = relay_take(relay);
		struct numbered n;

		if (!item)
			continue;
		memcpy(&n, item->record, sizeof(n));
		if (!item->asked)
			atomic_store(&handled[n.pid], n.number);
		relay_done(relay, item);
	}
	return NULL;
}

static bool read_one(void *ctx, const void *record, size_t size, bool asked)
{
	struct numbered n;

	memcpy(&n, record, sizeof(n));
	if (n.number % 97 == 0 && !asked)
		return relay_ask(relay, record, size, n.pid) == 0;
	wrong += n.number <= seen[n.pid];
	/* Each record of which number % 10 is 0 was handed over. */
	wrong += atomic_load(&handled[n.pid]) < n.number / 10 * 10;
	seen[n.pid] = n.number;
	return true;
}

TEST(two_threads)
{
	unsigned int numbers[PROCESSES + 1] = { 0 };
	unsigned int random = 1;
	pthread_t tracer;

	start();
	ASSERT_EQ(pthread_create(&tracer, NULL, trace, NULL), 0);
	for (int i = 0; i < RECORDS; i++) {
		struct numbered n;
		bool is_kept;

		random = random * 1103515245 + 12345;
		n.pid = 1 + (int)((random >> 16) % PROCESSES);
		n.number = ++numbers[n.pid];
		if (n.number % 10 == 0) {
			ASSERT_EQ(relay_hand_over(relay, &n, sizeof(n), n.pid, n.pid), 0);
		} else {
			ASSERT_EQ(relay_keep(relay, &n, sizeof(n), n.pid, &is_kept), 0);
			if (!is_kept)
				ASSERT(read_one(NULL, &n, sizeof(n), false));
		}
		relay_resume(relay, read_one, NULL);
	}
	while (!relay_is_empty(relay))
		relay_resume(relay, read_one, NULL);
	atomic_store(&over, true);
	pthread_join(tracer, NULL);
	ASSERT_EQ(wrong, 0);
	for (int pid = 1; pid <= PROCESSES; pid++)
		ASSERT(seen[pid] >= numbers[pid] - 1);
	end();
}
