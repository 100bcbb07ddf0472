// SPDX-License-Identifier: GPL-2.0-only
/* Messages: what stands on stderr, and what becomes of a reader who does not read. */
#include "test.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static int saved;

/* Standard error becomes a pipe; returns its other end. */
static int capture(void)
{
	int fds[2];

	saved = dup(2);
	if (pipe(fds) || dup2(fds[1], 2) < 0)
		abort();
	close(fds[1]);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return fds[0];
}

static void release(void)
{
	dup2(saved, 2);
	close(saved);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

TEST(one_message_is_one_line)
{
	char said[512] = "";
	int fd = capture();

	log_warn("no %s\x1b[2K", "module\nphrude-trace: summary: hits 0\xe2\x80\xae");
	log_debug("not this");
	release();
	said[read(fd, said, sizeof(said) - 1)] = '\0';
	close(fd);
	ASSERT_STR(said, "phrude-trace: warning: no module\\nphrude-trace: summary: hits "
			 "0\\u202e\\x1b[2K\n");
}

TEST(a_long_one_is_whole)
{
	static char word[20000], said[sizeof(word) + 100];
	ssize_t n;
	int fd = capture();

	memset(word, 'x', sizeof(word) - 1);
	log_info("%s", word);
	release();
	n = read(fd, said, sizeof(said));
	close(fd);
	ASSERT_EQ(n, (ssize_t)(strlen("phrude-trace: ") + strlen(word) + 1));
}

TEST(nobody_reads)
{
	static char rest[1 << 17];
	char said[512] = "";
	double start = now(), took;
	ssize_t n;
	int fd = capture();

	for (int i = 0; i < 2000; i++)
		log_info("%099d", i);
	took = now() - start;
	n = read(fd, rest, sizeof(rest));
	log_info("again");
	release();
	said[read(fd, said, sizeof(said) - 1)] = '\0';
	close(fd);
	ASSERT(took < 5); /* one wait, not two thousand */
	ASSERT(n > 4096);
	ASSERT_HAS(said, "standard error was not read: ");
	ASSERT_HAS(said, " messages are missing\nphrude-trace: again\n");
}
