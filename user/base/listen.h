/* SPDX-License-Identifier: GPL-2.0-only */
/* Addresses that a server of this program is reached at. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Is it "ADDRESS:PORT" ("127.0.0.1:8600", "[::1]:8600")?  -EINVAL with a sentence. */
int listen_check(const char *address, struct err *err);
/*
 * Listens at such an address (port 0: any that is free).  Appends the address as it came out, and
 * says whether only this machine reaches it.  A descriptor, or -errno with a sentence.
 */
int listen_at(const char *address, struct buf *out, bool *loopback, struct err *err);
/*
 * Listens at a socket in the file system, in a folder that others cannot write: see
 * base/out_file.h.  One that nobody listens at any more is taken away first.  mode: who may
 * connect, as far as the umask lets them.
 */
int listen_unix(const char *path, mode_t mode, struct err *err);
/*
 * Connects to such a socket, wherever it is; a descriptor that does not block, or -errno (-EAGAIN:
 * too many wait there).
 */
int listen_dial_unix(const char *path);
/* Is whoever is connected there root, or the user of this process? */
bool listen_peer_is_trusted(int fd);
/* Takes its name away. */
void listen_unix_end(const char *path);
