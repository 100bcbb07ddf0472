// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "base/inherited.h"
#include "base/log.h"
#include "cli/cli.h"

static int dispatch(struct cli *cli)
{
	switch (cli->command) {
	case CMD_TRACE:
	case CMD_RUN:
		return cmd_trace(cli);
	case CMD_DOCTOR:
		return cmd_doctor(cli);
	case CMD_CHECK:
		return cmd_check(cli);
	case CMD_TEST:
		return cmd_test(cli);
	case CMD_SUGGEST:
		return cmd_suggest(cli);
	case CMD_STATUS:
		return cmd_status(cli);
	case CMD_TOP:
		return cmd_top(cli);
	case CMD_BUGREPORT:
		return cmd_bugreport(cli);
	case CMD_HELP:
		cli_print_help();
		return EXIT_AS_ASKED;
	case CMD_VERSION:
		printf("phrude-trace %s\n", PHRUDE_VERSION);
		return EXIT_AS_ASKED;
	}
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	struct err err;
	int status;

	inherited_remember();
	if (cli_parse(&cli, argc, argv, &err)) {
		log_error("%s", err.msg);
		status = EXIT_USAGE;
	} else if (cli.config_file && cli.command != CMD_BUGREPORT && cli_take_config(&cli)) {
		status = EXIT_USAGE;
	} else {
		if (cli.config.verbose)
			log_set_level(LOG_LEVEL_DEBUG);
		status = dispatch(&cli);
	}
	cli_fini(&cli);
	return status;
}
