// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/cli.h"

int cmd_check(const struct cli *cli)
{
	_cleanup_buf_ struct buf messages = { 0 };
	const struct config *c = &cli->config;
	struct rule_set rules = { 0 };

	if (config_load_rules(c, &rules, &messages)) {
		fputs(messages.data ? messages.data : "phrude-trace: out of memory\n", stderr);
		return EXIT_USAGE;
	}
	printf("%zu rule%s, no errors\n", rules.nr_rules, rules.nr_rules == 1 ? "" : "s");
	rule_set_fini(&rules);
	return EXIT_AS_ASKED;
}
