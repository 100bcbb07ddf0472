/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the engine, for its own files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/look.h"
#include "engine/counters.h"
#include "engine/engine.h"
#include "engine/groups.h"
#include "launch/launch.h"
#include "engine/processes.h"
#include "launch/stops.h"
#include "kern/kern.h"
#include "pipeline/pipeline.h"
#include "sink/sinks.h"

/* What descends from one target: what its looks took lately, see engine_look.c. */
struct family {
	int64_t taken, since; /* ns; CLOCK_MONOTONIC */
	unsigned int failures;
};
#define FAMILIES_MAX 256

/* What a rule's module is for the kernel side (struct import.name): by its full name, and by the last part of it. */
struct import_numbers {
	uint32_t full, last;
};

#define SERVED_MAX 32

struct engine {
	const struct engine_opts *opts;
	struct kern *kern;
	struct launch *launch; /* NULL: nothing was started */
	struct armer *armer;   /* NULL: no thread of a target is ever held */
	struct plan_choice choice;
	struct processes processes;
	struct family families[FAMILIES_MAX];
	unsigned int nr_families;
	struct direct_probes *direct;
	struct import_numbers *import_numbers; /* by rule */
	struct groups groups;
	struct request_opts request;
	struct pipeline pipeline;
	uint64_t names[64]; /* bits: the prefilter, see phrude_prefilter_bit() */
	struct sinks *sinks;
	int signal_fd; /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	int end_fd;    /* timer of --duration; -1: none */
	struct stops stops;
	/* Threads that were held and let go of with another one: what they have reported is still to be read. */
	pid_t served[SERVED_MAX];
	size_t nr_served;
	bool asked_to_end;
	int64_t patience_until; /* ms, monotonic: how long the readers of alerts are waited for; 0: as long as they take */
	bool waits_for_ring; /* epoll does */
	bool had_terminal;   /* of its session, at the start */
	bool stop;
	bool ending;	/* probes are being taken away: no new ones */
	bool ended;	/* they are gone */
	bool undecided; /* there is a process with looks still to be taken */
	bool ready;

	uint64_t refused;   /* matches that the kernel side refused, at the last look */
	unsigned int looks; /* at that */

#define X(field, key, class, help) uint64_t field;
	ENGINE_COUNTERS(X)
#undef X
	bool said_no_worker;
};

/* engine_output.c: somebody wants the tracer to end now. */
void engine_asked_to_end(struct engine *e);
bool engine_has_terminal(void);
void engine_on_signals(struct engine *e);
/* Turns what is in the ring into alerts, unless every output is full. */
void engine_consume(struct engine *e);
/* Has epoll wait for records unless that is so. */
int engine_wait_for_records(struct engine *e, int epoll_fd);
/* At the end, once the probes are gone: all that is in the ring, and then all alerts.  A reader who is behind is waited for
 * until somebody asks to end, and then for a second; what he has not taken by then is lost and counted. */
void engine_write_out(struct engine *e);

/* engine_pipeline.c; ctx: the engine */
extern const struct pipeline_ops engine_pipeline_ops;

/* engine_record.c: handles one record of the ring buffer; kern_record_fn. */
int engine_record(void *ctx, const void *record, size_t size);

/*
 * engine_look.c: begins a look into a process: false: it may not be looked into now.  The end is 0, or -ETIMEDOUT: what was found
 * is not all, and the process is not looked into any more until it execs, which has been said.
 */
bool engine_look_begin(struct engine *e, struct process *p, struct look *look);
int engine_look_end(struct engine *e, struct process *p, struct look *look);
/* Or has its family not answered so often that it is never looked into? */
bool engine_may_look_ever(struct engine *e, const struct process *p);
/* The number of a new family. */
unsigned int engine_family(struct engine *e);

/* engine_targets.c: starts tracing a process and puts probes on it.  thread_pointer as in py_interp_open_at(). */
int engine_add_target(struct engine *e, pid_t pid, uint64_t thread_pointer, struct err *err);
/* A traced process has forked `p`, which the kernel side knows already: puts the probes on it. */
void engine_fork(struct engine *e, struct process *p);
/* The same, where that was before its parent was traced. */
void engine_fork_late(struct engine *e, struct process *p, const struct process *parent);
/* engine_children.c: before the first target is looked at: has the kernel side tell what they fork from now on. */
void engine_expect_targets(struct engine *e);
/* Once all are traced: traces what they have forked since the tracer was started, and says what was there before. */
void engine_take_children(struct engine *e);
/* engine_exec.c.  A traced process has exec'ed: looks whether it is still Python. */
void engine_exec(struct engine *e, struct process *p);
/* The kernel side has recognised the interpreter of a process after an exec. */
void engine_started(struct engine *e, struct process *p, uint32_t group);
/* Notes the program by which the interpreter of a process was started. */
void engine_note_program(struct engine *e, const struct process *p);
/* It has ended: forgets it. */
void engine_ended(struct engine *e, struct process *p);
/* Its program's file may be all that is there yet (interp NULL): has the kernel side notice when it starts, and others that run
 * it. */
void engine_await_start(struct engine *e, struct process *p, const struct py_interp *interp);
/* engine_targets.c: has the kernel side notice that a process which has exec'ed starts the interpreter of a group. */
int engine_set_start(struct engine *e, uint32_t group, const struct py_template *image,
		     struct py_site *site, struct err *err);
/* Looks at a process again, which is traced already, and puts probes on it. */
int engine_retrace(struct engine *e, struct process *p, struct err *err);
/* It stays known to the kernel side, for the sake of what it may start in its turn. */
void engine_give_up(struct process *p, int ret, const char *after, const struct err *err);
void engine_detach_own(struct process *p);
/* engine_late.c: what the rules name may be imported. */
int engine_expect_imports(struct engine *e, struct err *err);
/* Has imports reported, if a rule names what may come by one. */
int engine_watch_imports(struct engine *e, const struct py_interp *interp,
			 const struct interp_facts *f, struct err *err);
/* What is to be imported from files that have all their probes goes by without being looked into. */
void engine_pass_ahead(struct engine *e, const struct interp_facts *f);
/* Looks for such functions in a process. */
void engine_look_for_late(struct engine *e, struct process *p);
/* Does so for a thread that is held just after an import, and lets it go. record: a struct ev_import. */
void engine_imported(struct engine *e, struct process *p, const void *record);
/* Does so for a thread that is held at the start of an interpreter of which only the file was known. */
void engine_started_new(struct engine *e, struct process *p, pid_t tid);
/* Looks at a process that has exec'ed, once more than it would have been. */
void engine_look_at_new(struct engine *e, struct process *p);
/* Looks again at processes of which it was too early to tell; sets e->undecided if there are still some. */
void engine_look_again(struct engine *e);
/* A function of it could not be armed in time: arms all that is not. */
void engine_unarmed(struct engine *e, struct process *p);
/*
 * engine_arm.c: begins to arm what the rules name and the process has, if they call for it.  -EBUSY: nothing that exists can be armed, as
 * there are sub-interpreters.
 */
int engine_arm(struct engine *e, struct process *p, const struct py_interp *interp,
	       struct err *err);
/* Says so if a process is traced at a higher cost for that. */
void engine_say_unarmed(const struct engine *e, const struct interp_facts *f,
			const struct py_interp *interp);
/* Was it forked from a process that was just being armed? */
bool engine_arm_inherited(struct engine *e, struct process *p);
/* A process said that its functions are armed: lets go of what was needed for it. */
void engine_armed(struct process *p);
/* Puts back what was armed.  The probes have been taken away. */
void engine_disarm(struct engine *e);
/* Forgets targets that are gone, should the kernel's word of it have been lost. */
void engine_check_targets(struct engine *e);
/* Prints the ready line. */
void engine_say_ready(struct engine *e);

/* engine_refused.c: to be called once a second. */
void engine_say_refused(struct engine *e);

/* engine_facts.c: who a process is.  It has just been attached to, and is being looked into; it began at `start` (proc_stat()). */
void engine_facts_attach(struct process *p, uint64_t start);
/* It was forked, and its parent's facts are its own. */
void engine_facts_fork(struct process *p, struct process *parent, const struct ev_proc *ev);
/* Is it another process than the one that has its pid now? */
bool engine_is_stale(const struct process *p, const struct ev_proc *ev);
/* It has exec'ed what this PROC_EXEC record says. */
void engine_facts_exec(struct engine *e, struct process *p, const void *record, size_t size);
/* For an alert of it, while it is in that cgroup.  Its container is in the process itself. */
const struct proc_facts *engine_facts(struct engine *e, struct process *p, uint64_t cgroup);

/* engine_summary.c: prints the summary line. */
void engine_say_summary(struct engine *e);
