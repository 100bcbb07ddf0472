// SPDX-License-Identifier: GPL-2.0-only
/* Where the code of C functions is: in which file of the target's, and at which instruction a probe sees each call. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/direct.h"
#include "proc/procfs.h"
#include "py/code_refs.h"
#include "py/py_cfunc.h"

static const struct proc_map *map_of(const struct proc_maps *maps, uint64_t addr)
{
	for (size_t i = 0; i < maps->count; i++) {
		const struct proc_map *m = &maps->maps[i];

		if (addr >= m->start && addr < m->end)
			return m->exec && m->path[0] == '/' ? m : NULL;
	}
	return NULL;
}

/* How many argument registers tell what the function is called with. */
static unsigned int nr_args(uint32_t ml_flags)
{
	if (ml_flags & ML_METHOD)
		return 5; /* self, class, vector, count, names */
	if (ml_flags & ML_FASTCALL)
		return ml_flags & ML_KEYWORDS ? 4 : 3;
	if (ml_flags & ML_VARARGS)
		return ml_flags & ML_KEYWORDS ? 3 : 2;
	return ml_flags & ML_O ? 2 : 1;
}

/* All functions whose code is in the file that list[first] is in. */
static int locate_file(pid_t pid, const struct proc_maps *maps, struct py_cfunc *const *list,
		       size_t count, size_t first, struct err *err)
{
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	_cleanup_free_ char *open_path = NULL;
	_cleanup_free_ struct py_function *functions = calloc(count, sizeof(*functions));
	_cleanup_free_ struct py_site *sites = calloc(count, sizeof(*sites));
	_cleanup_free_ size_t *index = calloc(count, sizeof(*index));
	_cleanup_free_ uint64_t *addrs = calloc(count, sizeof(*addrs));
	_cleanup_free_ bool *taken = calloc(count, sizeof(*taken));
	const struct proc_map *file = map_of(maps, list[first]->meth);
	size_t n = 0;
	int ret;

	if (!functions || !sites || !index || !addrs || !taken)
		return err_set(err, -ENOMEM, "out of memory");
	if (!file)
		return err_set(err, -EOPNOTSUPP,
			       "the code of %s is in no file: it was made at run time",
			       list[first]->qualname);
	ret = proc_map_open_path(pid, file, &open_path);
	if (ret)
		return err_set(err, ret, "cannot open %s of pid %d: %s", file->path, pid,
			       strerror(-ret));
	ret = elf_file_open(open_path, &elf, err);
	if (ret)
		return ret == -EPROTO ? -EOPNOTSUPP : ret;
	for (size_t i = first; i < count; i++) {
		const struct proc_map *m = list[i]->path ? NULL : map_of(maps, list[i]->meth);

		if (!m || m->inode != file->inode || m->dev_major != file->dev_major ||
		    m->dev_minor != file->dev_minor)
			continue;
		if (elf_file_addr(elf, list[i]->meth - m->start + m->offset, &functions[n].addr))
			return err_set(err, -EOPNOTSUPP, "the code of %s is in no segment of %s",
				       list[i]->qualname, m->path);
		functions[n].nr_args = nr_args(list[i]->flags);
		addrs[n] = functions[n].addr;
		index[n++] = i;
	}
	ret = py_sites_functions(elf, functions, n, sites);
	if (!ret)
		ret = code_refs_taken(elf, addrs, taken, n);
	if (ret)
		return err_set(err, ret == -ENOMEM ? ret : -EOPNOTSUPP,
			       "the code of %s cannot be read: %s", file->path, strerror(-ret));
	for (size_t i = 0; i < n; i++) {
		struct py_cfunc *f = list[index[i]];

		f->path = strdup(file->path);
		f->open_path = strdup(open_path);
		if (!f->path || !f->open_path)
			return err_set(err, -ENOMEM, "out of memory");
		f->dev = elf_file_dev(elf);
		f->ino = elf_file_ino(elf);
		f->site = sites[i];
		f->copied = taken[i];
		snprintf(f->site.what, sizeof(f->site.what), "%s", f->qualname);
	}
	return 0;
}

int py_cfuncs_locate(pid_t pid, struct py_cfunc *const *list, size_t count, struct err *err)
{
	struct proc_maps maps = { 0 };
	int ret = proc_maps_read(pid, &maps);

	if (ret)
		return err_set(err, ret, "cannot look at process %d: %s", pid, strerror(-ret));
	for (size_t i = 0; i < count && !ret; i++) {
		if (!list[i]->path)
			ret = locate_file(pid, &maps, list, count, i, err);
	}
	proc_maps_fini(&maps);
	return ret;
}
