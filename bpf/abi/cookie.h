/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a probe knows of its own place: the 64-bit cookie of its attachment. */
#pragma once

#include "types.h"

/*
 * bits 0-7    register that holds the frame, an index as in enum phrude_reg; 0xff: from the
 *             thread state
 * bits 8-15   register that holds the address of the current instruction; 0xff: read it from the
 *             frame
 * bits 16-31  flags
 * bits 56-63  enum phrude_probe
 */
#define COOKIE_REG_NONE 0xff
#define COOKIE_F_RAW_CELLS \
	(1u << 16) /* the probe comes before MAKE_CELL: a cell parameter is still a plain value */
#define COOKIE_F_RESUME \
	(1u << 17) /* the current instruction is a RESUME: its oparg tells calls from resumptions */

#define COOKIE_F_ARMS (1u << 18) /* here a function that is not armed can be */
#define COOKIE_F_FALLBACK \
	(1u << 19) /* counts as a call only if it could not be armed: else it enters once more */
#define COOKIE_F_SILENT (1u << 20) /* does not count as a call */
/* Counts as a call only of code whose runs are not counted any more (py_layout.code_opcache). */
#define COOKIE_F_WARM (1u << 21)

#define COOKIE_PROBE_SHIFT 56

/* Registers by their DWARF number on the architecture (x86_64: System V ABI, figure 3.36). */
static inline __attribute__((always_inline)) __u64 phrude_cookie(__u8 frame_reg, __u8 instr_reg,
								 __u32 flags)
{
	return (__u64)frame_reg | (__u64)instr_reg << 8 | flags;
}

static inline __attribute__((always_inline)) __u8 cookie_frame_reg(__u64 cookie)
{
	return cookie & 0xff;
}

static inline __attribute__((always_inline)) __u8 cookie_instr_reg(__u64 cookie)
{
	return cookie >> 8 & 0xff;
}

static inline __attribute__((always_inline)) __u32 cookie_flags(__u64 cookie)
{
	return cookie & 0xffff0000;
}

static inline __attribute__((always_inline)) __u32 cookie_probe(__u64 cookie)
{
	return cookie >> COOKIE_PROBE_SHIFT;
}

/*
 * Probes that see audit events: bits 48-63 are the group (see struct py_proc).
 *
 * The USDT: bits 0-23 say where the event's name is, bits 24-47 where its tuple of arguments is; in
 * each, bits 0-6 are a register, bit 7 says that the value is in memory at that register plus the
 * signed displacement in bits 8-23.
 *
 * PySys_Audit(event, format, ...) and its like: bits 0-7 are the number of the argument that is the
 * event's name, bits 8-31 how many bytes the stack pointer has moved down since the function's
 * entry.
 */
#define COOKIE_GROUP_SHIFT 48
#define COOKIE_ARG_BITS 24
#define COOKIE_ARG_MEMORY 0x80

static inline __attribute__((always_inline)) __u64 phrude_cookie_group(__u64 cookie, __u32 group)
{
	return cookie | (__u64)group << COOKIE_GROUP_SHIFT;
}

static inline __attribute__((always_inline)) __u32 cookie_group(__u64 cookie)
{
	return cookie >> COOKIE_GROUP_SHIFT;
}

static inline __attribute__((always_inline)) __u64 phrude_cookie_usdt_arg(unsigned int n, __u8 reg,
									  int memory, __s16 disp)
{
	return ((__u64)reg | (memory ? COOKIE_ARG_MEMORY : 0) | (__u64)(__u16)disp << 8)
	       << (COOKIE_ARG_BITS * n);
}

static inline __attribute__((always_inline)) __u64 phrude_cookie_audit(__u8 event_arg, __u32 stack)
{
	return (__u64)event_arg | (__u64)stack << 8;
}

static inline __attribute__((always_inline)) __u32 cookie_usdt_arg(__u64 cookie, unsigned int n)
{
	return cookie >> (COOKIE_ARG_BITS * n) & ((1u << COOKIE_ARG_BITS) - 1);
}

static inline __attribute__((always_inline)) __u32 cookie_event_arg(__u64 cookie)
{
	return cookie & 0xff;
}

static inline __attribute__((always_inline)) __u32 cookie_stack(__u64 cookie)
{
	return cookie >> 8 & 0xffffff;
}
