/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a thread keeps the pointer to its thread state: since 3.12 the thread-local variable
 * _Py_tss_tstate, which no symbol table of a stripped build names.  An exported function that only
 * reads it does: its code is taken apart (tls_*.c).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct py_interp;

enum tls_access {
	/* `offset` from the thread pointer: local-exec, an executable's own variables */
	TLS_OFFSET,
	TLS_GOT_OFFSET, /* that offset stands at address `got`: initial-exec */
	/* module number and offset stand at `got`; add `offset`: general- and local-dynamic */
	TLS_GOT_PAIR,
	TLS_DESCRIPTOR, /* a TLS descriptor stands at `got`; add `offset` */
};

struct tls_ref {
	enum tls_access access;
	int64_t offset;
	uint64_t got; /* ELF address */
};

/*
 * Finds the access to a thread-local variable in the code at `addr` of a function that returns its
 * value. -ENOENT.
 */
int tls_decode(const uint8_t *code, size_t len, uint64_t addr, struct tls_ref *out);
/*
 * The slot of pthread key number `key`, as an offset from the thread pointer. -ERANGE: not in the
 * thread's first block.
 */
int tls_pthread_key_offset(uint32_t key, int64_t *offset);
/*
 * Address of variable `offset` of module `module` for a thread. -EAGAIN: that thread has no copy of
 * it yet.
 */
int tls_dynamic_address(pid_t pid, uint64_t thread_pointer, uint64_t module, uint64_t offset,
			uint64_t *addr);

/*
 * The offset from the thread pointer at which each thread has its thread state, checked against the
 * interpreter's threads if there are any.
 */
int py_tls_offset(const struct py_interp *interp, uint64_t thread_pointer, int64_t *offset,
		  struct err *err);
