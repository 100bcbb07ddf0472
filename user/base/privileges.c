// SPDX-License-Identifier: GPL-2.0-only
#include "base/privileges.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/util.h"

/* linux/capability.h of Linux 5.9; older headers have neither. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

/* docs/service.md says what each is for; the last one is for --metrics at a port below 1024. */
#define BIT(cap) (1ULL << (cap))
#define KEPT                                                                          \
	(BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_PTRACE) | \
	 BIT(CAP_SYS_RESOURCE) | BIT(CAP_SYS_NICE) | BIT(CAP_DAC_READ_SEARCH) |       \
	 BIT(CAP_DAC_OVERRIDE) | BIT(CAP_NET_BIND_SERVICE))

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#define FOREIGN_CALLS 0x40000000u /* x32 */
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#define FOREIGN_CALLS 0xffffffffu
#else
#error "which system calls are this processor's?"
#endif

/* Other programs, other users, other kernels' code, other places, others' memory. */
static const unsigned int never_made[] = {
	SYS_execve,	   SYS_execveat,
	SYS_setuid,	   SYS_setgid,
	SYS_setreuid,	   SYS_setregid,
	SYS_setresuid,	   SYS_setresgid,
	SYS_setfsuid,	   SYS_setfsgid,
	SYS_setgroups,	   SYS_init_module,
	SYS_finit_module,  SYS_delete_module,
	SYS_kexec_load,	   SYS_kexec_file_load,
	SYS_reboot,	   SYS_swapon,
	SYS_swapoff,	   SYS_mount,
	SYS_umount2,	   SYS_pivot_root,
	SYS_chroot,	   SYS_setns,
	SYS_unshare,	   SYS_move_mount,
	SYS_fsopen,	   SYS_fsmount,
	SYS_add_key,	   SYS_request_key,
	SYS_keyctl,	   SYS_acct,
	SYS_quotactl,	   SYS_settimeofday,
	SYS_clock_settime, SYS_sethostname,
	SYS_setdomainname, SYS_process_vm_writev,
#ifdef SYS_iopl
	SYS_iopl,	   SYS_ioperm,
#endif
};

static int refuse_calls(struct err *err)
{
	struct sock_filter code[ARRAY_SIZE(never_made) + 7];
	struct sock_fprog program = { .filter = code };
	size_t n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ARRAY_SIZE(never_made); i++)
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, never_made[i],
							 (__u8)(ARRAY_SIZE(never_made) - i + 1), 0);
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_CALLS, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	program.len = (unsigned short)n;
	/* Not at the price that processors are slowed down for: no other's code runs in here. */
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		     &program))
		return 0;
	/* A kernel without it, or a container's own filter that lets nobody add another one. */
	if (errno == ENOSYS || errno == EINVAL)
		return 0;
	return err_set(err, -errno, "system calls cannot be given up: %s", strerror(errno));
}

static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* What cannot be taken out of the bounding set, without CAP_SETPCAP, is not had, either. */
	for (unsigned int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (cap >= 64 || !(KEPT >> cap & 1))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (!syscall(SYS_capget, &head, data)) {
		for (size_t i = 0; i < ARRAY_SIZE(data); i++) {
			data[i].permitted &= (__u32)(KEPT >> 32 * i);
			data[i].effective &= data[i].permitted;
			data[i].inheritable = 0;
		}
		if (!syscall(SYS_capset, &head, data))
			return 0;
	}
	return err_set(err, -errno, "capabilities cannot be given up: %s", strerror(errno));
}

int privileges_reduce(struct err *err)
{
	int ret = drop_capabilities(err);

	if (!ret && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		ret = err_set(err, -errno, "new privileges cannot be ruled out: %s",
			      strerror(errno));
	return ret ? ret : refuse_calls(err);
}
