// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/listen.h"
#include "base/util.h"

/* The tracer gives what it has after a second. */
#define PATIENCE_MS 5000
/* More than the tracer ever says. */
#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

int control_dial(struct control_link *link, const char *path, struct err *err)
{
	*link = (struct control_link){ .path = path, .fd = listen_dial_unix(path) };
	switch (link->fd) {
	case -ENOENT:
	case -ENOTDIR:
	case -ECONNREFUSED:
		return err_set(err, -ENOENT,
			       "nobody listens at %s: is phrude-trace running, with "
			       "`control: { socket: %s }` in its configuration or --control %s? "
			       "--socket names another place",
			       path, path, path);
	case -EACCES:
	case -EPERM:
		return err_set(err, -EACCES, "%s is for root alone: run this as root", path);
	case -EAGAIN:
		return err_set(err, -ETIMEDOUT,
			       "phrude-trace does not answer at %s: too many wait there already",
			       path);
	}
	if (link->fd < 0)
		return err_set(err, link->fd, "cannot connect to %s: %s", path,
			       strerror(-link->fd));
	/* Who may read alerts of root's applications may also be believed. */
	if (!listen_peer_is_trusted(link->fd))
		return err_set(err, -EACCES,
			       "whoever listens at %s is neither root nor you: what it says is not "
			       "shown",
			       path);
	return 0;
}

void control_hang_up(struct control_link *link)
{
	if (link->fd >= 0)
		close(link->fd);
	buf_fini(&link->in);
	link->fd = -1;
}

/* Adds some of what has come. */
static int read_some(struct control_link *link, int64_t deadline, struct err *err)
{
	struct pollfd p = { link->fd, POLLIN, 0 };
	int64_t left = deadline - clock_now_ms();
	char data[16384];
	ssize_t n;

	if (left <= 0 || (!poll(&p, 1, (int)left)))
		return err_set(err, -ETIMEDOUT, "phrude-trace does not answer at %s", link->path);
	n = recv(link->fd, data, sizeof(data), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return err_set(err, -EPIPE, "phrude-trace has ended, or has hung up");
	buf_add(&link->in, data, n);
	if (link->in.failed)
		return err_set(err, -ENOMEM, "out of memory");
	return link->in.len > ANSWER_MAX
		       ? err_set(err, -EPROTO, "what is said at %s does not end", link->path)
		       : 0;
}

int control_ask(struct control_link *link, enum control_request request, const struct buf **out,
		struct err *err)
{
	const char *line = request == CONTROL_WATCH ? "watch\n" : "status\n";
	int64_t deadline = clock_now_ms() + PATIENCE_MS;
	const struct buf *in = &link->in;

	buf_reset(&link->in);
	/* Who hangs up at once may have said why. */
	if (send(link->fd, line, strlen(line), MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return err_set(err, -EPIPE, "phrude-trace cannot be asked: %s", strerror(errno));
	/* An empty line ends it. */
	while (in->len < 2 || memcmp(in->data + in->len - 2, "\n\n", 2) != 0) {
		int ret = read_some(link, deadline, err);

		if (ret)
			return ret;
	}
	link->in.data[--link->in.len] = '\0';
	*out = in;
	return 0;
}
