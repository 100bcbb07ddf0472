// SPDX-License-Identifier: GPL-2.0-only
#include "attach/hold.h"

#include "attach/attach.h"
#include "attach/uprobe.h"

static int set(struct kern *kern, const struct bpf_program *prog, pid_t pid, int fd,
	       const struct py_site *site, struct hold **out, struct err *err)
{
	struct uprobes *u;
	int ret = uprobes_open(kern, prog, pid, (struct probed_file){ .fd = fd }, site, 1, &u, err);

	if (!ret)
		*out = (struct hold *)u;
	return ret;
}

int hold_set(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset, struct hold **out,
	     struct err *err)
{
	const struct py_site entry = { .offset = offset, .what = "the entry point" };

	return set(kern, kern_launch_program(kern), pid, exe_fd, &entry, out, err);
}

int hold_set_start(struct kern *kern, pid_t pid, int fd, uint64_t offset, struct hold **out,
		   struct err *err)
{
	const struct py_site start = { .offset = offset, .what = "PyEval_EvalCode" };

	return set(kern, kern_launch_start_program(kern), pid, fd, &start, out, err);
}

int hold_set_mapped(struct kern *kern, int fd, uint64_t offset, struct hold **out, struct err *err)
{
	const struct py_site mapped = { .offset = offset, .what = "_dl_debug_state" };

	return set(kern, kern_launch_mapped_program(kern), ATTACH_ALL, fd, &mapped, out, err);
}

void hold_free(struct hold *hold)
{
	uprobes_free((struct uprobes *)hold);
}
