// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

int kern_file_is_on_fuse(const struct kern *k, int fd)
{
	uint64_t args[1] = { (uint64_t)fd };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int ret = bpf_prog_test_run_opts(bpf_program__fd(k->skel->progs.file_is_on_fuse), &opts);

	if (ret)
		return ret;
	return (int)opts.retval < 0 ? -EBADF : (int)opts.retval;
}
