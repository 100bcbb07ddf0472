/* SPDX-License-Identifier: GPL-2.0-only */
/* What is loaded, for this module's own files. */
#pragma once

#include <stdbool.h>

#include <bpf/libbpf.h>

#include "bpf/abi/rule.h"
#include "tracer.skel.h"

struct err;

struct kern {
	struct tracer *skel;		/* the maps, and the programs of kern_open() */
	struct tracer *more[NR_PROBES]; /* of kern_need() */
	struct ring_buffer *ring;
	struct reaper *reaper;
	bool sleepable;
	bool uprobe_multi;	/* programs are loaded for links of that kind */
	uint64_t refused[4096]; /* digests that kern_dismiss() has been given once */
	uint64_t looked;	/* when kern_consume() last began; CLOCK_MONOTONIC, ns */
	int nr_cpus;
};

/* kern_load.c */
int kern_load(struct kern *kern, uint32_t kinds, struct err *err);
void kern_unload(struct kern *kern);
