/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where things stand inside the objects of one CPython minor version, and the addresses of one
 * process's interpreter.  Filled by user/py/, read by the BPF programs, which never ask for a
 * version.  Offsets are in bytes.  0xffff (PY_NO_FIELD) means that this version has no such field.
 */
#pragma once

#include "cost.h"

#define PY_NO_FIELD 0xffff

/* py_layout.features */
#define PY_F_FRAME_OBJECT (1u << 0) /* frames are PyFrameObjects with f_lasti (up to 3.10) */
#define PY_F_LASTI_UNITS (1u << 1)  /* f_lasti counts 2-byte units (3.10), else bytes */
#define PY_F_CELL2ARG (1u << 2)	   /* cell arguments are NULL in their slot, found by co_cell2arg */
#define PY_F_TAGGED_REFS (1u << 3) /* frame slots are _PyStackRef: bit 0 is a tag, 1 is NULL */
#define PY_F_LONG_TAG (1u << 4)	   /* int has lv_tag (3.12+), else a signed ob_size */
#define PY_F_DICT_LOG2 (1u << 5)   /* dict keys have dk_log2_index_bytes and dk_kind (3.11+) */
#define PY_F_DICT_VALUES_HDR (1u << 6) /* split values have an 8-byte header (3.13+) */
#define PY_F_INSTR_PREV \
	(1u << 7) /* frame_instr is prev_instr: one unit before the current (3.11, 3.12) */
#define PY_F_MONITORING (1u << 8) /* stale instrumentation makes RESUME run twice (3.12+) */
#define PY_F_MONITORING_TSTATE \
	(1u                    \
	 << 9) /* the version to compare with is in tstate->eval_breaker (3.13+), else in interp */
#define PY_F_TSTATE_TLS \
	(1u << 10) /* the running thread's state is a TLS variable (3.12+), else a global */
#define PY_F_ARM (1u << 14) /* functions can be armed */
#define PY_F_STR_WSTR \
	(1u << 11) /* a wchar_t * stands between a str's head and its characters (up to 3.11) */
#define PY_F_MANAGED_DICT (1u << 12)   /* instances keep attributes in front of them (3.11+) */
#define PY_F_MANAGED_TAGGED (1u << 13) /* that is one word, odd for values (3.12 only) */

struct py_layout {
	__u32 features;
	__u16 minor; /* 8 for 3.8 */

	/* PyCodeObject */
	__u16 code_argcount, code_posonlyargcount, code_kwonlyargcount, code_nlocals, code_flags;
	__u16 code_firstlineno;
	__u16 code_varnames; /* co_varnames, or co_localsplusnames */
	__u16 code_kinds;    /* co_localspluskinds */
	__u16 code_cell2arg;
	__u16 code_filename, code_name, code_qualname;
	__u16 code_linetable; /* co_lnotab up to 3.9 */
	__u16 code_adaptive;  /* co_code_adaptive: first instruction */
	__u16 code_firsttraceable;
	__u16 code_instr_version; /* _co_instrumentation_version */

	/* PyFrameObject or _PyInterpreterFrame */
	__u16 frame_code, frame_previous, frame_func;
	__u16 frame_instr; /* f_lasti, prev_instr or instr_ptr */
	__u16 frame_owner;
	__u16 frame_localsplus;
	__u8 owner_generator; /* value of owner for a generator's frame */
	__u8 owner_skip;      /* frames with owner >= this are not Python frames; 0xff: none */

	/* PyThreadState */
	__u16 ts_frame;	 /* current frame; with ts_cframe: inside the _PyCFrame */
	__u16 ts_cframe; /* pointer to a _PyCFrame */
	__u16 ts_interp, ts_eval_breaker, ts_tracing;
	__u16 interp_monitoring_version;

	/* PyFunctionObject, PyMethodObject, PyCFunctionObject, PyMethodDescrObject, PyMethodDef */
	__u16 func_code, func_defaults, func_kwdefaults, func_qualname;
	__u16 method_func, method_self;
	__u16 cfunc_ml, cfunc_self, cfunc_module;
	__u16 descr_type, descr_method;
	__u16 ml_name, ml_meth, ml_flags, ml_doc;

	/* objects */
	__u16 str_ascii_data, str_compact_data; /* also where the pointer of a non-compact str is */
	__u16 tuple_items;
	__u16 type_name, type_flags, type_base;
	__u16 dict_keys, dict_values;
	__u16 keys_nentries, keys_indices; /* dk_nentries, dk_indices */
	__u16 keys_size;		   /* dk_size, or dk_log2_index_bytes with PY_F_DICT_LOG2 */
	__u16 keys_kind;		   /* dk_kind */
	__u16 cell_ref;
	__u8 resume_location_mask; /* of RESUME's oparg: 0 is a function's start */
	/*
	 * PY_F_ARM: RESUME, what it turns itself into once it has run (0: nothing), what stands
	 * there in an armed function
	 */
	__u8 resume_cold, resume_hot, resume_armed;
	__u16 code_cellvars; /* co_cellvars, with PY_F_CELL2ARG */
	__u16 code_warmup;   /* co_warmup (3.11) */
	__u16 func_closure;

	/* ways to a request */
	__u16 type_basicsize, type_dictoffset;
	__u16 type_cached_keys; /* ht_cached_keys of a heap type */
	/* of a coroutine: with PY_F_FRAME_OBJECT a pointer, else the frame itself */
	__u16 gen_frame;
	__u16 frame_stacktop;	/* f_stacktop, f_stackdepth, stacktop or stackpointer */
	__u16 frame_valuestack; /* what f_stackdepth counts from (3.10) */
	__u16 frame_stack;	/* enum py_frame_stack */
	__u16 task_coro;	/* TaskObj of _asyncio */
	__u16 fut_callback,
		fut_callbacks; /* FutureObj: the first callback, the list of the others */
	__u16 code_opcache;    /* co_opcache_flag (up to 3.10) */

	/* what an object's class has to say, see class.bpf.c */
	__u16 type_members; /* tp_members, tp_getset, tp_base, tp_dict */
	__u16 type_dict, type_mro;
	__u16 code_consts, code_names, code_stacksize;

	/* PyModuleObject: md_name, and md_def or md_token */
	__u16 module_name, module_def;
};
#define PY_OPCACHE_MIN_RUNS 1024 /* OPCACHE_MIN_RUNS, Python/ceval.c */

/* How a suspended frame says where its value stack ends. */
enum py_frame_stack {
	PY_STACK_POINTER = 1, /* a pointer behind the last value */
	PY_STACK_DEPTH,	      /* an int, counted from frame_valuestack */
	PY_STACK_INDEX,	      /* an int, counted from localsplus */
};

/*
 * The interpreter's own objects that are told by their addresses, and their names; X(field,
 * symbol).
 */
#define PY_ADDRESSES(X)                            \
	X(none, "_Py_NoneStruct")                  \
	X(true_, "_Py_TrueStruct")                 \
	X(false_, "_Py_FalseStruct")               \
	X(type_float, "PyFloat_Type")              \
	X(type_set, "PySet_Type")                  \
	X(type_frozenset, "PyFrozenSet_Type")      \
	X(type_cell, "PyCell_Type")                \
	X(type_code, "PyCode_Type")                \
	X(type_function, "PyFunction_Type")        \
	X(type_method, "PyMethod_Type")            \
	X(type_cfunction, "PyCFunction_Type")      \
	X(type_cmethod, "PyCMethod_Type")          \
	X(type_method_descr, "PyMethodDescr_Type") \
	X(type_type, "PyType_Type")                \
	X(type_module, "PyModule_Type")            \
	X(type_dict, "PyDict_Type")                \
	X(type_str, "PyUnicode_Type")              \
	X(type_int, "PyLong_Type")                 \
	X(type_bytes, "PyBytes_Type")              \
	X(type_list, "PyList_Type")                \
	X(type_tuple, "PyTuple_Type")

enum py_address {
#define X(field, symbol) PY_ADDRESS_##field,
	PY_ADDRESSES(X)
#undef X
		NR_PY_ADDRESSES,
};

/* Value of the map "procs", key: pid (thread group id in the initial namespace). */
struct py_proc {
	__u32 state; /* enum py_proc_state */
	__u32 seq;   /* matches so far */
	/*
	 * number of its interpreter's file: probes that cover all processes count for their own
	 * group only
	 */
	__u32 group;
	/*
	 * number of the program that it runs: of no other one, kept by forks; what is learned of it
	 * alone goes by that (phrude_own_digest())
	 */
	__u32 program;
	/*
	 * Number of its memory: of no other process, and a new one after a fork, an exec, and
	 * whenever code objects may have been changed in place.  0: nothing is kept of its code
	 * objects, as it is not seen when they are freed (bpf/code.bpf.h).
	 */
	__u64 image;
	/*
	 * PY_F_TSTATE_TLS: offset from the thread pointer (two's complement), else the address of
	 * _PyRuntime.gilstate.tstate_current
	 */
	__u64 tstate;
	/* 0: this version has none */
	union {
		struct {
#define X(field, symbol) __u64 field;
			PY_ADDRESSES(X)
#undef X
		};
		__u64 addresses[NR_PY_ADDRESSES];
	};
	__u64 load_bias; /* of the interpreter's image: address in the process minus ELF address */
	struct py_layout layout;
	struct py_cost cost; /* what its probes cost it so far; a fork and a look begin anew */
};

enum py_proc_state {
	PY_PROC_TRACED = 1,
	PY_PROC_EXECED,	   /* a new program runs under this pid, not yet looked at */
	PY_PROC_ATTACHING, /* it, or who forked it, is being looked at: what it forks is told of */
};

/*
 * Value of the map "templates", key: group (see struct py_proc).  What is true of every process
 * that runs this interpreter's file: with it a program that a traced process has exec'ed is known
 * before its first Python call.
 */
struct py_template {
	/*
	 * of one process (state 0: none has been seen); its addresses hold for others after moving
	 * by the difference of load_bias
	 */
	struct py_proc proc;
	__u64 start; /* ELF address of the probe that a starting interpreter hits */
	__u64 main;  /* address of _PyRuntime.interpreters.main there */
};

#define PHRUDE_GROUPS_MAX 1024
