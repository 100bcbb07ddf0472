// SPDX-License-Identifier: GPL-2.0-only
#include "console/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/util.h"
#include "console/attackers.h"
#include "console/db.h"
#include "console/herald.h"
#include "console/senders.h"
#include "console/store.h"
#include "console/tally.h"
#include "console/when.h"

/*
 * A transaction takes more jobs as long as it has fewer alerts than this: a tenth of a second's
 * work.
 */
#define BATCH_ALERTS 2000

/* What one sender has posted; its thread's, which waits. */
struct job {
	struct job *next;
	const struct record *records;
	const struct sender *sender;
	size_t nr, stored;
	int result;
	bool done;
	struct err err;
};

/* An alert and the job that it is of. */
struct item {
	const struct record *record;
	struct job *job;
};

struct writer {
	struct store *store;
	const struct score_settings *scoring;
	struct herald *herald;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t work, finished, news;
	struct job *first, **last;
	size_t waiting; /* alerts */
	uint64_t generation;
	bool stopping, woken;
};

static int in_time(const void *a, const void *b)
{
	int64_t x = ((const struct item *)a)->record->time,
		y = ((const struct item *)b)->record->time;

	return (x > y) - (x < y);
}

static int add_some(struct db *db, struct item *items, size_t nr, struct attacks *attacks,
		    struct tally *tally, struct err *err)
{
	const struct record *records[STORE_ADD_MAX];
	bool added[STORE_ADD_MAX];
	int res;

	for (size_t i = 0; i < nr; i++)
		records[i] = items[i].record;
	res = store_add_alerts(db, records, nr, attacks->now, tally, added, err);
	for (size_t i = 0; i < nr && !res; i++) {
		items[i].job->stored += added[i];
		/* What was there before was counted then. */
		if (added[i])
			res = attacks_add(attacks, items[i].record, err);
	}
	return res;
}

/* In order of time, as the index of words takes them best. */
static int add_items(struct db *db, struct item *items, size_t nr, struct attacks *attacks,
		     struct err *err)
{
	_cleanup_tally_ struct tally tally = { 0 };
	int res;

	qsort(items, nr, sizeof(*items), in_time);
	for (size_t i = 0; i < nr; i += STORE_ADD_MAX) {
		res = add_some(db, items + i, MIN(nr - i, (size_t)STORE_ADD_MAX), attacks, &tally,
			       err);
		if (res)
			return res;
	}
	res = tally_write(&tally, db, err);
	return res ?: attacks_write(attacks, db, err);
}

static int note_senders(struct db *db, const struct job *jobs, int64_t now, struct err *err)
{
	int res = 0;

	for (const struct job *j = jobs; j && !res; j = j->next) {
		if (j->sender)
			res = senders_heard(db, j->sender, j->records, j->nr, now, err);
	}
	return res;
}

static int write_jobs(struct writer *w, struct job *jobs, size_t nr, struct err *err)
{
	_cleanup_free_ struct item *items = malloc((nr + 1) * sizeof(*items));
	_cleanup_attacks_ struct attacks attacks = { .settings = w->scoring, .now = when_now() };
	struct db *db;
	size_t n = 0;
	int res;

	if (!items)
		return err_set(err, -ENOMEM, "out of memory");
	for (struct job *j = jobs; j; j = j->next) {
		for (size_t i = 0; i < j->nr; i++)
			items[n++] = (struct item){ &j->records[i], j };
	}
	res = store_begin(w->store, &db, err);
	if (res)
		return res;
	res = add_items(db, items, n, &attacks, err);
	if (!res)
		res = note_senders(db, jobs, attacks.now, err);
	if (res) {
		store_rollback(w->store);
		return res;
	}
	res = store_commit(w->store, err);
	if (!res)
		herald_add(w->herald, attacks.news, attacks.nr_news);
	return res;
}

/* Takes jobs off the queue until there are enough alerts. */
static struct job *take_jobs(struct writer *w, size_t *nr)
{
	struct job *jobs = w->first, **end = &w->first;

	*nr = 0;
	while (*end && (!*nr || *nr + (*end)->nr <= BATCH_ALERTS)) {
		*nr += (*end)->nr;
		end = &(*end)->next;
	}
	w->first = *end;
	*end = NULL;
	if (!w->first)
		w->last = &w->first;
	return jobs;
}

/* With the lock held. */
static void finish_jobs(struct writer *w, struct job *jobs, size_t nr, int res,
			const struct err *err)
{
	struct job *next;
	bool added = false;

	for (struct job *j = jobs; j; j = next) {
		next = j->next;
		if (res) {
			j->result = res;
			j->err = *err;
		}
		added |= !res && j->stored;
		j->done = true; /* from here on it may be gone */
	}
	w->waiting -= nr;
	w->generation += added;
	pthread_cond_broadcast(&w->finished);
	if (added)
		pthread_cond_broadcast(&w->news);
}

static void *writer_main(void *ctx)
{
	struct writer *w = ctx;

	pthread_mutex_lock(&w->lock);
	while (w->first || !w->stopping) {
		struct err err = { "" };
		struct job *jobs;
		size_t nr;
		int res;

		if (!w->first) {
			pthread_cond_wait(&w->work, &w->lock);
			continue;
		}
		jobs = take_jobs(w, &nr);
		pthread_mutex_unlock(&w->lock);
		res = write_jobs(w, jobs, nr, &err);
		pthread_mutex_lock(&w->lock);
		finish_jobs(w, jobs, nr, res, &err);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

int writer_start(struct store *store, const struct score_settings *scoring, struct herald *herald,
		 struct writer **out, struct err *err)
{
	struct writer *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;
	int res;

	if (!w)
		return err_set(err, -ENOMEM, "out of memory");
	w->store = store;
	w->scoring = scoring;
	w->herald = herald;
	w->last = &w->first;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->finished, NULL);
	pthread_cond_init(&w->news, &attr);
	pthread_condattr_destroy(&attr);
	res = pthread_create(&w->thread, NULL, writer_main, w);
	if (res) {
		free(w);
		return err_set(err, -res, "a thread cannot be started");
	}
	*out = w;
	return 0;
}

void writer_stop(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->news);
	pthread_cond_destroy(&w->finished);
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int writer_add(struct writer *w, const struct record *records, size_t nr,
	       const struct sender *sender, size_t *stored, struct err *err)
{
	struct job job = { .records = records, .nr = nr, .sender = sender };

	*stored = 0;
	if (!nr)
		return 0;
	pthread_mutex_lock(&w->lock);
	if (w->waiting + nr > WRITER_ALERTS_MAX) {
		pthread_mutex_unlock(&w->lock);
		return err_set(err, -EAGAIN, "too many alerts wait to be stored: send again later");
	}
	w->waiting += nr;
	*w->last = &job;
	w->last = &job.next;
	pthread_cond_signal(&w->work);
	while (!job.done)
		pthread_cond_wait(&w->finished, &w->lock);
	pthread_mutex_unlock(&w->lock);
	if (job.result)
		return err_set(err, job.result, "%s", job.err.msg);
	*stored = job.stored;
	return 0;
}

uint64_t writer_generation(struct writer *w)
{
	uint64_t generation;

	pthread_mutex_lock(&w->lock);
	generation = w->generation;
	pthread_mutex_unlock(&w->lock);
	return generation;
}

uint64_t writer_wait(struct writer *w, uint64_t generation, unsigned int ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000l;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&w->lock);
	while (w->generation == generation && !w->woken &&
	       !pthread_cond_timedwait(&w->news, &w->lock, &until))
		;
	generation = w->generation;
	pthread_mutex_unlock(&w->lock);
	return generation;
}

void writer_wake(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->woken = true;
	pthread_cond_broadcast(&w->news);
	pthread_mutex_unlock(&w->lock);
}

bool writer_is_woken(struct writer *w)
{
	bool woken;

	pthread_mutex_lock(&w->lock);
	woken = w->woken;
	pthread_mutex_unlock(&w->lock);
	return woken;
}
