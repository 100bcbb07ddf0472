// SPDX-License-Identifier: GPL-2.0-only
#include "console/har.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "console/json.h"

/* They are the connection's, or would let a file choose where requests go. */
static const char *const own[] = { "host",	  "content-length",    "connection", "keep-alive",
				   "te",	  "transfer-encoding", "upgrade",    "expect",
				   "traceparent", "proxy-connection" };

static size_t count(const struct json *list)
{
	size_t n = 0;

	for (const struct json *i = list ? list->child : NULL; i; i = i->next)
		n++;
	return n;
}

static bool is_token(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (!isalnum((unsigned char)t.s[i]) && !strchr("!#$%&'*+-.^_`|~", t.s[i]))
			return false;
	}
	return t.len;
}

static char *copy_string(struct arena *a, struct text t)
{
	char *s = arena_alloc(a, t.len + 1);

	if (s) {
		memcpy(s, t.s, t.len);
		s[t.len] = '\0';
	}
	return s;
}

/* Of "http://host/path?query#fragment" what a request line has. */
static int read_target(struct arena *a, struct text url, const char **out, struct err *err)
{
	const char *end = url.s ? url.s + url.len : NULL, *at = end, *mark;

	if (url.len > 7 && (memcmp(url.s, "http://", 7) == 0 || memcmp(url.s, "https:/", 7) == 0))
		at = memchr(url.s + 8, '/', url.len - 8) ?: end;
	if (at == end)
		return err_set(err, -EINVAL, "its URL is none of http with a path");
	mark = memchr(at, '#', end - at) ?: end;
	for (const char *c = at; c < mark; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return err_set(err, -EINVAL, "its URL has a character that no URL has");
	}
	*out = copy_string(a, (struct text){ at, mark - at });
	return *out ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static bool is_own(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (name.len == strlen(own[i]) && strncasecmp(name.s, own[i], name.len) == 0)
			return true;
	}
	return false;
}

/* A client may have sent what HTTP has no room for. */
static bool can_be_sent(struct text value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = value.s[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

/* 0: taken, or left out, as the pseudo headers of HTTP/2 are. */
static int read_header(struct arena *a, const struct json *pair, struct har_request *out,
		       struct err *err)
{
	struct text name = json_text_at(a, pair, "name"), value = json_text_at(a, pair, "value");
	char *line;

	if (!is_token(name) || is_own(name) || !value.s)
		return 0;
	if (!can_be_sent(value)) {
		out->lacks = true;
		return 0;
	}
	if (out->nr_headers == HAR_HEADERS_MAX)
		return err_set(err, -EINVAL, "it has more than %d headers", HAR_HEADERS_MAX);
	line = arena_alloc(a, name.len + value.len + 3);
	if (!line)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(line, name.s, name.len);
	memcpy(line + name.len, ": ", 2);
	memcpy(line + name.len + 2, value.s, value.len);
	line[name.len + 2 + value.len] = '\0';
	/* A header without a value is written so for libcurl. */
	if (!value.len)
		line[name.len] = ';', line[name.len + 1] = '\0';
	out->headers[out->nr_headers++] = line;
	return 0;
}

static bool has_header(const struct har_request *r, const char *name)
{
	for (size_t i = 0; i < r->nr_headers; i++) {
		if (strncasecmp(r->headers[i], name, strlen(name)) == 0)
			return true;
	}
	return false;
}

static int read_body(struct arena *a, const struct json *post, struct har_request *out,
		     struct err *err)
{
	struct json type = { .type = JSON_STRING, .key = TEXT("value") };
	struct json name = {
		.type = JSON_STRING, .key = TEXT("name"), .raw = TEXT("Content-Type"), .next = &type
	};
	struct json pair = { .type = JSON_OBJECT, .child = &name };
	const struct json *mime = json_at(post, "mimeType");

	out->body = json_text_at(a, post, "text");
	if (!out->body.s || !mime || mime->type != JSON_STRING || has_header(out, "Content-Type:"))
		return 0;
	type.raw = mime->raw;
	return read_header(a, &pair, out, err);
}

static int read_rules(struct arena *a, const struct json *own_part, struct har_request *out,
		      struct err *err)
{
	const struct json *list = json_at(own_part, "rules"), *whole = json_at(own_part, "whole");

	out->whole = !out->lacks && (!whole || whole->type != JSON_FALSE);
	if (!list || list->type != JSON_ARRAY || !list->child)
		return 0;
	out->rules = arena_array(a, count(list), sizeof(*out->rules));
	if (!out->rules)
		return err_set(err, -ENOMEM, "out of memory");
	for (const struct json *i = list->child; i; i = i->next) {
		struct text rule = json_text(a, i);

		if (rule.s)
			out->rules[out->nr_rules++] = rule;
	}
	return 0;
}

static int read_request(struct arena *a, const struct json *entry, struct har_request *out,
			struct err *err)
{
	const struct json *request = json_at(entry, "request"), *headers;
	struct text method = json_text_at(a, request, "method");
	int res = 0;

	if (!is_token(method))
		return err_set(err, -EINVAL, "it has no method");
	out->method = copy_string(a, method);
	if (!out->method)
		return err_set(err, -ENOMEM, "out of memory");
	headers = json_at(request, "headers");
	if (headers && headers->type == JSON_ARRAY) {
		for (const struct json *i = headers->child; i && !res; i = i->next)
			res = read_header(a, i, out, err);
	}
	if (!res)
		res = read_target(a, json_text_at(a, request, "url"), &out->target, err);
	if (!res)
		res = read_body(a, json_at(request, "postData"), out, err);
	return res ?: read_rules(a, json_at(entry, "_phrude"), out, err);
}

int har_read(struct arena *a, struct text file, struct har *out, struct err *err)
{
	const struct json *entries;
	struct json *root;
	int res = json_parse_large(a, file.s, file.len, HAR_VALUES_MAX, &root, err);

	*out = (struct har){ 0 };
	if (res)
		return res;
	entries = json_at(json_at(root, "log"), "entries");
	if (!entries || entries->type != JSON_ARRAY)
		return err_set(err, -EINVAL, "it is no HAR: it has no log.entries");
	if (!entries->child)
		return 0;
	out->requests = arena_array(a, count(entries), sizeof(*out->requests));
	if (!out->requests)
		return err_set(err, -ENOMEM, "out of memory");
	for (const struct json *i = entries->child; i && !res; i = i->next) {
		out->requests[out->nr] = (struct har_request){ 0 };
		res = read_request(a, i, &out->requests[out->nr], err);
		if (res)
			return err_prefix(err, res, "entry %zu", out->nr + 1);
		out->nr++;
	}
	return 0;
}
