/* SPDX-License-Identifier: GPL-2.0-only */
/* What one thread wakes another one by that waits with poll: eventfd(2), never waited for. */
#pragma once

#include "base/err.h"

/* A descriptor, or -errno with a sentence. */
int event_fd_open(struct err *err);
/* It is readable from now on, until event_fd_take(). */
void event_fd_tell(int fd);
void event_fd_take(int fd);
