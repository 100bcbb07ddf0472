// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "kern/kern.h"
#include "kern/kern_priv.h"

static int run_program(const struct bpf_program *prog, uint64_t arg)
{
	uint64_t args[1] = { arg };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int ret = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);

	return ret ? ret : (int)opts.retval;
}

int kern_file_is_on_fuse(const struct kern *k, int fd)
{
	int ret = run_program(k->skel->progs.file_is_on_fuse, (uint64_t)fd);

	return ret == -1 ? -EBADF : ret;
}

/* The kernel does not wait for the list of our mappings, of which another thread may have hold. */
#define TRIES 1000

static int inode_at(const struct kern *k, const void *addr, uint64_t *inode)
{
	int ret = -EBUSY;

	for (int i = 0; i < TRIES && ret == -EBUSY; i++) {
		if (i)
			sched_yield();
		ret = run_program(k->skel->progs.mapped_file, (uint64_t)(uintptr_t)addr);
	}
	*inode = k->skel->bss->mapped_inode;
	return ret || *inode ? ret : -ENOENT;
}

/* The file is mapped for a moment.  -EOPNOTSUPP: it is not to be opened, or cannot be just now. */
static int look_at_inode(const struct kern *k, int fd, uint64_t *inode)
{
	_cleanup_close_ int file = -1;
	char path[64];
	void *addr;
	int ret;

	/* What a process provides is not opened: that could wait for ever.  Nor is it probed. */
	if (bpf_program__fd(k->skel->progs.mapped_file) < 0 || kern_file_is_on_fuse(k, fd))
		return -EOPNOTSUPP;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return -EOPNOTSUPP; /* somebody keeps it from being opened just now */
	addr = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file, 0);
	if (addr == MAP_FAILED)
		return -errno;
	ret = inode_at(k, addr, inode);
	munmap(addr, 1);
	return ret;
}

int kern_file_id(const struct kern *k, int fd, dev_t dev, ino_t ino, struct file_id *id)
{
	int ret = look_at_inode(k, fd, &id->high);

	id->low = 0;
	if (ret == -EOPNOTSUPP) {
		*id = (struct file_id){ dev, ino };
		return 0;
	}
	return ret;
}

int kern_file_identity(const struct kern *k, int fd, struct import_file *file)
{
	uint64_t inode;
	int ret = look_at_inode(k, fd, &inode);

	*file = k->skel->bss->mapped_identity;
	return ret;
}
