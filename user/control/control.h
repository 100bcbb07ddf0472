/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket in the file system, at which root asks the running tracer how it is (`phrude-trace
 * status`, `top`), served by a thread of its own.  A client sends a line (control_request.h) and
 * gets a document (control_document.h) and an empty line; then it may send another one.  Nobody
 * waits for clients, nor for that thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"
#include "control/control_document.h"

#define CONTROL_SOCKET "/run/phrude-trace/control.sock"

/* All of it is borrowed. */
struct control_config {
	const char *path;
	struct published *published;
	const struct control_facts *facts;
	/*
	 * Called by its thread: has the main thread publish, and call control_give() then.  Does
	 * not wait.
	 */
	void (*ask)(void *ctx);
	/*
	 * The same: has the kernel time BPF programs for as long as the descriptor is open; -errno.
	 */
	int (*time_programs)(void *ctx);
	void *ctx;
};

struct control;

/* -errno with a sentence. */
int control_start(const struct control_config *config, struct control **out, struct err *err);
void control_stop(struct control *c); /* NULL is allowed */
DEFINE_CLEANUP(control_stopp, struct control, control_stop);
/* New numbers are published; takes over the processes (NULL: no memory). */
void control_give(struct control *c, struct control_processes *processes);
