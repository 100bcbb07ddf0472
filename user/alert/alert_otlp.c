// SPDX-License-Identifier: GPL-2.0-only
/*
 * OTLP/HTTP JSON: an ExportLogsServiceRequest with one record; numbers of 64 bits are strings
 * there.  See alert.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/alert_time.h"
#include "alert/json_out.h"
#include "base/util.h"
#include "kube/labels.h"

/* Digits of which any number is one of 64 bits. */
#define INT64_DIGITS 18
#define TRACE_ID_LEN 32

static void str_value(struct json_out *j, const char *key, struct text t)
{
	json_out_begin(j, key);
	json_out_text(j, "stringValue", t);
	json_out_end(j);
}

static void attr_text(struct json_out *j, const char *key, struct text t)
{
	if (!t.s)
		return;
	json_out_begin(j, NULL);
	json_out_str(j, "key", key);
	str_value(j, "value", t);
	json_out_end(j);
}

static void attr_str(struct json_out *j, const char *key, const char *s)
{
	attr_text(j, key, (struct text){ s, s ? strlen(s) : 0 });
}

static void attr_buf(struct json_out *j, const char *key, struct buf *b)
{
	attr_text(j, key, (struct text){ b->len ? b->data : NULL, b->len });
	j->buf->failed |= b->failed;
	buf_reset(b);
}

static void attr_int(struct json_out *j, const char *key, int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	json_out_begin(j, NULL);
	json_out_str(j, "key", key);
	json_out_begin(j, "value");
	json_out_str(j, "intValue", text);
	json_out_end(j);
	json_out_end(j);
}

static void attr_known(struct json_out *j, const char *key, int64_t n)
{
	if (n > 0)
		attr_int(j, key, n);
}

static void attr_bool(struct json_out *j, const char *key, bool b)
{
	json_out_begin(j, NULL);
	json_out_str(j, "key", key);
	json_out_begin(j, "value");
	json_out_bool(j, "boolValue", b);
	json_out_end(j);
	json_out_end(j);
}

/* Between these two, members of a list; nothing is left of an empty one. */
static void attr_strings_begin(struct json_out *j, const char *key)
{
	json_out_begin(j, NULL);
	json_out_str(j, "key", key);
	json_out_begin(j, "value");
	json_out_begin(j, "arrayValue");
	json_out_begin_list(j, "values");
}

static void attr_end(struct json_out *j)
{
	for (int i = 0; i < 4; i++)
		json_out_end(j);
}

static void attr_strings(struct json_out *j, const char *key, const char *const *strings,
			 size_t count)
{
	if (!count)
		return;
	attr_strings_begin(j, key);
	for (size_t i = 0; i < count; i++)
		str_value(j, NULL, (struct text){ strings[i], strlen(strings[i]) });
	attr_end(j);
}

static void attr_list_begin(struct json_out *j, const char *key)
{
	json_out_begin(j, NULL);
	json_out_str(j, "key", key);
	json_out_begin(j, "value");
	json_out_begin(j, "kvlistValue");
	json_out_begin_list(j, "values");
}

/* One of Python's values, for a name that may be a target's; None has no value. */
static void attr_value(struct json_out *j, struct text key, const struct value *v)
{
	_cleanup_buf_ struct buf text = { 0 };

	json_out_begin(j, NULL);
	json_out_text(j, "key", key.s ? key : TEXT("?"));
	json_out_begin(j, "value");
	value_str(&text, v);
	if (v->type == VALUE_BOOL)
		json_out_bool(j, "boolValue", v->boolean);
	else if (v->type == VALUE_INT && text.len <= INT64_DIGITS)
		json_out_buf(j, "intValue", &text);
	else if (v->type != VALUE_NONE)
		json_out_text(j, "stringValue",
			      text.data ? (struct text){ text.data, text.len } : TEXT(""));
	json_out_end(j);
	json_out_end(j);
	j->buf->failed |= text.failed;
}

static void kubernetes(struct json_out *j, const struct kube_facts *k)
{
	const struct {
		const char *key, *value;
	} attributes[] = {
		{ "k8s.namespace.name", k->namespace }, { "k8s.pod.name", k->pod },
		{ "k8s.pod.uid", k->pod_uid },		{ "k8s.container.name", k->container },
		{ "k8s.node.name", k->node },
	};
	char key[KUBE_LABEL_KEY_MAX + 16];

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
		attr_str(j, attributes[i].key, *attributes[i].value ? attributes[i].value : NULL);
	for (size_t i = 0; k->labels && i < k->labels->count; i++) {
		snprintf(key, sizeof(key), "k8s.pod.label.%s", k->labels->list[i].key);
		attr_str(j, key, k->labels->list[i].value);
	}
}

static void resource(struct json_out *j, const struct alert *a)
{
	const struct alert_process *p = &a->process;
	const char *slash = p->exe ? strrchr(p->exe, '/') : NULL;
	_cleanup_buf_ struct buf service = { 0 };

	json_out_begin(j, "resource");
	json_out_begin_list(j, "attributes");
	buf_printf(&service, "unknown_service:%s", slash ? slash + 1 : "python");
	attr_buf(j, "service.name", &service);
	attr_str(j, "host.name", a->host);
	attr_known(j, "process.pid", p->pid);
	attr_known(j, "process.parent_pid", p->ppid);
	attr_int(j, "process.user.id", p->uid);
	attr_str(j, "process.executable.path", p->exe);
	attr_strings(j, "process.command_args", p->cmdline, p->nr_cmdline);
	attr_str(j, "process.runtime.name", "cpython");
	attr_str(j, "process.runtime.version", p->python);
	attr_str(j, "container.id", p->container);
	if (a->kubernetes)
		kubernetes(j, a->kubernetes);
	json_out_end(j);
	json_out_end(j);
}

/* Names the trace, where it has the form of one. */
static bool is_trace_id(const char *id)
{
	size_t n = 0, zeros = 0;

	for (; id && isxdigit((unsigned char)id[n]); n++)
		zeros += id[n] == '0';
	return n == TRACE_ID_LEN && !id[n] && zeros < n;
}

static void trace(struct json_out *j, const char *id)
{
	char text[TRACE_ID_LEN + 1];

	if (!is_trace_id(id))
		return;
	for (size_t i = 0; i <= TRACE_ID_LEN; i++)
		text[i] = (char)tolower((unsigned char)id[i]);
	json_out_str(j, "traceId", text);
}

static void request_attributes(struct json_out *j, const struct alert_request *r)
{
	attr_str(j, "client.address", r->remote_addr);
	attr_str(j, "http.request.method", r->method);
	attr_str(j, "url.path", r->path);
	attr_str(j, "url.query", r->query && *r->query ? r->query : NULL);
	attr_str(j, "server.address", r->host);
	attr_str(j, "user_agent.original", r->user_agent);
	attr_str(j, "session.id", r->session);
	if (!is_trace_id(r->trace_id))
		attr_str(j, "phrude.trace_id", r->trace_id);
}

static void rule_attributes(struct json_out *j, const struct alert *a)
{
	const struct rule *rule = a->rule;
	_cleanup_buf_ struct buf text = { 0 };

	attr_str(j, "log.record.uid", a->id);
	attr_str(j, "security_rule.name", rule->name);
	alert_put_rule(&text, rule);
	attr_buf(j, "security_rule.uuid", &text);
	attr_strings(j, "phrude.tags", (const char *const *)rule->tags, rule->nr_tags);
	if (!rule->nr_values)
		return;
	attr_list_begin(j, "phrude.value");
	for (size_t i = 0; i < rule->nr_values; i++) {
		rule_value_expand(&rule->values[i], a->event, &text);
		attr_buf(j, rule->values[i].label, &text);
	}
	attr_end(j);
}

static void callers(struct json_out *j, const struct event *ev)
{
	if (!ev->nr_frames)
		return;
	attr_strings_begin(j, "phrude.callers");
	for (size_t i = 0; i < ev->nr_frames; i++) {
		const struct event_frame *f = &ev->frames[i];

		json_out_begin(j, NULL);
		json_out_begin(j, "kvlistValue");
		json_out_begin_list(j, "values");
		attr_text(j, "function", f->function.s ? f->function : TEXT("?"));
		attr_text(j, "file", f->file);
		attr_known(j, "line", f->line);
		json_out_end(j);
		json_out_end(j);
		json_out_end(j);
	}
	attr_end(j);
}

/* As Python would print it, the outermost call first: what shows stack traces knows that form. */
static void stacktrace(struct json_out *j, const struct event *ev)
{
	_cleanup_buf_ struct buf text = { 0 };

	for (size_t i = ev->nr_frames; i--;) {
		const struct event_frame *f = &ev->frames[i];

		buf_adds(&text, "  File \"");
		buf_add(&text, f->file.s ?: "?", f->file.s ? f->file.len : 1);
		buf_printf(&text, "\", line %d, in ", f->line);
		buf_add(&text, f->function.s ?: "?", f->function.s ? f->function.len : 1);
		buf_addc(&text, '\n');
		if (ev->skipped && i == ev->gap)
			buf_printf(&text, "  [%zu more]\n", ev->skipped);
	}
	attr_buf(j, "code.stacktrace", &text);
}

static void call_attributes(struct json_out *j, const struct event *ev)
{
	_cleanup_buf_ struct buf name = { 0 };

	alert_function(&name, ev);
	attr_buf(j, "code.function.name", &name);
	attr_text(j, "code.file.path", ev->file);
	attr_known(j, "code.line.number", ev->line);
	stacktrace(j, ev);
	if (ev->nr_args) {
		attr_list_begin(j, "phrude.args");
		for (size_t i = 0; i < ev->nr_args; i++)
			attr_value(j, ev->args[i].name, &ev->args[i].value);
		attr_end(j);
	}
	callers(j, ev);
}

static void input_attributes(struct json_out *j, const struct input_found *input)
{
	if (!input || !input->source)
		return;
	attr_str(j, "phrude.input.source", input_source_name(input->source));
	attr_text(j, "phrude.input.name", input->name);
	attr_text(j, "phrude.input.value", input->value);
	attr_text(j, "phrude.input.arg", input->arg);
}

static void repeated_attributes(struct json_out *j, const struct alert_repeated *r)
{
	char time[ALERT_TIME_MAX];

	if (!r->count)
		return;
	attr_int(j, "phrude.repeated.count", (int64_t)r->count);
	alert_time(time, r->since_ns, 'T');
	attr_str(j, "phrude.repeated.since", time);
	alert_time(time, r->until_ns, 'T');
	attr_str(j, "phrude.repeated.until", time);
}

static void record(struct json_out *j, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };

	json_out_begin(j, NULL);
	buf_printf(&text, "%llu", (unsigned long long)a->time_ns);
	json_out_str(j, "timeUnixNano", text.data);
	json_out_buf(j, "observedTimeUnixNano", &text);
	json_out_int(j, "severityNumber", alert_severity(a->rule->level)->otlp);
	json_out_str(j, "severityText", rule_level_name(a->rule->level));
	json_out_str(j, "eventName", "phrude.alert");
	alert_line(&text, a);
	str_value(j, "body", (struct text){ text.data, text.len });
	json_out_begin_list(j, "attributes");
	rule_attributes(j, a);
	call_attributes(j, a->event);
	if (a->request)
		request_attributes(j, a->request);
	attr_known(j, "thread.id", a->process.tid);
	input_attributes(j, a->input);
	attr_str(j, "phrude.probe", a->probe);
	attr_str(j, "phrude.action", a->action);
	attr_bool(j, "phrude.truncated", alert_is_truncated(a));
	repeated_attributes(j, &a->repeated);
	json_out_end(j);
	trace(j, a->request ? a->request->trace_id : NULL);
	json_out_end(j);
	j->buf->failed |= text.failed;
}

void alert_otlp(struct buf *out, const struct alert *a)
{
	struct json_out j = { .buf = out };

	json_out_begin(&j, NULL);
	json_out_begin_list(&j, "resourceLogs");
	json_out_begin(&j, NULL);
	resource(&j, a);
	json_out_begin_list(&j, "scopeLogs");
	json_out_begin(&j, NULL);
	json_out_begin(&j, "scope");
	json_out_str(&j, "name", ALERT_PRODUCT);
	json_out_str(&j, "version", PHRUDE_VERSION);
	json_out_end(&j);
	json_out_begin_list(&j, "logRecords");
	record(&j, a);
	for (int i = 0; i < 6; i++)
		json_out_end(&j);
}
