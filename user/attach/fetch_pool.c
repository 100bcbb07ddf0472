// SPDX-License-Identifier: GPL-2.0-only
#include "attach/fetch_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "base/worker.h"
#include "py/remote.h"

#define THREADS 4
#define THREADS_OF_TARGET 2
#define QUEUE_MAX HOLD_SLOTS
#define PAGE_SZ 4096ULL

struct fetch_pool {
	struct holds *holds;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t changed;
	struct ev_hold queue[QUEUE_MAX];
	size_t queued;
	uint32_t busy[THREADS]; /* with which target, 0: none */
	bool stop;
	pthread_t threads[THREADS];
	size_t nr_threads;
};

static bool has_thread(const struct fetch_pool *pool, uint32_t target)
{
	size_t n = 0;

	for (size_t i = 0; i < THREADS; i++)
		n += pool->busy[i] == target;
	return n < THREADS_OF_TARGET;
}

/* Takes the first request whose target may have another thread; false: none. */
static bool next_request(struct fetch_pool *pool, struct ev_hold *asked)
{
	for (size_t i = 0; i < pool->queued; i++) {
		if (!has_thread(pool, pool->queue[i].target))
			continue;
		*asked = pool->queue[i];
		memmove(&pool->queue[i], &pool->queue[i + 1],
			(--pool->queued - i) * sizeof(pool->queue[0]));
		return true;
	}
	return false;
}

struct job {
	pid_t pid;
	enum fetch_outcome outcome;
	uint64_t pages[PHRUDE_FETCH_MAX]; /* as in struct hold_fetch */
};

/* worker_fn */
static int touch_pages(struct worker_call *call)
{
	struct job *job = call->area;

	job->outcome = FETCH_NONE;
	for (int i = 0; i < PHRUDE_FETCH_MAX && job->pages[i]; i++) {
		uint64_t page = job->pages[i] & ~(PAGE_SZ - 1), more = job->pages[i] % PAGE_SZ;

		for (uint64_t n = 0; n <= more; n++) {
			if (!remote_fetch(job->pid, page + n * PAGE_SZ))
				job->outcome = FETCH_SOME;
		}
	}
	return 0;
}

static enum fetch_outcome get_pages(const struct ev_hold *asked)
{
	struct job *job;

	worker_works_for(asked->target);
	job = worker_area();
	if (!job)
		return FETCH_STUCK;
	job->pid = (pid_t)asked->hdr.pid;
	memcpy(job->pages, asked->fetch.pages, sizeof(job->pages));
	if (!worker_run(touch_pages, FETCH_TRY_NS / 1000000, -1, NULL))
		return job->outcome == FETCH_SOME ? FETCH_SOME : FETCH_NONE;
	log_debug("pid %u: a page of it did not come in time", asked->hdr.pid);
	return FETCH_STUCK;
}

static void answer_request(struct fetch_pool *pool, const struct ev_hold *asked)
{
	if (holds_take(pool->holds, asked))
		holds_answer(pool->holds, asked, get_pages(asked));
}

static void *thread_main(void *ctx)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct fetch_pool *pool = ctx;
	struct ev_hold asked;
	uint32_t *busy;

	/* As the thread that arms: somebody waits. */
	pthread_setschedparam(pthread_self(), SCHED_RR, &first);
	/* Starting it takes longer than a fetch may. */
	worker_start();
	pthread_mutex_lock(&pool->lock);
	busy = &pool->busy[pool->nr_threads++];
	pthread_cond_broadcast(&pool->changed);
	while (!pool->stop) {
		if (!next_request(pool, &asked)) {
			pthread_cond_wait(&pool->changed, &pool->lock);
			continue;
		}
		*busy = asked.target;
		pthread_mutex_unlock(&pool->lock);
		answer_request(pool, &asked);
		pthread_mutex_lock(&pool->lock);
		*busy = 0;
		pthread_cond_broadcast(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	worker_stop();
	return NULL;
}

struct fetch_pool *fetch_pool_new(struct holds *holds)
{
	struct fetch_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->holds = holds;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	for (size_t i = 0; i < THREADS; i++) {
		if (pthread_create(&pool->threads[i], NULL, thread_main, pool)) {
			fetch_pool_free(pool);
			return NULL;
		}
		/* Until it has begun, so that fetch_pool_free() knows how many there are. */
		pthread_mutex_lock(&pool->lock);
		while (pool->nr_threads <= i)
			pthread_cond_wait(&pool->changed, &pool->lock);
		pthread_mutex_unlock(&pool->lock);
	}
	return pool;
}

void fetch_pool_free(struct fetch_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->nr_threads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void fetch_pool_ask(struct fetch_pool *pool, const struct ev_hold *asked)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->queued < QUEUE_MAX)
		pool->queue[pool->queued++] = *asked;
	pthread_cond_broadcast(&pool->changed);
	pthread_mutex_unlock(&pool->lock);
}
