/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a probe knows of its own place: the 64-bit cookie of its attachment. */
#pragma once

#include "types.h"

/*
 * bits 0-7    register that holds the frame, an index as in enum phrude_reg; 0xff: from the thread state
 * bits 8-15   register that holds the address of the current instruction; 0xff: read it from the frame
 * bits 16-31  flags
 * bits 56-63  enum phrude_probe
 */
#define COOKIE_REG_NONE 0xff
#define COOKIE_F_RAW_CELLS (1u << 16) /* the probe comes before MAKE_CELL: a cell parameter is still a plain value */
#define COOKIE_F_RESUME (1u << 17)    /* the current instruction is a RESUME: its oparg tells calls from resumptions */

#define COOKIE_PROBE_SHIFT 56

/* Registers by their DWARF number on the architecture (x86_64: System V ABI, figure 3.36). */
static inline __attribute__((always_inline)) __u64 phrude_cookie(__u8 frame_reg, __u8 instr_reg, __u32 flags)
{
	return (__u64)frame_reg | (__u64)instr_reg << 8 | flags;
}
