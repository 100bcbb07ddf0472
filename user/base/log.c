// SPDX-License-Identifier: GPL-2.0-only
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/util.h"

/*
 * How long a reader of standard error who does not read may hold this process up, once until there
 * is room again.
 */
#define PATIENCE_MS 500

static enum log_level max_level = LOG_LEVEL_INFO;
static const char *program = "phrude-trace";

void log_set_program(const char *name)
{
	program = name;
}

void log_set_level(enum log_level level)
{
	max_level = level;
}

enum log_level log_get_level(void)
{
	return max_level;
}

/* False if nobody reads.  A pipe that poll() finds room in takes PIPE_BUF bytes without waiting. */
static bool write_line(const char *s, size_t len, int patience)
{
	while (len) {
		struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
		int ready = poll(&p, 1, patience);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (!ready)
			return false;
		n = write(STDERR_FILENO, s, MIN(len, PIPE_BUF));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno != EAGAIN; /* there is nobody to tell */
		s += n;
		len -= n;
	}
	return true;
}

static void say(const struct buf *line)
{
	static unsigned long unsaid;
	char lost[128];
	int n = 0;

	flockfile(stderr);
	if (unsaid)
		n = snprintf(lost, sizeof(lost),
			     "%s: warning: standard error was not read: %lu messages are missing\n",
			     program, unsaid);
	if (write_line(lost, n, 0) && write_line(line->data, line->len, unsaid ? 0 : PATIENCE_MS))
		unsaid = 0;
	else
		unsaid++;
	funlockfile(stderr);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	static const char *const prefix[] = { "error: ", "warning: ", "", "debug: " };
	_cleanup_buf_ struct buf line = { 0 };
	va_list ap;

	if (level > max_level)
		return;
	buf_printf(&line, "%s: %s", program, prefix[level]);
	va_start(ap, fmt);
	text_vline(&line, fmt, ap);
	va_end(ap);
	if (!line.failed)
		say(&line);
}
