/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of phrude-console. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "console/access.h"
#include "console/http.h"

struct report;

enum command {
	CMD_SERVE,
	CMD_IMPORT,
	CMD_KEY_ADD,
	CMD_KEY_LIST,
	CMD_KEY_REVOKE,
	CMD_USER_ADD,
	CMD_REPORT,
	CMD_FORGET,
	CMD_HELP,
	CMD_VERSION,
	NR_COMMANDS,
};

/* Exit statuses. */
enum { EXIT_AS_ASKED, EXIT_RUN_TIME, EXIT_USAGE };

struct options {
	enum command command;
	const char *argument; /* what stands behind the command: a file, an application, a user */
	const char *store;    /* NULL: store_default() */
	const char *app;      /* NULL: what the alerts say */
	enum role role;
	int64_t keep;	   /* a span, see when.h; 0: for ever */
	int64_t keep_size; /* bytes; 0: any */
	int64_t since;	   /* a span, see when.h */
	void (*report)(struct buf *out, const struct report *r); /* as one of report.h */
	struct http_options http;
	struct arena arena; /* of what a file says */
};

int options_parse(struct options *out, int argc, char **argv, struct err *err);
void options_fini(struct options *o);
void options_print_help(void);

/* Each returns 0 or -errno with a sentence. */
int cmd_serve(const struct options *o, struct err *err);
int cmd_import(const struct options *o, struct err *err);
int cmd_key_add(const struct options *o, struct err *err);
int cmd_key_list(const struct options *o, struct err *err);
int cmd_key_revoke(const struct options *o, struct err *err);
int cmd_user_add(const struct options *o, struct err *err);
int cmd_report(const struct options *o, struct err *err);
int cmd_forget(const struct options *o, struct err *err);

struct store;
/* The store that the options name, or the default one. */
int options_store(const struct options *o, struct store **out, struct err *err);
