// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "doctor/doctor.h"

static void rules_finip(struct config_rules *rules)
{
	config_rules_fini(rules);
}

int cmd_doctor(const struct cli *cli)
{
	const struct config *c = &cli->config;
	_cleanup_(rules_finip) struct config_rules rules = { 0 };
	_cleanup_buf_ struct buf messages = { 0 }, out = { 0 };
	const struct plan_choice choice = plan_choice(c->probe, c->no_arm);
	struct err err = { "" };
	int ret, status = EXIT_AS_ASKED;

	if (c->rules.count && config_load_rules(c, &rules, &messages)) {
		fputs(messages.data ? messages.data : "phrude-trace: out of memory\n", stderr);
		return EXIT_USAGE;
	}
	ret = doctor_machine(&out, &err);
	fputs(out.data ?: "", stdout);
	if (ret) {
		log_error("%s", err.msg);
		status = EXIT_KERNEL;
	}
	/* Each process has its say, whatever became of the others. */
	for (size_t i = 0; i < c->pids.count; i++) {
		buf_reset(&out);
		ret = doctor_process(c->pids.list[i], c->rules.count ? &rules.all : NULL, &choice,
				     &out, &err);
		fputs(out.data && out.len ? out.data : "", stdout);
		fflush(stdout);
		if (ret) {
			log_error("%s", err.msg);
			status = status ?: (int)cli_exit_status(ret, false);
		}
	}
	if (c->rules.count && !c->pids.count)
		printf("rules\n  %zu, no errors; what each of them gets depends on the process: "
		       "give --pid\n",
		       rules.all.nr_rules);
	return status;
}
