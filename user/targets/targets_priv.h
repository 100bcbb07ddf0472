/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of what traces processes, for their own files. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>

#include "attach/arm.h"
#include "attach/direct.h"
#include "base/look.h"
#include "kern/kern.h"
#include "kube/pods.h"
#include "launch/stops.h"
#include "policy/watch.h"
#include "targets/groups.h"
#include "targets/identities.h"
#include "targets/processes.h"
#include "targets/qualnames.h"
#include "targets/targets.h"

/* What descends from one target: what its looks took lately, see targets_look.c. */
struct family {
	int64_t taken, since; /* ns; CLOCK_MONOTONIC */
	unsigned int failures;
};
#define FAMILIES_MAX 256
/* And what is not traced, by users. */
#define STRANGERS_MAX 64

#define SERVED_MAX 32

/* A share that nobody is known to have a part of, and for how many looks nobody was. */
struct unshared {
	pid_t share;
	unsigned int looks;
};

/* It was told to have changed; late: or not, and it is looked whether it has. */
struct changing {
	pid_t pid;
	bool late;
};

struct targets {
	struct targets_config config;
	struct policy *policy; /* by which processes are attached to from now on */
	struct policy *former; /* NULL: there was none before */
	unsigned int reloads;  /* of policies */
	bool reloading;	       /* some processes go by the former one */
	struct kern *kern;
	struct armer *armer; /* NULL: no thread of a target is ever held */
	struct processes processes;
	struct identities identities; /* of these, as another thread sees them */
	struct family families[FAMILIES_MAX + STRANGERS_MAX];
	unsigned int nr_families;
	struct direct_probes *direct;
	struct groups groups;
	struct kube_known *kube_known; /* NULL: nobody wants to know */
	struct kube_pods *pods;	       /* the same */
	struct pod_watch *pod_watch;   /* NULL: no target has gone by labels yet */
	struct {
		DIR *dir;	       /* NULL: no walk is going on */
		uint64_t since, until; /* changes of labels for whose sake it is */
	} labelled;
	struct stops stops;
	/*
	 * Threads that were held and let go of with another one: what they have reported is still
	 * to be read.
	 */
	struct ev_hold served[SERVED_MAX];
	size_t nr_served;
	struct {
		pid_t *list;
		size_t count, next;
		unsigned int looks;
	} found; /* by what they are */
	struct {
		struct unshared *list;
		size_t count;
	} unshared;
	struct {
		struct changing *list; /* still to be looked at, once more */
		size_t count;
	} changing;
	uint32_t unseen_changes; /* KERN_CHANGE_*: the kernel side tells of none */
	bool chooses_alive;	 /* the policy goes by what only a process that lives tells */
	struct round *round;	 /* NULL: there was none yet */
	size_t nr_attached;	 /* of those of the configuration: done */
	bool ending;		 /* probes are being taken away: no new ones */
	bool undecided;		 /* there is a process with looks still to be taken */
	bool ready;
	bool said_no_worker;

	bool *had; /* by target of the policy: it had processes, at the last look; NULL: none yet */
	unsigned int had_in; /* after so many reloads */

	uint64_t refused;   /* matches that the kernel side refused, at the last look */
	unsigned int looks; /* at that */

	/* See counters/counters.h. */
	uint64_t forks_late, imports_late, programs_unseen, places_refused, looks_given_up,
		looks_put_off, reloads_refused, changes_late;
};

/*
 * targets_look.c: begins a look into a process: false: it may not be looked into now.  The end is
 * 0, or -ETIMEDOUT: what was found is not all, and the process is not looked into any more until it
 * execs, which has been said.
 */
bool targets_look_begin(struct targets *t, struct process *p, struct look *look);
int targets_look_end(struct targets *t, struct process *p, struct look *look);
/* Or has its family not answered so often that it is never looked into? */
bool targets_may_look_ever(struct targets *t, const struct process *p);
/* The number of a new family; and that of all who are not traced and are of this user. */
unsigned int targets_new_family(struct targets *t);
unsigned int targets_strangers(uid_t uid);

/* targets_share.c: somebody who had a part of it is not there any more. */
void targets_unshare(struct targets *t, pid_t share);
/* Once a second. */
void targets_give_back_shares(struct targets *t);
/* targets_view.c: forgets a process; and what the kernel side has of it as well. */
void targets_forget(struct targets *t, pid_t pid);
void targets_let_go(struct targets *t, pid_t pid);
/*
 * targets_kube.c: a share of what the process is in Kubernetes, as far as that is to be known here;
 * NULL: nothing.
 */
struct kube *targets_kube_find(struct targets *t, pid_t pid);
/* Looks anew for what was not all known. */
void targets_kube_tick(struct targets *t);
/* Has the API server asked for the labels of pods from now on, if the policy goes by them. */
void targets_watch_labels(struct targets *t);
/* Once a second: has processes looked at whose pod's labels have come or changed. */
void targets_labels_tick(struct targets *t);
void targets_labels_end(struct targets *t);
/*
 * targets_attach.c: starts tracing a process and puts probes on it.  thread_pointer as in
 * py_interp_open_at().
 */
int targets_add(struct targets *t, pid_t pid, uint64_t thread_pointer, struct err *err);
/* A traced process has forked `p`, which the kernel side knows already: puts the probes on it. */
void targets_fork(struct targets *t, struct process *p);
/* The same, where that was before its parent was traced. */
void targets_fork_late(struct targets *t, struct process *p, const struct process *parent);
/*
 * targets_discover.c: attaches to one of the processes that there are and fit more; 1: there may be
 * more, 0, or -errno with a sentence.
 */
int targets_discover_next(struct targets *t, struct err *err);
/* The same as part of a reload; false: there are no more. */
bool targets_discover_more(struct targets *t);
/* Chooses by what a process has become; false: it is not to be traced, and is forgotten. */
bool targets_choose(struct targets *t, struct process *p);
/*
 * The same for one that is traced; false: it is forgotten by targets_drop_leaving(), once its
 * matches are read.
 */
bool targets_choose_anew(struct targets *t, struct process *p);
void targets_drop_leaving(struct targets *t, bool all);
/* Such a one: no target fits it any more. */
void targets_leave(struct targets *t, struct process *p);
/*
 * The target that a traced process fits by what it is now, and that any other one does; NULL: none.
 * uid: its user, or PHRUDE_UID_SAME: that is looked up.
 */
const struct select_target *targets_choose_known(const struct targets *t, const struct process *p,
						 uid_t uid);
const struct select_target *targets_choose_present(struct targets *t, pid_t pid, uid_t uid);
/*
 * Attaches to one that runs already and fits a target.  entered: the kernel side had it when it was
 * chosen; one that it has only now is left to the record of that.
 */
void targets_take_up(struct targets *t, pid_t pid, const struct select_target *chosen,
		     bool entered);
/*
 * targets_change.c: has the kernel side tell of what the policy goes by; a process has changed; and
 * once a second, looks at those that have.
 */
void targets_watch_changes(struct targets *t);
void targets_changed(struct targets *t, const struct ev_proc *ev);
void targets_change_tick(struct targets *t);
/* Has one looked at that may have changed. */
void targets_note_changing(struct targets *t, pid_t pid, bool late);
/* Are there so many that no more are noted? */
bool targets_changing_full(const struct targets *t);
/* targets_round.c: once a second. */
void targets_go_round(struct targets *t);
void targets_round_free(struct round *round); /* NULL is allowed */
/* A program was exec'ed by a process that is not known; NULL: it is nobody's concern. */
struct process *targets_found(struct targets *t, const struct ev_proc *ev);
/* Lets go of one that is no Python, or not any more. */
void targets_drop_others(struct targets *t);
/*
 * targets_children.c: before the first target is looked at: has the kernel side tell what they fork
 * from now on.
 */
void targets_expect(struct targets *t);
/*
 * Once all are traced: traces what they have forked since the tracer was started, and says what was
 * there before.
 */
void targets_take_children(struct targets *t);
/* targets_exec.c.  A traced process has exec'ed: looks whether it is still Python. */
void targets_exec(struct targets *t, struct process *p);
/* The kernel side has recognised the interpreter of a process after an exec. */
void targets_started(struct targets *t, struct process *p, uint32_t group);
/* Notes the program by which the interpreter of a process was started. */
void targets_note_program(struct targets *t, const struct process *p);
/* A known interpreter has started in one that was gone before it could be chosen: counts it. */
void targets_unchosen(struct targets *t, const struct process *p);
/* It has ended: forgets it. */
void targets_ended(struct targets *t, struct process *p);
/*
 * Its program's file may be all that is there yet (interp NULL): has the kernel side notice when it
 * starts, and others that run it.
 */
void targets_await_start(struct targets *t, struct process *p, const struct py_interp *interp);
/*
 * targets_attach.c: has the kernel side notice that a process which has exec'ed starts the
 * interpreter of a group.
 */
int targets_set_start(struct targets *t, uint32_t group, const struct py_template *image,
		      struct py_site *site, struct err *err);
/* Looks at a process again, which is traced already, and puts probes on it. */
int targets_retrace(struct targets *t, struct process *p, struct err *err);
/* It stays known to the kernel side, for the sake of what it may start in its turn. */
void targets_give_up(struct process *p, int ret, const char *after, const struct err *err);
void targets_detach_own(struct process *p);
/* Can each of a process's rules be watched in its interpreter?  -EOPNOTSUPP with a sentence. */
int targets_check_rules(const struct targets *t, pid_t pid, const struct interp_facts *f,
			struct err *err);
/* targets_reload.c: takes away probes of kinds that no rule of its has any more. */
void targets_detach_unneeded(struct process *p);
/* targets_late.c: an EV_HOLD record.  -EPROTO */
int targets_held(struct targets *t, const void *record, size_t size);
/* Has imports reported, if a rule names what may come by one. */
int targets_watch_imports(struct targets *t, const struct py_interp *interp,
			  const struct interp_facts *f, struct err *err);
/*
 * What is to be imported from files that have all their probes goes by without being looked into.
 */
void targets_pass_ahead(struct targets *t, const struct interp_facts *f);
/* Looks for such functions in a process. */
void targets_look_for_late(struct targets *t, struct process *p);
/* Looks at a process that has exec'ed, once more than it would have been. */
void targets_look_at_new(struct targets *t, struct process *p);
/* A function of it could not be armed in time: arms all that is not. */
void targets_unarmed(struct targets *t, struct process *p);
/*
 * targets_arm.c: begins to arm what the rules name and the process has, if they call for it.
 * -EBUSY: nothing that exists can be armed, as there are sub-interpreters.
 */
int targets_arm(struct targets *t, struct process *p, const struct py_interp *interp,
		struct err *err);
/* Says so if a process is traced at a higher cost for that. */
void targets_say_unarmed(const struct targets *t, const struct interp_facts *f,
			 const struct py_interp *interp);
/* Was it forked from a process that was just being armed? */
bool targets_arm_inherited(struct targets *t, struct process *p);
/* Once it is: disarms what only the former policy had armed. */
void targets_disarm_former(struct targets *t, struct process *p);
/* A process said that its functions are armed: lets go of what was needed for it. */
void targets_armed(struct process *p);

/* targets_refused.c: to be called once a second. */
void targets_say_refused(struct targets *t);

/*
 * targets_facts.c: who a process is.  It has just been attached to, and is being looked into; it
 * began at `start` (proc_stat()).
 */
void targets_facts_attach(struct targets *t, struct process *p, uint64_t start);
/* It was forked, and its parent's facts are its own. */
void targets_facts_fork(struct process *p, struct process *parent, const struct ev_proc *ev);
/* Is it another process than the one that has its pid now? */
bool targets_is_stale(const struct process *p, const struct ev_proc *ev);
/* It has exec'ed what this PROC_EXEC record says. */
void targets_facts_exec(struct targets *t, struct process *p, const void *record, size_t size);
/* What of them is not known yet, or not for the time in which it is in that cgroup. */
void targets_facts_find(struct targets *t, struct process *p, uint64_t cgroup);
/* It may be in another container now. */
void targets_facts_moved(struct targets *t, struct process *p);
/* Is it the process that this is about, or one that has its pid by now? */
bool targets_is_same(const struct process *p);
