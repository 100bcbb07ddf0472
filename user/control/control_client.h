/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection of the control socket, for the thread that serves it: nothing of it waits. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "control/control_request.h"

/* Who neither sends nor takes anything for so long is let go of. */
#define CONTROL_IDLE_MS 10000

enum control_client_state {
	CLIENT_READING,
	CLIENT_WAITING, /* for numbers */
	CLIENT_WRITING,
};

struct control_client {
	int fd; /* -1: free */
	enum control_client_state state;
	int64_t came, since; /* ms: the connection; what it does now */
	bool watches;
	bool asked; /* for what it waits for */
	bool ends;  /* after what is written */
	char line[CONTROL_LINE_MAX];
	size_t len;
	struct buf out;
	size_t written;
};

/* Takes over the descriptor. */
void control_client_open(struct control_client *client, int fd);
void control_client_close(struct control_client *client);
/* What it is to be waited for with poll(). */
short control_client_events(const struct control_client *client);
/* Reads what has come; it may be closed then, and so below. */
void control_client_read(struct control_client *client);
/* Takes a request out of what was read.  -EAGAIN: there is none yet; -E2BIG: it is none. */
int control_client_line(struct control_client *client, enum control_request *request);
/* An answer is in `out`; without memory for it the connection is closed. */
void control_client_answered(struct control_client *client);
void control_client_write(struct control_client *client);
