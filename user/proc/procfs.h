/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /proc says of a process.  A process may end at any moment: every function may return -ESRCH.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* One mapping of /proc/PID/maps. */
struct proc_map {
	uint64_t start, end, offset;
	bool read, write, exec;
	unsigned int dev_major, dev_minor;
	uint64_t inode;
	/* as printed, without " (deleted)"; "" for anonymous; "[stack]" and the like as they are */
	char *path;
	bool deleted;
};

struct proc_maps {
	struct proc_map *maps;
	size_t count;
};

int proc_maps_read(pid_t pid, struct proc_maps *out);
/* Parses the text of a maps file; malformed lines are -EPROTO. */
int proc_maps_parse(const char *text, size_t len, struct proc_maps *out);
void proc_maps_fini(struct proc_maps *maps);
/*
 * A path by which this process, and the kernel on its behalf, can open the mapped file; malloc'ed.
 */
int proc_map_open_path(pid_t pid, const struct proc_map *map, char **out);

/*
 * Start time in clock ticks since boot, field 22 of /proc/PID/stat; state is field 3. out pointers
 * may be NULL.
 */
int proc_stat(pid_t pid, uint64_t *start_time, char *state, pid_t *ppid);
/* The process that a thread belongs to: /proc knows threads by their own ids as well. */
int proc_tgid(pid_t pid, pid_t *tgid);

/* Facts for an alert; strings are owned by the struct, NULL where unknown. */
struct proc_facts {
	char *exe;
	bool exe_cut; /* it was longer; it begins with … */
	char **cmdline;
	size_t nr_cmdline;
	bool cmdline_cut; /* it was longer; its last word ends in … */
	/* container id, from the cgroup path (docker, containerd, cri-o, podman, kubepods) */
	char *container;
};
/* memory: that of the process, too, which may not answer: cmdline stands there. */
int proc_facts_read(pid_t pid, bool memory, struct proc_facts *out);
void proc_facts_fini(struct proc_facts *facts);
/*
 * The words of a command line as the kernel has them, each with its NUL, which the last may lack;
 * cut: there were more.
 */
int proc_cmdline_split(const char *text, size_t len, bool cut, struct proc_facts *out);
/* A process's container id; NULL: none. */
int proc_container_read(pid_t pid, char **out);
/* Its effective user. */
int proc_uid(pid_t pid, uid_t *out);
/* The path of its cgroup, of the hierarchy that systemd keeps; malloc'ed.  -ENOENT: it has none. */
int proc_cgroup_read(pid_t pid, char **out);
/* The same from the text of /proc/PID/cgroup; NULL: it says none. */
char *proc_cgroup_path(const char *cgroup_text);
/* The container id in the text of /proc/PID/cgroup, or NULL; malloc'ed. */
char *proc_container_id(const char *cgroup_text);
