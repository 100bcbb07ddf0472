/* SPDX-License-Identifier: GPL-2.0-only */
/* Webhooks: what the console tells others by itself. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

enum hook_form { HOOK_JSON, HOOK_SLACK, NR_HOOK_FORMS };

struct hook_settings {
	const char *url;		    /* NULL: nobody is told */
	const char *headers_file, *ca_file; /* or NULL */
	enum hook_form form;
};

/* Characters that Slack, and what is like it, takes of a message. */
#define HOOK_SLACK_MAX 3500

/* -EINVAL: no form is called so. */
int hook_form_parse(const char *name, enum hook_form *out);
/* {"text":"..."}, with what has a meaning there as text, and cut where it is too long. */
void hook_put_slack(struct buf *out, struct text t);
/* Says what there is to say of the settings, once. */
void hook_warn(const struct hook_settings *s);
/*
 * Posts a JSON text; 0 once it was answered with 2xx.  *pause_s: so long the receiver wants to be
 * left alone, or 0.
 */
int hook_post(const struct hook_settings *s, struct text body, unsigned int *pause_s,
	      struct err *err);
