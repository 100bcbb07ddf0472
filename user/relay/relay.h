/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records on their way between two threads.  One reads them as they come, and must not be kept
 * waiting: the reader.  The other one, the tracer, handles those that tell what became of
 * processes, and may take its time for it.  What a process has sent after such a record is
 * understood only once that was handled: it is kept back until then, each process's in its order,
 * while others' go on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"

/*
 * What may be on the way and kept back in all; a record more is taken, for there is no way back for
 * it.
 */
#define RELAY_BYTES_MAX (32u << 20)

struct relay;

int relay_new(struct relay **out, struct err *err);
/* Both threads are done with it. */
void relay_free(struct relay *r);
DEFINE_CLEANUP(relay_freep, struct relay, relay_free);

/* The reader's side.  Records are copied; -ENOMEM: one is lost. */

/*
 * Hands a record to the tracer, after what is kept back of the process `after`, which is 0 if that
 * does not matter.  What the process `of` sends from now on waits until it was handled; 0: nobody
 * waits.
 */
int relay_hand_over(struct relay *r, const void *record, size_t size, pid_t of, pid_t after);
/* Has a record of a process to wait?  It is kept then. */
int relay_keep(struct relay *r, const void *record, size_t size, pid_t pid, bool *kept);
/*
 * The tracer has to find something out before this one is understood: it comes back, before all
 * others of its process.
 */
int relay_ask(struct relay *r, const void *record, size_t size, pid_t pid);
/* Is there so much on the way that no further records are to be read? */
bool relay_is_full(struct relay *r);
/* Is nothing kept back? */
bool relay_is_empty(struct relay *r);
/* Readable when there may be something for relay_resume(), or relay_is_full() may have changed. */
int relay_resume_fd(const struct relay *r);
/*
 * Gets a record that was kept; asked: it was relay_ask()'s.  False: no more for now, this one was
 * not taken.
 */
typedef bool (*relay_fn)(void *ctx, const void *record, size_t size, bool asked);
/* Delivers what need not wait any more.  False: `fn` would not have more. */
bool relay_resume(struct relay *r, relay_fn fn, void *ctx);

/* The tracer's side. */

struct relay_item {
	struct relay_item *next;
	pid_t of;
	bool handed; /* or is to be */
	bool asked;  /* a question of relay_ask() */
	size_t size;
	unsigned char record[];
};

/* Readable when there is something for relay_take(). */
int relay_take_fd(const struct relay *r);
/* The next one, which relay_done() has to be called for; NULL: there is none. */
struct relay_item *relay_take(struct relay *r);
void relay_done(struct relay *r, struct relay_item *item);
