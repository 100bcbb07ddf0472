/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where alerts go: a file or standard output, as JSON lines or as text.  Nothing here waits: what a pipe or a terminal
 * does not take at once is kept, and whoever calls waits for its descriptor beside everything else.
 *
 * A write that fails is no end where there may be room again, or another reader: in a file, and in whatever has a name of
 * its own.  So much is kept meanwhile as for a slow reader, what comes after it is lost and counted, and output_look() tries again.
 * Elsewhere the reader is gone for good.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "alert/alert.h"
#include "base/buf.h"
#include "base/err.h"

enum output_format { OUTPUT_AUTO, OUTPUT_TEXT, OUTPUT_JSON };

struct output {
	int fd;
	bool owned;	  /* fd is to be closed */
	const char *path; /* opened by this name, borrowed; NULL: a descriptor that was there */
	enum { OUTPUT_FILE, OUTPUT_NONBLOCKING, OUTPUT_SOCKET, OUTPUT_BLOCKING } way;
	bool json, color;
	bool half_line; /* what is written next is to begin with the end of a line */
	off_t end;	/* of a file, after what was written last; -1: nothing yet */
	struct buf pending;
	struct buf ends;	/* of each alert in `pending`: size_t */
	size_t begun;		/* bytes of the first pending alert that are written */
	uint64_t written, lost; /* alerts */
	int error;		/* errno of the write that failed; 0: the last one did not */
	uint64_t lost_before;	/* `lost` when that began */
	bool gone;		/* the reader is, and nothing more can be written */
	bool stays; /* the name is another file's, which cannot be opened; it was said */
	bool locked, unlockable;
	unsigned int opened; /* how often: fd is another one then */
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
/* To be called once a second: tries again what failed, and whether the file still has its name. */
void output_look(struct output *out);
/* Opens the file anew, by its name.  -errno with a sentence: the old one is still there. */
int output_reopen(struct output *out, struct err *err);
/* The descriptor has an error or was hung up: writes what can be, and finds out what it is. */
void output_hung_up(struct output *out);
/* May there be room again, or another reader, when a write has failed? */
bool output_is_lasting(const struct output *out);
/* Is the reader behind?  What is left can be written once out->fd is ready for it (POLLOUT). */
bool output_is_stalled(const struct output *out);
/* Is the reader so far behind that no more alerts should be taken? */
bool output_is_full(const struct output *out);
/* Gives up what is pending; how many alerts that were. */
uint64_t output_give_up(struct output *out);

/* output_file.c, around a write to a file: goes where its name is now, and finds out whether what is there ends within a line.
 * 0, or -errno if nothing can be written to it. */
int output_file_begin(struct output *out);
void output_file_end(struct output *out);
/* Opens it anew if its name is another file's by now, or nobody's; says so. */
void output_follow_name(struct output *out);
bool output_is_renamed(const struct output *out);
