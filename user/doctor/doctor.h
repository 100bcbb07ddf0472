/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What works on this machine and for a process, and why not the rest.  Looks only: nothing is
 * attached.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "policy/plan.h"
#include "rule/rule.h"

/*
 * Appends what the machine has.  -EPERM or -EOPNOTSUPP with a sentence if nothing can be traced on
 * it.
 */
int doctor_machine(struct buf *out, struct err *err);
/*
 * Appends what a process's interpreter has, and what each of the rules gets (rules may be NULL).
 * Errors with a sentence, as py_interp_open()'s, if it cannot be traced; -EOPNOTSUPP if a rule
 * cannot be watched there.
 */
int doctor_process(pid_t pid, const struct rule_set *rules, const struct plan_choice *choice,
		   struct buf *out, struct err *err);
