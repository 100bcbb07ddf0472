/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread states of a running interpreter, as far as they can be read at one moment. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct py_interp;

#define PY_THREADS_MAX 64
#define PY_SUBINTERPRETERS_MAX 16

struct py_threads {
	struct {
		uint64_t tstate;
		/* pthread_t: the thread's descriptor; 0: not bound to a thread */
		uint64_t thread_pointer;
	} list[PY_THREADS_MAX];
	size_t count;	      /* 0: Python is not initialised */
	uint64_t interpreter; /* the first PyInterpreterState, or 0 */
};

void py_threads_read(const struct py_interp *interp, struct py_threads *out);
/* `tstate` is one of them and belongs to the thread. */
bool py_threads_has(const struct py_threads *threads, uint64_t tstate, uint64_t thread_pointer);
