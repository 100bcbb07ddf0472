// SPDX-License-Identifier: GPL-2.0-only
#include "engine/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out_file.h"
#include "base/util.h"

/* Alerts are written when so many bytes have come together, or the batch they came in is done. */
#define PENDING_MAX ((size_t)256 * 1024)

/*
 * Standard output is shared with whoever else has it, the program that `run` starts among them: it must not become
 * non-blocking for them.  A pipe or terminal that is opened anew is ours alone.
 */
static void choose_way(struct output *out)
{
	char path[64];
	struct stat st;
	int fd;

	if (fstat(out->fd, &st) || S_ISREG(st.st_mode)) {
		out->way = OUTPUT_FILE;
		return;
	}
	if (S_ISSOCK(st.st_mode)) {
		out->way = OUTPUT_SOCKET;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out->fd);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		out->way = OUTPUT_BLOCKING;
		return;
	}
	if (out->owned)
		close(out->fd);
	out->fd = fd;
	out->owned = true;
	out->way = OUTPUT_NONBLOCKING;
}

int output_open(struct output *out, const char *path, enum output_format format, struct err *err)
{
	*out = (struct output){ .fd = STDOUT_FILENO };
	if (path) {
		out->fd = out_file_open(path, &out->half_line, err);
		if (out->fd < 0)
			return err_prefix(err, out->fd, "cannot write alerts to %s", path);
		out->owned = true;
	}
	choose_way(out);
	out->json = format == OUTPUT_JSON || (format == OUTPUT_AUTO && !isatty(out->fd));
	out->color = !out->json && isatty(out->fd);
	return 0;
}

void output_close(struct output *out)
{
	output_flush(out);
	output_give_up(out);
	if (out->owned)
		close(out->fd);
	out->fd = -1;
	buf_fini(&out->pending);
	buf_fini(&out->ends);
}

/* Bytes written, or -errno; -EAGAIN if none can be now. */
static ssize_t write_some(const struct output *out, const char *data, size_t len)
{
	struct pollfd p = { .fd = out->fd, .events = POLLOUT };
	ssize_t n;

	/* A pipe that is ready takes so much without waiting. */
	if (out->way == OUTPUT_BLOCKING) {
		if (!poll(&p, 1, 0))
			return -EAGAIN;
		len = MIN(len, PIPE_BUF);
	}
	do {
		n = out->way == OUTPUT_SOCKET
			    ? send(out->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)
			    : write(out->fd, data, len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static size_t nr_pending(const struct output *out)
{
	return out->ends.len / sizeof(size_t);
}

/* The first `sent` bytes are gone. */
static void advance(struct output *out, size_t sent)
{
	size_t *ends = (size_t *)out->ends.data, n = nr_pending(out), gone = 0;

	while (gone < n && ends[gone] <= sent)
		gone++;
	out->within = sent > (gone ? ends[gone - 1] : 0);
	out->written += gone;
	for (size_t i = gone; i < n; i++)
		ends[i - gone] = ends[i] - sent;
	out->ends.len = (n - gone) * sizeof(size_t);
	out->pending.len -= sent;
	memmove(out->pending.data, out->pending.data + sent, out->pending.len);
}

static void fail(struct output *out, int code)
{
	if (!out->error)
		log_error("cannot write alerts: %s; they are counted as lost", strerror(code));
	out->error = code;
	output_give_up(out);
}

void output_flush(struct output *out)
{
	size_t sent = 0;

	if (out->pending.failed || out->ends.failed) {
		fail(out, ENOMEM);
		return;
	}
	while (sent < out->pending.len) {
		ssize_t n = write_some(out, out->pending.data + sent, out->pending.len - sent);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			advance(out, sent);
			fail(out, (int)-n);
			return;
		}
		sent += n;
	}
	if (sent)
		advance(out, sent);
}

bool output_is_stalled(const struct output *out)
{
	return out->pending.len > 0;
}

bool output_is_full(const struct output *out)
{
	return out->pending.len > PENDING_MAX;
}

uint64_t output_give_up(struct output *out)
{
	size_t n = nr_pending(out);

	out->lost += n;
	/* Should he come back, the next alert is not to begin within the one that he has a part of. */
	out->half_line |= out->within;
	out->within = false;
	buf_reset(&out->pending);
	buf_reset(&out->ends);
	return n;
}

void output_alert(struct output *out, const struct alert *alert)
{
	/* What a crash or a full disk left half written does not take the first alert with it. */
	if (out->half_line)
		buf_addc(&out->pending, '\n');
	out->half_line = false;
	if (out->json) {
		alert_json(&out->pending, alert);
		buf_addc(&out->pending, '\n');
	} else {
		alert_text(&out->pending, alert, out->color);
	}
	buf_add(&out->ends, &out->pending.len, sizeof(out->pending.len));
	if (out->pending.len > PENDING_MAX)
		output_flush(out);
}
