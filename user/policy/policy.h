/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is watched, and in whom: the rules, and what processes are like that are traced.  A policy
 * does not change; a reload makes another one, and both are there until nobody goes by the former
 * any more.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "policy/watched.h"
#include "rule/rule.h"
#include "select/select.h"

/*
 * What a rule's module is for the kernel side (struct import.name): by its full name, and by the
 * last part of it.
 */
struct import_numbers {
	uint32_t full, last;
};

struct policy {
	atomic_uint refs;
	struct rule_set rules;	       /* of all lists */
	struct config_list common;     /* of processes that are no target's, and whose names none */
	struct config_list *of_target; /* by target of the selection */
	struct selection selection;    /* where processes are found by what they are */
	struct watched watched;
	struct config_words files; /* and directories, that the rules are from */
	uint64_t stamp; /* of all that it was made of, just before it was read: see base/stamp.h */
	/* by rule; set by watch_policy(), before anybody goes by the policy */
	struct import_numbers *imports;
};

/*
 * Takes over the rules, and of the configuration that they are of the selection and where they are
 * from.  -ENOMEM: nothing was taken.
 */
int policy_new(struct config_rules *rules, struct config *config, uint64_t stamp,
	       struct policy **out);
/*
 * By which of its rules a process goes that was chosen for a target, maybe of another policy;
 * NULL: for none.
 */
struct config_list policy_list(const struct policy *policy, const struct select_target *target);
/* Of all files of rules that a configuration names, as they are now: see base/stamp.h. */
uint64_t policy_stamp(const struct config *config);
/* For any thread; NULL is allowed in both. */
struct policy *policy_ref(struct policy *policy);
void policy_unref(struct policy *policy);
DEFINE_CLEANUP(policy_unrefp, struct policy, policy_unref);
