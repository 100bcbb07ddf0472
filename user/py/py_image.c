// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_image.h"
#include "py/py_image_choose.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "proc/proc_read.h"
#include "proc/procfs.h"

/*
 * What an interpreter of any supported version exports.  The function tells it from a program that
 * merely has a copy of a library's variable (copy relocation).
 */
static const char runtime_symbol[] = "_PyRuntime";
static const char eval_symbol[] = "_PyEval_EvalFrameDefault";

/* The largest interpreter known has 30 MB; all of this one may be searched. */
#define IMAGE_MAX (256ULL << 20)

struct search {
	pid_t pid;
	struct proc_maps maps;
	char *exe; /* the link /proc/PID/exe */
	struct py_images *images;
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

static bool is_there(const struct py_images *images, const struct elf_file *elf, uint64_t bias)
{
	for (size_t i = 0; i < images->count; i++) {
		const struct py_image *img = &images->list[i];

		if (img->load_bias == bias && elf_file_ino(img->elf) == elf_file_ino(elf) &&
		    elf_file_dev(img->elf) == elf_file_dev(elf))
			return true;
	}
	return false;
}

/* Returns 0 and adds an image if the mapped file holds an interpreter, -ENOENT if not. */
static int try_map(struct search *s, const struct proc_map *map, bool is_exe)
{
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	struct py_images *images = s->images;
	_cleanup_free_ char *path = NULL;
	uint64_t addr, bias;
	int ret;

	ret = open_map(s, map, &elf);
	if (ret == -EPROTO && is_exe)
		s->other_machine = map->path;
	/* What is lacking here says nothing of the file. */
	if (ret == -ENOMEM || ret == -ESRCH || ret == -EMFILE)
		return ret;
	if (ret)
		return -ENOENT;
	if (elf_file_load_bias(elf, map->start, map->offset, true, &bias))
		return -ENOENT;
	if (elf_file_symbol(elf, runtime_symbol, &addr, NULL) ||
	    elf_file_symbol(elf, eval_symbol, &addr, NULL)) {
		note_other(s, map, elf);
		if (is_exe) {
			images->exe = TAKE_PTR(elf);
			images->exe_bias = bias;
		}
		return -ENOENT;
	}
	if (is_there(images, elf, bias))
		return -ENOENT;
	if (is_too_large(elf))
		return -EFBIG;
	path = strdup(map->path);
	if (!path)
		return -ENOMEM;
	images->list[images->count++] = (struct py_image){ .elf = TAKE_PTR(elf),
							   .path = TAKE_PTR(path),
							   .load_bias = bias,
							   .is_library = !is_exe };
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

/*
 * Once an interpreter was found, it takes a name like libpython3.11.so to be looked at: extension
 * modules are many.
 */
static bool is_worth_a_look(const struct search *s, const struct proc_map *map)
{
	return !s->images->count || str_starts(base_name(map->path), "libpython");
}

static int search_pass(struct search *s, enum pass pass)
{
	uint64_t last_inode = 0;

	for (size_t i = 0; i < s->maps.count && s->images->count < PY_IMAGES_MAX; i++) {
		const struct proc_map *map = &s->maps.maps[i];
		int ret;

		/* The parts of one file stand next to each other. */
		if (!map->exec || map->path[0] != '/' || !map->inode || map->inode == last_inode ||
		    !in_pass(s, map, pass) || !is_worth_a_look(s, map))
			continue;
		last_inode = map->inode;
		ret = try_map(s, map, pass == PASS_EXE);
		if (ret && ret != -ENOENT && !s->images->count)
			return ret;
	}
	return 0;
}

static int search_maps(struct search *s)
{
	int ret = search_pass(s, PASS_EXE);

	if (!ret)
		ret = search_pass(s, PASS_PYTHON);
	if (!ret && !s->images->count)
		ret = search_pass(s, PASS_OTHERS);
	return ret ? ret : s->images->count ? 0 : -ENOENT;
}

static int refuse_image(const struct search *s, struct err *err)
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
	if (s->images->exe && elf_file_needs(s->images->exe, "libpython3."))
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
		return refuse_image(s, err);
	return ret ? err_set(err, ret, "cannot look at process %d: %s", s->pid, strerror(-ret)) : 0;
}

static void images_fini(struct py_images *images)
{
	for (size_t i = 0; i < images->count; i++)
		py_image_fini(&images->list[i]);
	elf_file_close(images->exe);
}

int py_image_find(pid_t pid, struct py_image *out, struct err *err)
{
	struct py_images images = { .count = 0 };
	struct search s = { .pid = pid, .images = &images };
	int ret;

	ret = search_process(&s, err);
	proc_maps_fini(&s.maps);
	free(s.exe);
	if (!ret)
		py_image_choose(pid, &images, out);
	images_fini(&images);
	return ret;
}

void py_image_fini(struct py_image *img)
{
	elf_file_close(img->elf);
	elf_file_close(img->exe);
	free(img->path);
	free(img->beside);
	*img = (struct py_image){ 0 };
}

/*
 * The dynamic linker looks into the executable first: a copy relocation (R_*_COPY) has put the
 * variable there.
 */
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

bool py_image_is_program(const struct elf_file *elf)
{
	uint64_t addr;

	return elf_file_needs(elf, "libpython3.") ||
	       (!elf_file_symbol(elf, runtime_symbol, &addr, NULL) &&
		!elf_file_symbol(elf, eval_symbol, &addr, NULL));
}
