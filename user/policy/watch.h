/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the kernel side what a policy watches. */
#pragma once

#include "base/err.h"
#include "kern/kern.h"
#include "policy/policy.h"

/*
 * From now on matches of what the policy watches are sent, and imports that concern it are looked
 * at, beside what was watched before; policy->imports is filled in.  -errno with a sentence: some
 * of it is watched.
 */
int watch_policy(struct kern *kern, struct policy *policy, struct err *err);
/* And from now on of nothing else. */
void watch_only(struct kern *kern, const struct policy *policy);
