// SPDX-License-Identifier: GPL-2.0-only
#include "attach/hold.h"

#include "attach/uprobe.h"

int hold_set(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset, struct hold **out,
	     struct err *err)
{
	const struct py_site entry = { .offset = offset, .what = "the entry point" };
	struct uprobes *u;
	int ret = uprobes_open(kern, kern_launch_program(kern), pid, exe_fd, &entry, 1, &u, err);

	if (!ret)
		*out = (struct hold *)u;
	return ret;
}

void hold_free(struct hold *hold)
{
	uprobes_free((struct uprobes *)hold);
}
