// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the code of C functions is: in which file of the target's, and at which instruction a probe
 * sees each call.
 *
 * The addresses come from the target's memory, and a probe on a file is hit by whoever maps that
 * file.  A target that could choose the place would have a breakpoint put into the middle of an
 * instruction of any program that others run.  So the file decides: see is_proven() and is_home().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/util.h"
#include "bpf/abi/direct.h"
#include "proc/procfs.h"
#include "py/code_refs.h"
#include "py/py_cfunc.h"
#include "py/py_methods.h"

void py_code_file_unref(struct py_code_file *file)
{
	if (!file || --file->refs)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

static int code_file_new(const struct elf_file *elf, const char *path, struct py_code_file **out)
{
	struct py_code_file *file = calloc(1, sizeof(*file));
	int ret = 0;

	if (!file)
		return -ENOMEM;
	*file = (struct py_code_file){ .refs = 1,
				       .fd = file_apart(elf_file_fd(elf)),
				       .path = strdup(path),
				       .dev = elf_file_dev(elf),
				       .ino = elf_file_ino(elf) };
	if (file->fd < 0)
		ret = file->fd;
	else if (!file->path)
		ret = -ENOMEM;
	if (ret)
		py_code_file_unref(file);
	else
		*out = file;
	return ret;
}

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

/* What follows the last dot of a name. */
static const char *last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

/* 0 or -ENOMEM. */
static int refuse_place(struct py_cfunc *f, const char *why)
{
	f->refused = strdup(why);
	return f->refused ? 0 : -ENOMEM;
}

/* The functions of a list whose code is in one file, while they are being looked at. */
struct placing {
	const struct py_view *v;
	struct elf_file *elf;
	struct py_code_file *file;
	struct py_cfunc **funcs;
	struct py_claim *claims;
	size_t count;
	bool interpreter; /* the file is the interpreter's own */
};

/*
 * Is it a file in which the function may be: the interpreter's, or the module's that the rule
 * names?  A module may also have taken the function from another one (ssl.RAND_bytes is _ssl's):
 * then that one's file must have it in a table of methods, under this very name.
 */
static bool is_home(const struct placing *p, const struct py_cfunc *f, const struct py_claim *claim)
{
	_cleanup_free_ char *symbol = NULL;
	uint64_t addr;

	if (p->interpreter)
		return true;
	if (asprintf(&symbol, "PyInit_%s", last_part(f->module)) >= 0 &&
	    !elf_file_dynamic_symbol(p->elf, symbol, &addr, NULL))
		return true;
	return claim->name && claim->listed && elf_file_exports(p->elf, "PyInit_");
}

/*
 * The interpreter's own methods all stand in tables of its file: what is none of those of that name
 * is another function. Modules may make theirs when they are imported (pybind11, PyO3): there the
 * start of a function has to do.
 */
static bool is_proven(const struct placing *p, const struct py_claim *claim)
{
	return claim->listed || (claim->start && !(p->interpreter && claim->contradicted));
}

/* Refuses what the file does not prove. 0 or -ENOMEM. */
static int check_place(const struct placing *p, size_t i)
{
	struct py_cfunc *f = p->funcs[i];
	struct err why;

	if (!is_home(p, f, &p->claims[i]))
		err_set(&why, 0,
			"pid %d has %s at 0x%llx, in %s, which is neither its interpreter nor the "
			"module %s (it has no PyInit_%s): no probe is put there",
			p->v->pid, f->qualname, (unsigned long long)f->meth, p->file->path,
			f->module, last_part(f->module));
	else if (!is_proven(p, &p->claims[i]))
		err_set(&why, 0,
			"pid %d has %s at 0x%llx, in %s, which itself has %s there: no probe is "
			"put there",
			p->v->pid, f->qualname, (unsigned long long)f->meth, p->file->path,
			p->claims[i].start ? "another function" : "no function that begins");
	else
		return 0;
	return refuse_place(f, why.msg);
}

/*
 * Puts those that are proven to the front of a new list, with what is needed to find their probes'
 * places.
 */
static int locate_proven(const struct placing *p, struct err *err)
{
	_cleanup_free_ struct py_function *functions = calloc(p->count, sizeof(*functions));
	_cleanup_free_ struct py_site *sites = calloc(p->count, sizeof(*sites));
	_cleanup_free_ uint64_t *addrs = calloc(p->count, sizeof(*addrs));
	_cleanup_free_ bool *taken = calloc(p->count, sizeof(*taken));
	_cleanup_free_ size_t *index = calloc(p->count, sizeof(*index));
	size_t n = 0;
	int ret;

	if (!functions || !sites || !addrs || !taken || !index)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < p->count; i++) {
		if (p->funcs[i]->refused)
			continue;
		functions[n] = (struct py_function){ .addr = p->claims[i].addr,
						     .nr_args = nr_args(p->funcs[i]->flags) };
		addrs[n] = p->claims[i].addr;
		index[n++] = i;
	}
	ret = n ? py_sites_functions(p->elf, functions, n, sites) : 0;
	if (!ret && n)
		ret = code_refs_taken(p->elf, addrs, taken, n);
	if (ret)
		return err_set(err, ret == -ENOMEM ? ret : -EOPNOTSUPP,
			       "the code of %s cannot be read: %s", p->file->path, strerror(-ret));
	for (size_t i = 0; i < n; i++) {
		struct py_cfunc *f = p->funcs[index[i]];

		f->file = p->file;
		f->file->refs++;
		f->site = sites[i];
		f->copied = taken[i];
		snprintf(f->site.what, sizeof(f->site.what), "%s", f->qualname);
	}
	return 0;
}

/* Opens the file that is mapped there. */
static int open_file(const struct py_view *v, const struct proc_map *map, struct placing *p,
		     struct err *err)
{
	_cleanup_free_ char *open_path = NULL;
	int ret = proc_map_open_path(v->pid, map, &open_path);

	if (ret)
		return err_set(err, ret, "cannot open %s of pid %d: %s", map->path, v->pid,
			       strerror(-ret));
	ret = elf_file_open(open_path, &p->elf, err);
	if (ret)
		return ret == -EPROTO ? -EOPNOTSUPP : ret;
	ret = code_file_new(p->elf, map->path, &p->file);
	if (ret)
		return err_set(err, ret, "pid %d: cannot keep %s open: %s", v->pid, map->path,
			       strerror(-ret));
	p->interpreter = p->file->dev == v->dev && p->file->ino == v->ino;
	return 0;
}

static void placing_fini(struct placing *p)
{
	elf_file_close(p->elf);
	py_code_file_unref(p->file);
	free(p->funcs);
	free(p->claims);
}

static bool is_same_file(const struct proc_map *a, const struct proc_map *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

static bool is_done(const struct py_cfunc *f)
{
	return f->file || f->refused;
}

/* All functions whose code is in the file that `map` maps. */
static int locate_file(const struct py_view *v, const struct proc_maps *maps,
		       const struct proc_map *map, struct py_cfunc *const *list, size_t count,
		       struct err *err)
{
	_cleanup_(placing_fini) struct placing p = {
		.v = v,
		.funcs = calloc(count, sizeof(struct py_cfunc *)),
		.claims = calloc(count, sizeof(struct py_claim)),
	};
	int ret;

	if (!p.funcs || !p.claims)
		return err_set(err, -ENOMEM, "out of memory");
	ret = open_file(v, map, &p, err);
	for (size_t i = 0; i < count && !ret; i++) {
		const struct proc_map *m = is_done(list[i]) ? NULL : map_of(maps, list[i]->meth);
		uint64_t addr;

		if (!m || !is_same_file(m, map))
			continue;
		if (elf_file_addr(p.elf, list[i]->meth - m->start + m->offset, &addr))
			addr = 0; /* in no segment */
		p.claims[p.count] = (struct py_claim){
			.addr = addr, .name = list[i]->slot ? NULL : last_part(list[i]->qualname)
		};
		p.funcs[p.count++] = list[i];
	}
	if (ret)
		return ret;
	ret = py_claims_check(p.elf, p.claims, p.count);
	for (size_t i = 0; i < p.count && !ret; i++)
		ret = check_place(&p, i);
	if (ret)
		return err_set(err, ret == -ENOMEM ? ret : -EOPNOTSUPP,
			       "the code of %s cannot be read: %s", map->path, strerror(-ret));
	return locate_proven(&p, err);
}

/* A file that cannot be read, or code that is in none, is a matter of these functions only. */
static int locate_one(const struct py_view *v, const struct proc_maps *maps,
		      struct py_cfunc *const *list, size_t count, struct err *err)
{
	const struct proc_map *map = map_of(maps, list[0]->meth);
	struct err why;
	int ret;

	if (!map) {
		err_set(&why, 0, "the code of %s is in no file: it was made at run time",
			list[0]->qualname);
	} else {
		ret = locate_file(v, maps, map, list, count, err);
		if (!ret || ret == -ESRCH || ret == -ENOMEM || ret == -EMFILE)
			return ret;
		err_set(&why, 0, "pid %d has %s at 0x%llx, in %s: %s: no probe is put there",
			v->pid, list[0]->qualname, (unsigned long long)list[0]->meth, map->path,
			err->msg);
	}
	return refuse_place(list[0], why.msg) ? err_set(err, -ENOMEM, "out of memory") : 0;
}

const char *py_cfuncs_refused(const struct py_cfuncs *f)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->list[i].refused)
			return f->list[i].refused;
	}
	return NULL;
}

int py_cfuncs_locate(const struct py_view *v, struct py_cfunc *const *list, size_t count,
		     struct err *err)
{
	struct proc_maps maps __attribute__((cleanup(proc_maps_fini))) = { 0 };
	int ret = proc_maps_read(v->pid, &maps);

	if (ret)
		return err_set(err, ret, "cannot look at process %d: %s", v->pid, strerror(-ret));
	for (size_t i = 0; i < count && !ret; i++) {
		if (!is_done(list[i]))
			ret = locate_one(v, &maps, list + i, count - i, err);
	}
	return ret;
}

int py_cfunc_locate_in(const struct py_view *v, struct elf_file *elf, const char *path,
		       uint64_t addr, struct py_cfunc *f, struct err *err)
{
	struct py_claim claim = { .addr = addr, .name = last_part(f->qualname) };
	struct placing p = { .v = v, .elf = elf, .funcs = &f, .claims = &claim, .count = 1 };
	int ret = code_file_new(elf, path, &p.file);

	if (!ret) {
		p.interpreter = p.file->dev == v->dev && p.file->ino == v->ino;
		ret = py_claims_check(elf, &claim, 1);
	}
	if (!ret)
		ret = check_place(&p, 0);
	if (ret)
		err_set(err, ret, "cannot look into %s: %s", path, strerror(-ret));
	else if (f->refused)
		ret = err_set(err, -EOPNOTSUPP, "%s", f->refused);
	else
		ret = locate_proven(&p, err);
	py_code_file_unref(p.file);
	return ret == -ENOENT ? -EOPNOTSUPP : ret;
}
