// SPDX-License-Identifier: GPL-2.0-only
/* What the running interpreter says of itself, against what was concluded from its file. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/look.h"
#include "base/util.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "py/py_object.h"
#include "py/py_threads.h"
#include "py/remote.h"

/* A running process changes the dict while it is read. */
#define LIVE_ATTEMPTS 5

static int read_sys(const struct py_interp *interp, uint64_t sysdict, int64_t *hexversion,
		    char *abiflags, size_t size)
{
	const struct py_reader rd = { interp->pid, &interp->proc.layout };
	uint64_t value;
	int ret;

	ret = py_dict_get(&rd, sysdict, "hexversion", &value);
	if (!ret)
		ret = py_int_read(&rd, value, hexversion);
	if (ret)
		return ret;
	abiflags[0] = '\0';
	if (!py_dict_get(&rd, sysdict, "abiflags", &value) &&
	    py_str_read(&rd, value, abiflags, size))
		abiflags[0] = '\0';
	return 0;
}

int py_identify_live(struct py_interp *interp, struct err *err)
{
	struct py_threads threads;
	uint64_t sysdict = 0;
	int64_t hexversion = 0;
	char abiflags[16];
	int ret = -ENOENT;

	for (int i = 0; i < LIVE_ATTEMPTS && ret; i++) {
		if (i)
			look_afresh();
		py_threads_read(interp, &threads);
		if (!threads.interpreter)
			return 0; /* not initialised */
		ret = remote_read_u64(interp->pid,
				      threads.interpreter + interp->runtime_layout.interp_sysdict,
				      &sysdict);
		if (!ret && !sysdict)
			return 0; /* only just initialising, or already ending */
		if (!ret)
			ret = read_sys(interp, sysdict, &hexversion, abiflags, sizeof(abiflags));
	}
	if (ret == -ESRCH || ret == -EPERM || ret == -ETIMEDOUT || ret == -EAGAIN)
		return err_set(err, ret, "cannot read the memory of process %d: %s", interp->pid,
			       strerror(-ret));
	if (ret == -ENOENT)
		return 0; /* sys.hexversion is not there yet, or was deleted */
	if (ret || hexversion >> 16 != (3 << 8 | (int64_t)interp->minor) ||
	    hexversion > UINT32_MAX ||
	    (interp->hexversion && interp->hexversion >> 8 != hexversion >> 8))
		return err_set(err, -EOPNOTSUPP,
			       "%s looks like CPython %s, but its memory in process %d does not "
			       "bear that out: "
			       "this build is not supported",
			       interp->path, interp->version, interp->pid);
	if (strchr(abiflags, 'd') || strchr(abiflags, 't'))
		return err_set(err, -EOPNOTSUPP,
			       "process %d runs a %s build of CPython: only release builds with "
			       "the GIL can be traced",
			       interp->pid, strchr(abiflags, 'd') ? "debug" : "free-threaded");
	interp->hexversion = (uint32_t)hexversion;
	interp->initialised = threads.count > 0;
	py_version_format(interp->hexversion, interp->version, sizeof(interp->version));
	return 0;
}

/*
 * One entry of struct _Py_DebugOffsets (Include/internal/pycore_debug_offsets.h): where 3.13, 3.14
 * and 3.15 have it.
 */
struct debug_entry {
	uint16_t at[3];
	bool runtime; /* the field is one of struct py_runtime_layout */
	size_t field;
};

#define DEBUG_FIRST_MINOR 13
#define LAYOUT(f) false, offsetof(struct py_layout, f)
#define RUNTIME(f) true, offsetof(struct py_runtime_layout, f)

static const struct debug_entry entries[] = {
	{ { 40, 40, 40 }, RUNTIME(interpreters_head) },
	{ { 64, 64, 64 }, RUNTIME(interp_next) },
	{ { 72, 72, 72 }, RUNTIME(interp_threads) },
	{ { 96, 104, 104 }, RUNTIME(interp_sysdict) },
	{ { 168, 192, 192 }, RUNTIME(ts_next) },
	{ { 192, 216, 240 }, RUNTIME(ts_thread_id) },
	{ { 176, 200, 200 }, LAYOUT(ts_interp) },
	{ { 184, 208, 208 }, LAYOUT(ts_frame) },
	{ { 232, 256, 320 }, LAYOUT(frame_previous) },
	{ { 240, 264, 328 }, LAYOUT(frame_code) },
	{ { 248, 272, 336 }, LAYOUT(frame_instr) },
	{ { 256, 280, 344 }, LAYOUT(frame_localsplus) },
	{ { 264, 288, 352 }, LAYOUT(frame_owner) },
	{ { 280, 320, 384 }, LAYOUT(code_filename) },
	{ { 288, 328, 392 }, LAYOUT(code_name) },
	{ { 296, 336, 400 }, LAYOUT(code_qualname) },
	{ { 304, 344, 408 }, LAYOUT(code_linetable) },
	{ { 312, 352, 416 }, LAYOUT(code_firstlineno) },
	{ { 320, 360, 424 }, LAYOUT(code_argcount) },
	{ { 328, 368, 432 }, LAYOUT(code_varnames) },
	{ { 336, 376, 440 }, LAYOUT(code_kinds) },
	{ { 344, 384, 448 }, LAYOUT(code_adaptive) },
	{ { 376, 424, 488 }, LAYOUT(type_name) },
	{ { 392, 440, 504 }, LAYOUT(type_flags) },
	{ { 408, 456, 552 }, LAYOUT(tuple_items) },
	{ { 456, 536, 632 }, LAYOUT(dict_keys) },
	{ { 464, 544, 640 }, LAYOUT(dict_values) },
	{ { 560, 640, 736 }, LAYOUT(str_ascii_data) },
	{ { 0, 712, 840 }, LAYOUT(ts_eval_breaker) },
};

/*
 * The big structures of the runtime and the interpreter hold whole subsystems and may grow in a
 * bug-fix release: there the table is right.  The others stand for many fields that the table does
 * not have; where one of those has moved, the rest cannot be trusted.
 */
static int apply_entry(struct py_interp *interp, const struct debug_entry *e, const uint8_t *table,
		       struct err *err)
{
	uint16_t at = e->at[interp->minor - DEBUG_FIRST_MINOR];
	void *field = (uint8_t *)(e->runtime ? (void *)&interp->runtime_layout
					     : (void *)&interp->proc.layout) +
		      e->field;
	uint16_t ours, theirs;
	uint64_t value;

	if (!at)
		return 0;
	memcpy(&value, table + at, sizeof(value));
	memcpy(&ours, field, sizeof(ours));
	if (value == ours)
		return 0;
	if (!e->runtime || value >= PY_NO_FIELD || value % 8)
		return err_set(
			err, -EOPNOTSUPP,
			"%s is CPython %s with another layout of its objects than the released one "
			"(debug offset %u is %llu, not %u): it cannot be traced",
			interp->path, interp->version, at, (unsigned long long)value, ours);
	theirs = (uint16_t)value;
	memcpy(field, &theirs, sizeof(theirs));
	return 0;
}

int py_debug_offsets_apply(struct py_interp *interp, struct err *err)
{
	uint8_t table[1024];
	int ret;

	if (!interp->facts->has_debug_offsets)
		return 0;
	/* Static data, so the file has it, and nothing in the process can have changed it. */
	ret = elf_file_read(interp->elf, interp->runtime - interp->proc.load_bias, table,
			    sizeof(table));
	if (ret)
		return err_set(err, -EOPNOTSUPP, "%s has no table of debug offsets", interp->path);
	for (size_t i = 0; i < ARRAY_SIZE(entries) && !ret; i++)
		ret = apply_entry(interp, &entries[i], table, err);
	return ret;
}
