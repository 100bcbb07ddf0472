// SPDX-License-Identifier: GPL-2.0-only
#include "alert/json_out.h"

#include <string.h>

/* Separates a member from the one before it. */
static void next_member(struct json_out *j)
{
	if (!j->depth)
		return;
	if (j->levels[j->depth - 1].some)
		buf_addc(j->buf, ',');
	j->levels[j->depth - 1].some = true;
}

void json_out_key(struct json_out *j, struct text key)
{
	next_member(j);
	text_json_whole(j->buf, key);
	buf_addc(j->buf, ':');
}

/* Names of our own need no escapes. */
static void put_name(struct json_out *j, const char *key)
{
	if (!key)
		return;
	buf_addc(j->buf, '"');
	buf_adds(j->buf, key);
	buf_add(j->buf, "\":", 2);
}

static void name(struct json_out *j, const char *key)
{
	next_member(j);
	put_name(j, key);
}

static void begin_node(struct json_out *j, const char *key, const char *brackets)
{
	size_t start = j->buf->len;

	if (j->depth == JSON_OUT_DEPTH) {
		j->buf->failed = true;
		return;
	}
	/* Whether it is a member is known at its end. */
	if (j->depth && j->levels[j->depth - 1].some)
		buf_addc(j->buf, ',');
	put_name(j, key);
	buf_addc(j->buf, brackets[0]);
	j->levels[j->depth].start = start;
	j->levels[j->depth].close = brackets[1];
	j->levels[j->depth++].some = false;
}

void json_out_begin(struct json_out *j, const char *key)
{
	begin_node(j, key, "{}");
}

void json_out_begin_list(struct json_out *j, const char *key)
{
	begin_node(j, key, "[]");
}

void json_out_end(struct json_out *j)
{
	if (!j->depth)
		return;
	j->depth--;
	if (j->levels[j->depth].some || !j->depth) {
		buf_addc(j->buf, j->levels[j->depth].close);
		if (j->depth)
			j->levels[j->depth - 1].some = true;
	} else if (!j->buf->failed) {
		j->buf->len = j->levels[j->depth].start;
	}
}

void json_out_text(struct json_out *j, const char *key, struct text t)
{
	if (!t.s)
		return;
	name(j, key);
	text_json_whole(j->buf, t);
}

void json_out_str(struct json_out *j, const char *key, const char *s)
{
	json_out_text(j, key, (struct text){ s, s ? strlen(s) : 0 });
}

void json_out_int(struct json_out *j, const char *key, int64_t n)
{
	name(j, key);
	buf_printf(j->buf, "%lld", (long long)n);
}

void json_out_known(struct json_out *j, const char *key, int64_t n)
{
	if (n > 0)
		json_out_int(j, key, n);
}

void json_out_bool(struct json_out *j, const char *key, bool b)
{
	name(j, key);
	buf_adds(j->buf, b ? "true" : "false");
}

void json_out_value(struct json_out *j, struct text key, const struct value *v)
{
	_cleanup_buf_ struct buf text = { 0 };

	json_out_key(j, key);
	if (v->type <= VALUE_FLOAT) {
		value_json(j->buf, v);
		return;
	}
	value_str(&text, v);
	text_json_whole(j->buf, (struct text){ text.data, text.len });
	j->buf->failed |= text.failed;
}

void json_out_buf(struct json_out *j, const char *key, struct buf *b)
{
	if (b->len)
		json_out_text(j, key, (struct text){ b->data, b->len });
	j->buf->failed |= b->failed;
	buf_reset(b);
}
