// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "sink/spool.h"
#include "sink/spool_record.h"

#define SIZE (256 * 1024)

static struct spool *s;
static struct err err;
static char path[64];

static void open_it(void)
{
	if (spool_open(path, SIZE, &s, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

static void start(void)
{
	snprintf(path, sizeof(path), "/tmp/phrude-trace-unit-XXXXXX");
	if (!mkdtemp(path))
		abort();
	open_it();
}

static void end(void)
{
	char command[100];

	spool_close(s);
	snprintf(command, sizeof(command), "rm -r %s", path);
	if (system(command))
		abort();
}

static int put(unsigned int from, unsigned int count, size_t padding)
{
	int ret = 0;

	for (unsigned int i = from; i < from + count && !ret; i++) {
		char *text = malloc(padding + 16);
		int n = snprintf(text, 16, "alert %u", i);

		memset(text + n, '.', padding);
		ret = spool_put(s, &(struct text){ text, (size_t)n + padding }, 1, &err);
		free(text);
		ret = ret < 0 ? ret : 0;
	}
	return ret;
}

/* The number of the next alert, as its text has it; -1: there is none. */
static long next(uint64_t *number)
{
	struct text text;
	char copy[32] = "";

	if (spool_next(s, &text, number))
		return -1;
	memcpy(copy, text.s, MIN(text.len, sizeof(copy) - 1));
	return atol(copy + strlen("alert "));
}

TEST(in_order_and_once)
{
	uint64_t number = 0;

	start();
	ASSERT_EQ(put(0, 100, 5), 0);
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(next(&number), i);
	ASSERT_EQ(next(&number), -1);
	ASSERT_EQ(spool_left(s), 100);
	for (uint64_t i = 1; i <= number; i++)
		spool_taken(s, i);
	spool_note(s);
	ASSERT_EQ(spool_left(s), 0);
	ASSERT_EQ(put(100, 1, 5), 0);
	ASSERT_EQ(next(&number), 100);
	end();
}

TEST(what_was_not_taken_is_given_again)
{
	uint64_t number = 0;

	start();
	put(0, 10, 5);
	for (int i = 0; i < 4; i++)
		next(&number);
	spool_taken(s, number);
	spool_note(s);
	next(&number);
	spool_close(s);
	open_it();
	ASSERT_EQ(spool_left(s), 6);
	for (int i = 4; i < 10; i++)
		ASSERT_EQ(next(&number), i);
	spool_taken(s, number);
	spool_note(s);
	spool_close(s);
	open_it();
	ASSERT_EQ(spool_left(s), 0);
	put(10, 1, 5);
	ASSERT_EQ(next(&number), 10);
	ASSERT_EQ(number, 11);
	end();
}

TEST(the_oldest_are_dropped_and_counted)
{
	uint64_t number = 0;
	long first, given = 1;

	start();
	ASSERT_EQ(put(0, 1000, 1000), 0);
	ASSERT(spool_dropped(s) > 700 && spool_dropped(s) < 820);
	first = next(&number);
	ASSERT_EQ(first, spool_dropped(s));
	while (next(&number) >= 0)
		given++;
	ASSERT_EQ(given + spool_dropped(s), 1000);
	ASSERT_EQ(spool_left(s), given);
	end();
}

TEST(dropped_while_they_are_being_given)
{
	uint64_t number = 0, given[1000];
	size_t nr_given = 0, delivered = 0;
	long got, last = -1;

	start();
	for (unsigned int i = 0; i < 2000; i++) {
		ASSERT_EQ(put(i, 1, 1000), 0);
		if (i % 3 == 0 && (got = next(&number)) >= 0) {
			ASSERT(got > last);
			last = got;
			given[nr_given++] = number;
		}
		/* Late: their file may be gone by then. */
		if (i > 1000 && delivered < nr_given)
			spool_taken(s, given[delivered++]);
	}
	ASSERT(spool_dropped(s) > 0);
	ASSERT_EQ(delivered + spool_dropped(s) + spool_left(s), 2000);
	while (delivered < nr_given)
		spool_taken(s, given[delivered++]);
	while ((got = next(&number)) >= 0) {
		ASSERT(got > last);
		last = got;
		spool_taken(s, number);
		delivered++;
	}
	ASSERT_EQ(last, 1999);
	ASSERT_EQ(spool_left(s), 0);
	ASSERT_EQ(delivered + spool_dropped(s), 2000);
	end();
}

/* The only file of alerts there is. */
static void only_file(char *out, size_t size)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while ((e = readdir(d))) {
		if (strstr(e->d_name, ".alerts"))
			snprintf(out, size, "%s/%s", path, e->d_name);
	}
	closedir(d);
}

TEST(a_torn_end_is_cut_off)
{
	char file[400];
	uint64_t number = 0;
	struct stat st;

	for (int missing = 1; missing < 60; missing += 7) {
		start();
		put(0, 5, 50);
		only_file(file, sizeof(file));
		spool_close(s);
		ASSERT(!stat(file, &st) && !truncate(file, st.st_size - missing));
		open_it();
		ASSERT_EQ(spool_left(s), 4);
		put(5, 1, 50);
		for (int i = 0; i < 4; i++)
			ASSERT_EQ(next(&number), i);
		ASSERT_EQ(next(&number), 5);
		ASSERT_EQ(next(&number), -1);
		end();
	}
}

TEST(rubbish_at_the_end_and_in_the_note_is_harmless)
{
	char file[400], note[100];
	uint64_t number = 0;
	int fd;

	start();
	put(0, 3, 50);
	next(&number);
	spool_taken(s, number);
	spool_note(s);
	only_file(file, sizeof(file));
	snprintf(note, sizeof(note), "%s/taken", path);
	spool_close(s);
	fd = open(file, O_WRONLY | O_APPEND);
	ASSERT(write(fd, "rubbish that is no record at all, and long", 42) == 42);
	close(fd);
	fd = open(note, O_WRONLY);
	ASSERT(write(fd, "torn", 4) == 4);
	close(fd);
	open_it();
	/* Who does not know what was delivered delivers it again. */
	ASSERT_EQ(spool_left(s), 3);
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(next(&number), i);
	end();
}

TEST(one_at_a_time_and_nobody_else)
{
	struct spool *other;

	start();
	ASSERT_EQ(spool_open(path, SIZE, &other, &err), -EBUSY);
	spool_close(s);
	chmod(path, 0755);
	ASSERT_EQ(spool_open(path, SIZE, &other, &err), -EPERM);
	ASSERT_HAS(err.msg, "chmod 700");
	chmod(path, 0700);
	open_it();
	end();
}

TEST(what_could_not_be_given_is_the_next_one_again)
{
	struct text text;
	uint64_t number, first;

	start();
	ASSERT_EQ(put(0, 5, 20000), 0); /* in several files */
	ASSERT_EQ(spool_next(s, &text, &first), 0);
	spool_put_back(s);
	for (uint64_t i = 0; i < 5; i++) {
		for (int times = 0; times < 3; times++) {
			ASSERT_EQ(spool_next(s, &text, &number), 0);
			ASSERT_EQ(number, first + i);
			if (times < 2)
				spool_put_back(s);
		}
		spool_taken(s, first + i);
	}
	ASSERT_EQ(spool_next(s, &text, &number), -ENOENT);
	ASSERT_EQ(spool_left(s), 0);
	end();
}

TEST(many_at_once_are_no_more_than_it_may_hold)
{
	static char one[3000];
	struct text texts[100];
	size_t put = 0;
	struct stat st;
	DIR *d;
	off_t bytes = 0;
	struct dirent *e;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		texts[i] = (struct text){ one, sizeof(one) };
	while (put < ARRAY_SIZE(texts)) {
		int ret = spool_put(s, texts + put, ARRAY_SIZE(texts) - put, &err);

		ASSERT(ret > 0);
		put += (size_t)ret;
	}
	d = opendir(path);
	while ((e = readdir(d))) {
		if (strstr(e->d_name, ".alerts") && !fstatat(dirfd(d), e->d_name, &st, 0))
			bytes += st.st_size;
	}
	closedir(d);
	ASSERT(bytes > 0 && bytes <= SIZE);
	ASSERT_EQ(spool_dropped(s) + spool_left(s), ARRAY_SIZE(texts));
	end();
}

TEST(an_alert_larger_than_all_of_it_is_dropped)
{
	uint64_t number;

	start();
	ASSERT_EQ(put(0, 1, 100), 0);
	ASSERT_EQ(put(1, 1, SIZE), 0);
	ASSERT_EQ(put(2, 1, 100), 0);
	ASSERT_EQ(spool_dropped(s), 1);
	ASSERT_EQ(next(&number), 0);
	ASSERT_EQ(next(&number), 2);
	end();
}
