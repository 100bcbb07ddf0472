/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of phrude-console. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "console/access.h"
#include "console/attackers.h"
#include "console/corpus.h"
#include "console/http.h"
#include "console/proxy_login.h"
#include "console/reporter.h"
#include "console/score.h"
#include "console/transitions.h"

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
	CMD_TRANSITIONS_LEARN,
	CMD_EXPORT,
	CMD_REPLAY,
	CMD_ATTACKERS_EXPORT,
	CMD_ATTACKERS_ALLOW,
	CMD_ATTACKERS_DISALLOW,
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
	bool since_given;
	enum export_format export;
	bool corpus;
	enum corpus_format corpus_format;
	const char *to, *alerts; /* of replay: where requests go, and where their alerts are */
	bool anywhere;
	int64_t wait; /* a span: for those alerts */
	struct score_settings scoring;
	struct proxy_login proxy_login;
	struct reporter_settings reports;
	struct hook_settings attacker_hook;
	struct transitions transitions;
	int64_t transitions_grace; /* a span, see when.h */
	const char *send_ca_file;  /* NULL: the system's */
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
int cmd_transitions_learn(const struct options *o, struct err *err);
int cmd_export(const struct options *o, struct err *err);
int cmd_replay(const struct options *o, struct err *err);
int cmd_attackers_export(const struct options *o, struct err *err);
int cmd_attackers_allow(const struct options *o, struct err *err);
int cmd_attackers_disallow(const struct options *o, struct err *err);

struct db;
/*
 * cmd_access.c: runs what writes, in one transaction, and writes down that whoever runs the program
 * has done so.
 */
int change_store(const struct options *o, const char *what,
		 int (*run)(struct db *db, const struct options *o, void *ctx, struct err *err),
		 void *ctx, struct err *err);
/* cmd_access.c: prints what is put together of the store. */
int print_of_store(const struct options *o,
		   int (*put)(struct db *db, const struct options *o, struct buf *out,
			      struct err *err),
		   struct err *err);

struct store;
/* The store that the options name, or the default one. */
int options_store(const struct options *o, struct store **out, struct err *err);
