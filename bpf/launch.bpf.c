// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * At the entry point of a program that is being started under trace: stops it.  Its ptracer sees the signal before it is
 * delivered and takes it away; should the ptracer have died, the signal is one that is ignored.
 */
#include "maps.bpf.h"

#define SIGURG 23

SEC("uprobe")
int launch_entry(struct pt_regs *ctx)
{
	bpf_send_signal_thread(SIGURG);
	return 0;
}
