/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept of code objects from one match to the next: of callers name, file and line table, of
 * watched functions all that is sent but values, and that they are watched.
 *
 * A code object is known by its address and by the number of its process's memory (py_proc.image).
 * Once it is freed, another one may stand at its address; so probes are where code objects are
 * freed, and where their file is changed in place (user/py/py_code_life.c), and what is kept of one
 * is forgotten before that happens.  What is looked up and what is learned is a frame's of the
 * current thread: the frame keeps its code object, and the objects in that.
 */
#pragma once

#include "scratch.bpf.h"

/* Bytes of a code object's name and file, as nodes; where they are more, nothing is kept. */
#define CODE_TEXTS 240

/*
 * s->code and texts[] to data[] at `at`, if the code object is known.  There is room for CODE_TEXTS
 * bytes.
 */
int code_known(__u32 slot, __u64 code, __u32 at);
/* Keeps s->code and the nodes that stand in data[] from `at` on, if they are whole. */
int code_learn(__u32 slot, __u64 code, __u32 at);

/* Bytes that describe a watched function, as nodes; where they are more, nothing is kept. */
#define CALLEE_TEXTS 384

/*
 * Is it known to be watched?  Fills s->callee, s->param_names, s->watch and the verdict, and puts
 * what describes it to data[] behind what is there, but does not count it in.
 */
int callee_known(__u32 slot, __u64 code);
/* Begins to learn what has been put to data[] from `at` on; parameters follow. */
int callee_begin(__u32 slot, __u32 at);
/* The name of parameter `idx` has been put to data[] at `at`. */
int callee_param(__u32 slot, __u32 idx, __u32 at);
/* That was all. */
int callee_learn(__u32 slot, __u64 code);
