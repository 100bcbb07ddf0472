/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links of the kind uprobe_multi (Linux 6.6): one for many places of a file.  libbpf has a call for
 * them since 1.3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* BPF_TRACE_UPROBE_MULTI of include/uapi/linux/bpf.h, the programs' expected_attach_type. */
#define KERN_UPROBE_MULTI 48

/*
 * Links a program to `count` places of a file, by their offsets; semaphores (ref_ctr_offset) may be
 * NULL. at_return: where the functions that begin there return.  pid: of one process only, all its
 * threads; -1: of all.  Returns a descriptor or -errno.
 */
int kern_uprobe_multi_link(int prog_fd, const char *path, const uint64_t *offsets,
			   const uint64_t *semaphores, const uint64_t *cookies, size_t count,
			   bool at_return, pid_t pid);
