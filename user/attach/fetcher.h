/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing pages of a target in.  A page may never come (userfaultfd, FUSE), and whoever asks for one then cannot always be
 * killed: so a process of our own does, which is given up after a while.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "bpf/abi/arm.h"

struct fetcher;

/* NULL: no memory.  The process is started when it is needed, by the thread that asks. */
struct fetcher *fetcher_new(void);
void fetcher_free(struct fetcher *f);
DEFINE_CLEANUP(fetcher_freep, struct fetcher, fetcher_free);

/* Touches the pages, as arm_slot.pages has them; takes FETCH_TRY_NS at most. */
enum fetch_outcome fetcher_get(struct fetcher *f, pid_t pid,
			       const uint64_t pages[PHRUDE_FETCH_MAX]);
