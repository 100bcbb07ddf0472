// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "base/log.h"
#include "base/util.h"
#include "console/console.h"

static int (*const commands[NR_COMMANDS])(const struct options *o, struct err *err) = {
	[CMD_SERVE] = cmd_serve,
	[CMD_IMPORT] = cmd_import,
	[CMD_KEY_ADD] = cmd_key_add,
	[CMD_KEY_LIST] = cmd_key_list,
	[CMD_KEY_REVOKE] = cmd_key_revoke,
	[CMD_USER_ADD] = cmd_user_add,
	[CMD_REPORT] = cmd_report,
	[CMD_FORGET] = cmd_forget,
	[CMD_TRANSITIONS_LEARN] = cmd_transitions_learn,
	[CMD_EXPORT] = cmd_export,
	[CMD_REPLAY] = cmd_replay,
	[CMD_ATTACKERS_EXPORT] = cmd_attackers_export,
	[CMD_ATTACKERS_ALLOW] = cmd_attackers_allow,
	[CMD_ATTACKERS_DISALLOW] = cmd_attackers_disallow,
};

int main(int argc, char **argv)
{
	_cleanup_(options_fini) struct options options = { 0 };
	struct err err = { "" };

	log_set_program("phrude-console");
	if (options_parse(&options, argc, argv, &err)) {
		log_error("%s", err.msg);
		return EXIT_USAGE;
	}
	if (options.command == CMD_HELP) {
		options_print_help();
		return EXIT_AS_ASKED;
	}
	if (options.command == CMD_VERSION) {
		printf("phrude-console %s\n", PHRUDE_VERSION);
		return EXIT_AS_ASKED;
	}
	if (sodium_init() < 0) {
		log_error("libsodium does not start");
		return EXIT_RUN_TIME;
	}
	switch (commands[options.command](&options, &err)) {
	case 0:
		return EXIT_AS_ASKED;
	case -EINVAL:
		log_error("%s", err.msg);
		return EXIT_USAGE;
	default:
		log_error("%s", err.msg);
		return EXIT_RUN_TIME;
	}
}
