/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is traced, and how probes got there: processes that were named or started, and what descends
 * from them, through their forks and execs, until they end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "alert/alert.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "counters/counters.h"
#include "event/event.h"
#include "kern/kern.h"
#include "kubeapi/pod_watch.h"
#include "launch/stops.h"
#include "pipeline/pipeline.h"
#include "policy/plan.h"
#include "policy/policy.h"

struct targets;

/* What does not change meanwhile; pids are borrowed. */
struct targets_config {
	struct plan_choice choice;
	const pid_t *pids;
	size_t nr_pids;
	/* processes are found by what they are, as the policy has it, and not named */
	bool discovers;
	const char *kube_logs, *kube_node; /* as of kube_known_new(), where it does */
	const char *kube_account;	   /* as of pod_watch_start() */
};

/* The policy is shared. */
int targets_new(struct kern *kern, const struct targets_config *config, struct policy *policy,
		struct targets **out, struct err *err);
/* Takes all probes away, if targets_end() has not. */
void targets_free(struct targets *t);
DEFINE_CLEANUP(targets_freep, struct targets, targets_free);

/*
 * Attaches to one process more of the configuration, and after the last one to what they have
 * forked meanwhile; no record is to be handled before that.  One that does not answer is an error
 * only if it is the only one.  1: there are more of them; 0; or -errno as of engine_run(), with a
 * sentence.
 */
int targets_attach_next(struct targets *t, struct err *err);
/*
 * Another policy, which is shared, is to take the place of the one in force: targets_reload_next()
 * is to be called until it is false, records being handled meanwhile.  -errno with a sentence:
 * nothing has changed.
 */
int targets_reload(struct targets *t, struct policy *policy, struct err *err);
bool targets_are_reloading(const struct targets *t);
bool targets_reload_next(struct targets *t);

/* A program was started under trace and stands at its entry point: launch_look_fn. */
bool targets_take_started(void *targets, pid_t pid, uint64_t thread_pointer);
/* Threads that are stopped for the targets' sake, and for that of launch_start(). */
struct stops *targets_stops(struct targets *t);

/* What has to be handled before and after an EV_PROC or EV_HOLD record: see relay_hand_over(). */
struct targets_order {
	pid_t of, after;
};
/* The record has a head.  -EPROTO: it is malformed.  For any thread. */
int targets_order(const void *record, size_t size, struct targets_order *order);
/*
 * An EV_PROC record of the ring buffer: what became of a process; or EV_HOLD: a thread is held
 * until this returns, after an import or at the start of a new interpreter.  -EPROTO: it is
 * malformed.
 */
int targets_record(struct targets *t, const void *record, size_t size);
/*
 * Once a second.  read: what processes have left in the ring was read, so that those that have
 * ended can be forgotten.
 */
void targets_tick(struct targets *t, bool read);
/*
 * Is there one of which it was too early to tell?  Then targets_look_again() is to be called every
 * now and then.
 */
bool targets_are_undecided(const struct targets *t);
void targets_look_again(struct targets *t);
/* Is there one that is traced, or may turn out to be? */
bool targets_are_alive(const struct targets *t);
/* How many are traced, of which it is known that they are Python. */
size_t targets_traced(const struct targets *t);
/* All that are known, each in one state. */
enum targets_state {
	TARGETS_TRACED,
	TARGETS_UNANSWERING, /* traced as well, but not looked into any more */
	TARGETS_UNDECIDED,   /* it has exec'ed: is it Python? */
	TARGETS_OTHER,	     /* what it has exec'ed is no Python */
	NR_TARGETS_STATES
};
extern const char *const targets_state_names[NR_TARGETS_STATES];
void targets_states(const struct targets *t, size_t by_state[NR_TARGETS_STATES]);
/* One of them; all text is borrowed, for as long as the call lasts. */
struct targets_seen {
	pid_t pid;
	int64_t since_ns; /* when it became known; CLOCK_REALTIME */
	enum targets_state state;
	const char *exe, *python, *target; /* NULL: not known, or none */
};
/* How many are known; and calls fn for each, until it returns false. */
size_t targets_known(const struct targets *t);
void targets_list(const struct targets *t, bool (*fn)(void *ctx, const struct targets_seen *seen),
		  void *ctx);
/* What becomes of the labels of pods. */
void targets_pods(const struct targets *t, struct pod_watch_status *out);
/* Is there a target of the configuration that had processes the last time, and has none now? */
bool targets_one_is_gone(struct targets *t);
/* What is in force, for who is attached to from now on; borrowed until the next reload. */
const struct policy *targets_policy(const struct targets *t);
/* Has the ready line been printed? */
bool targets_are_ready(const struct targets *t);

/*
 * What the pipeline sees of a process, see struct pipeline_ops; these three are for another thread
 * than all else here.
 */
int targets_view(struct targets *t, const struct pipeline_match *match, struct target_view *view);
void targets_view_share(const struct target_view *view, struct target_view *out);
void targets_view_end(struct target_view *view);
/* The match got -EAGAIN: finds out what can be, for the next time. */
void targets_answer(struct targets *t, const struct event *ev);

/* Takes all probes away, and returns when they are gone: no further record comes. */
void targets_end(struct targets *t);
/* Puts back what was armed, once the probes are gone. */
void targets_disarm(struct targets *t);
/* Fills in what is counted here. */
void targets_count(struct targets *t, uint64_t values[NR_COUNTERS]);
