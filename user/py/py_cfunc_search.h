/* SPDX-License-Identifier: GPL-2.0-only */
/* A search for C functions in a live interpreter: what the files py_cfunc*.c share. */
#pragma once

#include "py/py_cfunc.h"

struct search {
	const struct py_view *v;
	struct py_reader rd;
	const char *module;
	const char *func; /* as the rule has it: "socket.connect" */
	struct py_cfuncs *out;
	const char *other; /* what was found instead of a C function */
	char other_type[128];
};

/* What stands behind the last dot of `func`. */
const char *search_name(const struct search *s);
/*
 * Adds a function, once; `type`: to be put before its name, or NULL; `doc`: a C string in the
 * target, or 0.
 */
int search_add(struct search *s, const struct py_cfunc *found, const char *type, uint64_t doc);

/*
 * Adds the function behind a slot of the type `asked`: `obj` is its wrapper_descriptor, or __new__.
 */
int search_slot(struct search *s, uint64_t obj, uint64_t asked, const char *owner_name);
/* Adds what calling a type enters. */
int search_type(struct search *s, uint64_t type);

/* Leaves of a function's documentation its signature. */
void cut_to_signature(char *doc);
