/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules, what processes are like that are traced, outputs, and what alerts are made by are read
 * anew: when somebody asks for it, and when the files have changed.  All of it is taken, or
 * nothing.
 */
#pragma once

#include "base/cleanup.h"
#include "config/config.h"
#include "guard/guard.h"
#include "intake/intake.h"
#include "policy/policy.h"
#include "report/report.h"
#include "targets/targets.h"

struct reload;

/* What was read; the selection in the configuration is the policy's. */
struct reload_read {
	struct policy *policy;
	struct config config;
};

/*
 * Reads what the first one was made of, as it is now; has said on stderr what was wrong.  -errno:
 * there is nothing in *out.
 */
typedef int (*reload_load_fn)(void *ctx, struct reload_read *out);

/* All is borrowed, until reload_free(). */
struct reload_config {
	reload_load_fn load;
	void *ctx;		 /* for it */
	const char *config_file; /* NULL: none; files are not watched for changes then */
	struct targets *targets;
	struct report *report;
	struct intake *intake;
	struct sinks *sinks;
	struct guard *guard; /* NULL: costs do not matter */
	bool redacts;	     /* alerts, in what is in force */
};

/* The policy in force was just read, and is shared.  NULL: no memory. */
struct reload *reload_new(const struct reload_config *config, struct policy *policy);
void reload_free(struct reload *r); /* NULL is allowed */
DEFINE_CLEANUP(reload_freep, struct reload, reload_free);

/* Has all read, to take the place of what is in force; why: for messages, there to stay. */
void reload_ask(struct reload *r, const char *why);
/* reload_go_on() is to be called after so many ms at the latest; -1: any time. */
int reload_wait(const struct reload *r);
void reload_go_on(struct reload *r);
/* Once a second: have the files changed? */
void reload_look(struct reload *r);
