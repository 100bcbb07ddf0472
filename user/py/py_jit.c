// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_jit.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "proc/proc_read.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "py/py_object.h"
#include "py/py_threads.h"
#include "py/remote.h"

#define MODULE_DICT 16 /* PyModuleObject.md_dict, Include/internal/pycore_moduleobject.h */

/*
 * sys._jit.is_enabled() (3.14 and later) is a C function that returns PyInterpreterState.jit: its
 * code tells where that stands, which no table does.
 */
static bool read_enabled(const struct py_interp *interp, uint64_t interpreter, bool *on)
{
	const struct py_layout *l = &interp->proc.layout;
	const struct py_reader rd = { interp->pid, l };
	uint64_t dict, obj, ml, meth, addr;
	const uint8_t *code;
	uint8_t value;
	uint32_t disp;
	size_t len;

	if (remote_read_u64(rd.pid, interpreter + interp->runtime_layout.interp_sysdict, &dict) ||
	    py_dict_get(&rd, dict, "_jit", &obj) ||
	    remote_read_u64(rd.pid, obj + MODULE_DICT, &dict) ||
	    py_dict_get(&rd, dict, "is_enabled", &obj) ||
	    remote_read_u64(rd.pid, obj + l->cfunc_ml, &ml) ||
	    remote_read_u64(rd.pid, ml + l->ml_meth, &meth))
		return false;
	addr = meth - interp->proc.load_bias;
	code = elf_file_bytes(interp->elf, addr, 1, &len);
	if (!code || jit_decode_flag(code, len, &disp) ||
	    remote_read(rd.pid, interpreter + disp, &value, sizeof(value)) || value > 1)
		return false;
	*on = value;
	return true;
}

/*
 * The variable of the environment that asks for it, if the interpreter knows its name
 * (Python/pylifecycle.c).
 */
static bool is_asked_for(const struct py_interp *interp)
{
	static const char name[] = "PYTHON_JIT=";
	_cleanup_free_ char *env = NULL;
	size_t len;
	int ret = proc_read_memory(interp->pid, "environ", 1u << 20, &env, &len);

	/* One too long to be read may hold it. */
	if (ret)
		return ret == -EFBIG && py_file_has_string(interp->elf, "PYTHON_JIT");
	for (size_t i = 0; i < len; i += strlen(env + i) + 1) {
		const char *value = env + i + sizeof(name) - 1;

		if (str_starts(env + i, name))
			return *value && !str_eq(value, "0") &&
			       py_file_has_string(interp->elf, "PYTHON_JIT");
	}
	return false;
}

bool py_jit_is_on(const struct py_interp *interp)
{
	struct py_threads threads;
	bool on;

	if (!interp->facts->may_jit)
		return false;
	py_threads_read(interp, &threads);
	if (threads.interpreter && read_enabled(interp, threads.interpreter, &on))
		return on;
	return is_asked_for(interp);
}
