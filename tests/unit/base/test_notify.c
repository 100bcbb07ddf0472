// SPDX-License-Identifier: GPL-2.0-only
/* What a service manager gets to hear. */
#include "base/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

/* A socket by that name, on which somebody listens. */
static int listen_on(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	size_t len = strlen(name);

	memcpy(addr.sun_path, name, len);
	if (name[0] == '@')
		addr.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&addr,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len))) {
		close(fd);
		return -1;
	}
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void check_heard(int fd, const char *expected)
{
	char text[100];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	ASSERT_STR(text, expected);
}

static void check_name(const char *name)
{
	int fd = listen_on(name);
	struct notifier n;

	ASSERT(fd >= 0);
	notify_open(&n);
	ASSERT(!getenv("NOTIFY_SOCKET"));
	ASSERT_EQ(n.watchdog_ms, 0);
	notify_send(&n, "READY=1\nSTATUS=x");
	check_heard(fd, "READY=1\nSTATUS=x");
	/* Nobody reads: it goes on. */
	for (int i = 0; i < 10000; i++)
		notify_send(&n, "STATUS=y");
	close(fd);
	notify_send(&n, "STATUS=z");
	notify_close(&n);
	notify_send(&n, "STATUS=z");
}

TEST(sockets)
{
	char name[64];

	snprintf(name, sizeof(name), "/tmp/phrude-notify-%d", getpid());
	check_name(name);
	unlink(name);
	snprintf(name, sizeof(name), "@phrude-notify-%d", getpid());
	check_name(name);
}

static int64_t watchdog(const char *usec, const char *pid)
{
	char name[64];
	struct notifier n;
	int fd;

	snprintf(name, sizeof(name), "@phrude-notify-%d", getpid());
	fd = listen_on(name);
	setenv("WATCHDOG_USEC", usec, 1);
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	notify_open(&n);
	notify_close(&n);
	close(fd);
	return n.watchdog_ms;
}

TEST(watchdogs)
{
	char own[16];

	snprintf(own, sizeof(own), "%d", getpid());
	ASSERT_EQ(watchdog("30000000", NULL), 30000);
	ASSERT_EQ(watchdog("30000000", own), 30000);
	ASSERT(!getenv("WATCHDOG_USEC") && !getenv("WATCHDOG_PID"));
	ASSERT_EQ(watchdog("30000000", "1"), 0);
	ASSERT_EQ(watchdog("30000000", "x"), 0);
	ASSERT_EQ(watchdog("-1", NULL), 0);
	ASSERT_EQ(watchdog("1x", NULL), 0);
	ASSERT_EQ(watchdog("99999999999999999999", NULL), 0);
	ASSERT_EQ(watchdog("", NULL), 0);
}

TEST(nobody_wants_to_know)
{
	static const char *const names[] = { "",	 "/", "@", "relative", "/nowhere/at/all",
					     "vsock:2:1" };
	struct notifier n;
	char longest[200];

	unsetenv("NOTIFY_SOCKET");
	notify_open(&n);
	ASSERT_EQ(n.fd, -1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify_open(&n);
		ASSERT_EQ(n.fd, -1);
	}
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	setenv("NOTIFY_SOCKET", longest, 1);
	notify_open(&n);
	ASSERT_EQ(n.fd, -1);
	notify_send(&n, "READY=1");
	notify_close(&n);
}
