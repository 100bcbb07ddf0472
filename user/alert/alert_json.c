// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON form is written straight into the buffer: nothing is allocated for a field, which at
 * 20,000 alerts a second matters, and all text passes text_json(), which unlike cJSON escapes what
 * is not valid UTF-8.
 */
#include "alert/alert.h"

#include <string.h>

#include "alert/alert_time.h"
#include "kube/labels.h"

/* Literal text of the format. */
#define PUT(out, literal) buf_add(out, literal, sizeof(literal) - 1)

static void put_text(struct buf *out, struct text t)
{
	if (t.s)
		text_json(out, t);
	else
		PUT(out, "null");
}

static void put_string(struct buf *out, const char *s)
{
	put_text(out, (struct text){ s, s ? strlen(s) : 0 });
}

static void put_number(struct buf *out, uint64_t n)
{
	char text[20];
	size_t i = sizeof(text);

	do {
		text[--i] = '0' + n % 10;
		n /= 10;
	} while (n);
	buf_add(out, text + i, sizeof(text) - i);
}

/* A number of which 0 says that it is not known. */
static void put_known(struct buf *out, int64_t n)
{
	if (n > 0)
		put_number(out, (uint64_t)n);
	else
		PUT(out, "null");
}

static void put_bool(struct buf *out, bool value)
{
	buf_adds(out, value ? "true" : "false");
}

static void put_strings(struct buf *out, const char *const *strings, size_t count)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_addc(out, ',');
		put_string(out, strings[i]);
	}
	buf_addc(out, ']');
}

static void put_rule(struct buf *out, const struct rule *rule)
{
	PUT(out, ",\"rule\":{\"name\":");
	put_string(out, rule->name);
	PUT(out, ",\"id\":");
	put_string(out, rule->id);
	PUT(out, ",\"level\":");
	put_string(out, rule_level_name(rule->level));
	PUT(out, ",\"tags\":");
	put_strings(out, (const char *const *)rule->tags, rule->nr_tags);
	PUT(out, "}");
}

static void put_function(struct buf *out, const struct event *ev)
{
	PUT(out, ",\"function\":{\"name\":");
	put_text(out, ev->name);
	PUT(out, ",\"qualname\":");
	put_text(out, ev->qualname);
	PUT(out, ",\"file\":");
	put_text(out, ev->file);
	PUT(out, ",\"module\":");
	put_text(out, ev->module);
	PUT(out, ",\"line\":");
	put_known(out, ev->line);
	PUT(out, "}");
}

static void put_args(struct buf *out, const struct event *ev)
{
	PUT(out, ",\"args\":{");
	for (size_t i = 0; i < ev->nr_args; i++) {
		if (i)
			buf_addc(out, ',');
		text_json(out, ev->args[i].name);
		buf_addc(out, ':');
		value_json(out, &ev->args[i].value);
	}
	PUT(out, "}");
}

static void put_values(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };

	PUT(out, ",\"value\":{");
	for (size_t i = 0; i < a->rule->nr_values; i++) {
		const struct rule_value *v = &a->rule->values[i];

		if (i)
			buf_addc(out, ',');
		put_string(out, v->label);
		buf_addc(out, ':');
		buf_reset(&text);
		rule_value_expand(v, a->event, &text);
		text_json(out, (struct text){ text.data, text.len });
	}
	out->failed |= text.failed;
	PUT(out, "}");
}

static void put_callers(struct buf *out, const struct event *ev)
{
	PUT(out, ",\"callers\":[");
	for (size_t i = 0; i < ev->nr_frames; i++) {
		const struct event_frame *f = &ev->frames[i];

		if (i)
			buf_addc(out, ',');
		if (ev->skipped && i == ev->gap)
			PUT(out, "{\"function\":\"…\",\"file\":null,\"line\":null},");
		PUT(out, "{\"function\":");
		put_text(out, f->function);
		PUT(out, ",\"file\":");
		put_text(out, f->file);
		PUT(out, ",\"line\":");
		put_known(out, f->line);
		PUT(out, "}");
	}
	PUT(out, "]");
}

static void put_request(struct buf *out, const struct alert_request *r)
{
	if (!r) {
		PUT(out, ",\"request\":null");
		return;
	}
	PUT(out, ",\"request\":{\"remote_addr\":");
	put_string(out, r->remote_addr);
	PUT(out, ",\"method\":");
	put_string(out, r->method);
	PUT(out, ",\"path\":");
	put_string(out, r->path);
	PUT(out, ",\"query\":");
	put_string(out, r->query);
	PUT(out, ",\"host\":");
	put_string(out, r->host);
	PUT(out, ",\"user_agent\":");
	put_string(out, r->user_agent);
	PUT(out, ",\"session\":");
	put_string(out, r->session);
	PUT(out, ",\"trace_id\":");
	put_string(out, r->trace_id);
	PUT(out, "}");
}

static void put_process(struct buf *out, const struct alert_process *p)
{
	PUT(out, ",\"process\":{\"pid\":");
	put_known(out, p->pid);
	PUT(out, ",\"tid\":");
	put_known(out, p->tid);
	PUT(out, ",\"ppid\":");
	put_known(out, p->ppid);
	PUT(out, ",\"uid\":");
	put_number(out, p->uid);
	PUT(out, ",\"exe\":");
	put_string(out, p->exe);
	PUT(out, ",\"cmdline\":");
	if (p->cmdline)
		put_strings(out, p->cmdline, p->nr_cmdline);
	else
		PUT(out, "null");
	PUT(out, ",\"python\":");
	put_string(out, p->python);
	PUT(out, ",\"container\":");
	put_string(out, p->container);
	PUT(out, "}");
}

static void put_name(struct buf *out, const char *name)
{
	put_string(out, *name ? name : NULL);
}

static void put_labels(struct buf *out, const struct kube_labels *labels)
{
	if (!labels) {
		PUT(out, "null");
		return;
	}
	PUT(out, "{");
	for (size_t i = 0; i < labels->count; i++) {
		if (i)
			PUT(out, ",");
		put_string(out, labels->list[i].key);
		PUT(out, ":");
		put_string(out, labels->list[i].value);
	}
	PUT(out, "}");
}

static void put_kubernetes(struct buf *out, const struct kube_facts *k)
{
	if (!k) {
		PUT(out, ",\"kubernetes\":null");
		return;
	}
	PUT(out, ",\"kubernetes\":{\"namespace\":");
	put_name(out, k->namespace);
	PUT(out, ",\"pod\":");
	put_name(out, k->pod);
	PUT(out, ",\"pod_uid\":");
	put_name(out, k->pod_uid);
	PUT(out, ",\"container\":");
	put_name(out, k->container);
	PUT(out, ",\"node\":");
	put_name(out, k->node);
	PUT(out, ",\"labels\":");
	put_labels(out, k->labels);
	PUT(out, "}");
}

static void put_input(struct buf *out, const struct input_found *input)
{
	if (!input || !input->source) {
		PUT(out, ",\"input\":null");
		return;
	}
	PUT(out, ",\"input\":{\"source\":");
	put_string(out, input_source_name(input->source));
	PUT(out, ",\"name\":");
	put_text(out, input->name);
	PUT(out, ",\"value\":");
	put_text(out, input->value);
	PUT(out, ",\"arg\":");
	put_text(out, input->arg);
	PUT(out, "}");
}

static void put_repeated(struct buf *out, const struct alert_repeated *r)
{
	char since[ALERT_TIME_MAX], until[ALERT_TIME_MAX];

	if (!r->count)
		return;
	alert_time(since, r->since_ns, 'T');
	alert_time(until, r->until_ns, 'T');
	PUT(out, ",\"repeated\":{\"count\":");
	put_number(out, r->count);
	PUT(out, ",\"since\":");
	put_string(out, since);
	PUT(out, ",\"until\":");
	put_string(out, until);
	PUT(out, "}");
}

bool alert_is_truncated(const struct alert *a)
{
	return a->process.cut || event_is_truncated(a->event);
}

void alert_json(struct buf *out, const struct alert *a)
{
	char time[ALERT_TIME_MAX];

	alert_time(time, a->time_ns, 'T');
	PUT(out, "{\"id\":");
	put_string(out, a->id);
	PUT(out, ",\"time\":");
	put_string(out, time);
	PUT(out, ",\"host\":");
	put_string(out, a->host);
	if (a->target) {
		PUT(out, ",\"target\":");
		put_string(out, a->target);
		put_kubernetes(out, a->kubernetes);
	}
	put_rule(out, a->rule);
	put_function(out, a->event);
	put_args(out, a->event);
	put_values(out, a);
	put_callers(out, a->event);
	put_request(out, a->request);
	put_process(out, &a->process);
	put_input(out, a->input);
	PUT(out, ",\"probe\":");
	put_string(out, a->probe);
	PUT(out, ",\"action\":");
	put_string(out, a->action);
	PUT(out, ",\"truncated\":");
	put_bool(out, alert_is_truncated(a));
	put_repeated(out, &a->repeated);
	PUT(out, "}");
}
