/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What alerts of a rule and a target are too many, and what is held back of them meanwhile: the
 * first one, and how many it stands for.  What that is, is its owner's.  For one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "limit/bucket.h"

/*
 * Rules of targets that are told apart.  Those that come when so many are in use have one place
 * together for each rule.
 */
#define LIMIT_PLACES_MAX 4096
/* So long, at the most, alerts are held back before one is written that stands for them. */
#define LIMIT_SPAN_NS (10 * NSEC_PER_SEC)
/* Once so many bytes are held back, what comes where nothing is yet goes to that place as well. */
#define LIMIT_BYTES_MAX ((size_t)8 * 1024 * 1024)

struct limit_key {
	const char *rule;   /* what it is known by */
	const char *target; /* NULL: it has none, and the process is one by itself */
	pid_t pid;
};

/* What one alert stands for; times as they were given. */
struct limit_held {
	void *first;
	uint64_t count, since_ns, until_ns;
};

struct limit;
struct limit_place;

/*
 * let_go: frees what is held back when nobody has asked for it.  A rate without an
 * interval: nothing is refused.  NULL: no memory.
 */
struct limit *limit_new(const struct limit_rate *rate, void (*let_go)(void *first));
/* From now on there is another limit, or none; what is held back stays so. */
void limit_set(struct limit *l, const struct limit_rate *rate);
void limit_free(struct limit *l); /* NULL is allowed */
DEFINE_CLEANUP(limit_freep, struct limit, limit_free);

/*
 * An alert of this key, at this time.  NULL: it may be written (also when there is no memory); else
 * where it is to be held back.
 */
struct limit_place *limit_refuse(struct limit *l, const struct limit_key *key, uint64_t time_ns);
/* Is one held back there already, which can stand for another one? */
bool limit_holds(const struct limit_place *place);
/*
 * Holds it back.  first: what it is, of `size` bytes, taken over, if it is the first there; now_ns:
 * by the clock that limit_take() is given.
 */
void limit_hold(struct limit *l, struct limit_place *place, void *first, size_t size,
		uint64_t time_ns, int64_t now_ns);
/*
 * Takes what has been held back long enough, the oldest first.  false: there is nothing.  INT64_MAX
 * as the time: whatever is held back.
 */
bool limit_take(struct limit *l, int64_t now_ns, struct limit_held *out);
/* All that is held back is due; or that of a process that is one by itself. */
void limit_hurry(struct limit *l);
void limit_hurry_process(struct limit *l, pid_t pid);
/* Is nothing held back? */
bool limit_is_empty(const struct limit *l);
