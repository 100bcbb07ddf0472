/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finding things by name in a running interpreter, from outside: modules, their attributes, classes
 * and what is in them.  The process runs on meanwhile, and nothing of what it holds is trusted: a
 * walk is bounded, and what makes no sense is passed over.  Functions return 0 or -errno as those
 * of py_object.h do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/pylayout.h"
#include "py/py_object.h"
#include "py/py_version.h"

struct py_interp;

/*
 * What a walk needs of an interpreter: a copy, which outlives it.  For a forked child only `pid`
 * differs.
 */
struct py_view {
	pid_t pid;
	dev_t dev; /* the interpreter's file */
	ino_t ino;
	uint64_t runtime; /* address of _PyRuntime */
	const struct py_version *facts;
	struct py_runtime_layout runtime_layout;
	struct py_proc proc;
};

void py_view_init(struct py_view *v, const struct py_interp *interp);

/* The same interpreter in a process where it is as `proc` says. */
void py_view_move(struct py_view *v, const struct py_proc *proc);

static inline struct py_reader py_view_reader(const struct py_view *v)
{
	return (struct py_reader){ v->pid, &v->proc.layout };
}

/*
 * Calls fn(ctx, name, module) for each entry of sys.modules of each interpreter of the process, the
 * main one first; `name` is a str object.  As py_dict_each().
 */
int py_modules_each(const struct py_view *v, py_entry_fn fn, void *ctx);
/* The module of that name. -ENOENT: it is not imported. */
int py_module_find(const struct py_view *v, const char *name, uint64_t *module);
/* The dict of a module object. -EPROTO: it is none. */
int py_module_dict(const struct py_view *v, uint64_t module, uint64_t *dict);

bool py_is_type(const struct py_view *v, uint64_t obj);
/*
 * The dict of a type, that of a static builtin type included, which is kept in the interpreter
 * since 3.12.
 */
int py_type_dict(const struct py_view *v, uint64_t type, uint64_t *dict);
/* tp_name, "_socket.socket"; cut to fit. */
int py_type_name(const struct py_view *v, uint64_t type, char *buf, size_t size);
/*
 * An attribute of a type or of what it derives from, as it stands in the dict (unbound); `owner`:
 * where it was found.
 */
int py_type_lookup(const struct py_view *v, uint64_t type, const char *name, uint64_t *value,
		   uint64_t *owner);
/* An attribute that an instance holds itself. */
int py_instance_get(const struct py_view *v, uint64_t obj, const char *name, uint64_t *value);

/* Copies a C string of at most size - 1 bytes. */
int py_cstr_read(const struct py_view *v, uint64_t addr, char *buf, size_t size);
