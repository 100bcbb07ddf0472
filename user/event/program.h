/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process has exec'ed, from its record. */
#pragma once

#include <stddef.h>

#include "proc/procfs.h"

/*
 * From a PROC_EXEC record of `size` bytes, at any alignment: executable and command line.  -ENOENT:
 * they were not sent, or not all of them; -EPROTO: malformed; -ENOMEM.
 */
int program_decode(const void *record, size_t size, struct proc_facts *out);
