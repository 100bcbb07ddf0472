// SPDX-License-Identifier: GPL-2.0-only
#include "console/corpus.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "console/filter.h"
#include "console/json.h"
#include "redact/redact.h"

/* What a text ends with that the tracer has cut. */
#define CUT "\xe2\x80\xa6"

/* What is being made of one alert; texts are the corpus' arena's. */
struct making {
	struct corpus *corpus;
	struct arena arena; /* of the alert as it was read */
	const struct json *request;
	struct text method, path, query, host;
	struct text source, name, value; /* the input, if there is one */
	struct buf out, parameters;
	bool whole;
};

int corpus_format_parse(const char *name, enum corpus_format *out)
{
	static const char *const names[NR_CORPUS_FORMATS] = { "har", "params" };

	for (size_t i = 0; i < NR_CORPUS_FORMATS; i++) {
		if (str_eq(name, names[i])) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

int corpus_init(struct corpus *c, struct err *err)
{
	unsigned char key[REDACT_KEY_SIZE];
	struct redact_opts opts = { .defaults = true, .key = key, .key_size = sizeof(key) };

	randombytes_buf(key, sizeof(key));
	*c = (struct corpus){ .entries = calloc(CORPUS_MAX, sizeof(struct corpus_entry)) };
	if (!c->entries)
		return err_set(err, -ENOMEM, "out of memory");
	return redact_new(&opts, &c->redact, err);
}

void corpus_fini(struct corpus *c)
{
	for (size_t i = 0; i < c->nr; i++)
		buf_fini(&c->entries[i].rules);
	free(c->entries);
	redact_free(c->redact);
	arena_fini(&c->arena);
}

static struct text copy(struct arena *a, struct text t)
{
	char *s = arena_alloc(a, t.len + 1);

	if (s && t.len)
		memcpy(s, t.s, t.len);
	return (struct text){ s, s ? t.len : 0 };
}

static struct text text_of(struct making *m, const struct json *map, const char *name)
{
	struct text t = json_text_at(&m->arena, map, name);

	if (t.len >= strlen(CUT) && memcmp(t.s + t.len - strlen(CUT), CUT, strlen(CUT)) == 0)
		m->whole = false;
	return t.s ? t : TEXT("");
}

/* A value without secrets, by the name that it is known by. */
static struct text clean(struct making *m, struct text name, struct text value)
{
	_cleanup_buf_ struct buf both = { 0 };
	struct text t;

	buf_add(&both, name.s, name.len);
	buf_addc(&both, '=');
	buf_add(&both, value.s, value.len);
	if (both.failed)
		return TEXT("");
	t = redact_text(m->corpus->redact, &m->arena, (struct text){ both.data, both.len }, false);
	t = copy(&m->arena, t);
	if (!t.s)
		return TEXT("");
	if (t.len != both.len || memcmp(t.s, both.data, t.len) != 0)
		m->whole = false;
	if (t.len <= name.len || t.s[name.len] != '=')
		return t;
	return (struct text){ t.s + name.len + 1, t.len - name.len - 1 };
}

/* As a part of a URL: what has no place there, and what is in `more`, as its escape. */
static void put_encoded(struct buf *out, struct text t, const char *more)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = t.s[i];

		if (c <= ' ' || c >= 0x7f || strchr(more, c) || strchr("\"<>\\^`{|}", c))
			buf_printf(out, "%%%02X", c);
		else
			buf_addc(out, c);
	}
}

static void put_pair(struct buf *out, const char *separator, struct text name, struct text value)
{
	buf_printf(out, "%s{\"name\":", separator);
	text_json(out, name);
	buf_adds(out, ",\"value\":");
	text_json(out, value);
	buf_addc(out, '}');
}

static void note_parameter(struct making *m, struct text source, struct text name,
			   struct text value)
{
	struct buf *out = &m->parameters;

	text_terminal(out, m->method);
	buf_addc(out, ' ');
	put_encoded(out, m->path, "%?#");
	buf_addc(out, '\t');
	text_terminal(out, source);
	buf_addc(out, '\t');
	text_json(out, name);
	buf_addc(out, '\t');
	text_json(out, value);
	buf_addc(out, '\n');
}

/* Calls `fn` with each parameter of the query, decoded; what is no text as it came. */
static void each_parameter(struct making *m, void (*fn)(struct making *m, struct text name,
							struct text value, bool first))
{
	const char *at = m->query.s, *end = at + m->query.len;
	bool first = true;

	while (at < end) {
		const char *stop = memchr(at, '&', end - at) ?: end;
		const char *equals = memchr(at, '=', stop - at) ?: stop;
		struct text name = { at, equals - at };
		struct text value = { equals < stop ? equals + 1 : stop,
				      equals < stop ? stop - equals - 1 : 0 };

		if (stop > at) {
			filter_decode(&m->arena, name, &name);
			filter_decode(&m->arena, value, &value);
			fn(m, name, clean(m, name, value), first);
			first = false;
		}
		at = stop + 1;
	}
}

static void put_parameter(struct making *m, struct text name, struct text value, bool first)
{
	put_pair(&m->out, first ? "" : ",", name, value);
	note_parameter(m, TEXT("query"), name, value);
}

static void put_in_url(struct making *m, struct text name, struct text value, bool first)
{
	buf_addc(&m->out, first ? '?' : '&');
	put_encoded(&m->out, name, "%&=+#");
	buf_addc(&m->out, '=');
	put_encoded(&m->out, value, "%&+#");
}

static void put_url(struct making *m)
{
	struct buf url = { 0 }, json = m->out;

	m->out = url;
	buf_adds(&m->out, "http://");
	put_encoded(&m->out, m->host, "%/?#@");
	put_encoded(&m->out, m->path, "%?#");
	each_parameter(m, put_in_url);
	url = m->out;
	m->out = json;
	text_json(&m->out, (struct text){ url.data ?: "", url.len });
	m->out.failed |= url.failed;
	buf_fini(&url);
}

static bool input_is(const struct making *m, const char *source)
{
	return text_eq_str(m->source, source);
}

static void put_headers(struct making *m)
{
	struct text agent = text_of(m, m->request, "user_agent");
	const char *separator = "";

	buf_adds(&m->out, ",\"cookies\":[");
	if (input_is(m, "cookie"))
		put_pair(&m->out, "", m->name, m->value);
	buf_adds(&m->out, "],\"headers\":[");
	if (agent.len) {
		put_pair(&m->out, "", TEXT("User-Agent"), agent);
		separator = ",";
	}
	if (input_is(m, "header"))
		put_pair(&m->out, separator, m->name, m->value);
	if (input_is(m, "cookie")) {
		_cleanup_buf_ struct buf cookie = { 0 };

		buf_add(&cookie, m->name.s, m->name.len);
		buf_addc(&cookie, '=');
		buf_add(&cookie, m->value.s, m->value.len);
		put_pair(&m->out, separator, TEXT("Cookie"),
			 (struct text){ cookie.data, cookie.len });
	}
	buf_addc(&m->out, ']');
}

/* What of the body is known. */
static void put_body(struct making *m)
{
	_cleanup_buf_ struct buf body = { 0 };
	const char *type = "text/plain";

	if (input_is(m, "form")) {
		type = "application/x-www-form-urlencoded";
		put_encoded(&body, m->name, "%&=+#");
		buf_addc(&body, '=');
		put_encoded(&body, m->value, "%&=+#");
	} else if (input_is(m, "json")) {
		type = "application/json";
		buf_addc(&body, '{');
		text_json(&body, m->name);
		buf_addc(&body, ':');
		text_json(&body, m->value);
		buf_addc(&body, '}');
	} else if (input_is(m, "body")) {
		buf_add(&body, m->value.s, m->value.len);
	}
	if (body.len) {
		buf_printf(&m->out, ",\"postData\":{\"mimeType\":\"%s\",\"text\":", type);
		text_json(&m->out, (struct text){ body.data, body.len });
		buf_addc(&m->out, '}');
	}
	m->out.failed |= body.failed;
	/* Of a body with other fields these are missing. */
	if (body.len || text_eq_str(m->method, "POST") || text_eq_str(m->method, "PUT") ||
	    text_eq_str(m->method, "PATCH"))
		m->whole = false;
	buf_printf(&m->out, ",\"headersSize\":-1,\"bodySize\":%zu}", body.len);
}

static void put_request(struct making *m)
{
	buf_adds(&m->out, "{\"method\":");
	text_json(&m->out, m->method);
	buf_adds(&m->out, ",\"url\":");
	put_url(m);
	buf_adds(&m->out, ",\"httpVersion\":\"HTTP/1.1\"");
	put_headers(m);
	buf_adds(&m->out, ",\"queryString\":[");
	each_parameter(m, put_parameter);
	buf_addc(&m->out, ']');
	put_body(m);
	if (m->source.len && !input_is(m, "query"))
		note_parameter(m, m->source, m->name, m->value);
}

static bool is_method(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (!isupper((unsigned char)t.s[i]))
			return false;
	}
	return t.len && t.len <= 16;
}

static void read_alert(struct making *m, const struct json *root)
{
	const struct json *input = json_at(root, "input");

	m->whole = true;
	m->method = text_of(m, m->request, "method");
	m->path = text_of(m, m->request, "path");
	m->query = text_of(m, m->request, "query");
	m->host = text_of(m, m->request, "host");
	if (!m->host.len)
		m->host = TEXT("localhost");
	m->source = text_of(m, input, "source");
	m->name = text_of(m, input, "name");
	m->value = clean(m, m->name, text_of(m, input, "value"));
}

/* The entry of this request, or a new one; NULL: there is no room. */
static struct corpus_entry *find_entry(struct corpus *c, struct making *m, const struct json *root)
{
	struct text request = { m->out.data, m->out.len };
	struct corpus_entry *e = c->entries;

	for (; e < c->entries + c->nr; e++) {
		if (text_eq(e->request, request))
			return e;
	}
	if (c->nr == CORPUS_MAX)
		return NULL;
	*e = (struct corpus_entry){
		.request = copy(&c->arena, request),
		.parameters =
			copy(&c->arena, (struct text){ m->parameters.data, m->parameters.len }),
		.time = copy(&c->arena, json_text_at(&m->arena, root, "time")),
		.id = copy(&c->arena, json_text_at(&m->arena, root, "id")),
		.app = copy(&c->arena, json_text_at(&m->arena, root, "target")),
		.whole = m->whole,
	};
	c->nr++;
	return e;
}

static void add_rule(struct buf *rules, struct text name)
{
	_cleanup_buf_ struct buf rule = { 0 };

	text_json(&rule, name);
	if (!rule.data || (rules->data && strstr(rules->data, rule.data)))
		return;
	buf_adds(rules, rules->len ? "," : "");
	buf_add(rules, rule.data, rule.len);
}

static int add_alert(struct making *m, const struct json *root)
{
	struct corpus *c = m->corpus;
	struct corpus_entry *e;
	struct text rule;

	m->request = json_at(root, "request");
	read_alert(m, root);
	if (!is_method(m->method) || !m->path.len || *m->path.s != '/') {
		c->left_out++;
		return 0;
	}
	put_request(m);
	if (m->out.failed || m->parameters.failed)
		return -ENOMEM;
	e = find_entry(c, m, root);
	if (!e) {
		c->left_out++;
		return 0;
	}
	rule = json_text_at(&m->arena, json_at(root, "rule"), "name");
	add_rule(&e->rules, rule.s ? rule : TEXT(""));
	return !e->request.s || !e->parameters.s || e->rules.failed ? -ENOMEM : 0;
}

int corpus_add(struct corpus *c, struct text alert)
{
	struct making m = { .corpus = c };
	struct json *root;
	int res = json_parse(&m.arena, alert.s, alert.len, &root, NULL);

	if (!res)
		res = add_alert(&m, root);
	else if (res != -ENOMEM)
		c->left_out++;
	buf_fini(&m.out);
	buf_fini(&m.parameters);
	arena_fini(&m.arena);
	return res == -ENOMEM ? res : 0;
}

static void write_har(struct buf *out, const struct corpus *c)
{
	buf_adds(out, "{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"phrude-console\","
		      "\"version\":\"" PHRUDE_VERSION "\"},\"entries\":[");
	for (size_t i = 0; i < c->nr; i++) {
		const struct corpus_entry *e = &c->entries[i];

		buf_printf(out, "%s\n{\"startedDateTime\":", i ? "," : "");
		text_json(out, e->time);
		buf_adds(out, ",\"time\":0,\"request\":");
		buf_add(out, e->request.s, e->request.len);
		buf_adds(out, ",\"response\":{\"status\":0,\"statusText\":\"\",\"httpVersion\":"
			      "\"HTTP/1.1\",\"cookies\":[],\"headers\":[],\"content\":{\"size\":0,"
			      "\"mimeType\":\"\"},\"redirectURL\":\"\",\"headersSize\":-1,"
			      "\"bodySize\":-1},\"cache\":{},\"timings\":{\"send\":0,\"wait\":0,"
			      "\"receive\":0},\"_phrude\":{\"alert\":");
		text_json(out, e->id);
		buf_adds(out, ",\"application\":");
		text_json(out, e->app);
		buf_printf(out, ",\"rules\":[%s],\"whole\":%s}}", e->rules.data ?: "",
			   e->whole ? "true" : "false");
	}
	buf_adds(out, "\n]}}\n");
}

static int by_text(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	int order = memcmp(x->s, y->s, MIN(x->len, y->len));

	return order ?: (x->len > y->len) - (x->len < y->len);
}

/* Each line once, in order. */
static void write_parameters(struct buf *out, const struct corpus *c)
{
	_cleanup_free_ struct text *lines = NULL;
	size_t nr = 0, cap = 0;

	for (size_t i = 0; i < c->nr; i++) {
		struct text t = c->entries[i].parameters;

		for (const char *at = t.s, *end; at < t.s + t.len; at = end + 1) {
			end = memchr(at, '\n', t.s + t.len - at);
			if (nr == cap) {
				struct text *more;

				cap = MAX(2 * cap, (size_t)256);
				more = reallocarray(lines, cap, sizeof(*lines));
				if (!more) {
					out->failed = true;
					return;
				}
				lines = more;
			}
			lines[nr++] = (struct text){ at, end - at + 1 };
		}
	}
	if (nr)
		qsort(lines, nr, sizeof(*lines), by_text);
	for (size_t i = 0; i < nr; i++) {
		if (!i || !text_eq(lines[i], lines[i - 1]))
			buf_add(out, lines[i].s, lines[i].len);
	}
}

void corpus_write(struct buf *out, const struct corpus *c, enum corpus_format format)
{
	if (format == CORPUS_HAR)
		write_har(out, c);
	else
		write_parameters(out, c);
}
