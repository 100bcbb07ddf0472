/* SPDX-License-Identifier: GPL-2.0-only */
/* What a probe costs on this machine before its program begins. */
#pragma once

#include "kern/kern.h"

/*
 * Nanoseconds, found out by a probe on this program itself; where none can be put on, what is
 * usual.
 */
uint64_t trap_price(struct kern *kern);
