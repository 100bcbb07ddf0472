// SPDX-License-Identifier: GPL-2.0-only
#include "sink/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out_file.h"
#include "base/util.h"

_Static_assert(SINK_BATCH + 1 <= IOV_MAX, "a batch is one writev()");

/*
 * Standard output is shared with whoever else has it, the program that `run` starts among them: it
 * must not become non-blocking for them.  A pipe or terminal that is opened anew is ours alone.
 */
static void choose_way(struct stream *s)
{
	char path[64];
	struct stat st;
	int fd;

	s->way = STREAM_BLOCKING;
	if (fstat(s->fd, &st))
		return;
	if (S_ISREG(st.st_mode)) {
		s->way = STREAM_FILE;
		return;
	}
	if (S_ISSOCK(st.st_mode)) {
		s->way = STREAM_SOCKET;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	if (s->owned)
		close(s->fd);
	s->fd = fd;
	s->owned = true;
	s->way = STREAM_NONBLOCKING;
}

static void stream_close(void *out)
{
	struct stream *s = out;

	if (s->owned)
		close(s->fd);
	free(s);
}

static int stream_open(const struct sink_config *config, void **out, struct err *err)
{
	struct stream *s = malloc(sizeof(*s));
	const char *path = config->path;
	int fd;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	*s = (struct stream){ .fd = STDOUT_FILENO, .end = -1 };
	if (path) {
		fd = out_file_open(path, err);
		if (fd < 0) {
			free(s);
			return err_prefix(err, fd, "cannot write alerts to %s", path);
		}
		s->fd = fd;
		s->owned = true;
		s->path = out_file_has_name(path) ? path : NULL;
	}
	choose_way(s);
	s->rotation = config->rotation;
	if (s->rotation.keep && (!s->path || s->way != STREAM_FILE)) {
		stream_close(s);
		return err_set(err, -EINVAL,
			       "cannot rotate %s: it is no regular file with a name of its own",
			       path);
	}
	*out = s;
	return 0;
}

static const char *stream_place(const void *out)
{
	const struct stream *s = out;

	return s->path ?: "standard output";
}

static bool stream_is_terminal(const void *out)
{
	const struct stream *s = out;

	return isatty(s->fd);
}

static bool stream_is_lasting(const void *out)
{
	const struct stream *s = out;

	return s->path || s->way == STREAM_FILE;
}

static int stream_fd(const void *out)
{
	const struct stream *s = out;

	return s->fd;
}

int stream_open_anew(struct stream *s, struct err *err)
{
	int fd;

	fd = out_file_open(s->path, err);
	if (fd < 0)
		return err_prefix(err, fd, "cannot be opened anew");
	close(s->fd);
	s->fd = fd;
	s->opened++;
	s->end = -1;
	s->stays = false;
	/* What is begun is whole in one file at least. */
	s->begun = 0;
	s->half_line = false;
	s->since_s = 0;
	choose_way(s);
	return 0;
}

/* Bytes that were written, or -errno; -EAGAIN if none can be now. */
static ssize_t write_some(struct stream *s, struct iovec *iov, size_t count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };
	struct pollfd p = { .fd = s->fd, .events = POLLOUT };
	ssize_t n;

	/* A pipe that is ready takes so much without waiting. */
	if (s->way == STREAM_BLOCKING) {
		size_t room = PIPE_BUF;

		if (!poll(&p, 1, 0))
			return -EAGAIN;
		for (msg.msg_iovlen = 0; msg.msg_iovlen < count && room; msg.msg_iovlen++) {
			struct iovec *v = &iov[msg.msg_iovlen];

			v->iov_len = MIN(v->iov_len, room);
			room -= v->iov_len;
		}
	}
	/* In one go: another tracer's line comes before or after these. */
	do {
		n = s->way == STREAM_SOCKET ? sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL)
					    : writev(s->fd, iov, (int)msg.msg_iovlen);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Notes what was written, and returns how many alerts that makes whole. */
static size_t advance_by(struct stream *s, struct written *const *alerts, size_t count, size_t n)
{
	size_t done = 0;

	if (n && s->half_line) {
		s->half_line = false;
		n--;
	}
	s->begun += n;
	while (done < count && s->begun >= alerts[done]->len)
		s->begun -= alerts[done++]->len;
	return done;
}

static ssize_t write_alerts(struct stream *s, struct written *const *alerts, size_t count)
{
	struct iovec iov[SINK_BATCH + 1] = { { (char *)"\n", s->half_line } };

	for (size_t i = 0; i < count; i++) {
		size_t begun = i ? 0 : s->begun;

		iov[i + 1] = (struct iovec){ alerts[i]->text + begun, alerts[i]->len - begun };
	}
	return write_some(s, iov, count + 1);
}

/* As many as bring the file to the size at which it is rotated: one at least. */
static size_t alerts_for(const struct stream *s, struct written *const *alerts, size_t count)
{
	uint64_t bytes = 0;
	size_t n = 0;

	while (n < count && bytes < s->room)
		bytes += alerts[n++]->len;
	return n;
}

static int stream_write(void *out, struct written *const *alerts, size_t count,
			struct sink_step *step)
{
	struct stream *s = out;
	bool is_file = s->way == STREAM_FILE;
	ssize_t n = 0;

	count = MIN(count, SINK_BATCH);
	s->room = UINT64_MAX;
	if (is_file)
		n = stream_file_begin(s);
	count = alerts_for(s, alerts, count);
	if (!n)
		n = write_alerts(s, alerts, count);
	if (is_file)
		stream_file_end(s);
	s->failed = n < 0 && n != -EAGAIN;
	if (n < 0)
		return (int)n;
	step->done = advance_by(s, alerts, count, n);
	return 0;
}

static void stream_look(void *out)
{
	struct stream *s = out;

	s->unlockable = false;
	if (s->path)
		stream_file_look(s);
}

static void stream_reopen(void *out, const char *why)
{
	struct stream *s = out;
	struct err err;

	if (!s->path)
		log_info("%s: alerts go to standard output, there is no file to open anew", why);
	else if (stream_open_anew(s, &err))
		log_warn("%s: %s %s", why, s->path, err.msg);
	else
		log_info("%s: %s is opened anew", why, s->path);
}

static uint64_t stream_not_rotated(const void *out)
{
	const struct stream *s = out;

	return atomic_load(&s->not_rotated);
}

#define STREAM_OPS                                                                     \
	.open = stream_open, .place = stream_place, .is_terminal = stream_is_terminal, \
	.is_lasting = stream_is_lasting, .fd = stream_fd, .write = stream_write,       \
	.look = stream_look, .reopen = stream_reopen, .close = stream_close,           \
	.not_rotated = stream_not_rotated

const struct sink_ops stream_file_ops = {
	.type = "file", .takes = SINK_KEY_PATH | SINK_KEY_ROTATE, .needs = SINK_KEY_PATH, STREAM_OPS
};
const struct sink_ops stream_stdout_ops = { .type = "stdout", STREAM_OPS };
