// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/proc_read.h"
#include "proc/procfs.h"

/* What an interpreter of any supported version exports.  The function tells it from a program that merely
 * has a copy of a library's variable (copy relocation). */
static const char runtime_symbol[] = "_PyRuntime";
static const char eval_symbol[] = "_PyEval_EvalFrameDefault";

/* The largest interpreter known has 30 MB; all of this one may be searched. */
#define IMAGE_MAX (256ULL << 20)

struct search {
	pid_t pid;
	struct proc_maps maps;
	char *exe; /* the link /proc/PID/exe */
	struct py_image *image;
	/* What else was seen on the way, for a helpful refusal. */
	const char *pypy, *old_python, *other_machine;
	int denied;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int open_map(struct search *s, const struct proc_map *map, struct elf_file **elf)
{
	_cleanup_free_ char *open_path = NULL;
	struct err ignored;
	int ret = proc_map_open_path(s->pid, map, &open_path);

	if (!ret)
		ret = elf_file_open(open_path, elf, &ignored);
	if (ret == -EACCES || ret == -EPERM)
		s->denied = ret;
	return ret;
}

static void note_other(struct search *s, const struct proc_map *map, const struct elf_file *elf)
{
	uint64_t addr;

	if (strstr(base_name(map->path), "pypy"))
		s->pypy = map->path;
	else if (!elf_file_dynamic_symbol(elf, "PyEval_EvalFrameEx", &addr, NULL) &&
		 !elf_file_dynamic_symbol(elf, "Py_Main", &addr, NULL))
		s->old_python = map->path;
}

static bool is_too_large(const struct elf_file *elf)
{
	uint64_t sum = 0;
	size_t count;
	const struct elf_range *loads = elf_file_loads(elf, &count);

	for (size_t i = 0; i < count; i++)
		sum += loads[i].size;
	return sum > IMAGE_MAX;
}

/* Returns 0 and fills the image if the mapped file holds an interpreter, -ENOENT if not. */
static int try_map(struct search *s, const struct proc_map *map, bool is_exe)
{
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	_cleanup_free_ char *path = NULL;
	uint64_t addr, bias;
	int ret;

	ret = open_map(s, map, &elf);
	if (ret == -EPROTO && is_exe)
		s->other_machine = map->path;
	if (ret)
		return ret == -ENOMEM || ret == -ESRCH ? ret : -ENOENT;
	if (elf_file_load_bias(elf, map->start, map->offset, true, &bias))
		return -ENOENT;
	if (elf_file_symbol(elf, runtime_symbol, &addr, NULL) ||
	    elf_file_symbol(elf, eval_symbol, &addr, NULL)) {
		note_other(s, map, elf);
		if (is_exe) {
			s->image->exe = TAKE_PTR(elf);
			s->image->exe_bias = bias;
		}
		return -ENOENT;
	}
	if (is_too_large(elf))
		return -EFBIG;
	path = strdup(map->path);
	if (!path)
		return -ENOMEM;
	s->image->elf = TAKE_PTR(elf);
	s->image->path = TAKE_PTR(path);
	s->image->load_bias = bias;
	s->image->is_library = !is_exe;
	return 0;
}

enum pass { PASS_EXE, PASS_PYTHON, PASS_OTHERS };

static bool in_pass(const struct search *s, const struct proc_map *map, enum pass pass)
{
	bool is_exe = s->exe && str_eq(map->path, s->exe);

	if (pass == PASS_EXE || is_exe)
		return pass == PASS_EXE && is_exe;
	return (strstr(base_name(map->path), "python") != NULL) == (pass == PASS_PYTHON);
}

static int search_maps(struct search *s)
{
	for (enum pass pass = PASS_EXE; pass <= PASS_OTHERS; pass++) {
		uint64_t last_inode = 0;

		for (size_t i = 0; i < s->maps.count; i++) {
			const struct proc_map *map = &s->maps.maps[i];
			int ret;

			/* The parts of one file stand next to each other. */
			if (!map->exec || map->path[0] != '/' || !map->inode ||
			    map->inode == last_inode || !in_pass(s, map, pass))
				continue;
			last_inode = map->inode;
			ret = try_map(s, map, pass == PASS_EXE);
			if (ret != -ENOENT)
				return ret;
		}
	}
	return -ENOENT;
}

static int refuse(const struct search *s, struct err *err)
{
	const char *exe = s->exe;

	if (s->pypy)
		return err_set(err, -EOPNOTSUPP,
			       "process %d runs PyPy (%s): only CPython can be traced", s->pid,
			       s->pypy);
	if (s->old_python)
		return err_set(err, -EOPNOTSUPP,
			       "process %d runs a Python older than 3.8 (%s): CPython 3.8 to 3.15 "
			       "can be traced",
			       s->pid, s->old_python);
	if (s->other_machine && strstr(base_name(s->other_machine), "python"))
		return err_set(
			err, -EOPNOTSUPP,
			"process %d runs %s, which is not a program for this machine's 64-bit "
			"architecture: only those can be traced",
			s->pid, s->other_machine);
	if (s->denied)
		return err_set(
			err, s->denied,
			"not allowed to look at the files of process %d: %s (root is needed)",
			s->pid, strerror(-s->denied));
	if (s->image->exe && elf_file_needs(s->image->exe, "libpython3."))
		return err_set(
			err, -EAGAIN,
			"process %d (%s) has not loaded its libpython yet: try again in a moment",
			s->pid, exe);
	return err_set(err, -ENOEXEC, "process %d does not run CPython (%s)", s->pid, exe);
}

static int search_process(struct search *s, struct err *err)
{
	int ret = proc_read_link(s->pid, "exe", &s->exe);
	size_t len;

	if (ret == -EACCES || ret == -EPERM)
		return err_set(err, ret, "not allowed to look at process %d: %s (root is needed)",
			       s->pid, strerror(-ret));
	if (ret == -ENOENT)
		return err_set(err, -ESRCH, "process %d is a kernel thread, or just ending",
			       s->pid);
	if (!ret)
		ret = proc_maps_read(s->pid, &s->maps);
	if (ret == -EACCES || ret == -EPERM)
		return err_set(err, ret, "not allowed to look at process %d: %s (root is needed)",
			       s->pid, strerror(-ret));
	if (ret)
		return err_set(err, ret, "cannot look at process %d: %s", s->pid, strerror(-ret));
	/* As in maps, where it is not part of the path. */
	len = strlen(s->exe);
	if (len > 10 && str_eq(s->exe + len - 10, " (deleted)"))
		s->exe[len - 10] = '\0';
	ret = search_maps(s);
	if (ret == -ENOENT)
		return refuse(s, err);
	return ret ? err_set(err, ret, "cannot look at process %d: %s", s->pid, strerror(-ret)) : 0;
}

int py_image_find(pid_t pid, struct py_image *out, struct err *err)
{
	struct py_image img = { 0 };
	struct search s = { .pid = pid, .image = &img };
	int ret;

	ret = search_process(&s, err);
	proc_maps_fini(&s.maps);
	free(s.exe);
	if (ret) {
		py_image_fini(&img);
		return ret;
	}
	*out = img;
	return 0;
}

void py_image_fini(struct py_image *img)
{
	elf_file_close(img->elf);
	elf_file_close(img->exe);
	free(img->path);
	*img = (struct py_image){ 0 };
}

/* The dynamic linker looks into the executable first: a copy relocation (R_*_COPY) has put the variable there. */
int py_image_variable(const struct py_image *img, const char *name, uint64_t *addr)
{
	if (img->exe && !elf_file_dynamic_symbol(img->exe, name, addr, NULL)) {
		*addr += img->exe_bias;
		return 0;
	}
	if (elf_file_symbol(img->elf, name, addr, NULL))
		return -ENOENT;
	*addr += img->load_bias;
	return 0;
}
