// SPDX-License-Identifier: GPL-2.0-only
#include "engine/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out_file.h"

/* Alerts are written when so many bytes have come together, or the batch they came in is done. */
#define PENDING_MAX ((size_t)256 * 1024)

int output_open(struct output *out, const char *path, enum output_format format, struct err *err)
{
	*out = (struct output){ .fd = STDOUT_FILENO };
	if (path) {
		out->fd = out_file_open(path, &out->half_line, err);
		if (out->fd < 0)
			return err_prefix(err, out->fd, "cannot write alerts to %s", path);
		out->owned = true;
	}
	out->json = format == OUTPUT_JSON || (format == OUTPUT_AUTO && !isatty(out->fd));
	out->color = !out->json && isatty(out->fd);
	return 0;
}

void output_close(struct output *out)
{
	output_flush(out);
	if (out->owned)
		close(out->fd);
	out->fd = -1;
	buf_fini(&out->pending);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			poll(&p, 1, -1);
			continue;
		}
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
	return 0;
}

void output_flush(struct output *out)
{
	int ret;

	if (!out->pending_alerts)
		return;
	ret = out->pending.failed ? -ENOMEM
				  : write_all(out->fd, out->pending.data, out->pending.len);
	if (ret) {
		out->lost += out->pending_alerts;
		if (!out->error)
			log_error("cannot write alerts: %s; they are counted as lost",
				  strerror(-ret));
		out->error = -ret;
	} else {
		out->written += out->pending_alerts;
	}
	out->pending_alerts = 0;
	buf_reset(&out->pending);
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
	out->pending_alerts++;
	if (out->pending.len > PENDING_MAX)
		output_flush(out);
}
