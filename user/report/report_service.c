// SPDX-License-Identifier: GPL-2.0-only
/* What a service manager is told: that all is attached to, how it goes, and that nothing hangs. */
#include <stdio.h>

#include "base/clock.h"
#include "counters/counters.h"
#include "report/report_priv.h"

/* Milliseconds between lines about how it goes. */
#define STATUS_INTERVAL_MS 5000
/* A watchdog is told so many times in the time that it waits. */
#define WATCHDOG_TIMES 3

static void tell_status(struct report *r, const char *also)
{
	uint64_t values[NR_COUNTERS] = { 0 };
	char text[256];

	report_count(r, values);
	snprintf(text, sizeof(text), "%sSTATUS=%zu processes traced; %llu alerts, %llu lost", also,
		 targets_traced(r->parts.targets), (unsigned long long)values[COUNTER_alerts],
		 (unsigned long long)counters_lost(values));
	notify_send(&r->notifier, text);
}

static void on_status(void *ctx)
{
	struct report *r = ctx;

	if (r->said_ready)
		tell_status(r, "");
}

/* This thread moves, as it is here; the other one is asked. */
static void on_watchdog(void *ctx)
{
	struct report *r = ctx;

	if (intake_moves(r->parts.intake, &r->watchdog_asked))
		notify_send(&r->notifier, "WATCHDOG=1");
}

void report_ready(struct report *r)
{
	if (r->said_ready || !targets_are_ready(r->parts.targets))
		return;
	r->said_ready = true;
	report_publish_ready(r, true);
	tell_status(r, "READY=1\n");
}

void report_stopping(struct report *r)
{
	report_publish_ready(r, false);
	notify_send(&r->notifier, "STOPPING=1\nSTATUS=taking probes away");
}

void report_reloading(struct report *r)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)clock_now_ns() / 1000);
	notify_send(&r->notifier, text);
}

void report_reloaded(struct report *r, struct policy *policy)
{
	if (policy) {
		policy_ref(policy);
		policy_unref(r->policy);
		r->policy = policy;
		r->reloads++;
		report_count_policy(r);
	} else {
		r->reloads_refused++;
	}
	notify_send(&r->notifier, "READY=1");
}

int report_watch_service(struct report *r, struct err *err)
{
	double seconds = (double)r->notifier.watchdog_ms / 1000 / WATCHDOG_TIMES;
	int ret = 0;

	if (r->notifier.fd < 0)
		return 0;
	ret = loop_timer(r->config.loop, STATUS_INTERVAL_MS / 1000.0, STATUS_INTERVAL_MS / 1000.0,
			 on_status, r, err);
	if (!ret && seconds > 0)
		ret = loop_timer(r->config.loop, seconds, seconds, on_watchdog, r, err);
	return ret;
}
