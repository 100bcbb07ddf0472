/* SPDX-License-Identifier: GPL-2.0-only */
/* Options, as the command line and a file have them. */
#pragma once

#include <stdbool.h>

#include "console/console.h"

struct option {
	const char *name;     /* NULL: the end of them */
	const char *argument; /* NULL: none */
	unsigned int commands;
	bool is_file; /* within a file: relative to its folder */
	int (*set)(struct options *o, const char *value, struct err *err);
	const char *help;
};

/* options_attackers.c: what makes an attacker. */
int set_attacker_by(struct options *o, const char *value, struct err *err);
int set_attacker_score(struct options *o, const char *value, struct err *err);
int set_attacker_window(struct options *o, const char *value, struct err *err);
int set_attacker_keep(struct options *o, const char *value, struct err *err);
int set_attacker_points(struct options *o, const char *value, struct err *err);

/* options_replay.c: of export, replay, and transitions. */
int set_transitions(struct options *o, const char *value, struct err *err);
int set_transitions_grace(struct options *o, const char *value, struct err *err);
int set_corpus(struct options *o, const char *value, struct err *err);
int set_to(struct options *o, const char *value, struct err *err);
int set_anywhere(struct options *o, const char *value, struct err *err);
int set_alerts(struct options *o, const char *value, struct err *err);
int set_wait(struct options *o, const char *value, struct err *err);
int set_corpus_format(struct options *o, const char *value, struct err *err);

/* options_send.c: what is sent to whom. */
int set_report_every(struct options *o, const char *value, struct err *err);
int set_report_from(struct options *o, const char *value, struct err *err);
int set_report_to(struct options *o, const char *value, struct err *err);
int set_report_webhook(struct options *o, const char *value, struct err *err);
int set_report_form(struct options *o, const char *value, struct err *err);
int set_report_headers_file(struct options *o, const char *value, struct err *err);
int set_attacker_webhook(struct options *o, const char *value, struct err *err);
int set_attacker_form(struct options *o, const char *value, struct err *err);
int set_attacker_headers_file(struct options *o, const char *value, struct err *err);
int set_smtp(struct options *o, const char *value, struct err *err);
int set_smtp_user(struct options *o, const char *value, struct err *err);
int set_smtp_password_file(struct options *o, const char *value, struct err *err);
int set_send_ca_file(struct options *o, const char *value, struct err *err);
/* -EINVAL: they do not go together. */
int options_check_sending(struct options *o, struct err *err);

/* Those that a file may have: its keys are their names. */
const struct option *options_of_file(void);
/*
 * Sets what a file says; each mistake in it is printed at its place.  -EINVAL, -ENOMEM, or why it
 * cannot be read.
 */
int options_read_file(struct options *o, const char *path, struct err *err);
