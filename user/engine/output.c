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
#include <sys/uio.h>
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

	out->way = OUTPUT_BLOCKING;
	if (fstat(out->fd, &st))
		return;
	if (S_ISREG(st.st_mode)) {
		out->way = OUTPUT_FILE;
		return;
	}
	if (S_ISSOCK(st.st_mode)) {
		out->way = OUTPUT_SOCKET;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", out->fd);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return;
	if (out->owned)
		close(out->fd);
	out->fd = fd;
	out->owned = true;
	out->way = OUTPUT_NONBLOCKING;
}

int output_open(struct output *out, const char *path, enum output_format format, struct err *err)
{
	*out = (struct output){ .fd = STDOUT_FILENO, .end = -1 };
	if (path) {
		out->fd = out_file_open(path, err);
		if (out->fd < 0)
			return err_prefix(err, out->fd, "cannot write alerts to %s", path);
		out->owned = true;
		out->path = out_file_has_name(path) ? path : NULL;
	}
	choose_way(out);
	out->json = format == OUTPUT_JSON || (format == OUTPUT_AUTO && !isatty(out->fd));
	out->color = !out->json && isatty(out->fd);
	return 0;
}

int output_reopen(struct output *out, struct err *err)
{
	int fd;

	fd = out_file_open(out->path, err);
	if (fd < 0)
		return err_prefix(err, fd, "cannot be opened anew");
	close(out->fd);
	out->fd = fd;
	out->opened++;
	out->end = -1;
	out->stays = false;
	/* What is begun is whole in one file at least. */
	out->begun = 0;
	out->half_line = false;
	choose_way(out);
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

static size_t nr_pending(const struct output *out)
{
	return out->ends.len / sizeof(size_t);
}

/* Bytes of `pending` that were written, or -errno; -EAGAIN if none can be now. */
static ssize_t write_some(struct output *out)
{
	struct iovec iov[] = { { (char *)"\n", out->half_line },
			       { out->pending.data + out->begun, out->pending.len - out->begun } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(iov) };
	struct pollfd p = { .fd = out->fd, .events = POLLOUT };
	ssize_t n;

	/* A pipe that is ready takes so much without waiting. */
	if (out->way == OUTPUT_BLOCKING) {
		if (!poll(&p, 1, 0))
			return -EAGAIN;
		iov[1].iov_len = MIN(iov[1].iov_len, PIPE_BUF - 1);
	}
	/* In one go: another tracer's line comes before or after these. */
	do {
		n = out->way == OUTPUT_SOCKET ? sendmsg(out->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL)
					      : writev(out->fd, iov, ARRAY_SIZE(iov));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n && out->half_line) {
		out->half_line = false;
		n--;
	}
	return n;
}

/* The same, of a file with what belongs to it. */
static ssize_t write_more(struct output *out)
{
	ssize_t n;

	if (out->way != OUTPUT_FILE)
		return write_some(out);
	n = output_file_begin(out);
	if (!n)
		n = write_some(out);
	output_file_end(out);
	return n;
}

/* Forgets the alerts that are written. */
static void advance(struct output *out)
{
	size_t *ends = (size_t *)out->ends.data, n = nr_pending(out), gone = 0, sent;

	while (gone < n && ends[gone] <= out->begun)
		gone++;
	if (!gone)
		return;
	sent = ends[gone - 1];
	out->begun -= sent;
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
		out->lost_before = out->lost;
	if (code != out->error && output_is_lasting(out))
		log_warn("alerts cannot be written to %s: %s: %zu KiB of them are kept until they "
			 "can, more will be lost",
			 out->path ?: "standard output", strerror(code), PENDING_MAX / 1024);
	out->error = code;
	if (output_is_lasting(out))
		return;
	out->gone = true;
	output_give_up(out);
}

static void recover(struct output *out)
{
	log_info("alerts can be written again; %llu were lost",
		 (unsigned long long)(out->lost - out->lost_before));
	out->error = 0;
}

static void write_pending(struct output *out)
{
	if (out->pending.failed || out->ends.failed) {
		log_error("out of memory: alerts are lost");
		output_give_up(out);
	}
	while (out->pending.len) {
		ssize_t n = write_more(out);

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			fail(out, (int)-n);
			return;
		}
		out->begun += n;
		advance(out);
	}
	if (out->error && !out->gone)
		recover(out);
}

void output_flush(struct output *out)
{
	/* What failed is tried again by output_look(), not for each alert. */
	if (!out->error)
		write_pending(out);
}

void output_look(struct output *out)
{
	out->unlockable = false;
	if (out->path)
		output_follow_name(out);
	write_pending(out);
}

void output_hung_up(struct output *out)
{
	output_flush(out);
	/* With nothing to write there is no error to be had. */
	if (!out->error && !output_is_lasting(out))
		fail(out, EPIPE);
}

bool output_is_lasting(const struct output *out)
{
	return out->path || out->way == OUTPUT_FILE;
}

bool output_is_stalled(const struct output *out)
{
	return out->pending.len > 0 && !out->error;
}

bool output_is_full(const struct output *out)
{
	return out->pending.len > PENDING_MAX && !out->error;
}

uint64_t output_give_up(struct output *out)
{
	size_t n = nr_pending(out);

	out->lost += n;
	/* Should he come back, the next alert is not to begin within the one that he has a part of. */
	out->half_line |= out->begun > 0;
	out->begun = 0;
	buf_reset(&out->pending);
	buf_reset(&out->ends);
	return n;
}

void output_alert(struct output *out, const struct alert *alert)
{
	if (out->gone || (out->error && out->pending.len > PENDING_MAX)) {
		out->lost++;
		return;
	}
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
