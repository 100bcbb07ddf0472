// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process may map more than one Python: a program that loads another version's libpython by
 * ctypes, or a plugin that brings its own.  The one that runs is the one that has interpreters
 * (_PyRuntime.interpreters).
 */
#include "py/py_image_choose.h"

#include "base/util.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "py/remote.h"

/* What is not supported is not known well enough to tell. */
static bool is_initialised(pid_t pid, const struct py_images *images, size_t i)
{
	struct py_image img = images->list[i];
	const struct py_version *facts;
	struct py_identity id;
	uint64_t runtime, head;

	img.exe = images->exe;
	img.exe_bias = images->exe_bias;
	if (py_identify_file(&img, &id, NULL))
		return false;
	facts = py_version_get(id.minor);
	return !py_image_variable(&img, "_PyRuntime", &runtime) &&
	       !remote_read_u64(pid, runtime + facts->runtime.interpreters_head, &head) && head;
}

/* Has the program been linked with it? */
static bool is_needed(const struct py_images *images, size_t i)
{
	const char *soname = elf_file_soname(images->list[i].elf);

	return !images->list[i].is_library ||
	       (images->exe && soname && elf_file_needs(images->exe, soname));
}

void py_image_choose(pid_t pid, struct py_images *images, struct py_image *out)
{
	size_t best = 0, beside = images->count;
	int best_rank = -1;

	for (size_t i = 0; images->count > 1 && i < images->count; i++) {
		bool initialised = is_initialised(pid, images, i);
		int rank = 2 * initialised + is_needed(images, i);

		if (rank <= best_rank) {
			if (initialised)
				beside = i;
			continue;
		}
		if (best_rank >= 2)
			beside = best;
		best_rank = rank;
		best = i;
	}
	*out = images->list[best];
	images->list[best] = (struct py_image){ 0 };
	/* An executable that is an interpreter is none beside it. */
	out->exe = TAKE_PTR(images->exe);
	out->exe_bias = images->exe_bias;
	if (beside < images->count)
		out->beside = TAKE_PTR(images->list[beside].path);
}
