/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether an interpreter runs machine code of its own compiler, which passes the probes on its
 * handlers by.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct py_interp;

/* True if it is on; where that cannot be told, if it may be. */
bool py_jit_is_on(const struct py_interp *interp);

/*
 * The displacement at which the code of a function that tests one byte of a structure finds it:
 * jit_*.c. -ENOENT if the code is not of that form.
 */
int jit_decode_flag(const uint8_t *code, size_t len, uint32_t *disp);
