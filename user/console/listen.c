// SPDX-License-Identifier: GPL-2.0-only
#include "console/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse(const char *text, union address *out, socklen_t *len, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2] = "", *end = NULL;
	unsigned long port = 0;

	*out = (union address){ 0 };
	if (colon && colon > text && (size_t)(colon - text) < sizeof(host)) {
		memcpy(host, text, colon - text);
		port = strtoul(colon + 1, &end, 10);
	}
	if (!end || *end || end == colon + 1 || port > 65535)
		return err_set(err, -EINVAL,
			       "--listen takes ADDRESS:PORT, as 127.0.0.1:8600, not \"%s\"", text);
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		*len = sizeof(out->v4);
		return 0;
	}
	if (host[0] == '[' && host[strlen(host) - 1] == ']') {
		host[strlen(host) - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &out->v6.sin6_addr) == 1) {
			out->v6.sin6_family = AF_INET6;
			out->v6.sin6_port = htons(port);
			*len = sizeof(out->v6);
			return 0;
		}
	}
	return err_set(err, -EINVAL,
		       "--listen takes an IP address, as 127.0.0.1:8600 or [::1]:8600, not \"%s\"",
		       text);
}

static void put_address(struct buf *out, const union address *a)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, host, sizeof(host));
		buf_printf(out, "%s:%u", host, ntohs(a->v4.sin_port));
	} else {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, host, sizeof(host));
		buf_printf(out, "[%s]:%u", host, ntohs(a->v6.sin6_port));
	}
}

int listen_at(const char *address, struct buf *out, bool *loopback, struct err *err)
{
	_cleanup_close_ int fd = -1;
	union address a;
	socklen_t len;
	int res = parse(address, &a, &len, err), on = 1;

	if (res)
		return res;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &a.any, len) || listen(fd, 128) || getsockname(fd, &a.any, &len))
		return err_set(err, -errno, "cannot listen at %s: %s", address, strerror(errno));
	*loopback = a.any.sa_family == AF_INET ? ntohl(a.v4.sin_addr.s_addr) >> 24 == 127
					       : IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
	put_address(out, &a);
	return TAKE_FD(fd);
}
