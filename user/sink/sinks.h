/* SPDX-License-Identifier: GPL-2.0-only */
/* All outputs: each alert goes to every one of them. */
#pragma once

#include "sink/sink.h"

struct sinks;

/* The type of that name; NULL: there is none. */
const struct sink_ops *sink_type(const char *name);

int sinks_start(const struct sink_config *configs, size_t count, struct sinks **out,
		struct err *err);
/* Gives up what is not written (sinks_give_up()), if that was not done. */
void sinks_free(struct sinks *s); /* NULL is allowed */

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
/* Alerts that were not written, over all outputs. */
uint64_t sinks_lost(struct sinks *s);
/* Alerts that receivers would not have. */
uint64_t sinks_refused(struct sinks *s);
/* Of each output, in the order of the configuration, `max` at the most; how many. */
size_t sinks_counts(struct sinks *s, struct sink_counts *out, size_t max);
/* Of spools, summed up. */
struct sink_spooled sinks_spooled(struct sinks *s);
/* How often files could not be moved away that should have been, over all outputs. */
uint64_t sinks_not_rotated(const struct sinks *s);
/* From time to time: says which of them hang. */
void sinks_watch(struct sinks *s);
/* Was there one that could not be written to in the end?  -EIO with a sentence. */
int sinks_error(struct sinks *s, struct err *err);
