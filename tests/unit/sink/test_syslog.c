// SPDX-License-Identifier: GPL-2.0-only
/* Against sockets of this process's own; real receivers are for the end-to-end tests. */
#include "alert/sample.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/syslog.h"

static struct sample sample;
static struct buf scratch;
static struct err err;
static char address[160], path[108], got[1 << 20];

static int listen_inet(int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, type, 0);

	if (bind(fd, (struct sockaddr *)&in, len) || (type == SOCK_STREAM && listen(fd, 4)) ||
	    getsockname(fd, (struct sockaddr *)&in, &len))
		abort();
	snprintf(address, sizeof(address), "%s://127.0.0.1:%d", type == SOCK_STREAM ? "tcp" : "udp",
		 ntohs(in.sin_port));
	return fd;
}

static int listen_unix(int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);
	static int count;

	snprintf(path, sizeof(path), "/tmp/phrude-trace-unit-%d-%d.sock", getpid(), count++);
	unlink(path);
	strcpy(un.sun_path, path);
	if (bind(fd, (struct sockaddr *)&un, sizeof(un)) || (type == SOCK_STREAM && listen(fd, 4)))
		abort();
	snprintf(address, sizeof(address), "unix:%s", path);
	return fd;
}

static void *open_it(void)
{
	struct sink_config config = { .ops = &syslog_ops, .address = address };
	void *out;

	sample_init(&sample);
	log_set_level(LOG_LEVEL_ERROR);
	if (syslog_ops.open(&config, &out, &err))
		abort();
	return out;
}

static struct sink_step step;

static int put(void *out, size_t n)
{
	struct written *w =
		written_make(WRITTEN_IN(WRITTEN_SYSLOG, WRITTEN_BRIEF), &sample.alert, &scratch);
	struct written *list[8] = { w, w, w, w, w, w, w, w };
	int ret;

	step = (struct sink_step){ 0 };
	ret = syslog_ops.write(out, list, n, &step);
	written_unref(w);
	buf_fini(&scratch);
	return ret;
}

TEST(datagrams)
{
	int types[] = { 0, 1 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int fd = types[i] ? listen_unix(SOCK_DGRAM) : listen_inet(SOCK_DGRAM);
		void *out = open_it();
		ssize_t n;

		ASSERT_EQ(put(out, 2), 0);
		ASSERT_EQ(step.done, 2);
		for (int k = 0; k < 2; k++) {
			n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
			ASSERT(n > 0);
			got[n] = '\0';
			ASSERT(str_starts(
				got, "<84>1 2026-01-02T03:04:05.678901Z app-7 phrude-trace 1234 "
				     "access-to-environment-variable [phrude@32473 id="));
			ASSERT(got[n - 1] != '\n');
		}
		syslog_ops.close(out);
		close(fd);
	}
	unlink(path);
}

TEST(octets_are_counted)
{
	int fd = listen_inet(SOCK_STREAM), peer;
	void *out = open_it();
	char *p = got, *end;
	ssize_t n;

	ASSERT_EQ(put(out, 3), 0);
	ASSERT_EQ(step.done, 3);
	peer = accept(fd, NULL, NULL);
	n = recv(peer, got, sizeof(got) - 1, 0);
	ASSERT(n > 0);
	got[n] = '\0';
	for (int i = 0; i < 3; i++) {
		size_t len = strtoul(p, &end, 10);

		ASSERT(*end == ' ' && str_starts(end + 1, "<84>1 "));
		p = end + 1 + len;
		ASSERT(p <= got + n);
	}
	ASSERT(p == got + n);
	syslog_ops.close(out);
	close(peer);
	close(fd);
}

TEST(lines_in_a_local_stream)
{
	int fd = listen_unix(SOCK_STREAM), peer;
	void *out = open_it();
	ssize_t n;

	ASSERT_EQ(put(out, 2), 0);
	peer = accept(fd, NULL, NULL);
	n = recv(peer, got, sizeof(got) - 1, 0);
	ASSERT(n > 0 && got[n - 1] == '\n');
	got[n] = '\0';
	ASSERT(str_starts(strchr(got, '\n') + 1, "<84>1 "));
	syslog_ops.close(out);
	close(peer);
	close(fd);
	unlink(path);
}

TEST(who_has_gone_is_connected_to_again)
{
	int fd = listen_inet(SOCK_STREAM), peer;
	void *out = open_it();

	ASSERT_EQ(put(out, 1), 0);
	peer = accept(fd, NULL, NULL);
	close(peer);
	/* The end is seen before anything is lost. */
	usleep(50000);
	ASSERT_EQ(put(out, 1), 0);
	ASSERT_EQ(step.done, 1);
	peer = accept(fd, NULL, NULL);
	ASSERT(recv(peer, got, sizeof(got), 0) > 0);
	close(peer);
	close(fd);
	usleep(50000);
	ASSERT_EQ(put(out, 1), -ECONNREFUSED);
	ASSERT_EQ(step.done, 0);
	ASSERT_HAS(step.err.msg, "refused");
	syslog_ops.close(out);
}

TEST(too_large_a_datagram_is_refused_and_others_go_on)
{
	static char text[70000];
	int fd = listen_inet(SOCK_DGRAM);
	void *out = open_it();
	struct written *list[2];

	memset(text, 'a', sizeof(text) - 1);
	sample.args[0].value = str_value((struct text){ text, sizeof(text) - 1 });
	list[0] = written_make(WRITTEN_IN(WRITTEN_SYSLOG, WRITTEN_JSON), &sample.alert, &scratch);
	list[1] = written_make(WRITTEN_IN(WRITTEN_SYSLOG, WRITTEN_BRIEF), &sample.alert, &scratch);
	step = (struct sink_step){ 0 };
	ASSERT_EQ(syslog_ops.write(out, list, 2, &step), 0);
	ASSERT_EQ(step.done, 2);
	ASSERT_EQ(step.refused, 1);
	ASSERT(recv(fd, got, sizeof(got), MSG_DONTWAIT) > 0);
	written_unref(list[0]);
	written_unref(list[1]);
	buf_fini(&scratch);
	syslog_ops.close(out);
	close(fd);
}
