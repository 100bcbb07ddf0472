// SPDX-License-Identifier: GPL-2.0-only
#include "kern/kern_feat.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/util.h"

/* inode of the initial pid namespace, PROC_PID_INIT_INO in include/linux/proc_ns.h */
#define INIT_PID_NS_INO 0xEFFFFFFCU

/* r0 = 0; exit */
static const struct bpf_insn return_zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int try_load(uint32_t flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = flags);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "phrude_feat", "GPL", return_zero,
			     ARRAY_SIZE(return_zero), &opts);
}

int kern_feat_check(struct err *err)
{
	_cleanup_close_ int fd = try_load(0);
	struct utsname uts;
	struct stat st;

	uname(&uts);
	if (fd < 0 && (fd == -EPERM || fd == -EACCES))
		return err_set(err, -EPERM,
			       "not enough privilege to load BPF programs (uid %d): run it as "
			       "root, or with "
			       "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_OVERRIDE",
			       (int)geteuid());
	if (fd < 0)
		return err_set(
			err, -EOPNOTSUPP,
			"this kernel (%s) does not load BPF programs: %s; Linux 5.15 or later with "
			"CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS is needed",
			uts.release, strerror(-fd));
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return err_set(err, -EOPNOTSUPP,
			       "this kernel (%s) has no type information: /sys/kernel/btf/vmlinux: "
			       "%s; a kernel "
			       "with CONFIG_DEBUG_INFO_BTF is needed",
			       uts.release, strerror(errno));
	if (access("/sys/bus/event_source/devices/uprobe/type", R_OK) && !kern_feat_uprobe_multi())
		return err_set(err, -EOPNOTSUPP,
			       "this kernel (%s) has no perf uprobes: "
			       "/sys/bus/event_source/devices/uprobe/type: %s; a kernel with "
			       "CONFIG_UPROBE_EVENTS and "
			       "a mounted /sys are needed",
			       uts.release, strerror(errno));
	if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INIT_PID_NS_INO)
		return err_set(
			err, -EOPNOTSUPP,
			"phrude-trace must run in the host's pid namespace, where the kernel's "
			"process ids "
			"are its own: in Kubernetes set hostPID: true, with docker --pid=host");
	return 0;
}

bool kern_feat_sleepable(void)
{
	_cleanup_close_ int fd = try_load(BPF_F_SLEEPABLE);

	return fd >= 0;
}

bool kern_feat_arena(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = btf && btf__find_by_name_kind(btf, "bpf_arena_free_pages", BTF_KIND_FUNC) > 0;

	btf__free(btf);
	return found;
}

bool kern_feat_find_vma(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_find_vma, NULL) == 1;
}
