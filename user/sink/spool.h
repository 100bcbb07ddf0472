/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alerts on the disk, in files of a folder, in their order.  What was put there is there when the
 * process is killed.  When the files are as large as they may be, the oldest goes, and the alerts
 * in it.  One process at a time.
 *
 * Files are named by the number of their first record; `taken` has the number of the first record
 * that nobody needs to be given any more.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct spool;

/* Opens the folder, or makes it (0700).  0, or -errno with a sentence. */
int spool_open(const char *path, uint64_t size, struct spool **out, struct err *err);
void spool_close(struct spool *s); /* NULL is allowed */
/*
 * Puts alerts there, as many as one file is to hold; an alert that is larger than the whole spool
 * is dropped, and counted.  How many of them that was, or -errno with a sentence: none.
 */
int spool_put(struct spool *s, const struct text *texts, size_t count, struct err *err);
/*
 * The alert to be given next, and its number; the text is valid until the next call.  0; -ENOENT:
 * there is none.
 */
int spool_next(struct spool *s, struct text *text, uint64_t *number);
/* Right after that: it could not be given, and is the next one again. */
void spool_put_back(struct spool *s);
/* That one is delivered; they are told in their order. */
void spool_taken(struct spool *s, uint64_t number);
/* Notes that on the disk. */
void spool_note(struct spool *s);
/* Makes the disk have it all. */
void spool_sync(struct spool *s);
/*
 * How many are not delivered yet, those that were given and not taken among them; how many were
 * dropped.
 */
uint64_t spool_left(const struct spool *s);
uint64_t spool_dropped(const struct spool *s);
