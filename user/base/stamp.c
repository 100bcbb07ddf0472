// SPDX-License-Identifier: GPL-2.0-only
#include "base/stamp.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/util.h"

#define DEPTH_MAX 16
#define FILES_MAX 4096

struct stamping {
	uint64_t stamp;
	size_t files;
};

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static void add_path(struct stamping *s, const char *path, unsigned int depth);

static void add_entries(struct stamping *s, const char *path, unsigned int depth)
{
	DIR *dir = opendir(path);
	char below[PATH_MAX];
	struct dirent *entry;

	while (dir && s->files < FILES_MAX && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && snprintf(below, sizeof(below), "%s/%s", path,
							entry->d_name) < (int)sizeof(below))
			add_path(s, below, depth + 1);
	}
	if (dir)
		closedir(dir);
}

static void add_path(struct stamping *s, const char *path, unsigned int depth)
{
	uint64_t h = 0;
	struct stat st;

	s->files++;
	for (const char *c = path; *c; c++)
		h = mix(h, (unsigned char)*c);
	if (!stat(path, &st)) {
		h = mix(mix(h, st.st_dev), st.st_ino);
		h = mix(mix(h, (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec);
		h = mix(mix(h, (uint64_t)st.st_size), st.st_mode);
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			add_entries(s, path, depth);
	}
	/* In whatever order they come. */
	s->stamp += mix(h, 1);
}

uint64_t stamp_of(const char *const *paths, size_t nr_paths)
{
	struct stamping s = { 0 };

	for (size_t i = 0; i < nr_paths; i++)
		add_path(&s, paths[i], 0);
	return s.stamp;
}
