/* SPDX-License-Identifier: GPL-2.0-only */
/* What is loaded, for this module's own files. */
#pragma once

#include <stdbool.h>

#include <bpf/libbpf.h>

#include "bpf/abi/event.h"
#include "bpf/abi/hold.h"
#include "bpf/abi/import.h"
#include "bpf/abi/request.h"
#include "bpf/abi/rule.h"
#include "kern/holds.h"
#include "tracer.skel.h"

struct err;

struct kern {
	struct tracer *skel;		/* the maps, and the programs of kern_open() */
	struct tracer *more[NR_PROBES]; /* of kern_need() */
	struct changes *changes;	/* NULL: nobody wants to be told of any */
	struct ring_buffer *ring;
	struct reaper *reaper;
	struct holds holds;
	bool sleepable;
	bool uprobe_multi; /* programs are loaded for links of that kind */
	bool find_vma;
	enum phrude_yield yield;
	uint64_t match_ns;	/* cfg_match_ns */
	bool costs;		/* cfg_costs */
	void *yard;		/* NULL: there is none */
	uint64_t refused[4096]; /* digests that kern_dismiss() has been given once */
	uint64_t looked;	/* when kern_consume() last began; CLOCK_MONOTONIC, ns */
	uint32_t nr_import_names;
	int nr_cpus;
	uint64_t images; /* the last that kern_new_image() has given */
};

/*
 * kern_yield.c: how the programs give up the CPU.  kern_yield_prepare() sets an object up for it
 * before it is loaded; kern_yield_map() has what it needs in place afterwards, once for all
 * objects.
 */
enum phrude_yield kern_yield_choose(bool sleepable);
int kern_yield_prepare(struct kern *kern, struct tracer *skel);
int kern_yield_map(struct kern *kern);
void kern_yield_unmap(struct kern *kern);
/* To be called once where programs cannot sleep. */
int kern_yield_leave_out(void);

/* kern_file.c: what tells an open file from others for good.  -errno */
int kern_file_identity(const struct kern *kern, int fd, struct import_file *file);

/* kern_hold.c: the slots of holds.h.  -errno */
int kern_hold_map(struct kern *kern);
void kern_hold_unmap(struct kern *kern);

/* kern_change.c: its programs, NULL if they are not there. */
const struct tracer *changes_skel(const struct changes *changes);
void changes_free(struct changes *changes); /* NULL is allowed */

/* kern_map.c: deletes what is not to stay; keys and values have so many bytes at the most. */
#define KERN_ENTRY_MAX 64
typedef bool (*kern_key_fn)(const void *ctx, const void *key, const void *value);
void kern_map_keep(const struct bpf_map *map, kern_key_fn stays, const void *ctx);

/* kern_load.c: another object, of which nothing is to be loaded yet, on the maps of the first. */
int kern_open_more(struct kern *kern, struct tracer **out, struct err *err);
int kern_load(struct kern *kern, uint32_t kinds, struct err *err);
void kern_unload(struct kern *kern);
