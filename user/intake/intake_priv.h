/* SPDX-License-Identifier: GPL-2.0-only */
/* For the files of this part. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/loop.h"
#include "intake/intake.h"
#include "pipeline/pipeline.h"
#include "relay/relay.h"

enum intake_task {
	INTAKE_READS,
	INTAKE_FINISHES,
	INTAKE_QUITS,
};

/* Of what takes the place of what is in force. */
enum intake_turn {
	INTAKE_NOTHING,
	INTAKE_GIVEN, /* to the thread */
	INTAKE_TAKEN, /* by it: what it holds by now is what was in force */
};

struct intake {
	struct intake_config config;
	struct relay *relay;
	struct pipeline pipeline;
	struct arena arena; /* the other thread's, of what it is asked */
	pthread_t thread;
	bool running;
	struct loop loop;
	int wake_fd; /* to the thread: these have changed */
	atomic_int task;
	struct intake_change change;
	atomic_int turn;		     /* of it */
	uint64_t past_redacted, past_unread; /* by what was in force before that */
	atomic_bool roll_up;		     /* all that is held back is due */
	atomic_uint patience_ms; /* how long outputs are waited for; 0: as long as they take */
	int over_fd;		 /* from it */
	atomic_bool over;
	int ret; /* why it ended by itself, with a sentence */
	struct err err;
	bool waits_for_ring;
	atomic_bool waits;	/* for anything */
	atomic_ulong turns;	/* of that, and records read */
	int64_t waited_ms;	/* for outputs, of the patience with them */
	bool late;		/* that is over */
	atomic_ulong malformed; /* records that could not be decoded */
};

/* intake_records.c, in the thread: handles a record; kern_record_fn. */
int intake_read(void *intake, const void *record, size_t size);
/* Reads what had to wait and need not any more. */
void intake_resume(struct intake *in);
/* Has alerts written that stand for what was held back, as long as there is room. */
void intake_write_held(struct intake *in, int64_t now_ns);
/* May what is read become alerts at present? */
bool intake_may_read(struct intake *in);
/* intake_change.c, in the thread: between two records. */
void intake_take_change(struct intake *in);
/* In the main thread. */
void intake_count_redacted(const struct intake *in, uint64_t values[NR_COUNTERS]);
extern const struct pipeline_ops intake_pipeline_ops;
