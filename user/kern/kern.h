/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel side: loading the BPF programs, their maps, counters and ring buffer.  The only module
 * besides attach/ that knows libbpf.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/abi/direct.h"
#include "bpf/abi/event.h"
#include "bpf/abi/hold.h"
#include "bpf/abi/import.h"
#include "bpf/abi/launch.h"
#include "bpf/abi/limits.h"
#include "bpf/abi/pylayout.h"
#include "bpf/abi/rule.h"
#include "bpf/abi/stats.h"
#include "kern/kern_watched.h"
#include "py/interp.h"

struct bpf_program;
struct kern;

/*
 * Checks privilege and kernel, then loads the programs of the probe kinds in `kinds` (bits by enum
 * phrude_probe): the kernel takes a quarter of a second to verify one.  rate: matches a second that
 * one process may send; 0: any number.  costs: what processes pay is counted (struct py_cost).
 * Errors with a sentence: -EPERM (privilege), -EOPNOTSUPP
 * (the kernel lacks something), else -errno.
 */
int kern_open(uint32_t kinds, uint32_t rate, bool costs, struct kern **out, struct err *err);
void kern_close(struct kern *kern);
DEFINE_CLEANUP(kern_closep, struct kern, kern_close);

/* Can programs wait for user space?  (Linux 6.0 and later.) */
bool kern_is_sleepable(const struct kern *kern);
/*
 * Are programs put on with links of the kind uprobe_multi?  Else with perf events, each place by
 * itself.
 */
bool kern_has_uprobe_multi(const struct kern *kern);

/* Loads the programs of a kind, unless they are there.  Errors as of kern_open(). */
int kern_need(struct kern *kern, enum phrude_probe probe, struct err *err);

/* A program of a probe kind (struct probe_program), by its name; NULL if it is not loaded. */
struct bpf_program *kern_program(const struct kern *kern, enum phrude_probe probe,
				 const char *name);

/*
 * kern_launch.c: the programs that stop a started program at its entry point, where its dynamic
 * linker has mapped something, and where an interpreter starts in it.  The last two are for threads
 * that are followed, and watched.
 */
struct bpf_program *kern_launch_program(const struct kern *kern);
struct bpf_program *kern_launch_mapped_program(const struct kern *kern);
struct bpf_program *kern_launch_start_program(const struct kern *kern);
/* pages: that its process has mapped to be executed. */
int kern_launch_follow(struct kern *kern, pid_t tid, bool watched, uint64_t pages);
void kern_launch_forget(struct kern *kern, pid_t tid);
/*
 * Is it for what was mapped that the thread, which is stopped, got its signal?  It is forgotten
 * then.
 */
bool kern_launch_mapped(struct kern *kern, pid_t tid);

/* The programs for the places of py_sites_code_life(). */
struct bpf_program *kern_code_program(const struct kern *kern, int site);
/* A number for py_proc.image, or py_proc.program, that no other memory, or program, has. */
uint64_t kern_new_image(struct kern *kern);

/* The program that a starting interpreter hits, to know it after an exec. */
struct bpf_program *kern_start_program(const struct kern *kern);
/* Describes the interpreter's file of a group. */
int kern_template_set(struct kern *kern, uint32_t group, const struct py_template *image);

/* kern_import.c: the programs that see imports, where they begin and where they end. */
enum kern_import {
	KERN_IMPORT_MODULE, /* a module written in C */
	KERN_IMPORT_CODE,   /* the code of any module */
	KERN_IMPORT_DONE,   /* either of them, at its return */
};
struct bpf_program *kern_import_program(const struct kern *kern, enum kern_import what);
/*
 * Has threads held that import the module, or one that may be the same; *number: struct import.name
 * then.  -errno
 */
int kern_import_watch(struct kern *kern, const char *module, uint32_t *number);
/* Forgets all modules but those whose numbers are wanted. */
typedef bool (*kern_import_keep_fn)(const void *ctx, uint32_t number);
void kern_import_keep(struct kern *kern, kern_import_keep_fn wanted, const void *ctx);
/* Sets import->file to what tells an open file from others.  -errno */
int kern_import_identify(const struct kern *kern, int fd, struct import *import);
/* Is an open file that which the module is from, as far as can be told? */
bool kern_import_is_from(const struct kern *kern, const struct import *import, int fd);
/* What is in that module of that file has its probes: for it nobody is held any more. */
void kern_import_looked(struct kern *kern, const struct import *import);
/* The probes of that group are gone. */
void kern_import_forget(struct kern *kern, uint32_t group);

/*
 * Has destroy(probe) called in the background, since the kernel takes its time to take a probe
 * away; kern_wait_released() returns when all such are gone.
 */
void kern_release(struct kern *kern, void *probe, void (*destroy)(void *probe));
void kern_wait_released(struct kern *kern);

/*
 * kern_watch.c: sends matches of this as well, from now on.  -errno with a sentence: of some of it.
 */
int kern_watch(struct kern *kern, const struct watched *watched, struct err *err);
/*
 * And of nothing else: it is watched already.  What was dismissed by the rules before is sent
 * again.
 */
void kern_watch_only(struct kern *kern, const struct watched *watched);
/* PHRUDE_TARGET_WATCH of a C function; level alert, if rules name it in another way. */
uint32_t kern_watch_of(const struct kern *kern, const char *name, const char *module);
/* How many matches of a process were refused so far, since it made too many; 0 if it is gone. */
uint64_t kern_refused(const struct kern *kern, pid_t pid);

/*
 * Matches with this digest (struct ev_match) are not sent any more; pid: only those of the program
 * that this process runs, 0: of any.
 */
void kern_dismiss(struct kern *kern, uint64_t digest, pid_t pid);

/*
 * kern_file.c: is an open file of ours, O_PATH will do, on a file system that a process provides
 * (FUSE), be it below an overlay?  1, 0 or -errno.
 */
int kern_file_is_on_fuse(const struct kern *kern, int fd);

/* Which file it is: the same in all mounts of an overlay, as the kernel has its probes. */
struct file_id {
	uint64_t high, low;
};
/*
 * Of an open file, O_PATH will do, whose stat() says dev and ino.  Holds for as long as something
 * keeps it open or probed.  -errno.
 */
int kern_file_id(const struct kern *kern, int fd, dev_t dev, ino_t ino, struct file_id *id);

static inline bool file_id_equal(struct file_id a, struct file_id b)
{
	return a.high == b.high && a.low == b.low;
}

/* Describes the C function behind the direct probe with this number. */
int kern_direct_set(struct kern *kern, uint32_t idx, const struct phrude_direct *direct);
void kern_direct_set_watch(struct kern *kern, uint32_t idx, uint32_t watch);

/* Starts and stops tracing a process.  Hits in processes that are not there are ignored. */
int kern_proc_set(struct kern *kern, pid_t pid, const struct py_proc *proc, struct err *err);
/* The same, but -EEXIST if the kernel side has it already. */
int kern_proc_add(struct kern *kern, pid_t pid, const struct py_proc *proc, struct err *err);
/* What the kernel side has of it.  -ENOENT */
int kern_proc_get(const struct kern *kern, pid_t pid, struct py_proc *proc);
int kern_proc_delete(struct kern *kern, pid_t pid);
/* The process's own part of a share: it is not traced any more, but lives. */
void kern_share_delete(struct kern *kern, pid_t pid);
/* Nobody is left of those who had a share together with this process. */
void kern_target_share_delete(struct kern *kern, pid_t target);
/* The process whose share it has a part of; 0: of none. */
pid_t kern_share_target(const struct kern *kern, pid_t pid);
/*
 * From now on each program that is exec'ed is told of, and its process traced until it is deleted.
 */
void kern_discover(struct kern *kern);
/* Whether a process in which a known interpreter starts is held (HOLD_LAUNCH) until chosen. */
void kern_choose_alive(struct kern *kern, bool alive);

/*
 * kern_change.c: has processes told of whose effective user, or whose cgroup, changes without an
 * exec (PROC_CHANGED), or not any more.  Returns which of these (bits) the kernel cannot tell of.
 */
#define KERN_CHANGE_USER (1u << 0)
#define KERN_CHANGE_CGROUP (1u << 1)
uint32_t kern_tell_changes(struct kern *kern, uint32_t wanted);
/*
 * A process was told of, and is about to be looked at.  If it has changed since (true) it is told
 * of no more for now, and this is to be asked again later; else it is told of when it changes.
 */
bool kern_change_again(struct kern *kern, pid_t pid);
/* How many changes could not be told of so far. */
uint64_t kern_changes_untold(const struct kern *kern);

/* kern_hold.c: threads that are held, for holds.h. */
struct holds *kern_holds(struct kern *kern);

/*
 * What threads that are held ask for by way of "hold_requests" (bpf/abi/hold.h); only where
 * programs can wait: kern_is_sleepable().  Of all else records tell (EV_HOLD).
 */
struct kern_requests;

/* Called in the thread that polls. */
typedef void (*kern_request_fn)(void *ctx, const struct ev_hold *asked);

int kern_requests_open(struct kern *kern, kern_request_fn fn, void *ctx, struct kern_requests **out,
		       struct err *err);
void kern_requests_close(struct kern_requests *requests);
/* Waits for requests, and delivers them. */
int kern_requests_poll(struct kern_requests *requests, int timeout_ms);

/*
 * Has the threads of a process ask (ARM_PENDING) where they hit a PY_SITE_HOT: there are `left`
 * things to do, or 0.
 */
int kern_arm_set_pending(struct kern *kern, pid_t pid, uint32_t left);
bool kern_arm_is_pending(const struct kern *kern, pid_t pid);

/* Has line tables sent anew: one, or all. */
void kern_forget_table(struct kern *kern, pid_t pid, uint64_t table);
void kern_forget_tables(struct kern *kern);

/* Ends all tracing at once: no hit counts any more, whatever probes are still there. */
void kern_stop(struct kern *kern);

/* kern_stats.c: sums of the per-CPU counters.  -errno */
int kern_stats(const struct kern *kern, uint64_t stats[NR_PHRUDE_STATS]);
/*
 * What the programs of a probe kind have done; runs and their time are counted while the kernel's
 * statistics are on, see below.
 */
struct kern_usage {
	uint64_t hits; /* in traced processes */
	uint64_t runs, run_ns;
};
/*
 * By probe kind; in place of PROBE_NONE what the tracer's other programs took, which see imports,
 * execs and the like.  Two kinds may share a program (usdt and frame): it is then of the one with
 * more hits.  -errno
 */
int kern_usage(const struct kern *kern, struct kern_usage usage[NR_PROBES]);
/*
 * Has the kernel time all BPF programs until the descriptor that this returns is closed.  -errno.
 * For any thread.
 */
int kern_time_programs(void);

/*
 * kern_cost.c, where costs are counted: from now on it is told what matches of a function cost a
 * process, or no more, and a process is spared those that it is to be.
 */
void kern_guard(struct kern *kern, bool on);
/* Calls fn for what has come together since the last time. */
typedef void (*kern_cost_fn)(void *ctx, pid_t pid, uint32_t watch, const struct phrude_cost *cost);
void kern_costs_take(struct kern *kern, kern_cost_fn fn, void *ctx);
/* Matches of a function (PHRUDE_WATCH_ID) in a process are refused if its level is info.  -errno */
int kern_shed(struct kern *kern, pid_t pid, uint32_t watch);
void kern_unshed(struct kern *kern, pid_t pid, uint32_t watch);
/* How many were so far. */
uint64_t kern_shed_count(const struct kern *kern, pid_t pid, uint32_t watch);

/* Called for each record; what it returns other than 0 ends kern_consume(). */
typedef int (*kern_record_fn)(void *ctx, const void *record, size_t size);

/* Sets who gets the records. */
int kern_on_record(struct kern *kern, kern_record_fn fn, void *ctx, struct err *err);
/* To wait for records with epoll. */
int kern_ring_fd(const struct kern *kern);
/* Delivers what is in the ring buffer. Number of records or -errno. */
int kern_consume(struct kern *kern);
/*
 * After records have come, more are likely: for a while the kernel side does not wake this process,
 * which has to call kern_consume() by itself every KERN_POLL_MS as long as this says so.
 */
#define KERN_POLL_MS 3
bool kern_polling(const struct kern *kern);
