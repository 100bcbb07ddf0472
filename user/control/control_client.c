// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

void control_client_open(struct control_client *client, int fd)
{
	*client = (struct control_client){ .fd = fd, .came = clock_now_ms() };
	client->since = client->came;
}

void control_client_close(struct control_client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	buf_fini(&client->out);
	*client = (struct control_client){ .fd = -1 };
}

short control_client_events(const struct control_client *client)
{
	switch (client->state) {
	case CLIENT_READING:
		return POLLIN;
	case CLIENT_WRITING:
		return POLLOUT;
	case CLIENT_WAITING:
		break;
	}
	return 0;
}

void control_client_read(struct control_client *client)
{
	ssize_t n = recv(client->fd, client->line + client->len, sizeof(client->line) - client->len,
			 MSG_DONTWAIT);

	if (n > 0) {
		client->len += n;
		client->since = clock_now_ms();
	} else if (!n || (errno != EAGAIN && errno != EINTR)) {
		control_client_close(client);
	}
}

int control_client_line(struct control_client *client, enum control_request *request)
{
	const char *end = memchr(client->line, '\n', client->len);
	size_t len = end ? (size_t)(end - client->line) : 0;

	if (!end)
		return client->len == sizeof(client->line) ? -E2BIG : -EAGAIN;
	*request = control_request_parse(client->line, len);
	client->len -= len + 1;
	memmove(client->line, end + 1, client->len);
	return 0;
}

void control_client_answered(struct control_client *client)
{
	/* Where one answer ends, as another may follow. */
	buf_addc(&client->out, '\n');
	if (client->out.failed) {
		control_client_close(client);
		return;
	}
	client->state = CLIENT_WRITING;
	client->written = 0;
	client->since = clock_now_ms();
}

void control_client_write(struct control_client *client)
{
	ssize_t n = send(client->fd, client->out.data + client->written,
			 client->out.len - client->written, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			control_client_close(client);
		return;
	}
	client->written += n;
	client->since = clock_now_ms();
	if (client->written < client->out.len)
		return;
	buf_fini(&client->out);
	client->state = CLIENT_READING;
	if (client->ends)
		control_client_close(client);
}
