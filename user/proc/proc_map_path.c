// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/reader.h"
#include "proc/proc_read.h"
#include "proc/procfs.h"

static bool same_file(const char *path, const struct proc_map *map, const struct stat *mapped)
{
	struct stat sb;

	if (reader_stat(path, &sb) || !S_ISREG(sb.st_mode))
		return false;
	if (mapped)
		return sb.st_dev == mapped->st_dev && sb.st_ino == mapped->st_ino;
	/* On overlayfs st_dev is not what maps says; the inode number is. */
	return sb.st_ino == map->inode;
}

/*
 * Of `path`, as maps shows it, what follows the root directory of the process: maps shows the files
 * of a chroot by their paths outside of it.
 */
static const char *path_inside(pid_t pid, const char *path, char **root)
{
	size_t len;

	if (proc_read_link(pid, "root", root))
		return path;
	len = strlen(*root);
	return len > 1 && !strncmp(path, *root, len) && path[len] == '/' ? path + len : path;
}

/*
 * One through the target's root is better than the mapping, which is gone after an exec; only the
 * mapping leads to a deleted file.
 */
int proc_map_open_path(pid_t pid, const struct proc_map *map, char **out)
{
	_cleanup_free_ char *root = NULL;
	char link[96], path[PATH_MAX + 64];
	struct stat sb;
	bool have_link;
	int code;

	snprintf(link, sizeof(link), "/proc/%d/map_files/%lx-%lx", pid, (unsigned long)map->start,
		 (unsigned long)map->end);
	code = reader_stat(link, &sb);
	if (code == -ETIMEDOUT || code == -EAGAIN)
		return code;
	have_link = !code;
	snprintf(path, sizeof(path), "/proc/%d/root%s", pid, path_inside(pid, map->path, &root));
	if (!map->deleted && same_file(path, map, have_link ? &sb : NULL))
		*out = strdup(path);
	else if (have_link)
		*out = strdup(link);
	else
		return code == -ENOENT ? -ESRCH : code;
	return *out ? 0 : -ENOMEM;
}
