/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records on the ring buffer.
 *
 * Each starts with struct ev_hdr.  A match (EV_MATCH) goes on with a stream of nodes, each an
 * 8-byte struct ev_node followed by `len` bytes of payload, padded with zero bytes to a multiple of
 * 8.
 *
 * The stream is a sequence of items.  An item starts with a section node (SEC_*) and goes on with
 * the value nodes that the section calls for; a value is one node, or for a container an opening
 * node, the values of its elements (dict: key, value, key, value, ...) and a VAL_END node.
 */
#pragma once

#include "types.h"

enum ev_kind {
	EV_MATCH = 1,
	EV_LINETABLE = 2, /* struct ev_linetable */
	EV_PROC = 3,	  /* struct ev_proc */
	EV_HOLD = 4,	  /* struct ev_hold */
};

struct ev_hdr {
	__u32 size; /* of the whole record, this header included */
	__u8 kind;  /* enum ev_kind */
	__u8 abi;   /* PHRUDE_ABI_VERSION */
	__u16 pad;
	__u64 time_ns; /* CLOCK_MONOTONIC (bpf_ktime_get_ns) */
	__u32 pid;     /* thread group id, in the initial pid namespace */
	__u32 tid;
};

enum phrude_probe {
	PROBE_NONE = 0,
	PROBE_USDT,
	PROBE_FRAME,
	PROBE_CALL,
	PROBE_DIRECT,
	PROBE_AUDIT,
	PROBE_ARM,
	NR_PROBES,
};

enum ev_callee {
	CALLEE_PYTHON = 1, /* a Python function, a PyCodeObject stands behind it */
	CALLEE_C,	   /* builtin_function_or_method, method_descriptor */
	CALLEE_TYPE,	   /* a type written in C */
};

struct ev_match {
	struct ev_hdr hdr;
	__u8 probe;    /* enum phrude_probe */
	__u8 callee;   /* enum ev_callee */
	__u16 skipped; /* callers that are not sent as frames, at most; see SEC_BETWEEN */
	__u32 cut;     /* EV_CUT_* */
	__u32 ppid;
	__u32 uid;
	__u64 code;	 /* address of the PyCodeObject, 0 for C */
	__u64 self_type; /* type of the first argument, 0 if none */
	__u64 cgroup;	 /* id of the task's cgroup (v2) */
	__u32 layout;	 /* minor version of the target's layout row */
	__u32 seq;	 /* counts the matches of one process image */
	__u8 comm[16];
	/*
	 * Digests for kern_dismiss(): of the function and its arguments, and of these and the call
	 * stack; 0: none
	 */
	__u64 digest_args, digest_stack;
	/* nodes follow */
};

/*
 * The digest in the map "dismissed" where it counts in processes of one program alone
 * (py_proc.program).
 */
static inline __attribute__((always_inline)) __u64 phrude_own_digest(__u64 digest, __u32 program)
{
	return digest ^ program * 0x9e3779b97f4a7c15ULL;
}

#define EV_CUT_ARGS (1u << 0)	    /* some argument or name was cut or left out */
#define EV_CUT_STACK (1u << 1)	    /* there may be callers of which nothing was sent */
#define EV_CUT_UNREADABLE (1u << 2) /* memory that should be readable was not */
#define EV_CUT_SPACE (1u << 3)	    /* the event was full */
#define EV_CUT_MIDDLE \
	(1u << 4) /* a deep stack: of callers in its middle only their functions were sent */

struct ev_node {
	__u8 type;  /* enum ev_node_type */
	__u8 flags; /* NODE_* */
	__u16 aux;  /* meaning by type */
	__u32 len;  /* bytes of payload, before padding */
};

enum ev_node_type {
	/* sections: what follows */
	SEC_NAME = 1, /* str: co_name, ml_name, type name */
	SEC_QUALNAME, /* str: co_qualname or func_qualname, where there is one */
	SEC_FILE,     /* str: co_filename */
	SEC_MODULE,   /* str: module of a C function */
	SEC_FUNC,     /* payload struct ev_func, no value */
	SEC_PARAM, /* aux: index; str: name of a parameter, followed by its value (frame layouts) */
	/* aux: index; str: name of a parameter (call layouts: values come as below) */
	SEC_PARAMNAME,
	SEC_POSARG,	/* aux: position; value */
	SEC_KWARG,	/* str: keyword, then value */
	SEC_DEFAULT,	/* aux: index from the end of the positional parameters (0 = last); value */
	SEC_KWDEFAULTS, /* value: dict of keyword-only defaults, or VAL_NONE */
	SEC_SIGNATURE,	/* bytes: ml_doc, as far as its signature reaches */
	SEC_FRAME,	/* payload struct ev_frame; str: co_name; str: co_filename */
	SEC_STACK_END,	/* all frames have been sent */
	SEC_TYPENAME,	/* str: tp_name of the type that a C method belongs to ("_socket.socket") */
	/* aux: enum ev_request_kind; the request being handled, its SEC_REQFIELDs follow */
	SEC_REQUEST,
	SEC_REQFIELD, /* aux: enum ev_request_field; value */
	/*
	 * a function of the callers that are not sent as frames, once; str: co_name; str:
	 * co_filename
	 */
	SEC_BETWEEN,
	SEC_SELF, /* value: what a method of a type written in C is called on */
	SEC_GAP,  /* in their place among the frames: those that follow are the outermost ones */
	NR_SECS,

	/* values */
	VAL_NONE = 64,
	VAL_TRUE,
	VAL_FALSE,
	/* aux: 1 if negative; payload: 30-bit digits, __u32 each, least significant first */
	VAL_INT,
	VAL_FLOAT, /* payload: a double */
	VAL_STR,   /* aux: bytes a character, 1 (Latin-1), 2, 4; payload: the characters */
	VAL_UTF8,  /* payload: UTF-8 (a C string of the target) */
	VAL_BYTES, /* payload: the bytes */
	VAL_LIST,
	VAL_TUPLE,
	VAL_DICT,
	VAL_SET,
	VAL_FROZENSET,
	VAL_END,	/* of a container; NODE_CUT: it has more elements */
	VAL_OBJECT,	/* payload: UTF-8 tp_name of its type */
	VAL_CYCLE,	/* a container that is being shown already; aux: its type, VAL_LIST... */
	VAL_UNSET,	/* an unbound local */
	VAL_UNREADABLE, /* the target's memory could not be read, or is not an object */
	VAL_DEEP,	/* left out: nested too deeply, or the event was full */
	/*
	 * of pathlib; aux: PATH_*; its values: a list of str, or drive, root and a list of str;
	 * VAL_END
	 */
	VAL_PATH,
	NR_VALS,
};

/* The payload was cut at a bound; for VAL_INT it holds the most significant digits. */
#define NODE_CUT (1u << 0)

/* Of VAL_PATH. */
#define PATH_RAW (1u << 0)	/* its list is what it was made of, not parsed yet */
#define PATH_WINDOWS (1u << 1)	/* of the other flavour */
#define PATH_ANCHORED (1u << 2) /* drive and root are the first in the list, too (up to 3.11) */

enum ev_request_kind {
	REQUEST_WSGI = 1, /* values of an environ (PEP 3333): str of Latin-1 characters */
	REQUEST_ASGI,	  /* values of a scope and of its headers: str and bytes */
	/* as it came over the wire: EV_REQ_TARGET in place of path and query; str and bytes */
	REQUEST_RAW,
};

/* What is sent of a request; a header that is there several times is sent several times. */
enum ev_request_field {
	EV_REQ_METHOD = 0,
	EV_REQ_PATH, /* WSGI: below EV_REQ_ROOT; ASGI: as the server has it */
	EV_REQ_ROOT, /* SCRIPT_NAME, root_path */
	EV_REQ_QUERY,
	EV_REQ_PEER, /* WSGI: str; ASGI: (host, port) or None */
	EV_REQ_SERVER_NAME,
	EV_REQ_TARGET, /* of the request line: "/a%20b?c=d" */
	/* headers */
	EV_REQ_HOST,
	EV_REQ_USER_AGENT,
	EV_REQ_FORWARDED_FOR, /* X-Forwarded-For */
	EV_REQ_REAL_IP,	      /* X-Real-IP */
	EV_REQ_FORWARDED,
	EV_REQ_COOKIE,
	EV_REQ_TRACEPARENT,
	EV_REQ_CONTENT_TYPE,
	/* of the body, as far as the application has it still: */
	EV_REQ_BODY,  /* bytes, as it came */
	EV_REQ_FORM,  /* dict: lists of values by name; or a list of (name, value) */
	EV_REQ_DATA,  /* any value: what JSON became */
	EV_REQ_FILES, /* as EV_REQ_FORM: names of uploads */
	/* another header: a dict of its name ("HTTP_REFERER", "referer") and its value */
	EV_REQ_HEADER,
	NR_EV_REQ,
};

#define EV_FUNC_VARARGS 0x4
#define EV_FUNC_VARKEYWORDS 0x8

/* What is fixed of a Python function, from its code object. */
struct ev_func {
	__u32 argcount; /* positional parameters, positional-only ones included */
	__u32 posonlyargcount;
	__u32 kwonlyargcount;
	__u32 flags; /* co_flags */
	__u32 firstlineno;
	__u32 ndefaults; /* call layouts: length of func_defaults */
};

struct ev_frame {
	__u64 code; /* address of the PyCodeObject */
	/* its line table: address of the bytes object, the first line in the upper 16 bits */
	__u64 linetable;
	__u64 signature; /* tells line tables that stood at one address apart */
	__s32 lasti;	 /* index of the current instruction in bytes; negative: not started */
	__u32 firstlineno;
};

/* Sent before the first match in which a line table is needed. */
struct ev_linetable {
	struct ev_hdr hdr;
	__u64 linetable; /* as in struct ev_frame */
	__u64 signature;
	__u32 len;  /* bytes that follow */
	__u32 full; /* bytes that the table has */
};

/* Key of the map "seen". */
struct ev_table_key {
	__u64 linetable; /* as in struct ev_frame */
	__u32 pid;
	__u32 pad;
};

enum ev_proc_what {
	PROC_FORK = 1, /* pid is the child, other the parent */
	PROC_VFORK,    /* as above, but it runs in its parent's memory until its exec */
	/* another program, not known yet; struct ev_exec, or without what that has more */
	PROC_EXEC,
	PROC_EXIT,
	PROC_START,   /* after an exec: the interpreter of group `other` starts, and is traced */
	PROC_ARMED,   /* what user space had to write in it is written */
	PROC_UNARMED, /* a watched function could not be armed at its first run */
	/*
	 * its effective user is about to be `other`, or (PHRUDE_UID_SAME) its cgroup is another
	 * one; it need not be traced.  See change.h.
	 */
	PROC_CHANGED,
};

/* No user has this number. */
#define PHRUDE_UID_SAME 0xffffffffU

struct ev_proc {
	struct ev_hdr hdr;
	__u32 what;  /* enum ev_proc_what */
	__u32 other; /* see above */
	/* of PROC_FORK, PROC_VFORK and PROC_EXEC, else 0: */
	__u64 start;  /* of the process, CLOCK_BOOTTIME, ns: with its pid its identity */
	__u64 cgroup; /* id of the current task's (v2) */
};

/* What a process executes. */
struct ev_exec {
	struct ev_proc proc;
	__u32 flags; /* EV_EXEC_* */
	/*
	 * bytes of the path of its executable: names that each end in NUL, the last of the path
	 * first
	 */
	__u32 exe_len;
	__u32 cmdline_len; /* bytes of its command line, which follow: words that each end in NUL */
	__u32 pad;
};

#define EV_EXEC_EXE_CUT (1u << 0) /* the path begins further up */
#define EV_EXEC_EXE_DELETED (1u << 1)
#define EV_EXEC_CMDLINE_CUT (1u << 2) /* there was more of it */
