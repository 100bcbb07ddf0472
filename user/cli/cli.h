/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/config.h"
#include "engine/engine.h"

/* Exit statuses; README.md has them for users. */
enum exit_status {
	EXIT_AS_ASKED = 0,
	EXIT_RUN_TIME = 1,
	EXIT_USAGE = 2,	 /* bad usage or bad rules */
	EXIT_TARGET = 3, /* a target that cannot be traced */
	EXIT_KERNEL = 4, /* not enough privilege, or a kernel without what is needed */
};

enum cli_command {
	CMD_TRACE,
	CMD_RUN,
	CMD_CHECK,
	CMD_DOCTOR,
	CMD_TEST,
	CMD_SUGGEST,
	CMD_STATUS,
	CMD_TOP,
	CMD_BUGREPORT,
	CMD_HELP,
	CMD_VERSION
};

struct cli {
	enum cli_command command;
	struct config config;	 /* what a file can set, too */
	const char *config_file; /* NULL: none */
	uint64_t config_stamp;	 /* see base/stamp.h: just before it was read */
	const char **cases,
		**case_rules; /* of `test`: files and directories, and the rules beside them */
	size_t nr_cases, nr_case_rules;
	const char **pythons; /* of `test`: interpreters */
	size_t nr_pythons;
	const char **files; /* of `suggest` */
	size_t nr_files;
	const char **derived; /* paths made of those that were given; owned */
	size_t nr_derived;
	const char *socket; /* of `status`, `top` and `bugreport` */
	bool json;	    /* of `status` */
	char **argv;	    /* of `run`: the program */
	int argc;	    /* all that was given */
	char **args;
};

/* Reads the command line.  0, or -EINVAL with a sentence. */
int cli_parse(struct cli *cli, int argc, char **argv, struct err *err);
/*
 * Takes what cli->config_file sets and the command line does not.  Has said what was wrong: -EINVAL
 * or -ENOMEM.
 */
int cli_take_config(struct cli *cli);
void cli_fini(struct cli *cli);
void cli_print_help(void);

/* The exit status for -errno; kernel: it is the kernel that lacks something. */
enum exit_status cli_exit_status(int err, bool kernel);

/* The commands; each returns an exit status and has said on stderr what was wrong. */
/* Takes out of cli->config what is to be watched, and in whom. */
int cmd_trace(struct cli *cli);
int cmd_check(const struct cli *cli);
int cmd_doctor(const struct cli *cli);
int cmd_test(const struct cli *cli);
int cmd_suggest(const struct cli *cli);
int cmd_status(const struct cli *cli);
int cmd_top(const struct cli *cli);
int cmd_bugreport(const struct cli *cli);

/* Says why the running tracer could not be asked; the exit status. */
enum exit_status cli_say_unasked(int ret, const struct err *err);
