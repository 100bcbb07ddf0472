/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions written in C: found by name in a live interpreter, with the place of their code. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "bpf/abi/direct.h"
#include "py/interp.h"
#include "py/py_modules.h"

#define PY_CFUNC_DOC_MAX 768

struct py_cfunc {
	char *qualname; /* "system", "socket.connect" */
	/* ml_meth: address of its code in the process; 0: known from the file only */
	uint64_t meth;
	uint32_t flags; /* ml_flags */
	bool method;	/* of a type */
	bool of_type; /* what it is called on is the type, not an instance: tp_new, tp_vectorcall */
	/*
	 * Counts only if called for the type of this tp_name, or for one derived from it; "":
	 * always.  A slot's function may serve many types.
	 */
	char type_name[PHRUDE_TYPE_NAME_MAX];
	char doc[PY_CFUNC_DOC_MAX]; /* ml_doc up to the end of its signature; "" if it has none */

	bool slot;    /* it stands in a slot of a type, under no name */
	char *module; /* that the rule names */

	/* where its code is */
	struct py_code_file *file; /* NULL: not located */
	struct py_site site;
	bool copied;   /* some calls may run a copy of it, see code_refs_taken() */
	char *refused; /* why no probe is put there: a sentence; NULL: it may be */
};

/*
 * A file in which there is code of such functions: the very one that was looked at, whatever
 * becomes of its name.
 */
struct py_code_file {
	unsigned int refs;
	int fd;
	char *path; /* as the target sees it */
	dev_t dev;
	ino_t ino;
};

void py_code_file_unref(struct py_code_file *file);

struct py_cfuncs {
	struct py_cfunc *list;
	size_t count;
};

void py_cfuncs_fini(struct py_cfuncs *f);

/*
 * The C functions that `module` and `func` name: an attribute of the module ("system"), of one of
 * its types ("socket.connect"), or of any of its types ("connect"), or one of its types as such
 * ("bytearray"): then what a call of the type enters.  Fills in all but their places.
 * -ENOENT: the module is not imported, or has nothing of that name (yet); -EOPNOTSUPP: what it has
 * is no function with an entry of its own; each with a sentence.  -ESRCH, -EPERM, -ENOMEM.
 */
int py_cfuncs_find(const struct py_view *v, const char *module, const char *func,
		   struct py_cfuncs *out, struct err *err);

/* Why one of them cannot have a probe: a sentence of py_cfuncs_locate(), or NULL. */
const char *py_cfuncs_refused(const struct py_cfuncs *f);

/*
 * Finds the files and instructions to probe for all of them.  The addresses are what the process's
 * memory says, and a probe on them covers other processes, too, so the file has to prove that a
 * function begins there; and it has to be the interpreter's own, or that of the module named.  What
 * is not so is `refused`, each by itself.  -ESRCH, -EPERM, -ENOMEM, with a sentence.
 */
int py_cfuncs_locate(const struct py_view *v, struct py_cfunc *const *list, size_t count,
		     struct err *err);

/*
 * The same for one function that is at the ELF address `addr` of a file, which need not be mapped.
 * -EOPNOTSUPP: the file does not prove it, and no probe is put there.
 */
int py_cfunc_locate_in(const struct py_view *v, struct elf_file *elf, const char *path,
		       uint64_t addr, struct py_cfunc *f, struct err *err);

/*
 * What `module` and `func` name, a function of the module or of one of its types, before the module
 * is imported: located in the file that it will come from.  -ENOENT: that cannot be told, and it is
 * to be looked for once it is imported; -ENOMEM, -EOPNOTSUPP.
 */
int py_cfuncs_ahead(const struct py_interp *interp, const struct py_view *v, const char *module,
		    const char *func, struct py_cfuncs *out);
