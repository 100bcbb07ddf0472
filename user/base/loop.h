/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting for several descriptors at once, in one thread: what each is waited for with is called
 * when it can be read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define LOOP_SOURCES_MAX 12

typedef void (*loop_fn)(void *ctx);

struct loop_source {
	int fd;	    /* -1: free */
	bool timer; /* its expirations are read, and it is closed with the loop */
	loop_fn fn;
	void *ctx;
};

struct loop {
	int epoll_fd;
	struct loop_source sources[LOOP_SOURCES_MAX];
};

/* For loop_fini() where loop_init() was not reached. */
#define LOOP_NONE              \
	{                      \
		.epoll_fd = -1 \
	}

/* -errno with a sentence; loop_fini() is needed in any case. */
int loop_init(struct loop *l, struct err *err);
void loop_fini(struct loop *l);
/* The descriptor is borrowed; fn reads from it.  -errno with a sentence. */
int loop_add(struct loop *l, int fd, loop_fn fn, void *ctx, struct err *err);
/* It may be closed already.  Does nothing if it is not waited for. */
void loop_remove(struct loop *l, int fd);
/* Calls fn after so many seconds, and then again and again; interval 0: once. */
int loop_timer(struct loop *l, double first, double interval, loop_fn fn, void *ctx,
	       struct err *err);
/*
 * Waits for `ms` at the most (-1: for as long as it takes), and calls what can be read.  -errno
 * with a sentence.
 */
int loop_once(struct loop *l, int ms, struct err *err);
