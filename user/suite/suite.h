/* SPDX-License-Identifier: GPL-2.0-only */
/* One run of test cases under one interpreter, for `phrude-trace test`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/user.h"
#include "rule/rule_case.h"

/* What came of a case. */
struct suite_result {
	bool ran;
	int pid;
	size_t alerts;	    /* of the case's rule, raised by its code */
	bool args_fit;	    /* one of them has the arguments expected */
	char *args;	    /* of the last one, as JSON; NULL: none */
	char *skip, *error; /* why it did not run, or how it ended; NULL */
	char *lost;	    /* what the tracer says of its matches that were not reported; NULL */
};

/*
 * Runs the cases in `python` as `user` (NULL: as this process does) under this program with the
 * rules at `rules`.  `rule_names` has for each case the name of its rule as alerts have it.
 * Returns 0, or -errno with a sentence.  The results are freed by suite_results_free().
 */
int suite_run(const struct rule_case_set *cases, const char *const *rule_names,
	      const char *const *rules, size_t nr_rules, const char *python,
	      const struct user *user, struct suite_result **out, struct err *err);
void suite_results_free(struct suite_result *results, size_t n);
