// SPDX-License-Identifier: GPL-2.0-only
#include "base/out_shift.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/out_file.h"
#include "base/util.h"

/* The files of one name; the first one has no number. */
struct shelf {
	int dir;
	char name[NAME_MAX + 1];
};

struct numbered {
	char name[NAME_MAX + 16];
};

static struct numbered numbered(const struct shelf *s, unsigned int n)
{
	struct numbered out;

	snprintf(out.name, sizeof(out.name), n ? "%s.%u" : "%s", s->name, n);
	return out;
}

static int fail_with_errno(struct err *err, struct numbered n, const char *what)
{
	int code = errno;

	return err_set(err, -code, "%s %s: %s", n.name, what, strerror(code));
}

/* 1: it is there and ours.  0: there is none. */
static int look_at(const struct shelf *s, unsigned int n, struct err *err)
{
	struct numbered one = numbered(s, n);
	struct stat st;
	int ret;

	if (fstatat(s->dir, one.name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : fail_with_errno(err, one, "cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EPERM, "%s is no regular file: it is in the way", one.name);
	ret = out_file_check(&st, err);
	return ret ? err_prefix(err, ret, "%s is in the way", one.name) : 1;
}

static int delete_one(const struct shelf *s, unsigned int n, struct err *err)
{
	struct numbered one = numbered(s, n);

	return unlinkat(s->dir, one.name, 0) && errno != ENOENT
		       ? fail_with_errno(err, one, "cannot be deleted")
		       : 0;
}

/*
 * Some file systems cannot rename without replacing; where nobody else puts files, nothing is
 * replaced.
 */
static bool is_private(const struct shelf *s)
{
	struct stat st;

	return !fstat(s->dir, &st) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int move_file(const struct shelf *s, unsigned int from, unsigned int to, struct err *err)
{
	struct numbered a = numbered(s, from), b = numbered(s, to);
	int ret = renameat2(s->dir, a.name, s->dir, b.name, RENAME_NOREPLACE);

	if (ret && (errno == EINVAL || errno == ENOSYS) && is_private(s) && !look_at(s, to, err))
		ret = renameat(s->dir, a.name, s->dir, b.name);
	return ret ? fail_with_errno(err, a, "cannot be moved") : 0;
}

/* The first number that is free; keep + 1: none. */
static int find_gap(const struct shelf *s, unsigned int keep, struct err *err)
{
	int there = 1;
	unsigned int n = 0;

	while (there > 0 && n++ < keep)
		there = look_at(s, n, err);
	return there < 0 ? there : (int)n;
}

/* More were kept once. */
static void delete_behind(const struct shelf *s, unsigned int keep)
{
	struct err err;

	for (unsigned int n = keep + 1; n <= OUT_SHIFT_MAX && look_at(s, n, &err) > 0; n++) {
		if (delete_one(s, n, &err))
			return;
	}
}

static int check_name(const struct shelf *s, int fd, struct err *err)
{
	struct stat st, named;

	bool there = !fstatat(s->dir, s->name, &named, AT_SYMLINK_NOFOLLOW);

	if (fstat(fd, &st) || (!there && errno != ENOENT))
		return fail_with_errno(err, numbered(s, 0), "cannot be looked at");
	if (!there || st.st_dev != named.st_dev || st.st_ino != named.st_ino)
		return err_set(err, -ESTALE, "%s is another file by now, or none", s->name);
	return 0;
}

static int make_way(const struct shelf *s, unsigned int keep, struct err *err)
{
	int gap = find_gap(s, keep, err), ret = 0;

	if (gap < 0)
		return gap;
	if (gap > (int)keep) {
		delete_behind(s, keep);
		ret = delete_one(s, keep, err);
		gap = (int)keep;
	}
	for (unsigned int n = (unsigned int)gap; !ret && n > 1; n--)
		ret = move_file(s, n - 1, n, err);
	return ret;
}

int out_file_shift(const char *path, int fd, unsigned int keep, struct err *err)
{
	struct shelf s;
	_cleanup_close_ int dir = out_file_folder(path, s.name, err);
	int ret;

	if (dir < 0)
		return dir;
	s.dir = dir;
	ret = check_name(&s, fd, err);
	if (!ret)
		ret = make_way(&s, keep, err);
	/* Somebody who did not wait for a lock may have moved it meanwhile, and made another. */
	if (!ret)
		ret = check_name(&s, fd, err);
	if (!ret)
		ret = move_file(&s, 0, 1, err);
	return ret == -ENOENT ? -ESTALE : ret;
}

int out_file_drop_last(const char *path, unsigned int keep, struct err *err)
{
	struct shelf s;
	_cleanup_close_ int dir = out_file_folder(path, s.name, err);
	int gap;

	if (dir < 0)
		return dir;
	s.dir = dir;
	gap = find_gap(&s, keep, err);
	return gap > (int)keep ? delete_one(&s, keep, err) : MIN(gap, 0);
}
