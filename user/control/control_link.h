/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of the control socket: asks a running tracer. */
#pragma once

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "control/control_request.h"

struct control_link {
	const char *path; /* borrowed */
	int fd;		  /* -1: none */
	struct buf in;
};

/*
 * -ENOENT: nobody listens there; -EACCES: one may not ask, or not believe who listens; or another
 * -errno, with a sentence. control_hang_up() is needed in any case.
 */
int control_dial(struct control_link *link, const char *path, struct err *err);
void control_hang_up(struct control_link *link);
/*
 * The document that is answered; it holds until the next one.  -errno with a sentence: -EPIPE: the
 * tracer has ended; -ETIMEDOUT.
 */
int control_ask(struct control_link *link, enum control_request request, const struct buf **out,
		struct err *err);
