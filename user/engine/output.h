/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where alerts go: a file or standard output, as JSON lines or as text.  Nothing here waits: what a pipe or a terminal
 * does not take at once is kept, and whoever calls waits for its descriptor beside everything else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/buf.h"
#include "base/err.h"

enum output_format { OUTPUT_AUTO, OUTPUT_TEXT, OUTPUT_JSON };

struct output {
	int fd;
	bool owned; /* fd is to be closed */
	enum { OUTPUT_FILE, OUTPUT_NONBLOCKING, OUTPUT_SOCKET, OUTPUT_BLOCKING } way;
	bool json, color;
	bool half_line; /* at the end of what was written, now or by an earlier run */
	bool within;	/* part of the first pending alert is written */
	struct buf pending;
	struct buf ends;	/* of each alert in `pending`: size_t */
	uint64_t written, lost; /* alerts */
	int error;		/* errno of the first failed write */
};

/* path NULL: standard output.  OUTPUT_AUTO: text on a terminal, else JSON.  A file is appended to, and created
 * readable by its owner only: alerts hold secrets.  Which files are refused: see base/out_file.h. */
int output_open(struct output *out, const char *path, enum output_format format, struct err *err);
/* What is still pending is lost, and counted. */
void output_close(struct output *out);
/* Takes an alert; it is written at the earliest by output_flush(). */
void output_alert(struct output *out, const struct alert *alert);
/* Writes as much as is taken now. */
void output_flush(struct output *out);
/* Is the reader behind?  What is left can be written once out->fd is ready for it (POLLOUT). */
bool output_is_stalled(const struct output *out);
/* Is the reader so far behind that no more alerts should be taken? */
bool output_is_full(const struct output *out);
/* Gives up what is pending; how many alerts that were. */
uint64_t output_give_up(struct output *out);
