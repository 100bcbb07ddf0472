/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to user/alert: what several written forms make of an alert. */
#pragma once

#include <stdbool.h>

#include "alert/alert.h"

#define ALERT_VENDOR "Phrude"
#define ALERT_PRODUCT "phrude-trace"

/* How grave a rule's level is in the words of others: a row each. */
struct alert_severity {
	int syslog; /* RFC 5424 */
	int cef;    /* and ECS: 0 to 10 */
	int ocsf;
	int otlp;
};

const struct alert_severity *alert_severity(enum rule_level level);
/*
 * Appends text in which a backslash stands before each character of `special`; what moves a cursor,
 * reorders or hides is an escape, as on a terminal.  `max`: bytes of what a reader makes of it;
 * what is cut ends in "…".  `lines`: the ends of lines are \n and \r for the reader; else they are
 * blanks, as all control characters are.
 */
void alert_escape(struct buf *out, struct text t, size_t max, const char *special, bool lines);
/* Appends "NAMESPACE/POD/CONTAINER", as far as it is known. */
void alert_pod(struct buf *out, const struct kube_facts *k);
/* "module.qualname", or what of it is known. */
void alert_function(struct buf *out, const struct event *ev);
/*
 * One line for a person: what was called with what, where, and for whom.  Anything in it may be a
 * target's.
 */
void alert_line(struct buf *out, const struct alert *a);
/* "12 alerts from ... to ...": what it stands for; nothing if that is itself. */
void alert_put_repeated(struct buf *out, const struct alert *a);
/* "f (file:line) <- ...", as many bytes as that at the most, with a … where it was cut. */
void alert_callers(struct buf *out, const struct event *ev, size_t max);
/*
 * The technique behind a tag "attack.T1059.006"; .s NULL: it is none.  *base: how many of its
 * characters are before the dot.
 */
struct text alert_technique(const char *tag, size_t *base);
/* 4, 6, or 0: that is no address. */
int alert_ip_version(const char *text);
/* Was the call kept from what it would have done? */
bool alert_is_denied(const struct alert *a);
/* A JSON object of the arguments or of the rule's values. */
struct json_out;
void alert_json_args(struct json_out *j, const char *key, const struct event *ev);
void alert_json_values(struct json_out *j, const char *key, const struct alert *a);
/* A JSON list of the callers, each as in alert_json(). */
void alert_json_callers(struct json_out *j, const char *key, const struct event *ev);
/* What of the request reached an argument; the members of alert_json()'s `input`. */
void alert_json_input(struct json_out *j, const char *key, const struct input_found *input);
