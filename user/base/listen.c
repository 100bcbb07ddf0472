// SPDX-License-Identifier: GPL-2.0-only
#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/out_file.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse_address(const char *text, union address *out, socklen_t *len, struct err *err)
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
		return err_set(err, -EINVAL, "it takes ADDRESS:PORT, as 127.0.0.1:8600, not \"%s\"",
			       text);
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
		       "it takes an IP address, as 127.0.0.1:8600 or [::1]:8600, not \"%s\"", text);
}

int listen_check(const char *address, struct err *err)
{
	union address a;
	socklen_t len;

	return parse_address(address, &a, &len, err);
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
	int res = parse_address(address, &a, &len, err), on = 1;

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

/*
 * Of a socket by its name in a folder, whose own name may be too long for an address, or another
 * one's by now.
 */
static int unix_address(int folder, const char *name, struct sockaddr_un *out)
{
	int n;

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	n = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s", folder, name);
	return n < (int)sizeof(out->sun_path) ? 0 : -ENAMETOOLONG;
}

/* Takes away what an earlier run has left.  -EADDRINUSE: it is in use, or no socket. */
static int unlink_left(int folder, const char *name, const struct sockaddr_un *a)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)a, sizeof(*a)) || errno != ECONNREFUSED)
		return -EADDRINUSE;
	return unlinkat(folder, name, 0) && errno != ENOENT ? -errno : 0;
}

int listen_unix(const char *path, mode_t mode, struct err *err)
{
	_cleanup_close_ int folder = -1, fd = -1;
	char name[NAME_MAX + 1];
	struct sockaddr_un a;
	int res;

	folder = out_file_folder(path, name, err);
	if (folder < 0)
		return err_prefix(err, folder, "cannot listen at %s", path);
	res = unix_address(folder, name, &a) ?: unlink_left(folder, name, &a);
	if (!res) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		/*
		 * The file gets the mode that the socket has before it has a name: nobody is early.
		 */
		if (fd < 0 || fchmod(fd, mode) || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
		    listen(fd, 128))
			res = -errno;
	}
	if (res)
		return err_set(err, res, "cannot listen at %s: %s", path, strerror(-res));
	return TAKE_FD(fd);
}

int listen_dial_unix(const char *path)
{
	_cleanup_free_ char *folder_path = strdup(path);
	_cleanup_close_ int folder = -1, fd = -1;
	char *slash = folder_path ? strrchr(folder_path, '/') : NULL;
	struct sockaddr_un a;
	int res;

	if (!folder_path)
		return -ENOMEM;
	if (slash)
		*slash = '\0';
	folder = open(!slash		     ? "."
		      : slash == folder_path ? "/"
					     : folder_path,
		      O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	res = unix_address(folder, slash ? slash + 1 : path, &a);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!res && (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a))))
		res = -errno;
	return res ?: TAKE_FD(fd);
}

void listen_unix_end(const char *path)
{
	_cleanup_close_ int folder = -1;
	char name[NAME_MAX + 1];
	struct stat st;

	folder = out_file_folder(path, name, NULL);
	if (folder >= 0 && !fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) &&
	    S_ISSOCK(st.st_mode) && unlinkat(folder, name, 0))
		return;
}

bool listen_peer_is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (!peer.uid || peer.uid == geteuid());
}
