// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/privileges.h"
#include "base/trust.h"
#include "base/user.h"
#include "base/util.h"
#include "cli/cli.h"

static const struct {
	int err;
	enum exit_status status;
} status_of_err[] = {
	{ -EINVAL, EXIT_USAGE },     { -ESRCH, EXIT_TARGET },	   { -ENOEXEC, EXIT_TARGET },
	{ -ENOENT, EXIT_TARGET },    { -EOPNOTSUPP, EXIT_TARGET }, { -EAGAIN, EXIT_TARGET },
	{ -ETIMEDOUT, EXIT_TARGET }, { -EACCES, EXIT_KERNEL },	   { -EPERM, EXIT_KERNEL },
};

enum exit_status cli_exit_status(int err, bool kernel)
{
	if (kernel)
		return EXIT_KERNEL;
	for (size_t i = 0; i < ARRAY_SIZE(status_of_err); i++) {
		if (status_of_err[i].err == err)
			return status_of_err[i].status;
	}
	return EXIT_RUN_TIME;
}

/*
 * Whom a program runs as that `run` starts; *out NULL: as this process does.  sudo was called for
 * the sake of tracing: by itself the program would run as whoever called it.
 */
static int choose_user(const struct cli *cli, struct user **out, struct err *err)
{
	_cleanup_(user_freep) struct user *user = NULL;
	uid_t uid;
	gid_t gid;
	bool bad;
	int ret;

	*out = NULL;
	if (!cli->argv)
		return 0;
	if (cli->config.user && str_eq(cli->config.user, "0") && !geteuid()) {
		return 0; /* known without asking */
	} else if (cli->config.user) {
		ret = user_find(cli->config.user, &user, err);
		if (ret)
			return err_prefix(err, ret, "--user");
	} else if (trust_sudo_user(&uid, &gid, &bad)) {
		ret = user_find_id(uid, &user, err);
		if (ret)
			return err_prefix(err, ret, "SUDO_UID: give --user NAME");
		user->gid = gid;
	} else if (bad) {
		return err_set(err, -EINVAL,
			       "SUDO_UID and SUDO_GID are \"%s\" and \"%s\", which are no ids: "
			       "give --user NAME",
			       getenv("SUDO_UID"), getenv("SUDO_GID"));
	}
	if (!user || user->uid == geteuid())
		return 0;
	if (!cli->config.user)
		log_info("running %s as user %s (from SUDO_UID; --user root runs it as root)",
			 cli->argv[0], user->name);
	*out = TAKE_PTR(user);
	return 0;
}

/*
 * What is to be watched, and in whom; both are taken out of the configuration.  Has said what was
 * wrong.
 */
static int load_policy(struct cli *cli, struct policy **out)
{
	struct config *c = &cli->config;
	uint64_t stamp = cli->config_stamp ^ policy_stamp(c);
	_cleanup_buf_ struct buf messages = { 0 };
	struct config_rules rules = { 0 };
	int ret = config_load_rules(c, &rules, &messages);

	if (ret) {
		fputs(messages.data ?: "phrude-trace: out of memory\n", stderr);
		return ret;
	}
	if (!rules.all.nr_rules) {
		log_error("every rule is disabled: there is nothing to watch");
		ret = -EINVAL;
	} else {
		ret = policy_new(&rules, c, stamp, out);
		if (ret)
			log_error("out of memory");
	}
	config_rules_fini(&rules);
	return ret;
}

/* reload_load_fn: the command line and all files that it names, read once more. */
static int load_again(void *ctx, struct reload_read *out)
{
	const struct cli *given = ctx;
	struct cli cli = { 0 };
	struct err err;
	int ret = cli_parse(&cli, given->argc, given->args, &err);

	if (ret)
		log_error("%s", err.msg);
	if (!ret && cli.config_file)
		ret = cli_take_config(&cli);
	if (!ret)
		ret = load_policy(&cli, &out->policy);
	if (!ret && cli.config.fixed != given->config.fixed)
		log_warn("%s: not all that has changed in it can change now: what is of none of "
			 "`rules`, `disabled`, `targets`, `exclude`, `outputs`, `redact`, "
			 "`rate_limit` and `shed` counts from the next start on",
			 cli.config_file);
	if (!ret) {
		out->config = cli.config;
		config_init(&cli.config);
	}
	cli_fini(&cli);
	return ret;
}

int cmd_trace(struct cli *cli)
{
	_cleanup_(user_freep) struct user *user = NULL;
	_cleanup_(policy_unrefp) struct policy *policy = NULL;
	struct engine_opts opts = {
		.config = &cli->config,
		.argv = cli->argv,
		.load = load_again,
		.load_ctx = cli,
		.config_file = cli->config_file,
	};
	bool kernel = false;
	struct err err;
	int ret;

	if (load_policy(cli, &policy))
		return EXIT_USAGE;
	opts.policy = policy;
	ret = choose_user(cli, &user, &err);
	if (ret) {
		log_error("%s", err.msg);
		return EXIT_USAGE;
	}
	opts.user = user;
	/* A program that is to be started has what it would have without a tracer. */
	ret = cli->argv ? 0 : privileges_reduce(&err);
	if (!ret)
		ret = engine_run(&opts, &kernel, &err);
	if (!ret)
		return EXIT_AS_ASKED;
	log_error("%s", err.msg);
	return cli_exit_status(ret, kernel);
}
