/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The headers of this directory are the binary contract between the BPF programs and the
 * user-space program: both sides include them.  Here only the fixed-width types are bridged;
 * BPF code has them from vmlinux.h.
 */
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif
