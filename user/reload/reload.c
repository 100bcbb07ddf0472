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
/* How often it is looked whether alerts go by the new configuration, or former outputs are gone. */
#define LOOK_MS 20

struct reload {
	struct reload_config config;
	struct policy *policy;	/* in force, or about to be */
	uint64_t seen, refused; /* stamps of the files: at the last look; when they were bad */
	int64_t last;		/* when one was done; ns; 0: never */
	const char *again;	/* why another one is to follow; NULL: none is */
	bool going_on;
	bool leaving; /* former outputs have something to write yet */
};

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

static int prepare_outputs(struct reload *r, const struct config *c, struct sinks_change **out,
			   struct err *err)
{
	struct sink_config outputs[CONFIG_OUTPUTS_MAX];
	size_t n = config_sinks(c, outputs);
	int ret = sinks_prepare(r->config.sinks, outputs, n, out, err);

	return ret ? err_prefix(err, ret, c->outputs.count ? "outputs" : "--output") : 0;
}

/* All that can fail before anything has changed, but for the last step, which targets take. */
static int prepare(struct reload *r, const struct config *c, struct intake_change *change,
		   struct err *err)
{
	int ret = config_redactor(c, &change->redact, err);

	change->rate = c->limit;
	return ret ? ret : prepare_outputs(r, c, &change->outputs, err);
}

static void take(struct reload *r, const struct reload_read *read, struct intake_change *change)
{
	bool redacts = change->redact;

	policy_ref(read->policy);
	policy_unref(r->policy);
	r->policy = read->policy;
	if (r->config.redacts && !redacts)
		config_warn_unredacted();
	r->config.redacts = redacts;
	intake_change(r->config.intake, change);
	if (r->config.guard && read->config.max_cpu > 0)
		guard_set(r->config.guard, read->config.max_cpu / 100, read->config.sheds);
	r->going_on = r->leaving = true;
}

void reload_ask(struct reload *r, const char *why)
{
	struct intake_change change = { 0 };
	struct reload_read read = { 0 };
	uint64_t stamp = stamp_now(r);
	struct err err;
	int ret;

	/* One that is going on is finished first. */
	if (r->going_on || pause_left(r) > 0) {
		r->again = why;
		return;
	}
	report_reloading(r->config.report);
	if (r->config.load(r->config.ctx, &read)) {
		refuse_policy(r, why, stamp);
		return;
	}
	ret = prepare(r, &read.config, &change, &err);
	if (!ret)
		ret = targets_reload(r->config.targets, read.policy, &err);
	if (ret) {
		log_error("%s", err.msg);
		refuse_policy(r, why, stamp);
		intake_change_fini(&change);
	} else {
		take(r, &read, &change);
	}
	policy_unref(read.policy);
	config_fini(&read.config);
}

static void finish_reload(struct reload *r)
{
	log_info("reloaded: %zu rules, %zu processes traced", r->policy->rules.nr_rules,
		 targets_traced(r->config.targets));
	r->going_on = false;
	r->last = clock_now_ns();
	intake_roll_up(r->config.intake);
	report_reloaded(r->config.report, r->policy);
}

int reload_wait(const struct reload *r)
{
	int ms = -1;

	if (targets_are_reloading(r->config.targets))
		return 0;
	if (r->again && !r->going_on)
		ms = (int)(MAX(pause_left(r), 0) / NSEC_PER_MSEC);
	if (r->going_on || r->leaving)
		ms = ms < 0 ? LOOK_MS : MIN(ms, LOOK_MS);
	return ms;
}

void reload_go_on(struct reload *r)
{
	struct targets *t = r->config.targets;

	if (targets_are_reloading(t))
		targets_reload_next(t);
	if (r->going_on && !targets_are_reloading(t) && !intake_is_changing(r->config.intake))
		finish_reload(r);
	/* A process that is slow to be renewed is none of theirs. */
	if (r->leaving)
		r->leaving = sinks_let_go(r->config.sinks) || r->going_on;
	if (!r->going_on && r->again && pause_left(r) <= 0)
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
