// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-trace suggest`: from recorded alerts to exceptions that a person reviews. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suggest/suggest.h"
#include "base/log.h"
#include "base/util.h"
#include "cli/cli.h"

/* Returns 0 or -errno. */
static int read_alerts(struct suggest *s, const char *path, size_t *unreadable)
{
	_cleanup_fclose_ FILE *f = str_eq(path, "-") ? fdopen(0, "r") : fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		return -errno;
	while ((n = getline(&line, &cap, f)) > 0) {
		int err = suggest_add(s, line, n);

		if (err == -ENOMEM)
			return err;
		*unreadable += err != 0;
	}
	return ferror(f) ? -EIO : 0;
}

int cmd_suggest(const struct cli *cli)
{
	_cleanup_(suggest_freep) struct suggest *s = suggest_new();
	_cleanup_buf_ struct buf out = { 0 };
	size_t unreadable = 0;

	for (size_t i = 0; s && i < cli->nr_files; i++) {
		int err = read_alerts(s, cli->files[i], &unreadable);

		if (err) {
			log_error("%s cannot be read: %s", cli->files[i], strerror(-err));
			return EXIT_USAGE;
		}
	}
	if (s)
		suggest_write(s, &out);
	if (!s || out.failed) {
		log_error("out of memory");
		return EXIT_RUN_TIME;
	}
	if (unreadable)
		log_warn("%zu lines are no alerts as --format json writes them: left out",
			 unreadable);
	fputs(out.data, stdout);
	return EXIT_AS_ASKED;
}
