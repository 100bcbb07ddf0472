/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a tracer does without: capabilities that it does not use, and system calls that it never
 * makes.  Whoever got hold of it by what a target says should not get the machine with it.
 */
#pragma once

#include "base/err.h"

/*
 * Gives them up, for this thread and all that it starts.  What it does not have is none of its
 * concern.  0, or -errno with a sentence: nothing that is given up comes back.
 */
int privileges_reduce(struct err *err);
