// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-trace status`: asks the running tracer how it is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "control/control_link.h"
#include "control/control_reading.h"
#include "control/control_show.h"

enum exit_status cli_say_unasked(int ret, const struct err *err)
{
	log_error("%s", err->msg);
	return ret == -ENOENT || ret == -EPIPE ? EXIT_TARGET
	       : ret == -EACCES		       ? EXIT_KERNEL
					       : EXIT_RUN_TIME;
}

/*
 * As it is, line by line: should there be anything in it that is not for a terminal, it is escaped.
 */
static void show_raw(struct buf *out, const struct buf *answer)
{
	const char *line = answer->data, *end;

	while ((end = strchr(line, '\n'))) {
		text_terminal(out, (struct text){ line, end - line });
		buf_addc(out, '\n');
		line = end + 1;
	}
}

int cmd_status(const struct cli *cli)
{
	_cleanup_(control_hang_up) struct control_link link;
	_cleanup_(control_read_freep) struct cJSON *doc = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	const struct buf *answer;
	struct err err;
	int ret = control_dial(&link, cli->socket, &err);

	if (!ret)
		ret = control_ask(&link, CONTROL_STATUS, &answer, &err);
	if (ret)
		return cli_say_unasked(ret, &err);
	doc = control_read(answer->data, answer->len, &err);
	if (!doc) {
		log_error("%s", err.msg);
		return EXIT_RUN_TIME;
	}
	if (cli->json)
		show_raw(&out, answer);
	else
		control_show(&out, doc);
	if (out.failed) {
		log_error("out of memory");
		return EXIT_RUN_TIME;
	}
	fwrite(out.data, 1, out.len, stdout);
	return control_flag(doc, "well") ? EXIT_AS_ASKED : EXIT_RUN_TIME;
}
