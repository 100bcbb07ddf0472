/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process may use of what all targets have in common, and all processes together that
 * descend from one that was attached to.  Value of the map "shares"; its key is a process id, or
 * that of the attached process with PHRUDE_SHARE_TARGET.  User space makes the entries of the
 * processes that it attaches to, the kernel side those of their children, which begin with what
 * their parent had been refused; they last through an exec.
 */
#pragma once

#include "hold.h"

#define PHRUDE_SHARE_TARGET (1u << 31)

struct phrude_share {
	__u32 target; /* process id of the attached process */
	__u32 slots;  /* buffers of events (scratch.bpf.h) that are in use */
	/* Fetches, see hold.bpf.h. */
	__u32 asking;	/* a thread waits for one */
	__u32 failures; /* since the last that succeeded */
	__u64 ask_from; /* CLOCK_MONOTONIC, ns: not before */
	__u32 asked;	/* in this period: */
	__u32 period;
	/* Matches, see admit.bpf.c. */
	/* CLOCK_MONOTONIC, ns: each match that is sent moves this on by what it costs */
	__u64 paid_until;
	__u32 sent[2]; /* bytes in an even and an odd period */
	__u32 sent_in; /* the last period in which something was sent */
	__u32 arms;    /* functions that were to be armed, in this period: */
	__u32 arms_in;
	__u32 pad;
	__u64 refused;		     /* matches so far */
	__u32 holds[HOLD_KINDS_MAX]; /* of a target: threads that are held, or ask to be */
};
