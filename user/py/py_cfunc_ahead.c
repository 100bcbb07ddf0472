// SPDX-License-Identifier: GPL-2.0-only
/*
 * C functions of modules that are not imported yet, found in the file that such a module will come
 * from: the interpreter's own, or the one in lib-dynload that its standard library has
 * (Lib/site.py, EXTENSION_SUFFIXES).  A process that imports another file is looked into then.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/util.h"
#include "py/py_cfunc.h"
#include "py/py_cfunc_search.h"
#include "py/py_methods.h"

/* What inspect takes for the signature, as in the process. */
static void read_doc(const struct elf_file *elf, uint64_t addr, char *doc, size_t size)
{
	size_t avail = 0;
	const uint8_t *text = addr ? elf_file_bytes(elf, addr, 1, &avail) : NULL;

	doc[0] = '\0';
	if (text)
		snprintf(doc, size, "%.*s", (int)MIN(avail, size - 1), (const char *)text);
	cut_to_signature(doc);
}

/* "A.b" or "b" */
static int find_in(const struct py_view *v, struct elf_file *elf, const char *path,
		   const char *module, const char *func, struct py_cfunc *f, struct err *err)
{
	_cleanup_free_ char *type = strdup(func);
	struct py_method method;
	char *dot = type ? strchr(type, '.') : NULL;
	int ret;

	if (!type)
		return -ENOMEM;
	if (dot)
		*dot = '\0';
	ret = py_method_of(elf, module, dot ? type : NULL, dot ? dot + 1 : func, &method);
	if (ret)
		return ret;
	*f = (struct py_cfunc){ .flags = method.flags,
				.method = dot != NULL,
				.qualname = strdup(func),
				.module = strdup(module) };
	if (!f->qualname || !f->module)
		return -ENOMEM;
	read_doc(elf, method.doc, f->doc, sizeof(f->doc));
	return py_cfunc_locate_in(v, elf, path, method.addr, f, err);
}

/* In the file of that module in lib-dynload, where the process would find it. */
static int find_in_library(const struct py_interp *interp, const struct py_view *v,
			   const char *module, const char *func, struct py_cfunc *f,
			   struct err *err)
{
	static const char *const folders[] = { "../lib/", "", "../" };
	int folder = (int)(strrchr(interp->path, '/') - interp->path), ret = -ENOENT;
	struct utsname uts;

	uname(&uts);
	for (size_t i = 0; i < ARRAY_SIZE(folders) && ret == -ENOENT; i++) {
		_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
		char path[PATH_MAX];
		int root = snprintf(path, sizeof(path), "/proc/%d/root", interp->pid);

		if (snprintf(path + root, sizeof(path) - (size_t)root,
			     "%.*s/%spython3.%u/lib-dynload/%s.cpython-3%u-%s-linux-gnu.so", folder,
			     interp->path, folders[i], interp->minor, module, interp->minor,
			     uts.machine) >= (int)sizeof(path) - root)
			break;
		if (!elf_file_open(path, &elf, err))
			ret = find_in(v, elf, path + root, module, func, f, err);
	}
	return ret;
}

int py_cfuncs_ahead(const struct py_interp *interp, const struct py_view *v, const char *module,
		    const char *func, struct py_cfuncs *out)
{
	const char *dot = strchr(func, '.');
	struct err err;
	int ret;

	*out = (struct py_cfuncs){ 0 };
	if (strchr(module, '.') || strchr(module, '/') || (dot && strchr(dot + 1, '.')) ||
	    !strchr(interp->path, '/'))
		return -ENOENT;
	out->list = calloc(1, sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	out->count = 1;
	ret = find_in(v, interp->elf, interp->path, module, func, out->list, &err);
	if (ret == -ENOENT)
		ret = find_in_library(interp, v, module, func, out->list, &err);
	if (ret)
		py_cfuncs_fini(out);
	return ret;
}
