// SPDX-License-Identifier: GPL-2.0-only
#include "console/ticker.h"

#include <time.h>

int ticker_start(struct ticker *t, void *(*main)(void *ctx), void *ctx, struct err *err)
{
	pthread_condattr_t attr;
	int res;

	t->stopping = t->poked = false;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	res = pthread_create(&t->thread, NULL, main, ctx);
	if (!res)
		return 0;
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	return err_set(err, -res, "a thread cannot be started");
}

bool ticker_wait(struct ticker *t, unsigned int ms)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000l;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&t->lock);
	while (!t->stopping && !t->poked && !pthread_cond_timedwait(&t->wake, &t->lock, &until))
		;
	t->poked = false;
	stopping = t->stopping;
	pthread_mutex_unlock(&t->lock);
	return !stopping;
}

bool ticker_is_stopping(struct ticker *t)
{
	bool stopping;

	pthread_mutex_lock(&t->lock);
	stopping = t->stopping;
	pthread_mutex_unlock(&t->lock);
	return stopping;
}

void ticker_poke(struct ticker *t)
{
	pthread_mutex_lock(&t->lock);
	t->poked = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

void ticker_stop(struct ticker *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
}
