/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of each CPython minor version.  This and py_layout_tables.c are the only places
 * that tell versions apart: everything else asks for a fact.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bpf/abi/pylayout.h"

/* Offsets that only the user-space side needs; PY_NO_FIELD where a version has none. */
struct py_runtime_layout {
	uint16_t interpreters_head; /* _PyRuntime.interpreters.head */
	uint16_t tstate_current;    /* _PyRuntime.gilstate.tstate_current */
	uint16_t autotss_key; /* _PyRuntime's Py_tss_t { int is_initialized; unsigned key; } */
	uint16_t interp_next, interp_threads, interp_sysdict;
	uint16_t ts_next, ts_thread_id;
};

enum py_entry {
	PY_ENTRY_EVAL,	 /* every Python call enters _PyEval_EvalFrameDefault */
	PY_ENTRY_RESUME, /* Python-to-Python calls stay inside it, and every call executes RESUME */
};

enum py_usdt {
	PY_USDT_ABSENT, /* this version has no function__entry probe, however it was built */
	PY_USDT_DEAD,	/* it has one that never fires */
	PY_USDT_WORKS,	/* where it was built --with-dtrace */
};

struct py_opcode {
	const char *name;
	uint8_t number;
	bool hot; /* what RESUME turns into: most calls of a running program run this one */
};
#define PY_RESUME_OPCODES_MAX 4

struct py_version {
	unsigned int minor;
	struct py_layout layout;
	struct py_runtime_layout runtime;
	enum py_entry entry;
	/* PY_ENTRY_EVAL: which argument of _PyEval_EvalFrameDefault is the frame */
	int eval_frame_arg;
	/* PY_ENTRY_RESUME: where RESUME stores the instruction's address in the frame */
	uint8_t instr_store;
	struct py_opcode resume[PY_RESUME_OPCODES_MAX]; /* PY_ENTRY_RESUME: RESUME itself first */
	/* code_warmup: bit n: instruction n is one that the compiler makes (Include/opcode.h) */
	uint64_t base_opcodes[4];
	/* PY_ENTRY_RESUME: a run of numbers that are no opcode, with opcodes on both sides of it */
	uint8_t unused_first, unused_last;
	/*
	 * PyHeapTypeObject.ht_cached_keys: names of the attributes that instances keep without a
	 * dict
	 */
	uint16_t type_cached_keys;
	uint16_t func_closure;
	enum py_usdt usdt;
	uint32_t usdt_flags;	/* for its cookie */
	bool has_debug_offsets; /* _PyRuntime begins with a struct _Py_DebugOffsets */
	/* the core raises audit events by _PySys_Audit(), which is not exported */
	bool audits_locally;
	bool has_cmethod; /* PyCMethod_Type exists */
	bool gil_each;	  /* each interpreter of a process may have a GIL of its own (PEP 684) */
	/*
	 * Functions and types of `builtins` that the interpreter does not call everywhere but does
	 * the work itself, by specialised instructions (CALL_LEN in Python/bytecodes.c) or because
	 * the compiler knows them; NULL at the end
	 */
	const char *const *inlined;
	bool may_jit; /* can be built with a compiler whose code bypasses the probes */
};

#define PY_MINOR_MIN 8
#define PY_MINOR_MAX 15

/* NULL if the version is not known. */
const struct py_version *py_version_get(unsigned int minor);
