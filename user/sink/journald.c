// SPDX-License-Identifier: GPL-2.0-only
#include "sink/journald.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sink/connection.h"

#define PLACE "unix:/run/systemd/journal/socket"

struct journald {
	struct connection connection;
	const char *address; /* borrowed */
};

static int journald_open(const struct sink_config *config, void **out, struct err *err)
{
	struct journald *j = calloc(1, sizeof(*j));
	int ret;

	if (!j)
		return err_set(err, -ENOMEM, "out of memory");
	j->address = config->address ?: PLACE;
	j->connection.fd = -1;
	ret = address_parse(j->address, &j->connection.to, err);
	if (!ret && j->connection.to.way != ADDRESS_UNIX)
		ret = err_set(err, -EINVAL, "journald has a local socket, unix:PATH");
	if (ret) {
		free(j);
		return err_prefix(err, ret, "cannot send alerts to %s", config->address);
	}
	*out = j;
	return 0;
}

static const char *journald_place(const void *out)
{
	const struct journald *j = out;

	return j->address;
}

/* What is too large for a datagram goes in a file in memory, which nobody can change any more. */
static int send_as_file(struct journald *j, const struct written *w, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("phrude-alert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	if (fd < 0 || write(fd, w->text, w->len) != (ssize_t)w->len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		return err_set(err, -errno, "no file in memory for a large alert: %s",
			       strerror(errno));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return connection_send_message(&j->connection, &msg, err);
}

static int journald_write(void *out, struct written *const *alerts, size_t count,
			  struct sink_step *step)
{
	struct journald *j = out;
	int ret = 0;

	if (connection_is_closed(&j->connection)) {
		connection_close(&j->connection);
		ret = connection_open(&j->connection, &step->err);
	}
	while (!ret && step->done < count) {
		const struct written *w = alerts[step->done];

		ret = connection_send(&j->connection, w->text, w->len, &step->err);
		if (ret == -EMSGSIZE)
			ret = send_as_file(j, w, &step->err);
		step->done += !ret;
	}
	if (ret)
		connection_close(&j->connection);
	return ret == -EAGAIN ? -EIO : ret;
}

static void journald_close(void *out)
{
	struct journald *j = out;

	connection_close(&j->connection);
	free(j);
}

const struct sink_ops journald_ops = {
	.type = "journald",
	.envelope = WRITTEN_JOURNAL,
	.takes = SINK_KEY_SPOOL | SINK_KEY_ADDRESS,
	.backs_off = true,
	.open = journald_open,
	.place = journald_place,
	.write = journald_write,
	.close = journald_close,
};
