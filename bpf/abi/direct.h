/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side knows of a C function that has a probe of its own. */
#pragma once

#include "types.h"

/* Probes on C functions, all targets together. */
#define PHRUDE_DIRECT_MAX 1024
#define PHRUDE_DIRECT_NODES_MAX 1024
/* A group that no process is of. */
#define PHRUDE_GROUP_NONE 0xffffffff

/* ml_flags (Include/methodobject.h): how the function takes its arguments. */
#define ML_VARARGS 0x1
#define ML_KEYWORDS 0x2
#define ML_NOARGS 0x4
#define ML_O 0x8
#define ML_CLASS 0x10
#define ML_STATIC 0x20
#define ML_FASTCALL 0x80
#define ML_METHOD 0x200

#define DIRECT_F_METHOD (1u << 0)  /* of a type: the first argument is an instance, or the type */
#define DIRECT_F_SELF (1u << 1)	   /* ... and it is an instance */
#define DIRECT_F_OF_TYPE (1u << 2) /* the first argument is the type that `type_name` is about */

/* tp_name with its NUL; a longer one is cut. */
#define PHRUDE_TYPE_NAME_MAX 64

/* Value of the map "direct_funcs"; the key is the probe's cookie. */
struct phrude_direct {
	__u32 group;	/* processes it counts for, see struct py_proc; or PHRUDE_GROUP_NONE */
	__u32 ml_flags; /* ML_* */
	__u32 flags;	/* DIRECT_F_* */
	__u32 len;	/* bytes of nodes[] */
	__u32 watch;	/* PHRUDE_TARGET_WATCH of it */
	__u32 pad;
	/*
	 * Counts only if called for that type or one derived from it; padded with NULs; all NULs:
	 * always.
	 */
	__u64 type_name[PHRUDE_TYPE_NAME_MAX / 8];
	/*
	 * Sections that are the same in every match: SEC_NAME, SEC_QUALNAME, SEC_MODULE,
	 * SEC_SIGNATURE, as in event.h.
	 */
	__u8 nodes[PHRUDE_DIRECT_NODES_MAX];
};
