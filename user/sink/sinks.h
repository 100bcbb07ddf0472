/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All outputs: each alert goes to every one of them.  Others may take their place while alerts
 * come: one that stays the same goes on as it is, with its queue and its counts.
 */
#pragma once

#include "sink/sink.h"

struct sinks;

/* The type of that name; NULL: there is none. */
const struct sink_ops *sink_type(const char *name);

int sinks_start(const struct sink_config *configs, size_t count, struct sinks **out,
		struct err *err);
/* Gives up what is not written (sinks_give_up()), if that was not done. */
void sinks_free(struct sinks *s); /* NULL is allowed */

struct sinks_change;

/*
 * Opens what is new of outputs that are to take the place of those in force, and of which there is
 * one at least.  Nothing has changed yet.  A former output that no other one is equal to will go.
 * -errno with a sentence.
 */
int sinks_prepare(struct sinks *s, const struct sink_config *configs, size_t count,
		  struct sinks_change **out, struct err *err);
/*
 * From the next alert on these are in force.  What goes is written to once more, for some seconds
 * at the most, while nobody waits for it.  To be called by whoever calls sinks_alert().
 */
void sinks_change(struct sinks *s, struct sinks_change *change);
/* Ends what is new, if it has not come into force; else says what is new and what goes. */
void sinks_change_free(struct sinks_change *change); /* NULL is allowed */
/*
 * Lets go of those that have gone; what they did not write is said and counted.  Are there others
 * that go yet?  Then it is to be called again soon.
 */
bool sinks_let_go(struct sinks *s);

/* Takes an alert; it is written at the earliest after sinks_flush(). */
void sinks_alert(struct sinks *s, const struct alert *alert);
void sinks_flush(struct sinks *s);
/* Opens files anew, and says for which reason; without a file, that there is none. */
void sinks_reopen(struct sinks *s, const char *why);

/*
 * Readable (POLLIN) when an answer of the functions below may be another one; sinks_changed() makes
 * it unreadable.
 */
int sinks_fd(const struct sinks *s);
void sinks_changed(struct sinks *s);
/* Is every output full?  While one is not, alerts are best taken on. */
bool sinks_are_full(struct sinks *s);
/* Is there no output any more that could be written to?  -EIO then, with a sentence. */
int sinks_gone(struct sinks *s, struct err *err);

/*
 * At the end.  From now on sinks_are_finished() asks whether nothing is left that could be written.
 */
void sinks_finish(struct sinks *s);
bool sinks_are_finished(struct sinks *s);
/* Ends the threads; what is not written is lost, which is said. */
void sinks_give_up(struct sinks *s);

/* Over all outputs that there are, or were. */
struct sinks_totals {
	uint64_t lost;		/* alerts that were not written */
	uint64_t refused;	/* that receivers would not have */
	uint64_t not_rotated;	/* how often files could not be moved away that should have been */
	uint64_t spooled;	/* alerts that are in spools of those that there are */
	uint64_t spool_dropped; /* as their spools were full */
};

struct sinks_totals sinks_totals(struct sinks *s);
/*
 * Of each output in force, in the order of the configuration, `max` at the most; how many.  No two
 * have the same name, which is there until sinks_free().
 */
size_t sinks_counts(struct sinks *s, struct sink_counts *out, const char **names, size_t max);
/* From time to time: says which of them hang. */
void sinks_watch(struct sinks *s);
/* Was there one that could not be written to in the end?  -EIO with a sentence. */
int sinks_error(struct sinks *s, struct err *err);
