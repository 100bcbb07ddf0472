/* SPDX-License-Identifier: GPL-2.0-only */
/* The address that the console is reached at. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Listens at "ADDRESS:PORT" ("127.0.0.1:8600", "[::1]:8600"; port 0: any that is free).  Appends the address as it came out, and says
 * whether only this machine reaches it.  A descriptor, or -errno with a sentence.
 */
int listen_at(const char *address, struct buf *out, bool *loopback, struct err *err);
