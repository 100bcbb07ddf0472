/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One output of alerts: a bounded queue, and a thread that takes alerts out of it and waits for
 * whoever takes them from there.  Nobody else waits: an alert that finds the queue full is lost and
 * counted.
 *
 * A write that fails is no end where there may be room again, or another reader ("lasting").
 * Meanwhile SINK_KEPT bytes are kept, what comes after is lost, and it is tried again, once a
 * second or, of what is reached over a network, ever more rarely up to once a minute.  Elsewhere
 * the reader is gone for good.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sink/sink_config.h"
#include "sink/written.h"

/* Of one queue: alerts (if nothing else is said), bytes, and bytes while writes fail. */
#define SINK_QUEUE 10000
#define SINK_BYTES ((size_t)8 * 1024 * 1024)
#define SINK_KEPT ((size_t)256 * 1024)
/* Alerts that are handed to sink_ops.write at a time. */
#define SINK_BATCH 512

/* What came of a write, for the caller to count and to say. */
struct sink_step {
	size_t done;	       /* alerts that need not be offered again */
	size_t refused;	       /* those of them that the receiver would not have, and never will */
	unsigned int pause_ms; /* not to be tried again before; 0: as it mostly is */
	struct err err;	       /* a sentence if it fails; empty: the errno says it all */
};

/*
 * A type of outputs.  All but open() is called by the output's thread; those that say so may be
 * NULL.
 */
struct sink_ops {
	const char *type; /* as the configuration has it */
	enum written_envelope envelope;
	unsigned int takes, needs; /* enum sink_key */
	bool json_only;		   /* it takes no other format */
	bool backs_off;		   /* what fails is tried again ever more rarely */
	/*
	 * Makes what the other functions take; the configuration is there until close().  0, or
	 * -errno with a sentence.
	 */
	int (*open)(const struct sink_config *config, void **out, struct err *err);
	/* Where alerts go, for messages; valid until close(). */
	const char *(*place)(const void *out);
	bool (*is_terminal)(const void *out); /* NULL: it is none */
	bool (*is_lasting)(const void *out);  /* NULL: it is */
	/*
	 * Writes alerts, beginning with the first.  The rest of one that was begun is written at
	 * the next call.  `step` comes empty.  0, -EAGAIN if no more is taken now, or another
	 * -errno.
	 */
	int (*write)(void *out, struct written *const *alerts, size_t count,
		     struct sink_step *step);
	/*
	 * What poll() is to wait for once a write said -EAGAIN, and errors of which are looked at
	 * if it is not lasting.  NULL:  there is nothing, and write() waits by itself.
	 */
	int (*fd)(const void *out);
	/* Once a second; NULL: nothing to look at. */
	void (*look)(void *out);
	/*
	 * Opens anew, by its name, what has one; says what came of it, and `why`.  NULL: it has
	 * none.
	 */
	void (*reopen)(void *out, const char *why);
	/*
	 * A second descriptor, always; once it is readable, woken() is called.  NULL: there is
	 * none.
	 */
	int (*wake_fd)(const void *out);
	void (*woken)(void *out);
	/*
	 * At the end: once more, now.  And before close(), while counts are still asked for.  NULL:
	 * nothing to do.
	 */
	void (*finish)(void *out);
	void (*stop)(void *out);
	/*
	 * For the main thread: has all that was written arrived, or can it not?  NULL: what is
	 * written has arrived.
	 */
	bool (*is_finished)(void *out);
	struct sink_spooled (*spooled)(void *out);
	/* For the main thread: how often a file could not be moved away that should have been. */
	uint64_t (*not_rotated)(const void *out);
	void (*close)(void *out);
};

/*
 * Of an output with a spool: alerts that are in it, that were dropped from it, and that the
 * receiver would not have.
 */
struct sink_spooled {
	uint64_t left, dropped, refused;
	uint64_t sent;	    /* in this run */
	uint64_t unmoved_s; /* as in sink_counts, of the thread that sends */
	bool failing;	    /* the last one could not be sent, and is tried again */
};

/*
 * What became of the alerts that an output got: those that wait, in its spool, too; that were
 * written; and that were lost.
 */
struct sink_counts {
	uint64_t queued, sent, dropped;
	/*
	 * for how long its thread has not gone on; one that has nothing to do does so once a second
	 */
	uint64_t unmoved_s;
	enum sink_state {
		SINK_OK,
		SINK_FAILING, /* the last write failed, and it is tried again */
		SINK_GONE,    /* for good */
		NR_SINK_STATES
	} state;
};
extern const char *const sink_state_names[NR_SINK_STATES];

struct sink;

/*
 * Opens it and starts its thread; the configuration is copied.  `changed`: an eventfd (borrowed)
 * that is written to when the output is gone, and once after sink_is_full() was true, or
 * sink_is_finished() or sink_is_drained() false, when that may have changed.
 */
int sink_start(const struct sink_config *config, int changed, struct sink **out, struct err *err);
const struct sink_config *sink_config_of(const struct sink *s);
/* For messages: where alerts go, and the output's name if it has one. */
const char *sink_label(const struct sink *s);
unsigned int sink_form(const struct sink *s);
enum rule_level sink_level(const struct sink *s);
/* Would an alert be lost? */
bool sink_refuses(struct sink *s);
/*
 * Takes a reference of its own, or counts the alert as lost (also w NULL: there was no memory for
 * it).  It is written at the earliest after sink_flush().
 */
void sink_put(struct sink *s, struct written *w);
void sink_flush(struct sink *s);
/* Has its thread open anew what has a name.  `why` is a literal. */
void sink_reopen(struct sink *s, const char *why);

/* Is its reader so far behind that it takes no more? */
bool sink_is_full(struct sink *s);
/* From now on: is all written, or, after one more try, can it not be? */
void sink_finish(struct sink *s);
bool sink_is_finished(struct sink *s);
/* Is nothing left in its queue, or can it not be written?  One with a spool has it there, then. */
bool sink_is_drained(struct sink *s);
/* Has it lost its reader for good? */
bool sink_is_gone(struct sink *s);
/* Alerts that it did not write. */
uint64_t sink_lost(struct sink *s);
/* Alerts that its receiver would not have. */
uint64_t sink_refused(struct sink *s);
/* The last write failed: -EIO with a sentence, else 0. */
int sink_error(struct sink *s, struct err *err);
/* Alerts that it has got rid of, one way or the other. */
uint64_t sink_done(struct sink *s);
/* From now on `changed` is written to after whatever its thread does. */
void sink_tells(struct sink *s);
const char *sink_place(const struct sink *s);
struct sink_spooled sink_spooled(struct sink *s);
struct sink_counts sink_counts(struct sink *s);
uint64_t sink_not_rotated(const struct sink *s);
/* From time to time: says it if its thread hangs, and if it does not any more. */
void sink_watch(struct sink *s);
/* Asks its thread to end, giving up what is queued. */
void sink_stop(struct sink *s);
bool sink_has_ended(struct sink *s);
/*
 * Waits for that until `deadline_ms` (monotonic), and counts what is left as lost: returns how many
 * alerts that is.  A thread that hangs by then is left behind.
 */
size_t sink_join(struct sink *s, int64_t deadline_ms);
/* After sink_join(). */
void sink_free(struct sink *s);
/* The same, but to close what it is takes nothing of the caller's time: a thread does it. */
void sink_free_apart(struct sink *s);
