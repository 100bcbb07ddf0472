/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that does something from time to time, until it is told to stop. */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

struct ticker {
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool stopping, poked;
};

/* Runs `main` in a thread of its own.  0 or -errno with a sentence. */
int ticker_start(struct ticker *t, void *(*main)(void *ctx), void *ctx, struct err *err);
/* Within the thread: waits so long, or until it is poked.  False: it is to end. */
bool ticker_wait(struct ticker *t, unsigned int ms);
bool ticker_is_stopping(struct ticker *t);
/* Ends a wait, or the next one. */
void ticker_poke(struct ticker *t);
/* Tells the thread to end, and waits until it has. */
void ticker_stop(struct ticker *t);
