// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types written in C.  Calling one, type_call() of Objects/typeobject.c, calls the functions in its
 * slots tp_new and tp_init; or the one in tp_vectorcall, if it has that.  Types inherit these, and
 * unrelated ones may share them, so the kernel side looks at what they are called for.
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "py/py_cfunc_search.h"
#include "py/remote.h"

/* struct _typeobject, Include/cpython/object.h: the same from 3.8 to 3.15. */
#define TP_VECTORCALL_OFFSET 56
#define TP_DOC 176
#define TP_INIT 296
#define TP_NEW 312
#define TP_VECTORCALL 400
/* PyWrapperDescrObject, Include/cpython/descrobject.h. */
#define D_WRAPPED 48

#define BASES_MAX 64

static uint64_t slot(const struct search *s, uint64_t type, uint64_t offset)
{
	uint64_t value;

	return remote_read_u64(s->v->pid, type + offset, &value) ? 0 : value;
}

/*
 * A type's signature, "Struct(format)\n--\n\n", is that of its constructors, too; it is looked for
 * by their name.
 */
static void rename_signature(char *doc, size_t size, const char *tp_name, const char *name)
{
	const char *dot = strrchr(tp_name, '.'), *type = dot ? dot + 1 : tp_name;
	size_t type_len = strlen(type), name_len = strlen(name);
	char *bracket = strchr(doc, '(');

	if (!bracket || (size_t)(bracket - doc) != type_len || memcmp(doc, type, type_len) != 0 ||
	    name_len + strlen(bracket) >= size) {
		doc[0] = '\0';
		return;
	}
	memmove(doc + name_len, bracket, strlen(bracket) + 1);
	memcpy(doc, name, name_len);
}

/* Adds the function at `meth`, for what concerns `type`; does it take the type's own arguments? */
static int add_function(struct search *s, uint64_t type, uint64_t meth, struct py_cfunc f,
			bool constructs, const char *owner_name)
{
	size_t count = s->out->count;
	struct py_cfunc *added;
	int ret;

	if (!meth || py_type_name(s->v, type, f.type_name, sizeof(f.type_name)))
		return 0;
	f.meth = meth;
	f.slot = true;
	ret = search_add(s, &f, owner_name, constructs ? slot(s, type, TP_DOC) : 0);
	if (ret || s->out->count == count)
		return ret;
	added = &s->out->list[count];
	rename_signature(added->doc, sizeof(added->doc), f.type_name, search_name(s));
	return 0;
}

int search_slot(struct search *s, uint64_t obj, uint64_t asked, const char *owner_name)
{
	const char *name = search_name(s);
	struct py_cfunc f = { .method = true };

	if (str_eq(name, "__new__")) {
		f.flags = ML_VARARGS | ML_KEYWORDS;
		f.of_type = true;
		return add_function(s, asked, slot(s, asked, TP_NEW), f, true, owner_name);
	}
	if (str_eq(name, "__call__") && slot(s, asked, TP_VECTORCALL_OFFSET)) {
		s->other = "not what its instances are called by: each has a vectorcall function";
		return 0;
	}
	if (str_eq(name, "__init__") || str_eq(name, "__call__")) {
		f.flags = ML_VARARGS | ML_KEYWORDS;
	} else {
		/* Only self is the same for all of them. */
		f.flags = ML_NOARGS;
		if (py_type_name(s->v, asked, f.type_name, sizeof(f.type_name)) ||
		    !strchr(f.type_name, '.')) {
			s->other = "an operator of a built-in type, which the interpreter often "
				   "does without calling it";
			return 0;
		}
	}
	return add_function(s, asked, slot(s, obj, D_WRAPPED), f, str_eq(name, "__init__"),
			    owner_name);
}

/* `object`, which all types derive from. */
static uint64_t root_of(const struct search *s, uint64_t type)
{
	uint64_t base;

	for (int i = 0; i < BASES_MAX; i++) {
		base = slot(s, type, s->v->proc.layout.type_base);
		if (!base)
			break;
		type = base;
	}
	return type;
}

static bool is_python(const struct search *s, uint64_t type, const char *name)
{
	uint64_t value, owner, value_type;
	char type_name[32];

	if (py_type_lookup(s->v, type, name, &value, &owner) ||
	    py_object_type(&s->rd, value, &value_type))
		return false;
	return value_type == s->v->proc.type_function ||
	       /* def __new__ */
	       (!py_type_name(s->v, value_type, type_name, sizeof(type_name)) &&
		str_eq(type_name, "staticmethod"));
}

int search_type(struct search *s, uint64_t type)
{
	const struct py_cfunc init = { .flags = ML_VARARGS | ML_KEYWORDS };
	const struct py_cfunc new = { .flags = ML_VARARGS | ML_KEYWORDS, .of_type = true };
	const struct py_cfunc vector = { .flags = ML_FASTCALL | ML_KEYWORDS, .of_type = true };
	uint64_t tp_init = slot(s, type, TP_INIT), object_init = slot(s, root_of(s, type), TP_INIT);
	int ret;

	if (is_python(s, type, "__init__") || is_python(s, type, "__new__")) {
		s->other = "a class written in Python: watch its __init__ or __new__ with `file`";
		return 0;
	}
	if (tp_init && tp_init != object_init)
		ret = add_function(s, type, tp_init, init, true, NULL);
	else
		ret = add_function(s, type, slot(s, type, TP_NEW), new, true, NULL);
	return ret ? ret : add_function(s, type, slot(s, type, TP_VECTORCALL), vector, true, NULL);
}
