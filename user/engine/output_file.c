// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that alerts are appended to is not ours alone: it is moved away or deleted when logs are rotated, it is cut, and another
 * tracer may append to it.
 */
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out_file.h"
#include "engine/output.h"

/* A fifth of a millisecond each. */
#define LOCK_TRIES 25

bool output_is_renamed(const struct output *out)
{
	struct stat st, named;

	if (!out->path || fstat(out->fd, &st))
		return false;
	if (stat(out->path, &named))
		return errno == ENOENT;
	return st.st_dev != named.st_dev || st.st_ino != named.st_ino;
}

void output_follow_name(struct output *out)
{
	struct err err;

	if (!output_is_renamed(out)) {
		out->stays = false;
	} else if (!output_reopen(out, &err)) {
		log_info("%s was moved away or deleted: alerts go into a new one", out->path);
	} else {
		if (!out->stays)
			log_warn("%s was moved away or deleted, and %s", out->path, err.msg);
		out->stays = true;
	}
}

/*
 * A line that another tracer is just writing has no end yet, either.  So tracers take turns; but whoever may read a file may lock
 * it, so nobody waits for long, and without the lock nothing is concluded from what others write.
 */
static void lock(struct output *out)
{
	static const struct timespec little = { .tv_nsec = 200000 };

	for (int i = 0; i < LOCK_TRIES && !out->unlockable && !out->locked; i++) {
		if (i)
			nanosleep(&little, NULL);
		out->locked = !flock(out->fd, LOCK_EX | LOCK_NB);
		if (!out->locked && errno != EWOULDBLOCK && errno != EINTR)
			break;
	}
	/* Until the next look. */
	out->unlockable = !out->locked;
}

int output_file_begin(struct output *out)
{
	struct stat st;

	/* What cannot be opened is tried again once a second. */
	if (!out->stays)
		output_follow_name(out);
	lock(out);
	if (fstat(out->fd, &st))
		return -errno;
	/* Nobody would ever read it. */
	if (!st.st_nlink && out->path)
		return -ENOENT;
	if (st.st_size == out->end)
		return 0;
	/* Somebody else was here meanwhile, between a part of an alert and its rest, perhaps. */
	if (out->locked || out->begun || out->end < 0 || out->error)
		out->half_line = st.st_size && out_file_ends_within_a_line(out->fd);
	out->begun = 0;
	return 0;
}

void output_file_end(struct output *out)
{
	out->end = lseek(out->fd, 0, SEEK_CUR);
	if (out->locked)
		flock(out->fd, LOCK_UN);
	out->locked = false;
}
