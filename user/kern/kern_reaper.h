/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking probes away in the background.  The kernel waits for a grace period when it removes a
 * uprobe, 0.1 s or more each: long enough for the ring buffer to overflow if records waited for it,
 * and it can wait for several at once.
 */
#pragma once

struct reaper;

struct reaper *reaper_new(void); /* NULL: no memory */
/* Calls destroy(object), now or soon, in whatever thread. NULL is ignored. */
void reaper_take(struct reaper *r, void *object, void (*destroy)(void *object));
/* Returns when all that was taken is destroyed. */
void reaper_wait(struct reaper *r);
/* Waits, and frees. */
void reaper_free(struct reaper *r);
