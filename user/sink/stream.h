/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs that are a stream of bytes: a file, or standard output, be it a pipe, a socket, a
 * terminal or a file.  What a pipe or a terminal does not take at once is left to the caller, who
 * waits for the descriptor.
 */
#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "sink/sink.h"

/*
 * A file is appended to, and created readable by its owner only: alerts hold secrets.  Which files
 * are refused: see base/out_file.h.
 */
extern const struct sink_ops stream_file_ops, stream_stdout_ops;

struct stream {
	int fd;
	bool owned;	  /* fd is to be closed */
	const char *path; /* opened by this name, borrowed; NULL: a descriptor that was there */
	enum { STREAM_FILE, STREAM_NONBLOCKING, STREAM_SOCKET, STREAM_BLOCKING } way;
	bool half_line; /* what is written next is to begin with the end of a line */
	bool failed;	/* the last write */
	off_t end;	/* of a file, after what was written last; -1: nothing yet */
	size_t begun;	/* bytes of the first alert that are written */
	bool stays;	/* the name is another file's, which cannot be opened; it was said */
	bool locked, unlockable;
	unsigned int opened; /* how often anew */

	struct sink_rotation rotation;
	int64_t since_s;  /* the file's first line, or its birth; 0: not looked at yet */
	uint64_t room;	  /* bytes until it is to be rotated */
	int64_t due_ms;	  /* since when it is to be, monotonic; 0: it is not */
	int64_t retry_ms; /* not before */
	struct err said;  /* why it cannot be */
	atomic_ulong not_rotated;
};

/*
 * stream.c: opens the file anew, by its name.  -errno with a sentence: the old one is still there.
 */
int stream_open_anew(struct stream *st, struct err *err);

/*
 * stream_file.c, around a write to a file: goes where its name is now, and finds out whether what
 * is there ends within a line. 0, or -errno if nothing can be written to it.
 */
int stream_file_begin(struct stream *st);
void stream_file_end(struct stream *st);
/* Once a second: goes where its name is now, and moves it away if it is old enough. */
void stream_file_look(struct stream *st);

/*
 * stream_rotate.c, with the lock, or without if others keep it: moves the file away if it is time
 * to, between two lines.  Is it another one now?  Its lock is gone then.  `room` is right after
 * that.
 */
bool stream_rotate(struct stream *st);
