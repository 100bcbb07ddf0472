// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that alerts are appended to is not ours alone: it is moved away or deleted when logs are
 * rotated, it is cut, and another tracer may append to it.
 */
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/out_file.h"
#include "sink/stream.h"

/* A fifth of a millisecond each. */
#define LOCK_TRIES 25
/* Of a file just opened: what is said of its last line then cannot be said without the lock. */
#define LOCK_TRIES_FIRST 1000

static bool is_renamed(const struct stream *s)
{
	struct stat st, named;

	if (!s->path || fstat(s->fd, &st))
		return false;
	if (stat(s->path, &named))
		return errno == ENOENT;
	return st.st_dev != named.st_dev || st.st_ino != named.st_ino;
}

/* Opens it anew if its name is another file's by now, or nobody's; says so. */
static void follow_name(struct stream *s)
{
	struct err err;

	if (!is_renamed(s)) {
		s->stays = false;
	} else if (!stream_open_anew(s, &err)) {
		log_info("%s was moved away or deleted: alerts go into a new one", s->path);
	} else {
		if (!s->stays)
			log_warn("%s was moved away or deleted, and %s", s->path, err.msg);
		s->stays = true;
	}
}

/*
 * A line that another tracer is just writing has no end yet, either.  So tracers take turns; but
 * whoever may read a file may lock it, so nobody waits for long, and without the lock nothing is
 * concluded from what others write.
 */
static void lock_file(struct stream *s)
{
	static const struct timespec little = { .tv_nsec = 200000 };
	int tries = s->end < 0 ? LOCK_TRIES_FIRST : LOCK_TRIES;

	for (int i = 0; i < tries && !s->unlockable && !s->locked; i++) {
		if (i)
			nanosleep(&little, NULL);
		s->locked = !flock(s->fd, LOCK_EX | LOCK_NB);
		if (!s->locked && errno != EWOULDBLOCK && errno != EINTR)
			break;
	}
	/* Until the next look. */
	s->unlockable = !s->locked;
}

int stream_file_begin(struct stream *s)
{
	struct stat st;

	/* What cannot be opened is tried again once a second. */
	if (!s->stays)
		follow_name(s);
	lock_file(s);
	if (stream_rotate(s))
		lock_file(s);
	if (fstat(s->fd, &st))
		return -errno;
	/* Nobody would ever read it. */
	if (!st.st_nlink && s->path)
		return -ENOENT;
	if (st.st_size == s->end)
		return 0;
	/* Somebody else was here meanwhile, between a part of an alert and its rest, perhaps. */
	if (s->locked || s->begun || s->end < 0 || s->failed)
		s->half_line = st.st_size && out_file_ends_within_a_line(s->fd);
	s->begun = 0;
	return 0;
}

static void unlock_file(struct stream *s)
{
	if (s->locked)
		flock(s->fd, LOCK_UN);
	s->locked = false;
}

void stream_file_end(struct stream *s)
{
	s->end = lseek(s->fd, 0, SEEK_CUR);
	unlock_file(s);
}

void stream_file_look(struct stream *s)
{
	follow_name(s);
	if (s->way != STREAM_FILE || !s->rotation.age_s)
		return;
	lock_file(s);
	stream_rotate(s);
	unlock_file(s);
}
