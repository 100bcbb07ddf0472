// SPDX-License-Identifier: GPL-2.0-only
#include "launch/launch_starts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/look.h"
#include "base/util.h"
#include "bpf/abi/hash.h"
#include "elf/elf_file.h"
#include "proc/procfs.h"
#include "py/interp.h"

static bool has_probe(const struct launch_starts *s, pid_t pid, const struct elf_file *elf)
{
	for (size_t i = 0; i < s->count; i++) {
		struct stat sb;

		if (s->list[i].pid == pid && !fstat(s->list[i].fd, &sb) &&
		    sb.st_dev == elf_file_dev(elf) && sb.st_ino == elf_file_ino(elf))
			return true;
	}
	return false;
}

static int add_start(struct launch_starts *s, pid_t pid, int fd, uint64_t offset, struct err *err)
{
	struct launch_start *start = &s->list[s->count];
	int ret;

	if (s->count == LAUNCH_STARTS_MAX)
		return err_set(err, -ENOSPC, "too many wait for theirs");
	*start = (struct launch_start){ .pid = pid,
					.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
					.offset = offset };
	if (start->fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	ret = stop_probe_at_start(s->kern, pid, start->fd, offset, &start->start, err);
	if (ret)
		close(start->fd);
	else
		s->count++;
	return ret;
}

static void add_start_or_say(struct launch_starts *s, pid_t pid, int fd, uint64_t offset)
{
	struct err err;

	if (add_start(s, pid, fd, offset, &err))
		log_warn("pid %d cannot be stopped where its Python starts, its first calls may be "
			 "missed: %s",
			 pid, err.msg);
}

/* Which file is mapped there: not 0. */
static uint64_t file_of(const struct proc_map *map)
{
	const uint64_t words[] = { map->dev_major, map->dev_minor, map->inode };
	uint64_t h = PHRUDE_HASH_SEED;

	for (size_t i = 0; i < sizeof(words); i++)
		h = phrude_hash_step(h, ((const uint8_t *)words)[i]);
	for (const char *p = map->path; *p; p++)
		h = phrude_hash_step(h, (uint8_t)*p);
	return h ? h : 1;
}

static void look_at_file(struct launch_starts *s, pid_t pid, const struct proc_map *map)
{
	uint64_t file = file_of(map), *other = &s->others[file % ARRAY_SIZE(s->others)];
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	_cleanup_free_ char *path = NULL;
	struct py_site site;

	if (*other == file || proc_map_open_path(pid, map, &path) ||
	    elf_file_open(path, &elf, NULL))
		return;
	if (py_start_site(elf, &site)) {
		if (!look_current()->failed)
			*other = file;
		return;
	}
	if (!has_probe(s, pid, elf))
		add_start_or_say(s, pid, elf_file_fd(elf), site.offset);
}

void launch_starts_look(struct launch_starts *s, pid_t pid)
{
	struct proc_maps maps __attribute__((cleanup(proc_maps_fini))) = { 0 };
	struct look look;

	if (proc_maps_read(pid, &maps))
		return;
	look_begin(&look, pid, LOOK_LATER);
	for (size_t i = 0; i < maps.count; i++) {
		const struct proc_map *map = &maps.maps[i];

		if (map->exec && map->path[0] == '/' && map->inode)
			look_at_file(s, pid, map);
	}
	look_end(&look);
}

static int probe_linker(struct launch_starts *s, pid_t pid, const struct proc_map *map,
			struct stop_probe **out, struct err *err)
{
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	_cleanup_free_ char *path = NULL;
	uint64_t addr, offset;
	int ret = proc_map_open_path(pid, map, &path);

	if (ret)
		return err_set(err, ret, "%s", strerror(-ret));
	ret = elf_file_open(path, &elf, err);
	if (ret)
		return ret;
	if (elf_file_dynamic_symbol(elf, "_dl_debug_state", &addr, NULL) ||
	    elf_file_offset(elf, addr, &offset))
		return err_set(err, -ENOENT, "it has no _dl_debug_state");
	return stop_probe_at_mapping(s->kern, elf_file_fd(elf), offset, out, err);
}

static void see_linker(struct launch_starts *s, pid_t pid, const struct proc_map *map)
{
	uint64_t file = file_of(map);
	struct launch_linker *l;
	struct look look;
	struct err err;

	for (size_t i = 0; i < s->nr_linkers; i++) {
		if (s->linkers[i].file == file)
			return;
	}
	if (s->nr_linkers == LAUNCH_LINKERS_MAX)
		return;
	l = &s->linkers[s->nr_linkers++];
	*l = (struct launch_linker){ .file = file };
	look_begin(&look, pid, LOOK_LATER);
	if (probe_linker(s, pid, map, &l->mapped, &err))
		log_debug("%s does not say when it loads a library: %s", map->path, err.msg);
	look_end(&look);
}

uint64_t launch_starts_exec(struct launch_starts *s, pid_t pid, uint64_t linker)
{
	struct proc_maps maps __attribute__((cleanup(proc_maps_fini))) = { 0 };
	uint64_t bytes = 0;

	launch_starts_drop(s, pid);
	if (proc_maps_read(pid, &maps))
		return 0;
	for (size_t i = 0; i < maps.count; i++) {
		const struct proc_map *map = &maps.maps[i];

		/*
		 * As the kernel counts them (vm_stat_account()); that one is not the process's own.
		 */
		if (map->exec && !map->write && !str_eq(map->path, "[vsyscall]"))
			bytes += map->end - map->start;
		if (linker && linker >= map->start && linker < map->end && map->path[0] == '/')
			see_linker(s, pid, map);
	}
	return bytes / (uint64_t)sysconf(_SC_PAGESIZE);
}

void launch_starts_inherit(struct launch_starts *s, pid_t pid, pid_t parent)
{
	size_t count = s->count;

	for (size_t i = 0; i < count; i++) {
		if (s->list[i].pid == parent && s->list[i].start)
			add_start_or_say(s, pid, s->list[i].fd, s->list[i].offset);
	}
}

static bool has_start(const struct launch_starts *s, pid_t pid, bool refused)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].pid == pid && (s->list[i].start || refused))
			return true;
	}
	return false;
}

bool launch_starts_has(const struct launch_starts *s, pid_t pid)
{
	return has_start(s, pid, false);
}

bool launch_starts_knows(const struct launch_starts *s, pid_t pid)
{
	return has_start(s, pid, true);
}

void launch_starts_refuse(struct launch_starts *s, pid_t pid)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].pid == pid)
			stop_probe_free(TAKE_PTR(s->list[i].start));
	}
}

void launch_starts_drop(struct launch_starts *s, pid_t pid)
{
	for (size_t i = s->count; i-- > 0;) {
		if (s->list[i].pid != pid)
			continue;
		stop_probe_free(s->list[i].start);
		close(s->list[i].fd);
		s->list[i] = s->list[--s->count];
	}
}

void launch_starts_fini(struct launch_starts *s)
{
	while (s->count)
		launch_starts_drop(s, s->list[0].pid);
	for (size_t i = 0; i < s->nr_linkers; i++)
		stop_probe_free(s->linkers[i].mapped);
	s->nr_linkers = 0;
}
