// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which file a mapping of ours is really of.  In each mount of an overlay one and the same file has
 * another device, and another inode of the overlay's; probes are on the inode below, which the
 * kernel maps.
 */
#include "maps.bpf.h"
#include "abi/import.h"
#include <bpf/bpf_core_read.h>

/* What is needed of the kernel's own types. */
struct super_block___m {
	__u32 s_dev;
} __attribute__((preserve_access_index));

struct inode___m {
	unsigned long i_ino;
	__u32 i_generation;
	struct super_block___m *i_sb;
} __attribute__((preserve_access_index));

struct file___m {
	struct inode___m *f_inode;
} __attribute__((preserve_access_index));

struct vm_area_struct___m {
	struct file___m *vm_file;
} __attribute__((preserve_access_index));

/* The kernel's address of it; stays the same as long as something has the file open or mapped. */
__u64 mapped_inode;
/* What tells it from others for good. */
struct import_file mapped_identity;

static long note_inode(struct task_struct *task, struct vm_area_struct___m *vma, void *ctx)
{
	struct inode___m *inode = BPF_CORE_READ(vma, vm_file, f_inode);

	mapped_inode = (__u64)inode;
	mapped_identity.ino = BPF_CORE_READ(inode, i_ino);
	mapped_identity.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	mapped_identity.generation = BPF_CORE_READ(inode, i_generation);
	return 0;
}

/*
 * Run by user space itself (BPF_PROG_TEST_RUN).  args[0]: an address of its own.  Returns -errno;
 * -EBUSY: once more.
 */
SEC("raw_tp")
int mapped_file(struct bpf_raw_tracepoint_args *ctx)
{
	mapped_inode = 0;
	return bpf_find_vma(bpf_get_current_task_btf(), ctx->args[0], note_inode, &ctx, 0);
}
