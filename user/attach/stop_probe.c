// SPDX-License-Identifier: GPL-2.0-only
#include "attach/stop_probe.h"

#include "attach/attach.h"
#include "attach/uprobe.h"

static int open_probe(struct kern *kern, const struct bpf_program *prog, pid_t pid, int fd,
		      const struct py_site *site, struct stop_probe **out, struct err *err)
{
	struct uprobes *u;
	int ret = uprobes_open(kern, prog, pid, (struct probed_file){ .fd = fd }, site, 1, &u, err);

	if (!ret)
		*out = (struct stop_probe *)u;
	return ret;
}

int stop_probe_at_entry(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset,
			struct stop_probe **out, struct err *err)
{
	const struct py_site entry = { .offset = offset, .what = "the entry point" };

	return open_probe(kern, kern_launch_program(kern), pid, exe_fd, &entry, out, err);
}

int stop_probe_at_start(struct kern *kern, pid_t pid, int fd, uint64_t offset,
			struct stop_probe **out, struct err *err)
{
	const struct py_site start = { .offset = offset, .what = "PyEval_EvalCode" };

	return open_probe(kern, kern_launch_start_program(kern), pid, fd, &start, out, err);
}

int stop_probe_at_mapping(struct kern *kern, int fd, uint64_t offset, struct stop_probe **out,
			  struct err *err)
{
	const struct py_site mapped = { .offset = offset, .what = "_dl_debug_state" };

	return open_probe(kern, kern_launch_mapped_program(kern), ATTACH_ALL, fd, &mapped, out,
			  err);
}

void stop_probe_free(struct stop_probe *probe)
{
	uprobes_free((struct uprobes *)probe);
}
