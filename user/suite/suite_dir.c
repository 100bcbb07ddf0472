// SPDX-License-Identifier: GPL-2.0-only
#include "suite/suite_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"

/* Seconds for removing what the cases left, with their user's rights. */
#define REMOVE_MAX 10

int suite_dir_make(struct suite_dir *dir, const struct user *user, struct err *err)
{
	*dir = (struct suite_dir){ .path = SUITE_DIR_TEMPLATE, .user = user };
	if (!mkdtemp(dir->path)) {
		dir->path[0] = '\0';
		return err_set(err, -errno, "no directory could be made in /tmp: %s",
			       strerror(errno));
	}
	if (user && (chown(dir->path, -1, user->gid) || chmod(dir->path, 0750)))
		return err_set(err, -errno, "%s cannot be given to user %s: %s", dir->path,
			       user->name, strerror(errno));
	return 0;
}

static char *path_of(const struct suite_dir *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir->path, name) < 0 ? NULL : path;
}

/* A new file; a descriptor or -errno with a sentence. */
static int create_file(const struct suite_dir *dir, const char *name, mode_t mode, struct err *err)
{
	_cleanup_free_ char *path = path_of(dir, name);
	int fd;

	if (!path)
		return err_set(err, -ENOMEM, "out of memory");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode)) {
		int ret = err_set(err, -errno, "%s cannot be written: %s", path, strerror(errno));

		if (fd >= 0)
			close(fd);
		return ret;
	}
	return fd;
}

int suite_dir_write(const struct suite_dir *dir, const char *name, const char *text, size_t len,
		    struct err *err)
{
	_cleanup_close_ int fd = create_file(dir, name, 0644, err);

	if (fd < 0)
		return fd;
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return err_set(err, -errno, "%s/%s cannot be written: %s", dir->path, name,
				       strerror(errno));
		text += n;
		len -= n;
	}
	return 0;
}

int suite_dir_file(const struct suite_dir *dir, const char *name, bool writable, struct err *err)
{
	_cleanup_close_ int fd = create_file(dir, name, writable || !dir->user ? 0600 : 0640, err);

	if (fd < 0 || !dir->user)
		return fd < 0 ? fd : 0;
	if (fchown(fd, writable ? dir->user->uid : (uid_t)-1, dir->user->gid))
		return err_set(err, -errno, "%s/%s cannot be given to user %s: %s", dir->path, name,
			       dir->user->name, strerror(errno));
	return 0;
}

int suite_dir_case(const struct suite_dir *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_of(dir, name);

	if (!path)
		return err_set(err, -ENOMEM, "out of memory");
	return mkdir(path, 0700)
		       ? err_set(err, -errno, "%s cannot be made: %s", path, strerror(errno))
		       : 0;
}

int suite_dir_give(const struct suite_dir *dir, const char *name, struct err *err)
{
	_cleanup_free_ char *path = path_of(dir, name);

	if (!path)
		return err_set(err, -ENOMEM, "out of memory");
	if (dir->user && chown(path, dir->user->uid, dir->user->gid))
		return err_set(err, -errno, "%s cannot be given to user %s: %s", path,
			       dir->user->name, strerror(errno));
	return 0;
}

int suite_dir_read(const struct suite_dir *dir, const char *name, struct buf *out)
{
	_cleanup_free_ char *path = path_of(dir, name);
	_cleanup_fclose_ FILE *f = NULL;
	char chunk[16384];
	size_t n;

	if (!path)
		return -ENOMEM;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	buf_adds(out, "");
	return out->failed ? -ENOMEM : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	remove(path);
	return 0;
}

/* Calls what is given for each entry of the directory. */
static void each_entry(const struct suite_dir *dir, void (*fn)(const char *path))
{
	DIR *d = opendir(dir->path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		_cleanup_free_ char *path = NULL;

		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		path = path_of(dir, entry->d_name);
		if (path)
			fn(path);
	}
	if (d)
		closedir(d);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void remove_one(const char *path)
{
	remove(path);
}

/*
 * What a case's user can still change, root does not walk: a folder swapped for a link would have
 * other files removed. The user's own rights do for that, and root removes what is left one level
 * deep.
 */
static void remove_as_user(const struct suite_dir *dir)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(REMOVE_MAX);
		if (!user_become(dir->user))
			each_entry(dir, remove_tree);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void suite_dir_remove(const struct suite_dir *dir)
{
	if (!dir->path[0])
		return;
	if (dir->user) {
		remove_as_user(dir);
		each_entry(dir, remove_one);
	} else {
		each_entry(dir, remove_tree);
	}
	if (rmdir(dir->path))
		log_warn("%s cannot be removed: %s", dir->path, strerror(errno));
}
