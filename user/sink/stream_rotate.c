// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is moved away once it has its size or its age.  Two tracers of one file take turns by
 * its lock, and whoever comes second finds that the name is another file's.  It happens between two
 * lines: one that was begun is ended first, however long that takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/out_file.h"
#include "base/out_shift.h"
#include "base/util.h"
#include "sink/stream.h"

#define RETRY_MS 1000
/*
 * Whoever may read a file may lock it, and would have it grow for ever.  Without the lock nothing
 * is overwritten either.
 */
#define WITHOUT_LOCK_MS 10000

static int64_t now_s(void)
{
	return clock_ns(CLOCK_REALTIME) / NSEC_PER_SEC;
}

/* Its birth; where the file system does not tell, the last time that it was written to. */
static int64_t birth_s(int fd)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &st))
		return now_s();
	return st.stx_mask & STATX_BTIME ? st.stx_btime.tv_sec : st.stx_mtime.tv_sec;
}

static bool is_due(struct stream *s, const struct stat *st)
{
	const struct sink_rotation *r = &s->rotation;

	/* A file that stood empty for long is as old as its first line. */
	if (!st->st_size)
		s->since_s = now_s();
	else if (!s->since_s)
		s->since_s = birth_s(s->fd);
	return st->st_size && ((r->size && (uint64_t)st->st_size >= r->size) ||
			       (r->age_s && now_s() - s->since_s >= (int64_t)r->age_s));
}

/* Says it once, until it is something else. */
static void cannot(struct stream *s, const struct err *err)
{
	if (strcmp(s->said.msg, err->msg) != 0) {
		log_warn("%s cannot be rotated: %s: it grows on", s->path, err->msg);
		atomic_fetch_add(&s->not_rotated, 1);
	}
	s->said = *err;
	s->retry_ms = clock_now_ms() + RETRY_MS;
}

/*
 * What somebody who was killed left without an end would swallow the first line of the next file,
 * for whoever reads both in a row.
 */
static void end_last_line(const struct stream *s)
{
	if (s->locked && out_file_ends_within_a_line(s->fd) && write(s->fd, "\n", 1) < 0)
		log_warn("%s: its last line has no end: %s", s->path, strerror(errno));
}

static bool move_away(struct stream *s)
{
	struct err err;
	int ret;

	end_last_line(s);
	ret = out_file_shift(s->path, s->fd, s->rotation.keep, &err);
	if (ret == -ESTALE)
		return false;
	if (ret) {
		cannot(s, &err);
		return false;
	}
	s->due_ms = 0;
	*s->said.msg = '\0';
	if (stream_open_anew(s, &err)) {
		log_warn("%s was rotated, and %s: alerts go on into %s.1", s->path, err.msg,
			 s->path);
		atomic_fetch_add(&s->not_rotated, 1);
		s->stays = true;
		return false;
	}
	s->locked = s->unlockable = false;
	s->room = s->rotation.size ?: UINT64_MAX;
	log_debug("%s was rotated", s->path);
	return true;
}

/* A disk may be full of files that are to be deleted anyway. */
static void make_room(struct stream *s)
{
	struct err err;

	if (s->failed && out_file_drop_last(s->path, s->rotation.keep, &err))
		cannot(s, &err);
}

bool stream_rotate(struct stream *s)
{
	int64_t now = clock_now_ms();
	struct stat st;

	if (!s->rotation.keep || s->stays || now < s->retry_ms || fstat(s->fd, &st))
		return false;
	if (!is_due(s, &st)) {
		s->due_ms = 0;
		if (s->rotation.size)
			s->room = s->rotation.size - (uint64_t)st.st_size;
		return false;
	}
	if (!s->due_ms)
		s->due_ms = now;
	if (s->begun) {
		s->room = 1; /* just its end */
		make_room(s);
		return false;
	}
	if (!s->locked && now - s->due_ms < WITHOUT_LOCK_MS)
		return false;
	return move_away(s);
}
