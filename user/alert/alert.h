/* SPDX-License-Identifier: GPL-2.0-only */
/* An alert: a rule, the match that fitted it, and the facts around it; and its written forms. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/text.h"
#include "event/event.h"
#include "event/request.h"
#include "input/input.h"
#include "kube/kube.h"
#include "rule/rule.h"

/* What is known of a process beyond the event itself. */
struct alert_process {
	pid_t pid, tid, ppid; /* ppid 0: unknown */
	uid_t uid;
	const char *exe;	    /* NULL: unknown */
	const char *const *cmdline; /* nr_cmdline strings, any bytes; NULL: unknown */
	size_t nr_cmdline;
	bool cut;	       /* one of these two was longer */
	const char *python;    /* "3.11.2" */
	const char *container; /* container id; NULL: none */
};

/*
 * The first of so many that were held back by a rate limit stands for all of them, which were
 * raised between these times (as alert.time_ns); count 0: an alert stands for itself.
 */
struct alert_repeated {
	uint64_t count, since_ns, until_ns;
};

struct alert {
	const char *id;	  /* see alert_id.h; NULL: it could not be made */
	uint64_t time_ns; /* since the epoch, real time */
	const char *host;
	/* of the service, by its name; NULL: the process was named, or started */
	const char *target;
	const struct kube_facts *kubernetes; /* of the service; NULL: not known, or in no pod */
	const struct rule *rule;
	const struct event *event;
	struct alert_process process;
	const struct alert_request *request; /* NULL: none in sight */
	/* NULL, or of source 0: nothing of it is in the arguments */
	const struct input_found *input;
	const char *probe;  /* "usdt", "frame", ... */
	const char *action; /* "detect" */
	struct alert_repeated repeated;
};

/* Is anything in it shorter than it was? */
bool alert_is_truncated(const struct alert *a);
/*
 * Appends the alert as one JSON object, without a newline. Keys and order as in the README; valid
 * UTF-8 whatever the target held.
 */
void alert_json(struct buf *out, const struct alert *a);
/* Appends the alert as a block for a person, ending in a newline; `color`: with ANSI colours. */
void alert_text(struct buf *out, const struct alert *a, bool color);
/* Appends the alert as one short line for a person, without its end. */
void alert_brief(struct buf *out, const struct alert *a);
/*
 * Appends the head of a syslog message (RFC 5424), up to where the message itself begins; `facts`:
 * with the alert's fields as structured data, in which case the message is text for a person.
 */
void alert_syslog(struct buf *out, const struct alert *a, bool facts);
/* Appends what a machine knows a rule by: its id, or its name in small letters and hyphens. */
void alert_put_rule(struct buf *out, const struct rule *rule);
/*
 * Appends an entry of systemd's journal, in its native protocol, with the alert's fields and that
 * message.
 */
void alert_journal(struct buf *out, const struct alert *a, struct text message);
/*
 * Each appends the alert in a format of others, one line without its end: a document of the Elastic
 * Common Schema; a Detection Finding of OCSF; ArcSight's Common Event Format; a request of
 * OTLP/HTTP with one log record.  See docs/outputs.md.
 */
void alert_ecs(struct buf *out, const struct alert *a);
void alert_ocsf(struct buf *out, const struct alert *a);
void alert_cef(struct buf *out, const struct alert *a);
void alert_otlp(struct buf *out, const struct alert *a);
