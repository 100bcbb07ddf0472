// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-trace test`: runs the test cases beside rules against a live interpreter. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "base/user.h"
#include "base/util.h"
#include "cli/cli.h"
#include "suite/suite.h"

struct tally {
	size_t passed, failed, skipped;
};

static void rule_set_finip(struct rule_set *set)
{
	rule_set_fini(set);
}

static const struct rule *find_rule(const struct rule_set *rules, const char *id)
{
	for (size_t i = 0; i < rules->nr_rules; i++) {
		const struct rule *r = &rules->rules[i];

		if (str_eq(r->name, id) || (r->id && str_eq(r->id, id)))
			return r;
	}
	return NULL;
}

static void say_verdict(const struct rule_case *c, const char *verdict, const char *python,
			const char *why)
{
	_cleanup_buf_ struct buf line = { 0 };

	text_line(&line, "%s %s:%u %s%s%s [%s]%s%s", verdict, c->path, c->line, c->rule,
		  c->name ? ": " : "", c->name ?: "", python, why ? ": " : "", why ?: "");
	fputs(line.data ?: "phrude-trace: out of memory\n", stdout);
}

/* Losses are said once a second: they may be of what the process did before the case began. */
static bool begins_at_once(const struct rule_case *c)
{
	return !c->setup && !c->nr_needs;
}

static void judge_case(const struct rule_case *c, const struct suite_result *r, const char *python,
		       struct tally *tally)
{
	_cleanup_buf_ struct buf why = { 0 };

	if (r->skip) {
		say_verdict(c, "SKIP", python, r->skip);
		tally->skipped++;
		return;
	}
	if (!r->ran)
		buf_adds(&why, "did not run");
	else if (c->fires && !r->alerts)
		buf_adds(&why, "raised no alert");
	else if (c->fires && !r->args_fit)
		buf_printf(&why, "raised %zu alert%s, none with the arguments expected: %s",
			   r->alerts, r->alerts == 1 ? "" : "s", r->args ?: "");
	else if (!c->fires && r->alerts)
		buf_printf(&why, "raised %zu alert%s: %s", r->alerts, r->alerts == 1 ? "" : "s",
			   r->args ?: "");
	/* A case that must be silent proves nothing if it was cut short, or not seen whole. */
	else if (!c->fires && r->error)
		buf_adds(&why, "did not get to its end");
	else if (!c->fires && r->lost && begins_at_once(c))
		buf_adds(&why, "may not have been silent");
	tally->passed += !why.len;
	tally->failed += !!why.len;
	if (!why.len) {
		say_verdict(c, "PASS", python, r->lost);
		return;
	}
	if (r->error)
		buf_printf(&why, " (%s)", r->error);
	if (r->lost)
		buf_printf(&why, " (%s)", r->lost);
	say_verdict(c, "FAIL", python, why.data);
}

/*
 * The names of the cases' rules, as alerts have them; NULL after saying which there is no rule for.
 */
static const char **find_names(const struct rule_case_set *cases, const struct rule_set *rules)
{
	const char **names = calloc(cases->nr_cases + 1, sizeof(*names));
	_cleanup_buf_ struct buf missing = { 0 };

	for (size_t i = 0; names && i < cases->nr_cases; i++) {
		const struct rule *rule = find_rule(rules, cases->cases[i].rule);

		if (rule)
			names[i] = rule->name;
		else
			text_line(&missing, "%s:%u: there is no rule with the id or name \"%s\"",
				  cases->cases[i].path, cases->cases[i].line, cases->cases[i].rule);
	}
	if (!missing.data)
		return names;
	fputs(missing.data, stderr);
	free(names);
	return NULL;
}

static enum exit_status run_all(const struct cli *cli, const struct rule_case_set *cases,
				const char *const *names, const struct user *user)
{
	static const char *const default_pythons[] = { "python3" };
	const char *const *pythons = cli->nr_pythons ? cli->pythons : default_pythons;
	size_t n = cli->nr_pythons ? cli->nr_pythons : ARRAY_SIZE(default_pythons);
	struct tally tally = { 0 };

	for (size_t p = 0; p < n; p++) {
		struct suite_result *results = NULL;
		struct err err;

		if (suite_run(cases, names, (const char *const *)cli->config.rules.list,
			      cli->config.rules.count, pythons[p], user, &results, &err)) {
			log_error("%s", err.msg);
			return EXIT_RUN_TIME;
		}
		for (size_t i = 0; i < cases->nr_cases; i++)
			judge_case(&cases->cases[i], &results[i], pythons[p], &tally);
		suite_results_free(results, cases->nr_cases);
	}
	printf("%zu passed, %zu failed, %zu skipped\n", tally.passed, tally.failed, tally.skipped);
	return tally.failed ? EXIT_RUN_TIME : EXIT_AS_ASKED;
}

static void case_set_finip(struct rule_case_set *set)
{
	rule_case_set_fini(set);
}

int cmd_test(const struct cli *cli)
{
	_cleanup_(rule_set_finip) struct rule_set rules = { 0 };
	_cleanup_(case_set_finip) struct rule_case_set cases = { 0 };
	_cleanup_buf_ struct buf messages = { 0 };
	_cleanup_free_ const char **names = NULL;
	_cleanup_(user_freep) struct user *user = NULL;
	struct err err;
	int ret = rule_set_load((const char *const *)cli->config.rules.list,
				cli->config.rules.count, RULE_LOAD_DISABLED, &rules, &messages);
	int cases_ret = rule_case_set_load(cli->cases, cli->nr_cases, &cases, &messages);

	if (ret || cases_ret) {
		fputs(messages.data ? messages.data : "phrude-trace: out of memory\n", stderr);
		return EXIT_USAGE;
	}
	if (cli->config.user && user_find(cli->config.user, &user, &err)) {
		log_error("--user: %s", err.msg);
		return EXIT_USAGE;
	}
	if (user && user->uid == geteuid()) {
		user_free(user);
		user = NULL;
	}
	names = find_names(&cases, &rules);
	return names ? run_all(cli, &cases, names, user) : EXIT_USAGE;
}
