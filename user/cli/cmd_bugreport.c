// SPDX-License-Identifier: GPL-2.0-only
/*
 * `phrude-trace bugreport`: what whoever is to find a fault needs to know, in one file.  Whatever
 * cannot be had is said in it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "bugreport/archive.h"
#include "bugreport/machine.h"
#include "cli/cli.h"
#include "control/control_link.h"
#include "doctor/doctor.h"
#include "metrics/metrics_text.h"
#include "redact/redact.h"

#define CONFIG_MAX (1024 * 1024)

/* As where nothing is configured: what is, may say of secrets what they look like. */
static int make_redact(struct redact **out, struct err *err)
{
	struct config none;
	int ret;

	config_init(&none);
	ret = config_redactor(&none, out, err);
	config_fini(&none);
	return ret;
}

/* Line by line, each without its secrets. */
static void add_lines(struct buf *out, struct redact *redact, const char *text)
{
	struct arena arena = { 0 };

	while (*text) {
		size_t len = strcspn(text, "\n");

		text_terminal(out, redact_text(redact, &arena, (struct text){ text, len }, false));
		buf_addc(out, '\n');
		text += len + (text[len] == '\n');
	}
	arena_fini(&arena);
}

static void describe_tracer(struct buf *out)
{
	char at[32];
	time_t now = time(NULL);
	struct tm tm;

	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	text_line(out, "phrude-trace %s, commit %s; %s", PHRUDE_VERSION, metrics_commit, at);
	machine_describe(out);
}

static void describe_tracing(struct buf *out)
{
	struct err err;

	if (doctor_machine(out, &err))
		text_line(out, "%s", err.msg);
}

static void describe_service(struct buf *out, struct redact *redact, const char *socket)
{
	_cleanup_(control_hang_up) struct control_link link;
	const struct buf *answer;
	struct err err;
	int ret = control_dial(&link, socket, &err);

	if (!ret)
		ret = control_ask(&link, CONTROL_STATUS, &answer, &err);
	if (ret)
		text_line(out, "%s", err.msg);
	else
		add_lines(out, redact, answer->data);
}

static int read_config(const char *path, struct buf *text)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;

	if (!f)
		return -errno;
	while ((n = fread(piece, 1, sizeof(piece), f)) && text->len <= CONFIG_MAX)
		buf_add(text, piece, n);
	return ferror(f) ? -EIO : text->len > CONFIG_MAX ? -EFBIG : text->failed ? -ENOMEM : 0;
}

static void describe_config(struct buf *out, struct redact *redact, const char *path)
{
	_cleanup_buf_ struct buf text = { 0 };
	int ret = path ? read_config(path, &text) : 0;

	if (!path)
		buf_adds(out, "# none was given: --config FILE\n");
	else if (ret)
		text_line(out, "# %s: %s", path, strerror(-ret));
	else if (config_show(path, text.data ?: "", text.len, redact, out))
		out->failed = true;
	if (text.data)
		explicit_bzero(text.data, text.len);
}

static void name_output(char *out, size_t size, int64_t time_s)
{
	time_t now = (time_t)time_s;
	struct tm tm;

	strftime(out, size, "phrude-trace-bugreport-%Y%m%d-%H%M%S.tar.gz", gmtime_r(&now, &tm));
}

int cmd_bugreport(const struct cli *cli)
{
	enum { ABOUT, DOCTOR, STATUS, CONFIG, NR_FILES };
	static const char *const names[NR_FILES] = { "about.txt", "doctor.txt", "status.json",
						     "config.yaml" };
	_cleanup_(redact_freep) struct redact *redact = NULL;
	struct archive_file files[NR_FILES];
	struct buf texts[NR_FILES] = { 0 };
	char name[64];
	const char *path = cli->config.output ?: name;
	int64_t now = time(NULL);
	struct err err;
	int ret = make_redact(&redact, &err);

	name_output(name, sizeof(name), now);
	if (!ret) {
		describe_tracer(&texts[ABOUT]);
		describe_tracing(&texts[DOCTOR]);
		describe_service(&texts[STATUS], redact, cli->socket);
		describe_config(&texts[CONFIG], redact, cli->config_file);
	}
	for (size_t i = 0; i < NR_FILES; i++) {
		files[i] = (struct archive_file){ names[i], { texts[i].data ?: "", texts[i].len } };
		if (!ret && texts[i].failed)
			ret = err_set(&err, -ENOMEM, "out of memory");
	}
	if (!ret)
		ret = archive_write(path, files, NR_FILES, now, &err);
	for (size_t i = 0; i < NR_FILES; i++)
		buf_fini(&texts[i]);
	if (ret) {
		log_error("%s", err.msg);
		return EXIT_RUN_TIME;
	}
	printf("%s\n", path);
	return EXIT_AS_ASKED;
}
