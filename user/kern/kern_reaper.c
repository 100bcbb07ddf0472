// SPDX-License-Identifier: GPL-2.0-only
#include "kern/kern_reaper.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* What is destroyed waits for the kernel, and waiting takes no processor. */
#define WORKERS_MAX 64

struct item {
	struct item *next;
	void *object;
	void (*destroy)(void *object);
};

struct reaper {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* no worker runs any more */
	struct item *items;
	unsigned int workers;
};

struct reaper *reaper_new(void)
{
	struct reaper *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->idle, NULL);
	return r;
}

/* Works until nothing is left, then ends: an idle tracer has no idle threads. */
static void *reaper_main(void *arg)
{
	struct reaper *r = arg;
	struct item *item;

	pthread_mutex_lock(&r->lock);
	while ((item = r->items)) {
		r->items = item->next;
		pthread_mutex_unlock(&r->lock);
		item->destroy(item->object);
		free(item);
		pthread_mutex_lock(&r->lock);
	}
	if (!--r->workers)
		pthread_cond_broadcast(&r->idle);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* A thread that gets none of the signals that the main loop waits for. */
static int start_worker(struct reaper *r)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int ret;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&thread, &attr, reaper_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -ret;
}

void reaper_take(struct reaper *r, void *object, void (*destroy)(void *object))
{
	struct item *item;
	bool start;

	if (!object)
		return;
	item = malloc(sizeof(*item));
	if (!item) {
		destroy(object);
		return;
	}
	item->object = object;
	item->destroy = destroy;
	pthread_mutex_lock(&r->lock);
	item->next = r->items;
	r->items = item;
	start = r->workers < WORKERS_MAX;
	if (start)
		r->workers++;
	pthread_mutex_unlock(&r->lock);
	if (start && start_worker(r))
		reaper_main(r); /* no thread to be had: do it here */
}

void reaper_wait(struct reaper *r)
{
	pthread_mutex_lock(&r->lock);
	while (r->workers)
		pthread_cond_wait(&r->idle, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

void reaper_free(struct reaper *r)
{
	if (!r)
		return;
	reaper_wait(r);
	pthread_cond_destroy(&r->idle);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
