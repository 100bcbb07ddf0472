// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server itself, asked over real connections; in place of the main thread it gives numbers by
 * itself.
 */
#include "test.h"

#include "control/control.h"
#include "control/control_link.h"
#include "control/control_request.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

static struct alert_counts *counts;
static struct published published;
static const struct control_facts facts = { .pid = 7, .mode = "detect" };
static struct control *control;
static char folder[64], path[128];
static char reply[65536];
static atomic_int asked, timed;
static atomic_bool hangs;
static int refuse_timing;

static void ask(void *ctx)
{
	struct control_processes *list;
	struct metrics_now now = { .values = { [PHRUDE_STAT_MATCHES] = 40 + ++asked } };

	if (hangs)
		return;
	published_set(&published, &now);
	list = control_processes_new(1);
	if (list) {
		list->count = 1;
		list->list[0] = (struct control_process){
			.pid = 99, .state = "traced", .exe = strdup("/usr/bin/\x1b[31mpython")
		};
	}
	control_give(control, list);
}

static int time_programs(void *ctx)
{
	timed++;
	return refuse_timing ? -EPERM : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int start_at(const char *where, struct control **out, struct err *err)
{
	return control_start(&(struct control_config){ .path = where,
						       .published = &published,
						       .facts = &facts,
						       .ask = ask,
						       .time_programs = time_programs },
			     out, err);
}

static void start(void)
{
	struct err err;

	asked = timed = refuse_timing = 0;
	hangs = false;
	snprintf(folder, sizeof(folder), "/tmp/phrude-control-XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(path, sizeof(path), "%s/socket", folder);
	counts = alert_counts_new();
	published_init(&published, counts);
	if (start_at(path, &control, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

static void stop(void)
{
	control_stop(control);
	alert_counts_free(counts);
	if (rmdir(folder)) /* the socket is gone */
		abort();
}

static int dial(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(a.sun_path, path);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)))
		abort();
	return fd;
}

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		abort();
}

/* Up to the empty line, or until the server closes the connection. */
static const char *read_reply(int fd)
{
	size_t len = 0;
	ssize_t n;

	reply[0] = '\0';
	while (!strstr(reply, "\n\n") && (n = read(fd, reply + len, sizeof(reply) - 1 - len)) > 0) {
		len += n;
		reply[len] = '\0';
	}
	return reply;
}

static const char *ask_once(const char *line)
{
	int fd = dial();

	say(fd, line);
	read_reply(fd);
	close(fd);
	return reply;
}

TEST(requests)
{
	static const char *const bad[] = { "",	     "\r",	"statu",  "statuss",
					   "STATUS", "status ", " watch", "watch\r\r" };

	ASSERT_EQ(control_request_parse("status", 6), CONTROL_STATUS);
	ASSERT_EQ(control_request_parse("status\r", 7), CONTROL_STATUS);
	ASSERT_EQ(control_request_parse("watch", 5), CONTROL_WATCH);
	ASSERT_EQ(control_request_parse("watch\0", 6), CONTROL_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ASSERT_EQ(control_request_parse(bad[i], strlen(bad[i])), CONTROL_UNKNOWN);
}

TEST(answers)
{
	struct stat st;
	int fd;

	start();
	ASSERT(!stat(path, &st));
	ASSERT_EQ(st.st_mode & 0777, 0600);
	ASSERT_HAS(ask_once("status\n"), "\"matches\": 41\n");
	ASSERT_HAS(reply, "{\"pid\": 99, \"exe\": \"/usr/bin/\\u001b[31mpython\"");
	ASSERT(str_ends(reply, "\n}\n\n"));
	/* More than one on a connection, also at once, and one that comes in pieces. */
	fd = dial();
	say(fd, "status\nstat");
	ASSERT_HAS(read_reply(fd), "\"matches\": 42\n");
	say(fd, "us\r\n");
	ASSERT_HAS(read_reply(fd), "\"matches\": 43\n");
	ASSERT_EQ(timed, 0);
	close(fd);
	stop();
}

TEST(what_is_refused)
{
	char much[20000];
	int fd;

	start();
	ASSERT_HAS(ask_once("stauts\n"),
		   "{\n  \"error\": \"unknown request: there are `status` and `watch`\"\n}\n\n");
	memset(much, 'a', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	fd = dial();
	if (send(fd, much, strlen(much), MSG_NOSIGNAL) < 0)
		abort();
	/* What was not read resets the connection, perhaps before the answer is. */
	read_reply(fd);
	ASSERT(!*reply || strstr(reply, "that is no request"));
	close(fd);
	ASSERT_EQ(asked, 0);
	ASSERT_HAS(ask_once("status\n"), "\"pid\": 7");
	stop();
}

/* The kernel times programs while somebody watches, and no longer. */
TEST(watching)
{
	int fd, other;

	start();
	fd = dial();
	say(fd, "watch\n");
	read_reply(fd);
	say(fd, "watch\n");
	ASSERT_HAS(read_reply(fd), "\"timed\": true");
	ASSERT_EQ(timed, 1);
	other = dial();
	say(other, "watch\n");
	read_reply(other);
	close(fd);
	ASSERT_HAS(ask_once("status\n"), "\"timed\": true");
	close(other);
	/* The server hears of it by then. */
	for (int i = 0; i < 100 && strstr(ask_once("status\n"), "\"timed\": true"); i++)
		usleep(10000);
	ASSERT_HAS(reply, "\"timed\": false");
	ASSERT_EQ(timed, 1);
	refuse_timing = 1;
	ASSERT_HAS(ask_once("watch\n"), "\"timed\": false");
	stop();
}

/* Without an answer of the main thread the last numbers are given. */
TEST(a_thread_that_hangs)
{
	int64_t before;

	start();
	ask_once("status\n");
	hangs = true;
	before = clock_now_ms();
	ASSERT_HAS(ask_once("status\n"), "\"matches\": 41\n");
	ASSERT(clock_now_ms() - before >= 900);
	ASSERT_HAS(reply, "\"well\": true");
	atomic_store(&published.beats[METRICS_INTAKE], clock_now_ms() - METRICS_STALE_MS - 1000);
	ASSERT_HAS(ask_once("status\n"), "the thread of alerts has not moved for 1");
	ASSERT_HAS(reply, "\"well\": false");
	stop();
}

/* Many who say nothing, or do not read, keep nobody out; the oldest go first. */
TEST(those_who_hold_on)
{
	int held[100];
	struct pollfd first;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(held); i++) {
		held[i] = dial();
		say(held[i], i % 3 ? "stat" : "watch\nwatch\nwatch\nwatch\n");
	}
	ASSERT_HAS(ask_once("status\n"), "\"well\": true");
	first = (struct pollfd){ .fd = held[0], .events = POLLIN | POLLRDHUP };
	ASSERT_EQ(poll(&first, 1, 5000), 1);
	for (size_t i = 0; i < ARRAY_SIZE(held); i++)
		close(held[i]);
	/* And the server ends although some are still there. */
	dial();
	stop();
}

TEST(the_other_end)
{
	struct control_link link;
	const struct buf *answer;
	struct err err;

	start();
	ASSERT_EQ(control_dial(&link, path, &err), 0);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(control_ask(&link, i ? CONTROL_WATCH : CONTROL_STATUS, &answer, &err), 0);
		ASSERT(str_starts(answer->data, "{\n") && str_ends(answer->data, "\n}\n"));
	}
	ASSERT_EQ(timed, 1);
	stop();
	ASSERT_EQ(control_ask(&link, CONTROL_STATUS, &answer, &err), -EPIPE);
	control_hang_up(&link);
	ASSERT_EQ(control_dial(&link, path, &err), -ENOENT);
	ASSERT_HAS(err.msg, "nobody listens at ");
	control_hang_up(&link);
}

TEST(a_socket_that_is_taken)
{
	struct control *other = NULL;
	struct err err;

	start();
	ASSERT_EQ(start_at(path, &other, &err), -EADDRINUSE);
	ASSERT(!other);
	ASSERT_HAS(err.msg, "another phrude-trace");
	ASSERT_HAS(ask_once("status\n"), "\"pid\": 7");
	ASSERT_EQ(start_at("/nowhere/socket", &other, &err), -ENOENT);
	stop();
}
