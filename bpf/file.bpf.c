// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which file system an open file of ours is on.  Putting a uprobe on a file makes the kernel read
 * the page, with a lock held that every fork of the machine waits for (register_for_each_vma(),
 * kernel/events/uprobes.c); a FUSE daemon may take for ever to provide that page.  To ask the file
 * itself, by fstatfs(), is to ask the daemon.
 */
#include "maps.bpf.h"
#include <bpf/bpf_core_read.h>

/* include/uapi/linux/magic.h */
#define OVERLAYFS_SUPER_MAGIC 0x794c7630

#define FLAVOUR __attribute__((preserve_access_index))

/* What is needed of the kernel's own types. */
struct file_system_type___f {
	const char *name;
} FLAVOUR;

struct super_block___f {
	unsigned long s_magic;
	struct file_system_type___f *s_type;
	void *s_fs_info;
} FLAVOUR;

struct inode___f {
	struct super_block___f *i_sb;
} FLAVOUR;

struct file___f {
	struct inode___f *f_inode;
} FLAVOUR;

struct fdtable___f {
	unsigned int max_fds;
	struct file___f **fd;
} FLAVOUR;

struct files_struct___f {
	struct fdtable___f *fdt;
} FLAVOUR;

struct task_struct___f {
	struct files_struct___f *files;
} FLAVOUR;

/* fs/overlayfs/ovl_entry.h; a module's types, where it is one. */
struct ovl_sb___f {
	struct super_block___f *sb;
} FLAVOUR;

struct ovl_fs___f {
	unsigned int numfs;
	struct ovl_sb___f *fs;
} FLAVOUR;

#define LAYERS_MAX 64

static __always_inline bool is_fuse(struct super_block___f *sb)
{
	char name[5] = "";

	/* virtiofs and others that are no process's are called otherwise. */
	bpf_probe_read_kernel_str(name, sizeof(name), BPF_CORE_READ(sb, s_type, name));
	return name[0] == 'f' && name[1] == 'u' && name[2] == 's' && name[3] == 'e';
}

/*
 * Is a layer of an overlay on FUSE?  *inner: a layer that is an overlay, of which the kernel stacks
 * two at most.
 */
static __always_inline bool has_fuse_layer(struct super_block___f *sb,
					   struct super_block___f **inner)
{
	struct ovl_fs___f *ofs = (void *)BPF_CORE_READ(sb, s_fs_info);
	struct ovl_sb___f *layers;
	__u32 count;

	if (!bpf_core_field_exists(ofs->fs) || !bpf_core_field_exists(ofs->numfs))
		return false;
	count = BPF_CORE_READ(ofs, numfs);
	layers = BPF_CORE_READ(ofs, fs);
	for (__u32 i = 0; i < LAYERS_MAX && i < count; i++) {
		struct ovl_sb___f *layer =
			(void *)layers + i * bpf_core_type_size(struct ovl_sb___f);
		struct super_block___f *lower = BPF_CORE_READ(layer, sb);

		if (!lower)
			continue;
		if (is_fuse(lower))
			return true;
		if (BPF_CORE_READ(lower, s_magic) == OVERLAYFS_SUPER_MAGIC)
			*inner = lower;
	}
	return false;
}

/*
 * Run by user space itself (BPF_PROG_TEST_RUN).  args[0]: a descriptor of the process that runs it.
 * 1: on FUSE; 0: not.
 */
SEC("raw_tp")
int file_is_on_fuse(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct___f *task = (void *)bpf_get_current_task();
	struct super_block___f *sb, *inner = NULL;
	struct fdtable___f *table = BPF_CORE_READ(task, files, fdt);
	struct file___f *file = NULL, **files = BPF_CORE_READ(table, fd);
	__u64 fd = ctx->args[0];

	if (fd >= BPF_CORE_READ(table, max_fds))
		return -1;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	sb = BPF_CORE_READ(file, f_inode, i_sb);
	if (!sb)
		return -1;
	if (is_fuse(sb))
		return 1;
	if (BPF_CORE_READ(sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return 0;
	if (has_fuse_layer(sb, &inner))
		return 1;
	sb = NULL;
	return inner && has_fuse_layer(inner, &sb);
}
