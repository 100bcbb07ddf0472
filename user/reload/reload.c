// SPDX-License-Identifier: GPL-2.0-only
#include "reload/reload.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/stamp.h"
#include "base/util.h"

/*
 * What was called before a reload is judged by the rules before it: by the next one, all of that
 * has been read.
 */
#define PAUSE_NS (1000 * NSEC_PER_MSEC)

struct reload {
	struct reload_config config;
	struct policy *policy;	/* in force, or about to be */
	uint64_t seen, refused; /* stamps of the files: at the last look; when they were bad */
	int64_t last;		/* when one was done; ns; 0: never */
	const char *again;	/* why another one is to follow; NULL: none is */
};

/* The configuration as well: what a reload cannot change it says. */
static uint64_t stamp_now(const struct reload *r)
{
	const struct config_words *files = &r->policy->files;
	uint64_t stamp = stamp_of(&r->config.config_file, r->config.config_file ? 1 : 0);

	return stamp ^ stamp_of((const char *const *)files->list, files->count);
}

struct reload *reload_new(const struct reload_config *config, struct policy *policy)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->config = *config;
	r->policy = policy_ref(policy);
	r->seen = policy->stamp;
	return r;
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	policy_unref(r->policy);
	free(r);
}

/* Of that after the last one; ns. */
static int64_t pause_left(const struct reload *r)
{
	return r->last ? r->last + PAUSE_NS - clock_now_ns() : 0;
}

static void refuse_policy(struct reload *r, const char *why, uint64_t stamp)
{
	r->refused = stamp;
	log_error("not reloaded (%s): what was in force stays in force", why);
	report_reloaded(r->config.report, NULL);
}

static void take_policy(struct reload *r, struct policy *policy)
{
	policy_ref(policy);
	policy_unref(r->policy);
	r->policy = policy;
}

void reload_ask(struct reload *r, const char *why)
{
	_cleanup_(policy_unrefp) struct policy *policy = NULL;
	struct targets *t = r->config.targets;
	uint64_t stamp = stamp_now(r);
	struct err err;

	/* One that is going on is finished first. */
	if (targets_are_reloading(t) || pause_left(r) > 0) {
		r->again = why;
		return;
	}
	report_reloading(r->config.report);
	if (r->config.load(r->config.ctx, &policy)) {
		refuse_policy(r, why, stamp);
	} else if (targets_reload(t, policy, &err)) {
		log_error("%s", err.msg);
		refuse_policy(r, why, stamp);
	} else {
		take_policy(r, policy);
	}
}

static void finish_reload(struct reload *r)
{
	log_info("reloaded: %zu rules, %zu processes traced", r->policy->rules.nr_rules,
		 targets_traced(r->config.targets));
	r->last = clock_now_ns();
	intake_roll_up(r->config.intake);
	report_reloaded(r->config.report, r->policy);
}

int reload_wait(const struct reload *r)
{
	if (targets_are_reloading(r->config.targets))
		return 0;
	return r->again ? (int)(MAX(pause_left(r), 0) / NSEC_PER_MSEC) : -1;
}

void reload_go_on(struct reload *r)
{
	struct targets *t = r->config.targets;

	if (targets_are_reloading(t) && !targets_reload_next(t))
		finish_reload(r);
	if (!targets_are_reloading(t) && !reload_wait(r))
		reload_ask(r, TAKE_PTR(r->again));
}

void reload_look(struct reload *r)
{
	uint64_t stamp;

	if (!r->config.config_file || !targets_are_ready(r->config.targets))
		return;
	stamp = stamp_now(r);
	/* Somebody may still be writing: it is taken once it has been the same for a second. */
	if (stamp != r->policy->stamp && stamp != r->refused && stamp == r->seen)
		reload_ask(r, "the files have changed");
	else
		r->seen = stamp;
}
