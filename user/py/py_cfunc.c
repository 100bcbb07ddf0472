// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_cfunc_search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "py/remote.h"

#define CFUNCS_MAX 64
#define STATICMETHOD_CALLABLE 16
#define ML_SIZE 32

static void py_cfunc_fini(struct py_cfunc *f)
{
	free(f->qualname);
	free(f->module);
	py_code_file_unref(f->file);
	free(f->refused);
}

void py_cfuncs_fini(struct py_cfuncs *f)
{
	for (size_t i = 0; i < f->count; i++)
		py_cfunc_fini(&f->list[i]);
	free(f->list);
	*f = (struct py_cfuncs){ 0 };
}

/* What inspect takes for the signature ends in this (Objects/typeobject.c). */
void cut_to_signature(char *doc)
{
	static const char end[] = ")\n--\n\n";
	char *at = strstr(doc, end);

	if (at)
		at[sizeof(end) - 1] = '\0';
	else
		doc[0] = '\0';
}

static void read_doc(const struct search *s, uint64_t addr, char *doc, size_t size)
{
	doc[0] = '\0';
	if (addr && !py_cstr_read(s->v, addr, doc, size))
		cut_to_signature(doc);
	else
		doc[0] = '\0';
}

const char *search_name(const struct search *s)
{
	const char *dot = strrchr(s->func, '.');

	return dot ? dot + 1 : s->func;
}

int search_add(struct search *s, const struct py_cfunc *found, const char *type, uint64_t doc)
{
	struct py_cfunc *more, *f;

	for (size_t i = 0; i < s->out->count; i++) {
		if (s->out->list[i].meth == found->meth &&
		    str_eq(s->out->list[i].type_name, found->type_name))
			return 0;
	}
	if (s->out->count == CFUNCS_MAX)
		return -ENOSPC;
	more = realloc(s->out->list, (s->out->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->out->list = more;
	f = &more[s->out->count];
	*f = *found;
	if (strchr(s->func, '.') || !type)
		f->qualname = strdup(s->func);
	else if (asprintf(&f->qualname, "%s.%s", type, s->func) < 0)
		f->qualname = NULL;
	f->module = strdup(s->module);
	if (!f->qualname || !f->module) {
		py_cfunc_fini(f);
		return -ENOMEM;
	}
	read_doc(s, doc, f->doc, sizeof(f->doc));
	s->out->count++;
	return 0;
}

/* Adds the function of a PyMethodDef. */
static int add_def(struct search *s, uint64_t def, const char *type, bool method)
{
	const struct py_layout *l = &s->v->proc.layout;
	struct py_cfunc f = { .method = method };
	uint8_t ml[ML_SIZE];
	uint64_t doc;

	if (remote_read(s->v->pid, def, ml, sizeof(ml)))
		return 0;
	memcpy(&f.meth, ml + l->ml_meth, sizeof(f.meth));
	memcpy(&f.flags, ml + l->ml_flags, sizeof(f.flags));
	memcpy(&doc, ml + l->ml_doc, sizeof(doc));
	return search_add(s, &f, type, doc);
}

static const char *short_name(const char *tp_name)
{
	const char *dot = strrchr(tp_name, '.');

	return dot ? dot + 1 : tp_name;
}

/*
 * Adds what a C function object leads to; `owner`: the type that has it, or 0; `asked`: the one
 * that it was looked up in.
 */
static int add_object(struct search *s, uint64_t obj, uint64_t owner, uint64_t asked)
{
	const struct py_layout *l = &s->v->proc.layout;
	const struct py_proc *p = &s->v->proc;
	char owner_name[128] = "";
	uint64_t type, def = 0, self = 0;

	if (py_object_type(&s->rd, obj, &type) ||
	    py_type_name(s->v, type, s->other_type, sizeof(s->other_type)))
		return 0;
	if (owner)
		py_type_name(s->v, owner, owner_name, sizeof(owner_name));
	if (owner && (str_eq(s->other_type, "wrapper_descriptor") ||
		      (type == p->type_cfunction && str_eq(search_name(s), "__new__"))))
		return search_slot(s, obj, asked, short_name(owner_name));
	if (str_eq(s->other_type, "staticmethod")) { /* METH_STATIC */
		if (remote_read_u64(s->v->pid, obj + STATICMETHOD_CALLABLE, &obj) ||
		    py_object_type(&s->rd, obj, &type))
			return 0;
	}
	/*
	 * Cython's own type begins as a PyCFunctionObject does.  Since Cython 3 its name has a
	 * module: "_cython_3_0_11".
	 */
	if (type == p->type_cfunction || (type == p->type_cmethod && type) ||
	    str_eq(short_name(s->other_type), "cython_function_or_method")) {
		if (remote_read_u64(s->v->pid, obj + l->cfunc_ml, &def) ||
		    remote_read_u64(s->v->pid, obj + l->cfunc_self, &self))
			return 0;
	} else if (type == p->type_method_descr ||
		   str_eq(s->other_type, "classmethod_descriptor")) {
		if (remote_read_u64(s->v->pid, obj + l->descr_method, &def))
			return 0;
	} else if (py_is_type(s->v, obj)) {
		return search_type(s, obj);
	} else {
		s->other = type == p->type_function
				   ? "a function written in Python: watch it with `file`"
				   : "no function written in C";
		return 0;
	}
	return def ? add_def(s, def, owner ? short_name(owner_name) : NULL, owner != 0) : 0;
}

/*
 * An entry of a module's dict where `func` is no attribute of the module: a type that has such a
 * method.
 */
static int type_entry(void *ctx, uint64_t key, uint64_t value)
{
	struct search *s = ctx;
	uint64_t dict, method;

	if (!py_is_type(s->v, value) || py_type_dict(s->v, value, &dict) ||
	    py_dict_get(&s->rd, dict, s->func, &method))
		return 0;
	return add_object(s, method, value, value);
}

/* Follows "A.B.c" from a module's dict on. */
static int search_path(struct search *s, uint64_t dict)
{
	_cleanup_free_ char *path = strdup(s->func);
	uint64_t value, owner = 0, asked = 0;
	char *save, *part;
	int ret;

	if (!path)
		return -ENOMEM;
	part = strtok_r(path, ".", &save);
	ret = part ? py_dict_get(&s->rd, dict, part, &value) : -ENOENT;
	while (!ret && (part = strtok_r(NULL, ".", &save))) {
		if (!py_is_type(s->v, value))
			return -ENOENT;
		asked = value;
		ret = py_type_lookup(s->v, asked, part, &value, &owner);
	}
	return ret ? ret : add_object(s, value, owner, asked);
}

/* Does the interpreter do without calling it, here and there?  A type's own slots go with it. */
static bool is_inlined(const struct search *s, const char *qualname)
{
	const char *const *name = s->v->facts->inlined;

	for (; name && *name; name++) {
		size_t len = strlen(*name);

		if (strncmp(qualname, *name, len) == 0 &&
		    (!qualname[len] || str_eq(qualname + len, ".__new__") ||
		     str_eq(qualname + len, ".__init__")))
			return true;
	}
	return false;
}

static int check_inlined(const struct search *s, const char *module, struct err *err)
{
	for (size_t i = 0; str_eq(module, "builtins") && i < s->out->count; i++) {
		if (is_inlined(s, s->out->list[i].qualname))
			return err_set(
				err, -EOPNOTSUPP,
				"CPython 3.%u does the work of %s without calling it, where it can",
				s->v->facts->minor, s->out->list[i].qualname);
	}
	return 0;
}

int py_cfuncs_find(const struct py_view *v, const char *module, const char *func,
		   struct py_cfuncs *out, struct err *err)
{
	struct search s = {
		.v = v, .rd = py_view_reader(v), .module = module, .func = func, .out = out
	};
	uint64_t obj, dict;
	int ret = py_module_find(v, module, &obj);

	*out = (struct py_cfuncs){ 0 };
	if (!ret)
		ret = py_module_dict(v, obj, &dict);
	if (ret == -ENOENT || ret == -EPROTO)
		return err_set(err, -ENOENT, "module %s is not imported", module);
	if (!ret)
		ret = search_path(&s, dict);
	if (!ret && !out->count && s.other)
		return err_set(err, -EOPNOTSUPP, "%s.%s is %s", module, func, s.other);
	if ((ret == -ENOENT || ret == -EPROTO || (!ret && !out->count)) && !strchr(func, '.'))
		ret = py_dict_each(&s.rd, dict, type_entry, &s);
	if (!ret && !out->count)
		ret = s.other ? -EOPNOTSUPP : -ENOENT;
	if (!ret) {
		ret = check_inlined(&s, module, err);
		if (ret)
			py_cfuncs_fini(out);
		return ret;
	}
	py_cfuncs_fini(out);
	if (ret == -EOPNOTSUPP)
		return err_set(err, ret, "%s of %s is %s", func, module, s.other);
	if (ret == -ENOENT || ret == -EPROTO)
		return err_set(err, -ENOENT, "module %s has no %s", module, func);
	return err_set(err, ret, "%s.%s: %s", module, func, strerror(-ret));
}
