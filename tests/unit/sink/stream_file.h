/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that alerts are written to, and what tests ask of it. */
#pragma once

/* Not every test needs all of it. */
#pragma GCC diagnostic ignored "-Wunused-function"

#include "alert/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "sink/stream.h"

static char path[64], moved[96];
static void *out;
static struct stream *st;
static struct sample sample;
static struct err err;
static struct buf scratch;

/* What waits to be written. */
static struct written *queue[SINK_BATCH];
static size_t queued, written;
static int error; /* of the last write */

static void start(const struct sink_config *config)
{
	sample_init(&sample);
	log_set_level(LOG_LEVEL_ERROR);
	queued = written = 0;
	error = 0;
	if (config->ops->open(config, &out, &err))
		abort();
	st = out;
}

static void open_rotated(struct sink_rotation rotation)
{
	struct sink_config config = { .ops = &stream_file_ops, .path = path, .rotation = rotation };
	static int count;

	unsetenv("SUDO_UID");
	snprintf(path, sizeof(path), "/tmp/phrude-trace-unit-%d-%d", getpid(), count++);
	snprintf(moved, sizeof(moved), "%s.1", path);
	unlink(path);
	unlink(moved);
	start(&config);
}

static void open_file(void)
{
	open_rotated((struct sink_rotation){ 0 });
}

static void end(void)
{
	while (queued)
		written_unref(queue[--queued]);
	stream_file_ops.close(out);
	unlink(path);
	unlink(moved);
	buf_fini(&scratch);
}

static void flush(void)
{
	for (error = 0; queued && !error;) {
		struct sink_step step = { 0 };

		error = -stream_file_ops.write(out, queue, queued, &step);
		for (size_t i = 0; i < step.done; i++)
			written_unref(queue[i]);
		queued -= step.done;
		written += step.done;
		memmove(queue, queue + step.done, queued * sizeof(*queue));
	}
}

static void add(int n)
{
	while (n--) {
		queue[queued] = written_make(WRITTEN_JSON, &sample.alert, &scratch);
		if (!queue[queued++])
			abort();
	}
}

static void alerts(int n)
{
	add(n);
	flush();
}

/* As once a second. */
static void look(void)
{
	stream_file_ops.look(out);
	flush();
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	if (write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static char content[1 << 20];

static size_t read_file(const char *name)
{
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, content, sizeof(content) - 1);

	close(fd);
	content[n] = '\0';
	return n;
}

/* Lines that are whole alerts; others are counted in `others`. */
static int whole(const char *name, int *others)
{
	int n = 0;

	*others = 0;
	read_file(name);
	for (char *line = content, *end; *line; line = end + 1) {
		size_t len;

		end = strchrnul(line, '\n');
		len = end - line;
		if (len > 2 && *line == '{' && line[len - 1] == '}' && *end)
			n++;
		else
			++*others;
		if (!*end)
			break;
	}
	return n;
}

static struct rlimit limit;

/* As a full disk does. */
static void may_grow_to(rlim_t size)
{
	signal(SIGXFSZ, SIG_IGN);
	if (!limit.rlim_max && getrlimit(RLIMIT_FSIZE, &limit))
		abort();
	if (setrlimit(RLIMIT_FSIZE, &(struct rlimit){ MIN(size, limit.rlim_max), limit.rlim_max }))
		abort();
}
