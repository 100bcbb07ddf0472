// SPDX-License-Identifier: GPL-2.0-only
/*
 * ArcSight's Common Event Format: a head of fields between bars, then "key=value" with blanks
 * between them.  A value ends where the next key begins, so that a "=" left alone would let a
 * target forge fields.
 */
#include <stdio.h>
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/json_out.h"
#include "base/util.h"

#define NS_PER_MS 1000000
/* Bytes that a field may have at the most, as ArcSight's dictionary has them. */
#define VENDOR_MAX 63
#define VERSION_MAX 31
#define CLASS_MAX 1023
#define NAME_MAX_ 512
#define SHORT_MAX 63
#define ID_MAX 40
#define HOST_MAX 100
#define FIELD_MAX 1023
#define CUSTOM_MAX 4000

/* For the head, in which a line cannot end, or for a value. */
static void put_escaped(struct buf *out, struct text t, size_t max, bool head)
{
	alert_escape(out, t, max, head ? "\\|" : "\\=", !head);
}

static void field(struct buf *out, const char *key, struct text value, size_t max)
{
	if (!value.s)
		return;
	buf_printf(out, "%s%s=", out->data && out->data[out->len - 1] == '|' ? "" : " ", key);
	put_escaped(out, value, max, false);
}

static void field_str(struct buf *out, const char *key, const char *value, size_t max)
{
	field(out, key, (struct text){ value, value ? strlen(value) : 0 }, max);
}

static void field_number(struct buf *out, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	field_str(out, key, text, sizeof(text));
}

/* A field whose meaning its label tells. */
static void labelled(struct buf *out, const char *key, const char *label, struct text value,
		     size_t max)
{
	char name[32];

	if (!value.s || !value.len)
		return;
	field(out, key, value, max);
	snprintf(name, sizeof(name), "%sLabel", key);
	field_str(out, name, label, FIELD_MAX);
}

static void labelled_str(struct buf *out, const char *key, const char *label, const char *value)
{
	labelled(out, key, label, (struct text){ value, value ? strlen(value) : 0 }, FIELD_MAX);
}

/* What was made in `b`, which is empty then. */
static void labelled_buf(struct buf *out, const char *key, const char *label, struct buf *b)
{
	labelled(out, key, label, (struct text){ b->len ? b->data : NULL, b->len }, CUSTOM_MAX);
	out->failed |= b->failed;
	buf_reset(b);
}

static void labelled_number(struct buf *out, const char *key, const char *label, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	labelled_str(out, key, label, text);
}

static void head(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf uid = { 0 };

	alert_put_rule(&uid, a->rule);
	buf_adds(out, "CEF:0|" ALERT_VENDOR "|" ALERT_PRODUCT "|");
	put_escaped(out, TEXT(PHRUDE_VERSION), VERSION_MAX, true);
	buf_addc(out, '|');
	put_escaped(out, (struct text){ uid.data, uid.len }, CLASS_MAX, true);
	buf_addc(out, '|');
	put_escaped(out, (struct text){ a->rule->name, strlen(a->rule->name) }, NAME_MAX_, true);
	buf_printf(out, "|%d|", alert_severity(a->rule->level)->cef);
	out->failed |= uid.failed;
}

static void call(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct json_out j = { .buf = &text };

	alert_function(&text, a->event);
	labelled_buf(out, "cs1", "Function", &text);
	field(out, "filePath", a->event->file, FIELD_MAX);
	alert_json_args(&j, NULL, a->event);
	labelled_buf(out, "cs2", "Arguments", &text);
	if (a->rule->nr_values)
		alert_json_values(&j, NULL, a);
	labelled_buf(out, "cs3", "Value", &text);
	alert_callers(&text, a->event, CUSTOM_MAX);
	labelled_buf(out, "cs4", "Callers", &text);
	if (a->input && a->input->source)
		alert_json_input(&j, NULL, a->input);
	labelled(out, "flexString2", "Input",
		 (struct text){ text.len ? text.data : NULL, text.len }, FIELD_MAX);
	out->failed |= text.failed;
}

static void request(struct buf *out, const struct alert_request *r)
{
	_cleanup_buf_ struct buf url = { 0 };
	int version = alert_ip_version(r->remote_addr);

	field_str(out, "src", version == 4 ? r->remote_addr : NULL, FIELD_MAX);
	labelled_str(out, "c6a2", "Source IPv6 Address", version == 6 ? r->remote_addr : NULL);
	field_str(out, "requestMethod", r->method, FIELD_MAX);
	if (r->path) {
		buf_adds(&url, r->path);
		if (r->query && *r->query)
			buf_printf(&url, "?%s", r->query);
		field_str(out, "request", url.data, FIELD_MAX);
	}
	field_str(out, "dhost", r->host, FIELD_MAX);
	field_str(out, "requestClientApplication", r->user_agent, FIELD_MAX);
	labelled_str(out, "flexString1", "Session", r->session);
	labelled_str(out, "cs6", "Trace", r->trace_id);
	out->failed |= url.failed;
}

static void process(struct buf *out, const struct alert_process *p)
{
	if (p->pid > 0)
		field_number(out, "dpid", p->pid);
	if (p->tid > 0)
		labelled_number(out, "cn1", "Thread", p->tid);
	if (p->ppid > 0)
		labelled_number(out, "cn2", "Parent Process", p->ppid);
	field_number(out, "duid", p->uid);
	field_str(out, "dproc", p->exe, FIELD_MAX);
	labelled_str(out, "cs5", "Container", p->container);
}

static void pod(struct buf *out, const struct kube_facts *k)
{
	_cleanup_buf_ struct buf place = { 0 };

	alert_pod(&place, k);
	field_str(out, "destinationServiceName", place.data, FIELD_MAX);
	out->failed |= place.failed;
}

static void message(struct buf *out, const struct alert *a)
{
	const struct alert_process *p = &a->process;
	_cleanup_buf_ struct buf text = { 0 };

	alert_line(&text, a);
	if (p->python)
		buf_printf(&text, "; CPython %s", p->python);
	for (size_t i = 0; i < p->nr_cmdline; i++)
		buf_printf(&text, "%s%s", i ? " " : "; ", p->cmdline[i]);
	field(out, "msg", (struct text){ text.data, text.len }, FIELD_MAX);
	out->failed |= text.failed;
}

static void repeated(struct buf *out, const struct alert_repeated *r)
{
	if (!r->count)
		return;
	field_number(out, "cnt", r->count);
	field_number(out, "start", r->since_ns / NS_PER_MS);
	field_number(out, "end", r->until_ns / NS_PER_MS);
}

void alert_cef(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf tags = { 0 };

	head(out, a);
	field_number(out, "rt", a->time_ns / NS_PER_MS);
	repeated(out, &a->repeated);
	field_str(out, "externalId", a->id, ID_MAX);
	field_str(out, "dvchost", a->host, HOST_MAX);
	field_str(out, "act", a->action, SHORT_MAX);
	for (size_t i = 0; i < a->rule->nr_tags; i++)
		buf_printf(&tags, "%s%s", i ? "," : "", a->rule->tags[i]);
	field(out, "cat", (struct text){ tags.len ? tags.data : NULL, tags.len }, FIELD_MAX);
	call(out, a);
	if (a->request)
		request(out, a->request);
	process(out, &a->process);
	if (a->kubernetes)
		pod(out, a->kubernetes);
	field_str(out, "deviceFacility", a->probe, FIELD_MAX);
	labelled_number(out, "cn3", "Truncated", alert_is_truncated(a));
	message(out, a);
	out->failed |= tags.failed;
}
