// SPDX-License-Identifier: GPL-2.0-only
/*
 * The head of a message of RFC 5424.  What a reader can least do without comes first, as messages
 * may be cut on their way.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/alert_time.h"
#include "alert/json_out.h"

/* "security/authorization messages (private)": alerts hold secrets. */
#define FACILITY 10
/* The number stands for whoever has none of its own yet (RFC 5612). */
#define SD_ID "phrude@32473"
#define HOST_MAX 255
#define PROCID_MAX 128
#define MSGID_MAX 32
#define VALUE_MAX 1024
/* Arguments and callers together would be most of a message. */
#define LONG_MAX_ 512

/* A field of the head: printable ASCII without blanks, or "-". */
static void put_name(struct buf *out, const char *text, size_t max)
{
	size_t n = 0;

	for (; text && *text && n < max; text++) {
		if (*text > ' ' && *text < 0x7f) {
			buf_addc(out, *text);
			n++;
		}
	}
	if (!n)
		buf_addc(out, '-');
}

static void param(struct buf *out, const char *name, struct text value, size_t max)
{
	if (!value.s || !value.len)
		return;
	buf_printf(out, " %s=\"", name);
	alert_escape(out, value, max, "\\\"]", true);
	buf_addc(out, '"');
}

static void param_str(struct buf *out, const char *name, const char *value)
{
	param(out, name, (struct text){ value, value ? strlen(value) : 0 }, VALUE_MAX);
}

static void param_number(struct buf *out, const char *name, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	param_str(out, name, n >= 0 ? text : NULL);
}

/* What was made in `b`, which is empty then. */
static void param_buf(struct buf *out, const char *name, struct buf *b, size_t max)
{
	param(out, name, (struct text){ b->data, b->len }, max);
	out->failed |= b->failed;
	buf_reset(b);
}

static void repeated_params(struct buf *out, const struct alert_repeated *r)
{
	char time[ALERT_TIME_MAX];

	if (!r->count)
		return;
	param_number(out, "count", (int64_t)r->count);
	alert_time(time, r->since_ns, 'T');
	param_str(out, "since", time);
	alert_time(time, r->until_ns, 'T');
	param_str(out, "until", time);
}

static void rule_params(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };

	param_str(out, "id", a->id);
	param_str(out, "rule", a->rule->name);
	alert_put_rule(&text, a->rule);
	param_buf(out, "ruleId", &text, VALUE_MAX);
	param_str(out, "action", a->action);
	repeated_params(out, &a->repeated);
	alert_function(&text, a->event);
	param_buf(out, "func", &text, VALUE_MAX);
	param(out, "file", a->event->file, VALUE_MAX);
	if (a->event->line > 0)
		param_number(out, "line", a->event->line);
}

static void request_params(struct buf *out, const struct alert_request *r)
{
	param_str(out, "src", r->remote_addr);
	param_str(out, "method", r->method);
	param_str(out, "path", r->path);
	param_str(out, "query", r->query);
	param_str(out, "vhost", r->host);
	param_str(out, "sess", r->session);
	param_str(out, "trace", r->trace_id);
	param_str(out, "ua", r->user_agent);
}

static void process_params(struct buf *out, const struct alert_process *p)
{
	_cleanup_buf_ struct buf line = { 0 };

	if (p->pid > 0)
		param_number(out, "pid", p->pid);
	if (p->tid > 0 && p->tid != p->pid)
		param_number(out, "tid", p->tid);
	if (p->ppid > 0)
		param_number(out, "ppid", p->ppid);
	param_number(out, "uid", p->uid);
	param_str(out, "ctr", p->container);
	param_str(out, "py", p->python);
	param_str(out, "exe", p->exe);
	for (size_t i = 0; i < p->nr_cmdline; i++)
		buf_printf(&line, "%s%s", i ? " " : "", p->cmdline[i]);
	param_buf(out, "cmd", &line, LONG_MAX_);
}

static void pod_params(struct buf *out, const struct kube_facts *k)
{
	param_str(out, "ns", k->namespace);
	param_str(out, "pod", k->pod);
	param_str(out, "podUid", k->pod_uid);
	param_str(out, "ctrName", k->container);
	param_str(out, "node", k->node);
}

static void long_params(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json_out j = { .buf = &text };

	for (size_t i = 0; i < a->rule->nr_tags; i++)
		buf_printf(&text, "%s%s", i ? "," : "", a->rule->tags[i]);
	param_buf(out, "tags", &text, VALUE_MAX);
	if (a->rule->nr_values)
		alert_json_values(&j, NULL, a);
	param_buf(out, "value", &text, LONG_MAX_);
	if (a->input && a->input->source)
		alert_json_input(&j, NULL, a->input);
	param_buf(out, "input", &text, LONG_MAX_);
	if (a->event->nr_args)
		alert_json_args(&j, NULL, a->event);
	param_buf(out, "args", &text, LONG_MAX_);
	param_str(out, "probe", a->probe);
	param_str(out, "cut", alert_is_truncated(a) ? "1" : "0");
	alert_callers(&text, a->event, LONG_MAX_);
	param_buf(out, "callers", &text, LONG_MAX_);
}

void alert_syslog(struct buf *out, const struct alert *a, bool facts)
{
	_cleanup_buf_ struct buf uid = { 0 };
	char time[ALERT_TIME_MAX], pid[16] = "";

	alert_time(time, a->time_ns, 'T');
	alert_put_rule(&uid, a->rule);
	if (a->process.pid > 0)
		snprintf(pid, sizeof(pid), "%d", a->process.pid);
	buf_printf(out, "<%d>1 %s ", FACILITY * 8 + alert_severity(a->rule->level)->syslog, time);
	put_name(out, a->host, HOST_MAX);
	buf_adds(out, " " ALERT_PRODUCT " ");
	put_name(out, pid, PROCID_MAX);
	buf_addc(out, ' ');
	put_name(out, uid.data, MSGID_MAX);
	out->failed |= uid.failed;
	if (!facts) {
		buf_adds(out, " - ");
		return;
	}
	buf_adds(out, " [" SD_ID);
	rule_params(out, a);
	if (a->request)
		request_params(out, a->request);
	process_params(out, &a->process);
	if (a->kubernetes)
		pod_params(out, a->kubernetes);
	long_params(out, a);
	/* What follows is UTF-8, which a byte order mark says there. */
	buf_adds(out, "] \xef\xbb\xbf");
}
