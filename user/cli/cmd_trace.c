// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/trust.h"
#include "base/user.h"
#include "base/util.h"
#include "cli/cli.h"

static void rule_set_finip(struct rule_set *set)
{
	rule_set_fini(set);
}

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
 * Whom a program runs as that `run` starts; *out NULL: as this process does.  sudo was called for the sake of tracing: by
 * itself the program would run as whoever called it.
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

int cmd_trace(const struct cli *cli)
{
	_cleanup_(user_freep) struct user *user = NULL;
	_cleanup_(rule_set_finip) struct rule_set rules = { 0 };
	_cleanup_buf_ struct buf messages = { 0 };
	struct engine_opts opts = { .config = &cli->config, .rules = &rules, .argv = cli->argv };
	bool kernel = false;
	struct err err;
	int ret;

	if (config_load_rules(&cli->config, &rules, &messages)) {
		fputs(messages.data ? messages.data : "phrude-trace: out of memory\n", stderr);
		return EXIT_USAGE;
	}
	if (!rules.nr_rules) {
		log_error("every rule is disabled: there is nothing to watch");
		return EXIT_USAGE;
	}
	ret = choose_user(cli, &user, &err);
	if (ret) {
		log_error("%s", err.msg);
		return EXIT_USAGE;
	}
	opts.user = user;
	ret = engine_run(&opts, &kernel, &err);
	if (!ret)
		return EXIT_AS_ASKED;
	log_error("%s", err.msg);
	return cli_exit_status(ret, kernel);
}
