// SPDX-License-Identifier: GPL-2.0-only
#include "sink/syslog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "sink/connection.h"
#include "transfer/curl.h"

/*
 * So much is sent at a time: in a stream one message alone would be a packet, and with TLS a
 * record.
 */
#define CHUNK ((size_t)64 * 1024)

struct syslog {
	struct connection connection;
	const char *address; /* borrowed */
	struct buf chunk;
};

static int syslog_open(const struct sink_config *config, void **out, struct err *err)
{
	struct syslog *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->connection = (struct connection){ .ca_file = config->ca_file, .fd = -1 };
	s->address = config->address;
	ret = address_parse(config->address, &s->connection.to, err);
	if (!ret && s->connection.to.way == ADDRESS_TLS)
		ret = curl_load(err);
	if (ret) {
		free(s);
		return err_prefix(err, ret, "cannot send alerts to %s", config->address);
	}
	*out = s;
	return 0;
}

static const char *syslog_place(const void *out)
{
	const struct syslog *s = out;

	return s->address;
}

/* Adds messages to the chunk, one at least, and returns how many. */
static size_t fill_frame(struct syslog *s, struct written *const *alerts, size_t count)
{
	bool lines = s->connection.to.way == ADDRESS_UNIX;
	size_t n = 0;

	buf_reset(&s->chunk);
	while (n < count && (!n || s->chunk.len + alerts[n]->len < CHUNK)) {
		if (!lines)
			buf_printf(&s->chunk, "%zu ", alerts[n]->len);
		buf_add(&s->chunk, alerts[n]->text, alerts[n]->len);
		if (lines)
			buf_addc(&s->chunk, '\n');
		n++;
	}
	return n;
}

static int send_stream(struct syslog *s, struct written *const *alerts, size_t count,
		       struct sink_step *step)
{
	while (step->done < count) {
		size_t n = fill_frame(s, alerts + step->done, count - step->done);
		int ret = s->chunk.failed ? err_set(&step->err, -ENOMEM, "out of memory")
					  : connection_send(&s->connection, s->chunk.data,
							    s->chunk.len, &step->err);

		if (ret)
			return ret;
		step->done += n;
	}
	return 0;
}

static int send_datagrams(struct syslog *s, struct written *const *alerts, size_t count,
			  struct sink_step *step)
{
	for (; step->done < count; step->done++) {
		const struct written *w = alerts[step->done];
		int ret = connection_send(&s->connection, w->text, w->len, &step->err);

		/* It never will be any smaller. */
		if (ret == -EMSGSIZE)
			step->refused++;
		else if (ret)
			return ret;
	}
	return 0;
}

static int syslog_write(void *out, struct written *const *alerts, size_t count,
			struct sink_step *step)
{
	struct syslog *s = out;
	int ret = 0;

	if (connection_is_closed(&s->connection)) {
		connection_close(&s->connection);
		ret = connection_open(&s->connection, &step->err);
	}
	if (!ret)
		ret = s->connection.stream ? send_stream(s, alerts, count, step)
					   : send_datagrams(s, alerts, count, step);
	/* Part of a message may be sent: the next one is whole, in a connection of its own. */
	if (ret)
		connection_close(&s->connection);
	return ret == -EAGAIN ? -EIO : ret;
}

static void syslog_close(void *out)
{
	struct syslog *s = out;

	connection_close(&s->connection);
	buf_fini(&s->chunk);
	free(s);
}

const struct sink_ops syslog_ops = {
	.type = "syslog",
	.envelope = WRITTEN_SYSLOG,
	.takes = SINK_KEY_SPOOL | SINK_KEY_ADDRESS | SINK_KEY_CA_FILE,
	.needs = SINK_KEY_ADDRESS,
	.backs_off = true,
	.open = syslog_open,
	.place = syslog_place,
	.write = syslog_write,
	.close = syslog_close,
};
