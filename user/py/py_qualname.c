// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_qualname.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "py/remote.h"

/* Objects looked at, and how deep they stand in one another. */
#define VISITS_MAX 50000
#define DEPTH_MAX 16
#define CONSTS_MAX 4096
#define CELLS_MAX 64
#define MRO_MAX 64
#define NAME_MAX_CHARS 1024

/* co_flags: a function's code has both, that of a class body or a module none. */
#define CO_OPTIMIZED 0x1
#define CO_NEWLOCALS 0x2

/* First fields of the wrappers (Objects/funcobject.c, Objects/descrobject.c). */
#define WRAPPED 16
#define PROPERTY_FUNCTIONS 3

struct search {
	const struct py_view *v;
	struct py_reader rd;
	uint64_t code;
	const char *file; /* base name */
	struct buf *out;
	uint64_t *seen; /* open addressing, 0: empty */
	size_t visits;
	unsigned int depth;
};

#define SEEN_SIZE (1u << 17)

/* Notes an object; true if it has not been looked at before. */
static bool first_visit(struct search *s, uint64_t obj)
{
	size_t i = (obj >> 4) * 0x9e3779b97f4a7c15ULL >> 47;

	if (!obj || obj % 8 || s->visits >= VISITS_MAX)
		return false;
	for (; s->seen[i]; i = (i + 1) % SEEN_SIZE) {
		if (s->seen[i] == obj)
			return false;
	}
	s->seen[i] = obj;
	s->visits++;
	return true;
}

static int read_at(const struct search *s, uint64_t addr, uint64_t *out)
{
	return remote_read_u64(s->v->pid, addr, out);
}

/*
 * Code inside code: what is defined in a function or class body.  The compiler makes the qualified
 * name in the same way (compiler_set_qualname() in Python/compile.c), but for names declared
 * global.
 */
static int search_code(struct search *s, uint64_t code, const char *qualname)
{
	_cleanup_free_ uint64_t *items = NULL;
	uint64_t consts, type;
	uint32_t flags;
	size_t count;
	int ret = 0;

	if (!first_visit(s, code) || py_object_type(&s->rd, code, &type) ||
	    type != s->v->proc.type_code)
		return 0;
	if (code == s->code) {
		buf_adds(s->out, qualname);
		return 1;
	}
	items = malloc(CONSTS_MAX * sizeof(*items));
	if (!items)
		return -ENOMEM;
	if (s->depth >= DEPTH_MAX ||
	    remote_read_u32(s->v->pid, code + s->v->proc.layout.code_flags, &flags) ||
	    read_at(s, code + s->v->proc.layout.code_consts, &consts) ||
	    py_tuple_read(&s->rd, consts, items, CONSTS_MAX, &count))
		return 0;
	s->depth++;
	for (size_t i = 0; i < count && !ret; i++) {
		_cleanup_buf_ struct buf inner = { 0 };
		uint64_t name;

		if (py_object_type(&s->rd, items[i], &type) || type != s->v->proc.type_code ||
		    read_at(s, items[i] + s->v->proc.layout.code_name, &name))
			continue;
		buf_adds(&inner, qualname);
		buf_adds(&inner, flags & (CO_OPTIMIZED | CO_NEWLOCALS) ? ".<locals>." : ".");
		if (!py_str_decode(&s->rd, name, NAME_MAX_CHARS, &inner))
			ret = search_code(s, items[i], inner.data);
	}
	s->depth--;
	return ret;
}

static int search_value(struct search *s, uint64_t obj);

/* What a function's inner variables hold: a decorator's wrapper keeps the function there. */
static int search_closure(struct search *s, uint64_t func)
{
	uint64_t cells[CELLS_MAX], tuple, value;
	size_t count;
	int ret = 0;

	if (read_at(s, func + s->v->facts->func_closure, &tuple) || !tuple ||
	    py_tuple_read(&s->rd, tuple, cells, CELLS_MAX, &count))
		return 0;
	for (size_t i = 0; i < count && !ret; i++) {
		if (!read_at(s, cells[i] + s->v->proc.layout.cell_ref, &value))
			ret = search_value(s, value);
	}
	return ret;
}

static int search_function(struct search *s, uint64_t func)
{
	_cleanup_buf_ struct buf qualname = { 0 };
	uint64_t code, name;
	int ret;

	if (read_at(s, func + s->v->proc.layout.func_code, &code) ||
	    read_at(s, func + s->v->proc.layout.func_qualname, &name) ||
	    py_str_decode(&s->rd, name, NAME_MAX_CHARS, &qualname))
		return 0;
	ret = search_code(s, code, qualname.data ?: "");
	return ret ? ret : search_closure(s, func);
}

static int dict_entry(void *ctx, uint64_t key, uint64_t value)
{
	return search_value(ctx, value);
}

static int search_dict(struct search *s, uint64_t dict)
{
	int ret;

	if (s->depth >= DEPTH_MAX)
		return 0;
	s->depth++;
	ret = py_dict_each(&s->rd, dict, dict_entry, s);
	s->depth--;
	return ret == 1 ? 1 : 0;
}

/*
 * Objects that hold a function: staticmethod, classmethod, property, partial, lru_cache,
 * cached_property and the like.
 */
static int search_wrapper(struct search *s, uint64_t obj, uint64_t type)
{
	static const char *const attributes[] = { "__wrapped__", "func", "fget", "_func" };
	uint64_t words[PROPERTY_FUNCTIONS], value;
	char name[64];
	int ret = 0;

	if (py_type_name(s->v, type, name, sizeof(name)))
		return 0;
	if (str_eq(name, "staticmethod") || str_eq(name, "classmethod") ||
	    str_eq(name, "property") || str_eq(name, "functools.partial") ||
	    str_eq(name, "functools._lru_cache_wrapper") || str_eq(name, "method")) {
		if (remote_read(s->v->pid, obj + WRAPPED, words, sizeof(words)))
			return 0;
		for (size_t i = 0; i < (str_eq(name, "property") ? ARRAY_SIZE(words) : 1) && !ret;
		     i++)
			ret = words[i] ? search_value(s, words[i]) : 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(attributes) && !ret; i++) {
		if (!py_instance_get(s->v, obj, attributes[i], &value))
			ret = search_value(s, value);
	}
	return ret;
}

static int search_value(struct search *s, uint64_t obj)
{
	uint64_t type, dict;
	int ret = 0;

	if (s->depth >= DEPTH_MAX || !first_visit(s, obj) || py_object_type(&s->rd, obj, &type))
		return 0;
	s->depth++;
	if (type == s->v->proc.type_function)
		ret = search_function(s, obj);
	else if (py_is_type(s->v, obj))
		ret = py_type_dict(s->v, obj, &dict) ? 0 : search_dict(s, dict);
	else if (type != s->v->proc.type_cfunction && type != s->v->proc.type_module)
		ret = search_wrapper(s, obj, type);
	s->depth--;
	return ret;
}

static int search_mro(struct search *s, uint64_t type)
{
	uint64_t items[MRO_MAX], mro;
	size_t count;
	int ret = 0;

	if (!py_is_type(s->v, type) || read_at(s, type + s->v->proc.layout.type_mro, &mro) ||
	    py_tuple_read(&s->rd, mro, items, MRO_MAX, &count))
		return 0;
	for (size_t i = 0; i < count && !ret; i++)
		ret = search_value(s, items[i]);
	return ret;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int search_module(void *ctx, uint64_t key, uint64_t module)
{
	_cleanup_buf_ struct buf file = { 0 };
	struct search *s = ctx;
	uint64_t dict, value;

	if (py_module_dict(s->v, module, &dict) || py_dict_get(&s->rd, dict, "__file__", &value) ||
	    py_str_decode(&s->rd, value, 4096, &file) || !file.data ||
	    !str_eq(base_name(file.data), s->file))
		return 0;
	return search_dict(s, dict);
}

int py_code_qualname(const struct py_view *v, uint64_t code, uint64_t self_type, const char *file,
		     struct buf *out)
{
	struct search s = {
		.v = v, .rd = py_view_reader(v), .code = code, .file = base_name(file), .out = out
	};
	_cleanup_free_ uint64_t *seen = calloc(SEEN_SIZE, sizeof(*seen));
	int ret;

	if (!seen)
		return -ENOMEM;
	s.seen = seen;
	ret = self_type ? search_mro(&s, self_type) : 0;
	if (!ret)
		ret = py_modules_each(v, search_module, &s);
	return ret == 1 ? 0 : ret ? ret : -ENOENT;
}
