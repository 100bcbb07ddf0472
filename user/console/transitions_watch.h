/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decides of each request whether its session may have come to it.  A request is an alert with the
 * tag "request", as rules/requests.yaml reports them; what had no allowed predecessor is reported
 * as an alert of its own.  Its id follows from the request's, so that it is there once, whichever
 * console decides.  A request is decided once it was stored for as long as `grace`: so what other
 * servers send late, and out of order, is in its place.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "console/transitions.h"

#define TRANSITIONS_TAG "request"
#define TRANSITIONS_RULE "Wrong Page Transition"

struct db;
struct store;
struct writer;
struct transitions_watch;

/* *out is NULL where nothing is said of any page.  All have to live longer. */
int transitions_watch_start(struct store *store, struct writer *writer, const struct transitions *t,
			    int64_t grace, struct transitions_watch **out, struct err *err);
void transitions_watch_stop(struct transitions_watch *w);
DEFINE_CLEANUP(transitions_watch_stopp, struct transitions_watch, transitions_watch_stop);
/* Appends {"decided","wrong","up_to"}: of this console, and of the store. */
int transitions_watch_put(struct transitions_watch *w, struct db *db, struct buf *out,
			  struct err *err);
