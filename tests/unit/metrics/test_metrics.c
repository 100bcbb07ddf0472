// SPDX-License-Identifier: GPL-2.0-only
/* The server itself, asked over real connections. */
#include "test.h"

#include "metrics/metrics.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"

static struct alert_counts *counts;
static struct published published;
static struct metrics *metrics;
static char folder[64], address[128];
static char reply[65536];

static void start(void)
{
	struct err err;

	snprintf(folder, sizeof(folder), "/tmp/phrude-metrics-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(address, sizeof(address), "unix:%s/socket", folder);
	counts = alert_counts_new();
	published_init(&published, counts);
	if (metrics_start(address, &published, &metrics, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

static void stop(void)
{
	metrics_stop(metrics);
	alert_counts_free(counts);
	if (rmdir(folder)) /* the socket is gone */
		abort();
}

static int dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, address + strlen("unix:"));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		abort();
	return fd;
}

/* All that is answered until the server closes the connection. */
static const char *read_reply(int fd)
{
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(reply) - 1 && (n = read(fd, reply + len, sizeof(reply) - 1 - len)) > 0)
		len += n;
	reply[len] = '\0';
	close(fd);
	return reply;
}

static const char *ask(const char *line)
{
	char text[256];
	int fd = dial();

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", line);
	if (write(fd, text, strlen(text)) < 0)
		abort();
	return read_reply(fd);
}

TEST(addresses)
{
	static const char *const good[] = { "127.0.0.1:9464", "[::1]:0", "unix:/run/x" };
	static const char *const bad[] = { "",	    "9464",	 ":9464", "localhost:9464",
					   "unix:", "unix:run/x" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ASSERT_EQ(metrics_check_address(good[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_EQ(metrics_check_address(bad[i], NULL), -EINVAL);
}

TEST(pages)
{
	struct metrics_now now = { 0 };

	start();
	ASSERT(str_starts(ask("GET /metrics"), "HTTP/1.1 200 "));
	ASSERT(strstr(reply, "\r\nContent-Type: " METRICS_TEXT_TYPE "\r\n"));
	ASSERT(strstr(reply, "\nphrude_matches_total 0\n"));
	now.values[PHRUDE_STAT_MATCHES] = 3;
	published_set(&published, &now);
	ASSERT(strstr(ask("GET /metrics?x=y"), "\nphrude_matches_total 3\n"));
	ASSERT(str_starts(ask("GET /readyz"), "HTTP/1.1 503 "));
	published_set_ready(&published, true);
	ASSERT(str_starts(ask("GET /readyz"), "HTTP/1.1 200 "));
	ASSERT(str_starts(ask("GET /healthz"), "HTTP/1.1 200 "));
	ASSERT(strstr(reply, "\r\n\r\ntracing: ok\nalerts: ok\n"));
	stop();
}

TEST(what_is_refused)
{
	char much[20000];
	int fd;

	start();
	ASSERT(str_starts(ask("GET /"), "HTTP/1.1 404 "));
	ASSERT(str_starts(ask("GET /metrics/../metrics"), "HTTP/1.1 404 "));
	ASSERT(str_starts(ask("POST /metrics"), "HTTP/1.1 405 "));
	ASSERT(strstr(reply, "\r\nAllow: GET\r\n"));
	ASSERT(str_starts(ask("DELETE /healthz"), "HTTP/1.1 405 "));
	/* A head that does not end. */
	fd = dial();
	memset(much, 'a', sizeof(much));
	if (write(fd, "GET /metrics HTTP/1.1\r\nX: ", 26) < 0 ||
	    send(fd, much, sizeof(much), MSG_NOSIGNAL) < 0)
		abort();
	ASSERT(str_starts(read_reply(fd), "HTTP/1.1 4"));
	/* A body that is said to come is not waited for. */
	fd = dial();
	snprintf(much, sizeof(much),
		 "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
	if (write(fd, much, strlen(much)) < 0)
		abort();
	ASSERT(str_starts(read_reply(fd), "HTTP/1.1 405 "));
	stop();
}

/* Many who say nothing, or not all of it, keep nobody out; the oldest go first. */
TEST(those_who_hold_on)
{
	int held[200];
	struct pollfd first;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = dial();
		if (i % 2 && write(held[i], "GET /me", 7) < 0)
			abort();
	}
	ASSERT(str_starts(ask("GET /metrics"), "HTTP/1.1 200 "));
	first = (struct pollfd){ .fd = held[0], .events = POLLIN };
	ASSERT_EQ(poll(&first, 1, 5000), 1);
	ASSERT_EQ(read(held[0], reply, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	/* And the server ends although some are still there. */
	dial();
	stop();
}

TEST(an_address_that_is_taken)
{
	struct metrics *other = NULL;
	struct err err;

	start();
	ASSERT_EQ(metrics_start(address, &published, &other, &err), -EADDRINUSE);
	ASSERT(!other);
	ASSERT(strstr(err.msg, "cannot listen at /tmp/phrude-metrics-"));
	ASSERT(str_starts(ask("GET /metrics"), "HTTP/1.1 200 "));
	stop();
}
