/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interpreters' files.  Processes that run one share the probes that cover all processes; the
 * file's number, from 1 on, is how the kernel side tells them from others.  What no process runs
 * any more is given back after a while: a program is often started again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "attach/attach.h"
#include "attach/direct.h"
#include "attach/uprobe.h"
#include "bpf/abi/pylayout.h"
#include "targets/processes.h"

struct group {
	struct file_id id;
	struct file_id program; /* one that loads it, if it is a library, or itself */
	struct probed_file file;
	char *path;				   /* file.path */
	struct attachment *attachments[NR_PROBES]; /* of wide kinds */
	struct interp_facts *facts;		   /* of the first process seen that runs it */
	/*
	 * See imports of modules written in C, and, for processes that were starting when they were
	 * looked at, of others.
	 */
	struct uprobes *imports[2], *codes[2];
	struct uprobes *code_life[PY_CODE_LIFE_SITES]; /* NULL: not seen, or not tried yet */
	bool code_life_tried;
	struct uprobes *start; /* knows it again after an exec */
	uint64_t start_addr;   /* where, in the file */
	bool used;	       /* at the last look */
	int64_t idle_since;    /* ms */
};

struct groups {
	struct kern *kern;
	struct group *list[PHRUDE_GROUPS_MAX]; /* by number; 0 is none */
	/*
	 * to be tried first for a new one: probes that were given back may still be hit for a
	 * moment
	 */
	uint32_t next;
};

/*
 * The number of the group of an interpreter's file, made if it is not there.  path: for messages.
 * -errno with a sentence.
 */
int groups_get(struct groups *g, const struct elf_file *elf, const char *path, uint32_t *number,
	       struct err *err);
/*
 * Completes what the kernel side is told of a process: its interpreter's group, and that what it
 * learns of code objects may be kept, if it sees them end in that group's file.
 */
void groups_describe(struct groups *g, uint32_t number, struct py_interp *interp);
/* Is it the program of a group whose start is noticed? */
bool groups_start(const struct groups *g, struct file_id program);
/* NULL: there is none of that number. */
struct group *groups_find(const struct groups *g, uint32_t number);
/*
 * Gives back what no process has run for long; to be called every now and then.  now: ms,
 * monotonic.
 */
void groups_collect(struct groups *g, const struct processes *processes,
		    struct direct_probes *direct, int64_t now);
/* Takes all probes away; files stay open. */
void groups_detach(struct groups *g);
void groups_fini(struct groups *g);
