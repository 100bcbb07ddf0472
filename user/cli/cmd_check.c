// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "cli/cli.h"

/* What was read without a mistake; of a configuration its name, too. */
static void say_good(const char *config, size_t rules)
{
	printf("%s%s%zu rule%s, no errors\n", config ?: "", config ? ": " : "", rules,
	       rules == 1 ? "" : "s");
}

/* The rules of a configuration; config: its name, or NULL. */
static int check_rules(const struct config *c, const char *config, struct buf *messages)
{
	struct config_rules rules;
	int ret = config_load_rules(c, &rules, messages);

	if (!ret)
		say_good(config, rules.all.nr_rules);
	config_rules_fini(&rules);
	return ret;
}

static int check_config(const char *path, bool disabled, struct buf *messages)
{
	struct config config;
	int ret = config_load(path, &config, messages);

	config.disabled |= disabled;
	ret = ret ?: check_rules(&config, path, messages);
	config_fini(&config);
	return ret;
}

int cmd_check(const struct cli *cli)
{
	const struct config_words *paths = &cli->config.rules;
	_cleanup_buf_ struct buf messages = { 0 };
	struct config others;
	int bad = 0;

	config_init(&others);
	others.disabled = cli->config.disabled;
	for (size_t i = 0; i < paths->count; i++) {
		if (config_is_one(paths->list[i]))
			bad |= check_config(paths->list[i], others.disabled, &messages);
		else
			bad |= config_set(&others, config_setting("rules"), paths->list[i]);
	}
	if (others.rules.count)
		bad |= check_rules(&others, NULL, &messages);
	config_fini(&others);
	if (!bad)
		return EXIT_AS_ASKED;
	fputs(messages.data ? messages.data : "phrude-trace: out of memory\n", stderr);
	return EXIT_USAGE;
}
