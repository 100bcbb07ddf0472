// SPDX-License-Identifier: GPL-2.0-only
#include "sink/connection.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/util.h"
#include "transfer/curl.h"

/* To be let in, and to get rid of a message. */
#define CONNECT_MS 10000
#define SEND_MS 10000

/* 0, or -ETIMEDOUT. */
static int wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - clock_now_ms();
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n < 0 ? -errno : -ETIMEDOUT;
}

static int connect_in_time(int fd, const struct sockaddr *addr, socklen_t len, int64_t deadline)
{
	int error = 0, ret;
	socklen_t size = sizeof(error);

	if (!connect(fd, addr, len))
		return 0;
	if (errno != EINPROGRESS && errno != EAGAIN)
		return -errno;
	ret = wait_for(fd, POLLOUT, deadline);
	if (!ret && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		ret = -errno;
	return ret ?: -error;
}

static int open_socket(int family, int type, const struct sockaddr *addr, socklen_t len,
		       int64_t deadline)
{
	_cleanup_close_ int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret;

	if (fd < 0)
		return -errno;
	ret = connect_in_time(fd, addr, len, deadline);
	return ret ?: TAKE_FD(fd);
}

/* A socket of either kind; which one it is only its owner knows. */
static int open_unix(struct connection *c, int64_t deadline)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	memcpy(addr.sun_path, c->to.path, sizeof(c->to.path));
	c->stream = false;
	fd = open_socket(AF_UNIX, SOCK_DGRAM, (struct sockaddr *)&addr, sizeof(addr), deadline);
	if (fd != -EPROTOTYPE)
		return fd;
	c->stream = true;
	return open_socket(AF_UNIX, SOCK_STREAM, (struct sockaddr *)&addr, sizeof(addr), deadline);
}

static int open_network(struct connection *c, int64_t deadline, struct err *err)
{
	struct addrinfo hints = { .ai_socktype =
					  c->to.way == ADDRESS_UDP ? SOCK_DGRAM : SOCK_STREAM,
				  .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV };
	struct addrinfo *found;
	int ret = getaddrinfo(c->to.host, c->to.port, &hints, &found), fd = -ENOENT;

	if (ret)
		return err_set(err, -EHOSTUNREACH, "%s is not found: %s", c->to.host,
			       gai_strerror(ret));
	c->stream = c->to.way != ADDRESS_UDP;
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = open_socket(a->ai_family, a->ai_socktype, a->ai_addr, a->ai_addrlen, deadline);
	freeaddrinfo(found);
	return fd >= 0 ? fd : err_set(err, fd, "%s", strerror(-fd));
}

int connection_open(struct connection *c, struct err *err)
{
	int64_t deadline = clock_now_ms() + CONNECT_MS;
	int fd;

	if (c->to.way == ADDRESS_TLS) {
		int ret =
			curl_tls_open(c->to.host, c->to.port, c->ca_file, CONNECT_MS, &c->tls, err);

		c->stream = true;
		c->fd = ret ? -1 : curl_tls_fd(c->tls);
		return ret;
	}
	fd = c->to.way == ADDRESS_UNIX ? open_unix(c, deadline) : open_network(c, deadline, err);
	if (fd < 0)
		return c->to.way == ADDRESS_UNIX ? err_set(err, fd, "%s", strerror(-fd)) : fd;
	c->fd = fd;
	return 0;
}

/* What goes without waiting, or -errno. */
static ssize_t send_some(struct connection *c, const void *data, size_t len, struct err *err)
{
	ssize_t n;

	if (c->tls)
		return curl_tls_send(c->tls, data, len, err);
	do {
		n = send(c->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	/* A datagram socket's queue, which nothing can be waited for at. */
	if (n < 0 && errno == ENOBUFS)
		errno = EAGAIN;
	return n < 0 ? err_set(err, -errno, "%s", strerror(errno)) : n;
}

int connection_send(struct connection *c, const void *data, size_t len, struct err *err)
{
	int64_t deadline = clock_now_ms() + SEND_MS;
	const char *p = data;

	while (len) {
		ssize_t n = send_some(c, p, len, err);
		int ret;

		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && n != -EAGAIN)
			return (int)n;
		ret = wait_for(c->fd, POLLOUT, deadline);
		if (ret)
			return err_set(err, ret, "it has not taken anything for %d s",
				       SEND_MS / 1000);
	}
	return 0;
}

int connection_send_message(struct connection *c, const struct msghdr *msg, struct err *err)
{
	int64_t deadline = clock_now_ms() + SEND_MS;
	int ret = 0;

	while (!ret && sendmsg(c->fd, msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			ret = wait_for(c->fd, POLLOUT, deadline);
		else if (errno != EINTR)
			ret = -errno;
	}
	return ret ? err_set(err, ret, "%s", strerror(-ret)) : 0;
}

bool connection_is_closed(const struct connection *c)
{
	char byte;
	ssize_t n;

	if (c->fd < 0)
		return true;
	/*
	 * Of TLS, an end is a record like others: whoever sends that does not send anything else.
	 */
	if (c->tls)
		return curl_tls_is_closed(c->tls);
	n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return (n == 0 && c->stream) || (n < 0 && errno != EAGAIN && errno != EINTR);
}

void connection_close(struct connection *c)
{
	if (c->tls)
		curl_tls_close(c->tls);
	else if (c->fd >= 0)
		close(c->fd);
	c->tls = NULL;
	c->fd = -1;
}
