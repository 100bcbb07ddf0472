// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types written in C.  Calling one, type_call() of Objects/typeobject.c, calls the functions in its slots tp_new and tp_init; or the
 * one in tp_vectorcall, if it has that.  Types inherit these, and unrelated ones may share them, so the kernel side looks
 * at what they are called for.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "py/py_cfunc_search.h"
#include "py/remote.h"

/* struct _typeobject, Include/cpython/object.h: the same from 3.8 to 3.15. */
#define TP_CALL 128
#define TP_DOC 176
#define TP_INIT 296
#define TP_NEW 312
#define TP_VECTORCALL 400
/* PyWrapperDescrObject, Include/cpython/descrobject.h. */
#define D_WRAPPED 48

#define TP_VECTORCALL_OFFSET 56

#define BASES_MAX 64

static uint64_t slot(const struct search *s, uint64_t type, uint64_t offset)
{
	uint64_t value;

	return remote_read_u64(s->v->pid, type + offset, &value) ? 0 : value;
}

/* Adds the function at `meth`, for what concerns `type`. */
static int add_function(struct search *s, uint64_t type, uint64_t meth, struct py_cfunc f,
			const char *owner_name)
{
	char name[PHRUDE_TYPE_NAME_MAX], *bracket;
	const char *last;
	struct py_cfunc *added;
	size_t count = s->out->count;
	int ret;

	if (!meth || py_type_name(s->v, type, f.type_name, sizeof(f.type_name)))
		return 0;
	f.meth = meth;
	ret = search_add(s, &f, owner_name, slot(s, type, TP_DOC));
	if (ret || s->out->count == count)
		return ret;
	/* The signature is that of the type, "Struct(format)\n--\n\n"; it is looked for by the function's name. */
	added = &s->out->list[count];
	last = strrchr(f.type_name, '.');
	snprintf(name, sizeof(name), "%s", last ? last + 1 : f.type_name);
	bracket = strchr(added->doc, '(');
	if (!(f.flags & ML_VARARGS) && !(f.flags & ML_FASTCALL))
		added->doc[0] = '\0';
	if (!bracket || strncmp(added->doc, name, bracket - added->doc) != 0 ||
	    strlen(bracket) + strlen(search_name(s)) + 1 > sizeof(added->doc))
		added->doc[0] = '\0';
	if (!added->doc[0])
		return 0;
	memmove(added->doc + strlen(search_name(s)), bracket, strlen(bracket) + 1);
	memcpy(added->doc, search_name(s), strlen(search_name(s)));
	return 0;
}

int search_slot(struct search *s, uint64_t obj, uint64_t asked, const char *owner_name)
{
	const char *name = search_name(s);
	struct py_cfunc f = { .method = true };

	if (str_eq(name, "__new__")) {
		f.flags = ML_VARARGS | ML_KEYWORDS;
		f.of_type = true;
		return add_function(s, asked, slot(s, asked, TP_NEW), f, owner_name);
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
	return add_function(s, asked, slot(s, obj, D_WRAPPED), f, owner_name);
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
		ret = add_function(s, type, tp_init, init, NULL);
	else
		ret = add_function(s, type, slot(s, type, TP_NEW), new, NULL);
	return ret ? ret : add_function(s, type, slot(s, type, TP_VECTORCALL), vector, NULL);
}
