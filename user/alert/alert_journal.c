// SPDX-License-Identifier: GPL-2.0-only
/*
 * An entry of systemd's journal, in the protocol of its socket: "NAME=value" lines, or a length
 * where a value has several lines.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/alert_time.h"
#include "alert/json_out.h"

/* Of every alert: "journalctl MESSAGE_ID=..." finds all of them. */
#define MESSAGE_ID "6e2b0f7c1d9a4c61a3f85b2e7d40c913"
#define FACILITY "10"

static void field(struct buf *out, const char *name, struct text value)
{
	if (!value.s || !value.len)
		return;
	buf_adds(out, name);
	if (memchr(value.s, '\n', value.len)) {
		uint64_t len = value.len;

		buf_addc(out, '\n');
		for (int i = 0; i < 8; i++)
			buf_addc(out, (char)(len >> 8 * i));
	} else {
		buf_addc(out, '=');
	}
	buf_add(out, value.s, value.len);
	buf_addc(out, '\n');
}

/* Text of a target's, as it is read. */
static void shown(struct buf *out, const char *name, struct text value)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (!value.s)
		return;
	text_terminal(&text, value);
	field(out, name, (struct text){ text.data, text.len });
	out->failed |= text.failed;
}

static void shown_str(struct buf *out, const char *name, const char *value)
{
	shown(out, name, (struct text){ value, value ? strlen(value) : 0 });
}

static void number(struct buf *out, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	shown_str(out, name, text);
}

static void known(struct buf *out, const char *name, int64_t n)
{
	if (n > 0)
		number(out, name, n);
}

/* What was made in `b`, which is empty then. */
static void made(struct buf *out, const char *name, struct buf *b)
{
	shown(out, name, (struct text){ b->data, b->len });
	out->failed |= b->failed;
	buf_reset(b);
}

static void repeated_fields(struct buf *out, const struct alert_repeated *r)
{
	char time[ALERT_TIME_MAX];

	if (!r->count)
		return;
	number(out, "PHRUDE_COUNT", (int64_t)r->count);
	alert_time(time, r->since_ns, 'T');
	shown_str(out, "PHRUDE_SINCE", time);
	alert_time(time, r->until_ns, 'T');
	shown_str(out, "PHRUDE_UNTIL", time);
}

static void rule_fields(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json_out j = { .buf = &text };

	shown_str(out, "PHRUDE_ID", a->id);
	shown_str(out, "PHRUDE_RULE", a->rule->name);
	alert_put_rule(&text, a->rule);
	made(out, "PHRUDE_RULE_ID", &text);
	shown_str(out, "PHRUDE_LEVEL", rule_level_name(a->rule->level));
	for (size_t i = 0; i < a->rule->nr_tags; i++)
		buf_printf(&text, "%s%s", i ? "," : "", a->rule->tags[i]);
	made(out, "PHRUDE_TAGS", &text);
	alert_function(&text, a->event);
	made(out, "CODE_FUNC", &text);
	shown(out, "CODE_FILE", a->event->file);
	known(out, "CODE_LINE", a->event->line);
	alert_json_args(&j, NULL, a->event);
	made(out, "PHRUDE_ARGS", &text);
	if (a->rule->nr_values)
		alert_json_values(&j, NULL, a);
	made(out, "PHRUDE_VALUE", &text);
	alert_callers(&text, a->event, SIZE_MAX);
	made(out, "PHRUDE_CALLERS", &text);
	if (a->input && a->input->source)
		alert_json_input(&j, NULL, a->input);
	made(out, "PHRUDE_INPUT", &text);
	shown_str(out, "PHRUDE_PROBE", a->probe);
	shown_str(out, "PHRUDE_ACTION", a->action);
	number(out, "PHRUDE_CUT", alert_is_truncated(a));
	repeated_fields(out, &a->repeated);
}

static void request_fields(struct buf *out, const struct alert_request *r)
{
	shown_str(out, "PHRUDE_SRC", r->remote_addr);
	shown_str(out, "PHRUDE_METHOD", r->method);
	shown_str(out, "PHRUDE_PATH", r->path);
	shown_str(out, "PHRUDE_QUERY", r->query);
	shown_str(out, "PHRUDE_VHOST", r->host);
	shown_str(out, "PHRUDE_UA", r->user_agent);
	shown_str(out, "PHRUDE_SESS", r->session);
	shown_str(out, "PHRUDE_TRACE", r->trace_id);
}

static void process_fields(struct buf *out, const struct alert_process *p)
{
	_cleanup_buf_ struct buf line = { 0 };

	/* journald adds what it finds out itself of the process. */
	known(out, "OBJECT_PID", p->pid);
	known(out, "PHRUDE_PID", p->pid);
	known(out, "PHRUDE_TID", p->tid);
	known(out, "PHRUDE_PPID", p->ppid);
	number(out, "PHRUDE_UID", p->uid);
	shown_str(out, "PHRUDE_EXE", p->exe);
	for (size_t i = 0; i < p->nr_cmdline; i++)
		buf_printf(&line, "%s%s", i ? " " : "", p->cmdline[i]);
	made(out, "PHRUDE_CMD", &line);
	shown_str(out, "PHRUDE_PY", p->python);
	shown_str(out, "PHRUDE_CTR", p->container);
}

static void pod_fields(struct buf *out, const struct kube_facts *k)
{
	shown_str(out, "PHRUDE_NS", k->namespace);
	shown_str(out, "PHRUDE_POD", k->pod);
	shown_str(out, "PHRUDE_POD_UID", k->pod_uid);
	shown_str(out, "PHRUDE_CTR_NAME", k->container);
	shown_str(out, "PHRUDE_NODE", k->node);
}

void alert_journal(struct buf *out, const struct alert *a, struct text message)
{
	field(out, "MESSAGE", message);
	field(out, "MESSAGE_ID", TEXT(MESSAGE_ID));
	number(out, "PRIORITY", alert_severity(a->rule->level)->syslog);
	field(out, "SYSLOG_FACILITY", TEXT(FACILITY));
	field(out, "SYSLOG_IDENTIFIER", TEXT(ALERT_PRODUCT));
	rule_fields(out, a);
	if (a->request)
		request_fields(out, a->request);
	process_fields(out, &a->process);
	if (a->kubernetes)
		pod_fields(out, a->kubernetes);
}
