// SPDX-License-Identifier: GPL-2.0-only
#include "base/out_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/trust.h"
#include "base/util.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

/* How far a path has been walked. */
struct walk {
	int dir;    /* O_PATH */
	char *path; /* what is left to walk, owned */
	const char *at;
	unsigned int links;
};

static void walk_fini(struct walk *w)
{
	if (w->dir >= 0)
		close(w->dir);
	free(w->path);
}

static int refuse_way(int fd, const struct stat *st, struct err *err)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	return err_set(
		err, -EPERM,
		"%.*s (user %u, group %u, mode %04o) can be changed by others, who could put "
		"another file in its place: choose a folder that only root can write",
		(int)MAX(n, 0), path, st->st_uid, st->st_gid, st->st_mode & 07777);
}

/* Goes on in `dir`, which is taken, if nobody else can change what is in it. */
static int enter_folder(struct walk *w, int dir, const char *name, struct err *err)
{
	struct stat st;

	if (w->dir >= 0)
		close(w->dir);
	w->dir = dir;
	if (dir < 0)
		return err_set(err, -errno, "%s: %s", name, strerror(errno));
	if (fstat(dir, &st))
		return err_set(err, -errno, "%s: %s", name, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ENOTDIR, "%s: %s", name, strerror(ENOTDIR));
	return trust_others_write(&st) ? refuse_way(dir, &st, err) : 0;
}

static int start_walk(struct walk *w, struct err *err)
{
	const char *from = *w->path == '/' ? "/" : ".";

	w->at = w->path;
	return enter_folder(w, open(from, O_PATH | O_DIRECTORY | O_CLOEXEC), from, err);
}

/* A link on the way: what is left becomes its target and what was left. */
static int follow_link(struct walk *w, int link, const struct stat *st, struct err *err)
{
	char target[PATH_MAX], *path;
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);

	if (n <= 0 || ++w->links > LINKS_MAX)
		return err_set(err, -ELOOP, "%s", strerror(n < 0 ? errno : ELOOP));
	if (!trust_owner(st->st_uid))
		return refuse_way(link, st, err);
	target[n] = '\0';
	if (asprintf(&path, "%s/%s", target, w->at) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	free(w->path);
	w->path = path;
	w->at = path;
	return *target == '/' ? start_walk(w, err) : 0;
}

static int step_into(struct walk *w, const char *name, struct err *err)
{
	_cleanup_close_ int fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return err_set(err, -errno, "%s: %s", name, strerror(errno));
	return S_ISLNK(st.st_mode) ? follow_link(w, fd, &st, err)
				   : enter_folder(w, TAKE_FD(fd), name, err);
}

/* Walks to the directory of the file, and leaves the file's name in `name`. */
static int walk_to(struct walk *w, char name[NAME_MAX + 1], struct err *err)
{
	int ret = start_walk(w, err);

	while (!ret) {
		size_t len;

		w->at += strspn(w->at, "/");
		len = strcspn(w->at, "/");
		if (!len)
			return err_set(err, -EISDIR, "%s", strerror(EISDIR));
		if (len > NAME_MAX)
			return err_set(err, -ENAMETOOLONG, "%s", strerror(ENAMETOOLONG));
		memcpy(name, w->at, len);
		name[len] = '\0';
		w->at += len;
		if (!*w->at)
			return 0;
		ret = step_into(w, name, err);
	}
	return ret;
}

int out_file_check(const struct stat *st, struct err *err)
{
	if (S_ISLNK(st->st_mode))
		return err_set(err, -ELOOP,
			       "it is a symbolic link: give the file that it leads to");
	if (S_ISCHR(st->st_mode))
		return 0;
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return err_set(err, S_ISDIR(st->st_mode) ? -EISDIR : -EPERM,
			       S_ISDIR(st->st_mode) ? "it is a directory"
						    : "it is neither a file nor a FIFO");
	if (S_ISFIFO(st->st_mode) ? !trust_owner(st->st_uid)
				  : st->st_uid && st->st_uid != geteuid())
		return err_set(err, -EPERM,
			       "it belongs to user %u, who could read and change the alerts: "
			       "give a file that is not there yet",
			       st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, -EPERM,
			       "others can write it (mode %04o): chmod go-w, or give a file that "
			       "is not there yet",
			       st->st_mode & 07777);
	if (S_ISREG(st->st_mode) && st->st_nlink > 1)
		return err_set(err, -EPERM,
			       "it has %lu names (hard links): give a file that is not there yet",
			       (unsigned long)st->st_nlink);
	return 0;
}

bool out_file_ends_within_a_line(int file)
{
	_cleanup_close_ int fd = -1;
	char path[64], last = '\n';
	off_t size;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* Opens what was looked at, and not what may stand in its place by now. */
static int open_checked(int file, struct err *err)
{
	char path[64];
	struct stat st;
	int fd, ret;

	if (fstat(file, &st))
		return err_set(err, -errno, "%s", strerror(errno));
	ret = out_file_check(&st, err);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && errno == ENXIO && S_ISFIFO(st.st_mode))
		return err_set(err, -ENXIO, "nobody has this FIFO open for reading");
	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	return fd;
}

/* The descriptor that the path names, or -1. */
static int named_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (str_eq(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (str_eq(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *number = path + strlen(folders[i]);
		char *end;

		if (str_starts(path, folders[i]) && isdigit((unsigned char)*number) &&
		    strlen(number) < 8) {
			long fd = strtol(number, &end, 10);

			return *end ? -1 : (int)fd;
		}
	}
	return -1;
}

static int copy_descriptor(int named, struct err *err)
{
	int fd = fcntl(named, F_DUPFD_CLOEXEC, 3), flags = fcntl(named, F_GETFL);

	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if ((flags & O_ACCMODE) == O_RDONLY || flags & O_PATH) {
		close(fd);
		return err_set(err, -EBADF, "this descriptor is not open for writing");
	}
	return fd;
}

int out_file_folder(const char *path, char name[NAME_MAX + 1], struct err *err)
{
	__attribute__((cleanup(walk_fini))) struct walk w = { .dir = -1, .path = strdup(path) };
	int ret = w.path ? walk_to(&w, name, err) : err_set(err, -ENOMEM, "out of memory");

	return ret ?: TAKE_FD(w.dir);
}

bool out_file_has_name(const char *path)
{
	return named_descriptor(path) < 0;
}

int out_file_open(const char *path, struct err *err)
{
	__attribute__((cleanup(walk_fini))) struct walk w = { .dir = -1, .path = strdup(path) };
	char name[NAME_MAX + 1];
	int ret, named = named_descriptor(path);

	if (named >= 0)
		return copy_descriptor(named, err);
	if (!w.path)
		return err_set(err, -ENOMEM, "out of memory");
	ret = walk_to(&w, name, err);
	/* Somebody may make or take away the file meanwhile, but not for ever. */
	for (int tries = 0; !ret && tries < 10; tries++) {
		_cleanup_close_ int file = openat(w.dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		int fd;

		if (file >= 0)
			return open_checked(file, err);
		if (errno != ENOENT)
			return err_set(err, -errno, "%s", strerror(errno));
		fd = openat(w.dir, name,
			    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return err_set(err, -errno, "%s", strerror(errno));
	}
	return ret ?: err_set(err, -EBUSY, "it comes and goes");
}
