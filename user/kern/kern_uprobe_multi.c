// SPDX-License-Identifier: GPL-2.0-only
#include "kern/kern_uprobe_multi.h"

#include <errno.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "kern/kern_feat.h"
#include "proc/procfs.h"

#define BPF_F_UPROBE_MULTI_RETURN 1

/* The part of union bpf_attr that the command takes, link_create: older headers lack its end. */
struct link_create_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t count, multi_flags, pid, pad;
};

int kern_uprobe_multi_link(int prog_fd, const char *path, const uint64_t *offsets,
			   const uint64_t *semaphores, const uint64_t *cookies, size_t count,
			   bool at_return, pid_t pid)
{
	struct link_create_attr attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = KERN_UPROBE_MULTI,
		.path = (uint64_t)(uintptr_t)path,
		.offsets = (uint64_t)(uintptr_t)offsets,
		.ref_ctr_offsets = (uint64_t)(uintptr_t)semaphores,
		.cookies = (uint64_t)(uintptr_t)cookies,
		.count = (uint32_t)count,
		.multi_flags = at_return ? BPF_F_UPROBE_MULTI_RETURN : 0,
		.pid = pid > 0 ? (uint32_t)pid : 0,
	};
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr,
			      offsetof(struct link_create_attr, pad));

	return fd < 0 ? -errno : fd;
}

/*
 * Until 6.10, and stable releases of that time, a link for one process saw its first thread only.
 * So it is tried out, with a function of our own that another thread calls.
 */
__attribute__((noinline)) static void feat_hit(void)
{
	__asm__ volatile("nop");
}

static void *call_feat_hit(void *unused)
{
	feat_hit();
	return unused;
}

/* Where feat_hit() is in this program's file. */
static int feat_offset(uint64_t *offset)
{
	struct proc_maps maps __attribute__((cleanup(proc_maps_fini))) = { 0 };
	uint64_t addr = (uint64_t)(uintptr_t)feat_hit;
	int ret = proc_maps_read(getpid(), &maps);

	for (size_t i = 0; i < maps.count && !ret; i++) {
		const struct proc_map *m = &maps.maps[i];

		if (addr < m->start || addr >= m->end)
			continue;
		*offset = addr - m->start + m->offset;
		return 0;
	}
	return ret ? ret : -ENOENT;
}

/* Counts into the only value of the map. */
static int load_counter(int map_fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE,
		  .imm = map_fd },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1 },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_2,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = KERN_UPROBE_MULTI);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "phrude_feat", "GPL", insns, ARRAY_SIZE(insns),
			     &opts);
}

static bool try_uprobe_multi(void)
{
	_cleanup_close_ int map = -1, prog = -1, link = -1;
	uint64_t offset, cookie = 0, count = 0;
	pthread_t thread;
	uint32_t key = 0;

	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "phrude_feat", sizeof(key), sizeof(count), 1,
			     NULL);
	prog = map < 0 ? -1 : load_counter(map);
	if (prog < 0 || feat_offset(&offset))
		return false;
	link = kern_uprobe_multi_link(prog, "/proc/self/exe", &offset, NULL, &cookie, 1, false,
				      getpid());
	if (link < 0 || pthread_create(&thread, NULL, call_feat_hit, NULL))
		return false;
	pthread_join(thread, NULL);
	return !bpf_map_lookup_elem(map, &key, &count) && count == 1;
}

bool kern_feat_uprobe_multi(void)
{
	static bool tried, has;

	if (!tried)
		has = try_uprobe_multi();
	tried = true;
	return has;
}
