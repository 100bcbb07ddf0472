/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts alerts into the store: what several senders have posted goes into one transaction, since the
 * disk takes as long to make one alert safe as to make a thousand safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "console/record.h"

struct herald;
struct score_settings;
struct sender;
struct store;
struct writer;

/* Alerts that may wait at once, those being written included. */
#define WRITER_ALERTS_MAX 60000

/*
 * The settings say what makes an attacker; `herald` (NULL: nobody) is told of new ones.  Both have
 * to live longer.
 */
int writer_start(struct store *store, const struct score_settings *scoring, struct herald *herald,
		 struct writer **out, struct err *err);
/* Writes what waits, and ends. */
void writer_stop(struct writer *w);
DEFINE_CLEANUP(writer_stopp, struct writer, writer_stop);

/*
 * Returns once the alerts are safe on the disk.  `sender`: whose they are, or NULL.  *stored: those
 * that were not there before.  -EAGAIN: too many wait; else the store's error, and none of them is
 * stored.
 */
int writer_add(struct writer *w, const struct record *records, size_t nr,
	       const struct sender *sender, size_t *stored, struct err *err);

/* Counts the transactions that added something; a number to compare with. */
uint64_t writer_generation(struct writer *w);
/* Waits until the generation is another, for `ms` at the most; returns it. */
uint64_t writer_wait(struct writer *w, uint64_t generation, unsigned int ms);
/* Ends all waiting for another generation, for good: the program is about to end. */
void writer_wake(struct writer *w);
bool writer_is_woken(struct writer *w);
