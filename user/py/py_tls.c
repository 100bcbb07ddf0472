// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_tls.h"

#include <errno.h>
#include <stdbool.h>

#include "base/look.h"
#include "base/util.h"
#include "py/interp.h"
#include "py/py_threads.h"
#include "py/remote.h"

/* A library's variables in the static TLS block stand this far from the thread pointer at most. */
#define STATIC_TLS_MAX (1LL << 20)
#define CHECK_ATTEMPTS 20

/* Functions that return _Py_tss_tstate and do nothing else (Python/pystate.c). */
static const char *const accessors[] = {
	"PyThreadState_GetUnchecked",
	"_PyThreadState_UncheckedGet",
	"_PyThreadState_GetCurrent",
};

static int find_accessor(const struct py_interp *interp, struct tls_ref *ref, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(accessors); i++) {
		const uint8_t *code;
		uint64_t addr;
		size_t len;

		if (elf_file_symbol(interp->elf, accessors[i], &addr, NULL))
			continue;
		code = elf_file_bytes(interp->elf, addr, 1, &len);
		if (code && !tls_decode(code, len, addr, ref))
			return 0;
	}
	return err_set(err, -EOPNOTSUPP,
		       "%s keeps its thread state in a way that is not known: it cannot be traced",
		       interp->path);
}

/*
 * 1 if every thread has at `offset` nothing or a thread state of its own, and one has one; 0 if all
 * have nothing; -EPROTO if one has something else.
 */
static int check_offset(const struct py_interp *interp, const struct py_threads *threads,
			int64_t offset)
{
	int found = 0;

	for (size_t i = 0; i < threads->count; i++) {
		uint64_t tp = threads->list[i].thread_pointer, value;

		if (!tp || remote_read_u64(interp->pid, tp + (uint64_t)offset, &value))
			continue; /* gone, or not started yet */
		if (!value)
			continue;
		if (!py_threads_has(threads, value, tp))
			return -EPROTO;
		found = 1;
	}
	return found;
}

/* The offset that the dynamic linker gave the variable, equal for all threads, or -EAGAIN. */
static int dynamic_offset(const struct py_interp *interp, const struct py_threads *threads,
			  uint64_t thread_pointer, uint64_t module, uint64_t var, int64_t *offset)
{
	bool found = false;

	for (size_t i = 0; i <= threads->count; i++) {
		uint64_t tp = i < threads->count ? threads->list[i].thread_pointer : thread_pointer;
		uint64_t addr;
		int64_t diff;

		if (!tp || tls_dynamic_address(interp->pid, tp, module, var, &addr))
			continue;
		diff = (int64_t)(addr - tp);
		if (diff > STATIC_TLS_MAX || diff < -STATIC_TLS_MAX || (found && diff != *offset))
			return -ENOENT; /* each thread has it somewhere else */
		*offset = diff;
		found = true;
	}
	return found ? 0 : -EAGAIN;
}

static int resolve(const struct py_interp *interp, const struct py_threads *threads,
		   uint64_t thread_pointer, const struct tls_ref *ref, int64_t *offset)
{
	uint64_t got[2];
	int ret;

	if (ref->access == TLS_OFFSET) {
		*offset = ref->offset;
		return 0;
	}
	ret = remote_read(interp->pid, ref->got + interp->proc.load_bias, got,
			  ref->access == TLS_GOT_OFFSET ? 8 : 16);
	if (ret)
		return ret;
	if (ref->access == TLS_GOT_PAIR)
		return dynamic_offset(interp, threads, thread_pointer, got[0],
				      got[1] + (uint64_t)ref->offset, offset);
	*offset = (int64_t)(ref->access == TLS_GOT_OFFSET ? got[0] : got[1]) + ref->offset;
	if (*offset == 0)
		return -EAGAIN; /* not relocated yet */
	/*
	 * The argument of a descriptor for dynamic TLS is a pointer: glibc,
	 * sysdeps/x86_64/dl-tlsdesc.S.
	 */
	return *offset > STATIC_TLS_MAX || *offset < -STATIC_TLS_MAX ? -ENOENT : 0;
}

/*
 * A library that was loaded by dlopen() has its variables at no constant offset.  But up to 3.14
 * the thread state is also kept under a pthread key, and that slot is at one.
 */
static int key_offset(const struct py_interp *interp, const struct py_threads *threads,
		      int64_t *offset)
{
	uint32_t key[2]; /* Py_tss_t: is_initialized, key */

	if (interp->runtime_layout.autotss_key == PY_NO_FIELD)
		return -EOPNOTSUPP;
	if (remote_read(interp->pid, interp->runtime + interp->runtime_layout.autotss_key, key,
			sizeof(key)) ||
	    key[0] != 1 || tls_pthread_key_offset(key[1], offset))
		return -EOPNOTSUPP;
	return check_offset(interp, threads, *offset) > 0 ? 0 : -EOPNOTSUPP;
}

int py_tls_offset(const struct py_interp *interp, uint64_t thread_pointer, int64_t *offset,
		  struct err *err)
{
	struct py_threads threads;
	struct tls_ref ref;
	int ret;

	ret = find_accessor(interp, &ref, err);
	if (ret)
		return ret;
	/* Threads come and go while this looks at them. */
	for (int i = 0; i < CHECK_ATTEMPTS; i++) {
		look_afresh();
		py_threads_read(interp, &threads);
		ret = resolve(interp, &threads, thread_pointer, &ref, offset);
		if (ret == -ENOENT)
			ret = key_offset(interp, &threads, offset);
		else if (!ret && check_offset(interp, &threads, *offset) < 0)
			ret = -EPROTO;
		if (ret != -EPROTO && ret != -EOPNOTSUPP)
			break;
	}
	if (ret == -EAGAIN)
		return err_set(err, ret,
			       "Python is only just starting in process %d: try again in a moment",
			       interp->pid);
	if (ret == -EPROTO || ret == -EOPNOTSUPP)
		return err_set(err, -EOPNOTSUPP,
			       "where the threads of process %d keep their thread state could not "
			       "be found "
			       "out (%s was loaded by dlopen, or the C library is not glibc)",
			       interp->pid, interp->path);
	return ret ? err_set(err, ret, "cannot read the memory of process %d", interp->pid) : 0;
}
