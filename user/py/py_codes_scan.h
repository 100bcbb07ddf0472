/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking through memory for code objects, where it is read: a worker (base/worker.h) hands back what may be one, a few words of
 * each, instead of all that memory.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/pylayout.h"

/* A run of pages that are there. */
struct scan_run {
	uint64_t start, end;
};
#define SCAN_RUNS_MAX 256
/* A worker reads so much at once, bytes; that takes it a millisecond. */
#define SCAN_BYTES_MAX (2u << 20)

/* Something whose second word is the address of PyCode_Type. */
struct scan_found {
	uint64_t addr;
	uint64_t name, file, qualname;
	uint32_t firsttraceable;
	uint32_t refs; /* the low half of its count; 0: it is not all in that run */
};

/* Gets what is found, in the order of addresses.  What it returns but 0 ends the scan. */
typedef int (*scan_fn)(void *ctx, const struct scan_found *found, size_t count);

/*
 * Scans at most SCAN_RUNS_MAX runs of SCAN_BYTES_MAX together.  *bytes: how much there was to be read.  0, what `fn` returned, or
 * -errno.
 */
int py_codes_scan(pid_t pid, const struct py_layout *layout, uint64_t type_code,
		  const struct scan_run *runs, size_t nr_runs, scan_fn fn, void *ctx,
		  uint64_t *bytes);
/* How much of a code object is needed to know it: its fixed part up to its instructions, or to co_opcache_flag. */
#define PY_CODE_SIZE_MAX 208
unsigned int py_code_size(const struct py_layout *layout);
/* The words of an object whose `size` bytes (py_code_size()) are at hand. */
void py_codes_words(const struct py_layout *layout, const uint8_t *object, unsigned int size,
		    struct scan_found *out);
