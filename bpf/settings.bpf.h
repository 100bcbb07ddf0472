/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What user space sets for all programs, before it loads them or while they run; it stands in
 * maps.bpf.c.
 */
#pragma once

#include "vmlinux.h"

#include "abi/limits.h"
#include "abi/request.h"

/* Settings, fixed at load. */
extern const volatile __u32 cfg_scratch_slots;
extern const volatile __u32 cfg_slots_process; /* of them that one process may have, */
extern const volatile __u32 cfg_slots_target;  /* and one target */
extern const volatile __u64
	cfg_match_ns; /* a process may send one match in so many ns; 0: any number */
extern const volatile __u32 cfg_yield;	  /* enum phrude_yield */
extern const volatile __u64 cfg_yard;	  /* where user space has the map "yard" */
extern const volatile bool cfg_sleepable; /* programs may wait for user space */
extern const volatile bool cfg_find_vma;  /* bpf_find_vma() is there (5.17) */
extern const volatile bool cfg_tail_call; /* never: see stack.bpf.h */
/*
 * Requests are looked for.  Left out where a kernel's verifier does not accept the whole (none of
 * those tested in tests/vm).
 */
extern const volatile bool cfg_request;
extern const volatile struct request_names cfg_names;
extern const volatile bool cfg_costs; /* hits are counted and timed, see cost.bpf.h */
extern const volatile __u64 cfg_digest_key[2];
/* Some rule has conditions: digests are of use. */
extern bool conditions;
/* Which rules these were: a verdict is not for others. */
extern __u16 digest_policy;

/*
 * The last number that the kernel side gave to an image (py_proc.image); user space gives odd ones.
 */
extern __u64 images;

/*
 * Set by user space when it ends: taking probes away lasts, and what they would still see is not
 * wanted.
 */
extern bool stopped;
/* Some process costs much, or is spared something. */
extern bool guarding;
/* Each program that is exec'ed is told of, whoever does it: user space chooses by what it is. */
extern bool discovering;
/*
 * It chooses by what only a process that lives tells, its user or cgroup: where an interpreter
 * starts, the process waits until it has been chosen, or not.
 */
extern bool choosing_alive;
/* Changes of processes (abi/change.h) that could not be told of: user space goes through all. */
extern __u64 changes_untold;

/* Prefilter over function names, see abi/hash.h. */
extern __u64 prefilter[PHRUDE_PREFILTER_BITS / 64];
extern bool prefilter_non_ascii; /* a rule has a name that is not ASCII */

/* Bit n: some rule watches the audit events that begin with certain n characters. */
extern __u64 audit_prefix_lens[PHRUDE_MATCH_NAME_MAX / 64 + 2];
extern bool audit_prefixes; /* any bit is set */
