/* SPDX-License-Identifier: GPL-2.0-only */
/* Where alerts go: a file or standard output, as JSON lines or as text. */
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
	bool json, color;
	bool half_line; /* of an earlier run, at the end of the file */
	struct buf pending;
	size_t pending_alerts;
	uint64_t written, lost; /* alerts */
	int error;		/* errno of the first failed write */
};

/* path NULL: standard output.  OUTPUT_AUTO: text on a terminal, else JSON.  A file is appended to, and created
 * readable by its owner only: alerts hold secrets.  Which files are refused: see base/out_file.h. */
int output_open(struct output *out, const char *path, enum output_format format, struct err *err);
void output_close(struct output *out);
/* Takes an alert; it is written at the latest by output_flush(). */
void output_alert(struct output *out, const struct alert *alert);
void output_flush(struct output *out);
