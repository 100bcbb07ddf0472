// SPDX-License-Identifier: GPL-2.0-only
#include "py/interp.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "proc/procfs.h"
#include "py/py_identify.h"
#include "py/py_image.h"
#include "py/py_jit.h"
#include "py/py_tls.h"

/* The symbols of the interpreter's own objects. */
static const char *const symbols[NR_PY_ADDRESSES] = {
#define X(field, symbol) [PY_ADDRESS_##field] = symbol,
	PY_ADDRESSES(X)
#undef X
};

static int fill_variables(struct py_interp *interp, const struct py_image *img, struct err *err)
{
	uint64_t addr;

	for (int i = 0; i < NR_PY_ADDRESSES; i++) {
		if (i == PY_ADDRESS_type_cmethod && !interp->facts->has_cmethod)
			continue;
		if (py_image_variable(img, symbols[i], &addr))
			return err_set(err, -EOPNOTSUPP,
				       "%s does not export %s: it cannot be traced", img->path,
				       symbols[i]);
		interp->proc.addresses[i] = addr;
	}
	if (py_image_variable(img, "_PyRuntime", &interp->runtime))
		return err_set(err, -EOPNOTSUPP, "%s does not export _PyRuntime", img->path);
	return 0;
}

static int fill_tstate(struct py_interp *interp, uint64_t thread_pointer, struct err *err)
{
	int64_t offset;
	int ret;

	if (interp->proc.layout.features & PY_F_TSTATE_TLS) {
		ret = py_tls_offset(interp, thread_pointer, &offset, err);
		if (!ret)
			interp->proc.tstate = (uint64_t)offset;
		return ret;
	}
	interp->proc.tstate = interp->runtime + interp->runtime_layout.tstate_current;
	return 0;
}

static int fill_interp(struct py_interp *interp, struct py_image *img, uint64_t thread_pointer,
		       struct err *err)
{
	struct py_identity id;
	int ret;

	ret = py_identify_file(img, &id, err);
	if (ret)
		return ret;
	interp->facts = py_version_get(id.minor);
	interp->minor = id.minor;
	interp->hexversion = id.hexversion;
	memcpy(interp->version, id.version, sizeof(interp->version));
	interp->runtime_layout = interp->facts->runtime;
	interp->proc.layout = interp->facts->layout;
	interp->proc.state = PY_PROC_TRACED;
	interp->proc.load_bias = img->load_bias;
	ret = fill_variables(interp, img, err);

	interp->is_library = img->is_library;
	interp->dev = elf_file_dev(img->elf);
	interp->ino = elf_file_ino(img->elf);
	elf_file_build_id(img->elf, interp->build_id, sizeof(interp->build_id));
	interp->elf = TAKE_PTR(img->elf);
	interp->path = TAKE_PTR(img->path);
	interp->beside = TAKE_PTR(img->beside);

	if (!ret)
		ret = py_debug_offsets_apply(interp, err);
	if (!ret)
		ret = py_identify_live(interp, err);
	if (!ret && !interp->hexversion && !interp->initialised)
		ret = err_set(err, -EAGAIN,
			      "the version of the Python in process %d cannot be told before it "
			      "has started: try again "
			      "in a moment",
			      interp->pid);
	if (!ret)
		ret = fill_tstate(interp, thread_pointer, err);
	if (!ret)
		interp->jit = py_jit_is_on(interp);
	return ret;
}

int py_interp_open_at(pid_t pid, uint64_t thread_pointer, struct py_interp **out, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = calloc(1, sizeof(*interp));
	struct py_image img = { 0 };
	char state;
	int ret;

	if (!interp)
		return err_set(err, -ENOMEM, "out of memory");
	interp->pid = pid;
	ret = proc_stat(pid, &interp->start_time, &state, NULL);
	if (ret == -ESRCH)
		return err_set(err, ret, "there is no process %d", pid);
	if (ret)
		return err_set(err, ret, "cannot look at process %d: %s", pid, strerror(-ret));
	if (state == 'Z' || state == 'X')
		return err_set(err, -ESRCH, "process %d has ended (it is a zombie)", pid);
	ret = py_image_find(pid, &img, err);
	if (!ret)
		ret = fill_interp(interp, &img, thread_pointer, err);
	py_image_fini(&img);
	if (!ret && !py_interp_is_alive(interp))
		ret = err_set(err, -ESRCH, "process %d has ended", pid);
	if (ret)
		return ret;
	*out = TAKE_PTR(interp);
	return 0;
}

int py_interp_open(pid_t pid, struct py_interp **out, struct err *err)
{
	return py_interp_open_at(pid, 0, out, err);
}

void py_interp_close(struct py_interp *interp)
{
	if (!interp)
		return;
	elf_file_close(interp->elf);
	free(interp->path);
	free(interp->beside);
	free(interp);
}

bool py_interp_is_alive(const struct py_interp *interp)
{
	uint64_t start;
	char state;
	int ret = proc_stat(interp->pid, &start, &state, NULL);

	if (ret)
		return ret != -ESRCH;
	return start == interp->start_time && state != 'Z' && state != 'X';
}
