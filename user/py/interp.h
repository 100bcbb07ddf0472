/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPython interpreter inside a running process: which it is, where it is mapped, and how its
 * objects are laid out.  Everything that depends on a Python version is behind this header.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "bpf/abi/pylayout.h"
#include "elf/elf_file.h"
#include "py/py_version.h"

struct py_interp {
	pid_t pid;
	uint64_t start_time; /* of the process, clock ticks since boot: with pid its identity */
	char *path;	     /* the executable or libpython, as the target's mappings name it */
	/* the same of another one that runs in the process as well; NULL: there is none */
	char *beside;
	dev_t dev;
	ino_t ino;
	bool is_library;  /* libpython rather than an executable */
	bool initialised; /* there was a thread state to check against when it was opened */
	bool jit; /* its compiler is, or may be, on: frame and usdt probes would miss hot calls */
	uint32_t hexversion; /* PY_VERSION_HEX; the last byte may be unknown (0) before 3.11 */
	unsigned int minor;
	char version[32];  /* "3.11.2" */
	char build_id[41]; /* hex; "" if none */
	struct elf_file *elf;
	const struct py_version *facts; /* what is known of this version; for user/py */
	struct py_runtime_layout runtime_layout;
	uint64_t runtime;    /* address of _PyRuntime in the process */
	struct py_proc proc; /* complete: what the kernel side needs to know */
};

/*
 * Recognises the interpreter of a process.  Errors, each with a sentence:
 *   -ESRCH       no such process (or gone, or a zombie or kernel thread)
 *   -ENOEXEC     it does not run CPython
 *   -EOPNOTSUPP  it does, but a version or build that is not supported: named (PyPy,
 *                free-threaded, debug, 3.7, 3.16 ...)
 *   -EACCES/-EPERM not allowed to look
 *   -EAGAIN      it has only just started: what is asked for cannot be told yet
 * A process in which nothing of Python is initialised yet is recognised as well, once its libpython
 * is mapped; for 3.12 and later as a shared library that needs py_interp_open_at().
 */
int py_interp_open(pid_t pid, struct py_interp **out, struct err *err);
/*
 * As above, knowing the thread pointer (fs base) of one of its threads, which is stopped. 0: not
 * known.
 */
int py_interp_open_at(pid_t pid, uint64_t thread_pointer, struct py_interp **out, struct err *err);
void py_interp_close(struct py_interp *interp);
DEFINE_CLEANUP(py_interp_closep, struct py_interp, py_interp_close);

/*
 * False if the process is gone or has become another (exec is not noticed by this); not because it
 * could not be told.
 */
bool py_interp_is_alive(const struct py_interp *interp);

/* What is passed where a probe is. */
enum py_site_entry {
	PY_ENTRY_MAIN,		 /* the only one of its kind; audit: the USDT's name and tuple */
	PY_ENTRY_AUDIT_CALL,	 /* PySys_Audit() and its like: name, format, variable arguments */
	PY_ENTRY_AUDIT_PYTHON,	 /* sys.audit(): a vector of objects, the name the first */
	PY_ENTRY_ARM_INSTRUMENT, /* _Py_Instrument() begins: a code object */
	PY_ENTRY_ARM_INSTRUMENTED, /* ... and returns */
	PY_ENTRY_ARM_START,	   /* PyEval_EvalCode(): an interpreter may be starting */
	NR_PY_ENTRIES,
};

/* What a probe is there for. */
enum py_site_role {
	PY_SITE_ENTRY, /* a function was entered */
	/*
	 * as above; with arm, where functions enter that are not armed: wanted only until they are
	 */
	PY_SITE_HOT,
	PY_SITE_FIRST, /* arm: a function that is not armed is entered for the first time */
};

/* One instruction to put a probe on. */
struct py_site {
	enum py_site_role role;
	uint64_t offset;    /* in the file */
	uint64_t addr;	    /* ELF address, for messages */
	uint64_t semaphore; /* file offset of the USDT semaphore (ref_ctr_offset); 0: none */
	uint64_t cookie;    /* see bpf/abi/cookie.h */
	/* of a function: bytes that the stack pointer has moved down there since its entry */
	uint32_t stack;
	bool at_return; /* of the function that begins there */
	bool emulated;	/* the kernel emulates the instruction (cheap), no single step */
	uint8_t entry;	/* enum py_site_entry */
	char what[48];	/* "RESUME_CHECK", "function__entry", for messages */
};
#define PY_SITES_MAX 16

/*
 * Where to probe to see every Python function call.  `sites` has room for PY_SITES_MAX.
 * Returns 0, or -EOPNOTSUPP with a sentence that says why this interpreter does not have it.
 */
int py_sites_usdt(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err);
int py_sites_frame(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		   struct err *err);
/* Where to probe to see the calls of chosen functions only, once those are armed (py_arm.h). */
int py_sites_arm(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		 struct err *err);
/*
 * Has the process sub-interpreters, of a version in which each may have a GIL of its own?  Others
 * may run then beside a thread that is held: what exists cannot be armed.
 */
bool py_runs_beside(const struct py_interp *interp);
/* Where to probe to see calls through PyObject_Call. */
int py_sites_call(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err);

/* Where to probe to see audit events. */
int py_sites_audit(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		   struct err *err);
/* Which audit events py_sites_audit() does not see: a sentence, or NULL. */
const char *py_audit_unseen(const struct py_interp *interp);

/*
 * Where to probe, at the beginning and at the return of what begins there, to see a module written
 * in C being imported; and where its code runs, one that is written in Python. -EOPNOTSUPP with a
 * sentence.
 */
int py_sites_import(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		    struct err *err);
int py_sites_code(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err);

/*
 * Where code objects end and change: at the start of what frees one, its first argument, and of
 * what gives one another file.
 */
enum { PY_CODE_FREED, PY_CODE_RENAMED, PY_CODE_LIFE_SITES };
/* -ENOENT: the file does not say; -ENOMEM, -EPROTO. */
int py_sites_code_life(const struct elf_file *elf, struct py_site sites[PY_CODE_LIFE_SITES]);

/*
 * What is needed to know this interpreter again in another process that runs its file, see struct
 * py_template: `image` without its group.  *site: where a starting interpreter hits.  -EOPNOTSUPP:
 * it cannot be known again.
 */
int py_template_make(const struct py_interp *interp, struct py_template *image,
		     struct py_site *site);

/*
 * Where an interpreter of this file comes by while it starts, before any code of the program, and
 * with a thread state: its PyEval_EvalCode().  -EOPNOTSUPP: the file holds none.
 */
int py_start_site(const struct elf_file *elf, struct py_site *site);

/*
 * A function of a file, taking up to six arguments of which the first `nr_args` must still be in
 * registers.
 */
struct py_function {
	uint64_t addr; /* ELF address */
	unsigned int nr_args;
};
/*
 * Where to probe to see every call of each of the functions; `sites` has room for as many. -errno.
 */
int py_sites_functions(const struct elf_file *elf, const struct py_function *functions,
		       size_t count, struct py_site *sites);

/* Layout of a minor version, -EOPNOTSUPP if it is not known. */
int py_layout_get(unsigned int minor, struct py_layout *out);
