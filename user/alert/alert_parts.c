// SPDX-License-Identifier: GPL-2.0-only
#include "alert/alert_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "alert/alert_time.h"
#include "alert/json_out.h"
#include "base/util.h"

/* Of the line for a person; the rest is in the other fields. */
#define LINE_ARG_MAX 200

const struct alert_severity *alert_severity(enum rule_level level)
{
	static const struct alert_severity table[NR_RULE_LEVELS] = {
		[RULE_LEVEL_INFO] = { 6, 2, 1, 9 },
		[RULE_LEVEL_WARN] = { 4, 5, 3, 13 },
		[RULE_LEVEL_ALERT] = { 1, 8, 4, 19 },
	};

	return &table[level];
}

void alert_put_rule(struct buf *out, const struct rule *rule)
{
	bool hyphen = false;
	size_t before = out->len;

	if (rule->id) {
		buf_adds(out, rule->id);
		return;
	}
	for (const char *c = rule->name; *c; c++) {
		if (!isalnum((unsigned char)*c)) {
			hyphen = out->len > before;
			continue;
		}
		if (hyphen)
			buf_addc(out, '-');
		hyphen = false;
		buf_addc(out, (char)tolower((unsigned char)*c));
	}
	if (out->len == before)
		buf_adds(out, "rule");
}

static void put_character(struct buf *piece, uint32_t ch, bool lines)
{
	buf_reset(piece);
	if (!lines && ch < 0x20)
		buf_addc(piece, ' ');
	else
		text_visible(piece, ch);
}

void alert_escape(struct buf *out, struct text t, size_t max, const char *special, bool lines)
{
	_cleanup_buf_ struct buf piece = { 0 };
	size_t pos = 0, used = 0;

	while (pos < t.len) {
		uint32_t ch = text_next(t.s, t.len, &pos);

		put_character(&piece, ch, lines);
		used += piece.len;
		if (used + (pos < t.len ? strlen("…") : 0) > max) {
			buf_adds(out, "…");
			break;
		}
		/* A line's end is no text that has a backslash. */
		if (ch == '\n' || ch == '\r') {
			buf_add(out, piece.data, piece.len);
			continue;
		}
		for (size_t i = 0; i < piece.len; i++) {
			if (strchr(special, piece.data[i]))
				buf_addc(out, '\\');
			buf_addc(out, piece.data[i]);
		}
	}
	out->failed |= piece.failed;
}

void alert_function(struct buf *out, const struct event *ev)
{
	struct text name = ev->qualname.s ? ev->qualname : ev->name;

	if (ev->module.s) {
		buf_add(out, ev->module.s, ev->module.len);
		buf_addc(out, '.');
	}
	if (name.s)
		buf_add(out, name.s, name.len);
	else
		buf_addc(out, '?');
}

void alert_pod(struct buf *out, const struct kube_facts *k)
{
	if (*k->pod)
		buf_printf(out, "%s/%s%s%s", k->namespace, k->pod, *k->container ? "/" : "",
			   k->container);
}

void alert_brief(struct buf *out, const struct alert *a)
{
	_cleanup_buf_ struct buf line = { 0 };

	alert_line(&line, a);
	text_terminal(out, (struct text){ line.data, line.len });
	out->failed |= line.failed;
}

/* At most `max` bytes of what stands behind `from`, cut between characters. */
static void cut(struct buf *out, size_t from, size_t max)
{
	size_t end = from, pos = from;

	if (out->failed || out->len - from <= max)
		return;
	while (pos < out->len) {
		text_next(out->data, out->len, &pos);
		if (pos - from > max - strlen("…"))
			break;
		end = pos;
	}
	out->len = end;
	buf_adds(out, "…");
}

void alert_put_repeated(struct buf *out, const struct alert *a)
{
	const struct alert_repeated *r = &a->repeated;
	char since[ALERT_TIME_MAX], until[ALERT_TIME_MAX];

	if (!r->count)
		return;
	alert_time(since, r->since_ns, ' ');
	alert_time(until, r->until_ns, ' ');
	buf_printf(out, "%llu alert%s from %s to %s", (unsigned long long)r->count,
		   r->count == 1 ? "" : "s", since, until);
}

void alert_line(struct buf *out, const struct alert *a)
{
	const struct event *ev = a->event;
	const struct alert_request *r = a->request;
	size_t from;

	buf_adds(out, a->rule->name);
	buf_adds(out, ": ");
	alert_function(out, ev);
	buf_addc(out, '(');
	from = out->len;
	for (size_t i = 0; i < ev->nr_args; i++) {
		if (i)
			buf_adds(out, ", ");
		buf_add(out, ev->args[i].name.s, ev->args[i].name.len);
		buf_addc(out, '=');
		value_repr(out, &ev->args[i].value);
	}
	cut(out, from, LINE_ARG_MAX);
	buf_addc(out, ')');
	if (r && r->remote_addr) {
		buf_adds(out, " for ");
		buf_adds(out, r->remote_addr);
	}
	if (r && r->method && r->path)
		buf_printf(out, " %s %s", r->method, r->path);
	if (a->repeated.count) {
		buf_adds(out, " [stands for ");
		alert_put_repeated(out, a);
		buf_addc(out, ']');
	}
}

void alert_callers(struct buf *out, const struct event *ev, size_t max)
{
	size_t from = out->len;

	for (size_t i = 0; i < ev->nr_frames && out->len - from <= max; i++) {
		const struct event_frame *f = &ev->frames[i];

		if (i)
			buf_adds(out, " <- ");
		if (ev->skipped && i == ev->gap)
			buf_adds(out, "… <- ");
		buf_add(out, f->function.s ?: "?", f->function.s ? f->function.len : 1);
		buf_adds(out, " (");
		buf_add(out, f->file.s ?: "?", f->file.s ? f->file.len : 1);
		if (f->line > 0)
			buf_printf(out, ":%d", f->line);
		buf_addc(out, ')');
	}
	cut(out, from, max);
}

struct text alert_technique(const char *tag, size_t *base)
{
	static const char prefix[] = "attack.";
	const char *t = tag + sizeof(prefix) - 1;
	size_t n = 1;

	if (strncasecmp(tag, prefix, sizeof(prefix) - 1) || (*t != 'T' && *t != 't'))
		return (struct text){ NULL, 0 };
	while (isdigit((unsigned char)t[n]))
		n++;
	*base = n;
	if (n == 1)
		return (struct text){ NULL, 0 };
	if (t[n] == '.') {
		n++;
		while (isdigit((unsigned char)t[n]))
			n++;
	}
	return t[n] ? (struct text){ NULL, 0 } : (struct text){ t, n };
}

int alert_ip_version(const char *text)
{
	struct in6_addr addr;

	if (!text)
		return 0;
	return inet_pton(AF_INET, text, &addr) == 1    ? 4
	       : inet_pton(AF_INET6, text, &addr) == 1 ? 6
						       : 0;
}

bool alert_is_denied(const struct alert *a)
{
	return str_eq(a->action, "denied") || str_eq(a->action, "killed");
}

void alert_json_args(struct json_out *j, const char *key, const struct event *ev)
{
	json_out_begin(j, key);
	for (size_t i = 0; i < ev->nr_args; i++)
		json_out_value(j, ev->args[i].name, &ev->args[i].value);
	json_out_end(j);
}

void alert_json_values(struct json_out *j, const char *key, const struct alert *a)
{
	_cleanup_buf_ struct buf text = { 0 };

	json_out_begin(j, key);
	for (size_t i = 0; i < a->rule->nr_values; i++) {
		const struct rule_value *v = &a->rule->values[i];

		buf_reset(&text);
		rule_value_expand(v, a->event, &text);
		json_out_key(j, (struct text){ v->label, strlen(v->label) });
		text_json_whole(j->buf, (struct text){ text.data, text.len });
		j->buf->failed |= text.failed;
	}
	json_out_end(j);
}

void alert_json_callers(struct json_out *j, const char *key, const struct event *ev)
{
	json_out_begin_list(j, key);
	for (size_t i = 0; i < ev->nr_frames; i++) {
		const struct event_frame *f = &ev->frames[i];

		if (ev->skipped && i == ev->gap) {
			json_out_begin(j, NULL);
			json_out_str(j, "function", "…");
			json_out_end(j);
		}
		json_out_begin(j, NULL);
		json_out_text(j, "function", f->function.s ? f->function : TEXT("?"));
		json_out_text(j, "file", f->file);
		json_out_known(j, "line", f->line);
		json_out_end(j);
	}
	json_out_end(j);
}

void alert_json_input(struct json_out *j, const char *key, const struct input_found *input)
{
	if (!input || !input->source)
		return;
	json_out_begin(j, key);
	json_out_str(j, "source", input_source_name(input->source));
	json_out_text(j, "name", input->name);
	json_out_text(j, "value", input->value);
	json_out_text(j, "arg", input->arg);
	json_out_end(j);
}
