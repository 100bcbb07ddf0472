// SPDX-License-Identifier: GPL-2.0-only
/* What a service manager is told: that all is attached to, how it goes, and that nothing hangs. */
#include <stdio.h>

#include "counters/counters.h"
#include "engine/engine_priv.h"

/* Milliseconds between lines about how it goes. */
#define STATUS_INTERVAL_MS 5000
/* A watchdog is told so many times in the time that it waits. */
#define WATCHDOG_TIMES 3

static void tell_status(struct engine *e, const char *also)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	char text[256];

	engine_count(e, values);
	snprintf(text, sizeof(text), "%sSTATUS=%zu processes traced; %llu alerts, %llu lost", also,
		 targets_traced(e->targets), (unsigned long long)values[COUNTER_alerts],
		 (unsigned long long)counters_lost(values));
	notify_send(&e->notifier, text);
}

static void on_status(void *ctx)
{
	struct engine *e = ctx;

	if (e->said_ready)
		tell_status(e, "");
}

/* This thread moves, as it is here; the other one is asked. */
static void on_watchdog(void *ctx)
{
	struct engine *e = ctx;

	if (intake_moves(e->intake))
		notify_send(&e->notifier, "WATCHDOG=1");
}

void engine_tell_ready(struct engine *e)
{
	if (e->said_ready || !targets_are_ready(e->targets))
		return;
	e->said_ready = true;
	tell_status(e, "READY=1\n");
}

void engine_tell_stopping(struct engine *e)
{
	notify_send(&e->notifier, "STOPPING=1\nSTATUS=taking probes away");
}

int engine_watch_service(struct engine *e, struct err *err)
{
	double seconds = (double)e->notifier.watchdog_ms / 1000 / WATCHDOG_TIMES;
	int ret = 0;

	if (e->notifier.fd < 0)
		return 0;
	ret = loop_timer(&e->loop, STATUS_INTERVAL_MS / 1000.0, STATUS_INTERVAL_MS / 1000.0,
			 on_status, e, err);
	if (!ret && seconds > 0)
		ret = loop_timer(&e->loop, seconds, seconds, on_watchdog, e, err);
	return ret;
}
