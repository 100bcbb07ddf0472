// SPDX-License-Identifier: GPL-2.0-only
#include "console/record.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "console/json.h"
#include "console/when.h"

static const char *const level_names[NR_RECORD_LEVELS] = { "info", "warn", "alert" };

const char *record_level_name(enum record_level level)
{
	return level < NR_RECORD_LEVELS ? level_names[level] : "unknown";
}

int record_level_parse(struct text name, enum record_level *out)
{
	for (size_t i = 0; i < NR_RECORD_LEVELS; i++) {
		if (text_eq_str(name, level_names[i])) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

struct text record_cut(struct text t, size_t max)
{
	if (t.len <= max)
		return t;
	while (max && ((unsigned char)t.s[max] & 0xc0) == 0x80)
		max--;
	return (struct text){ t.s, max };
}

bool record_id_is_valid(struct text id)
{
	if (!id.len || id.len > RECORD_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++) {
		unsigned char c = id.s[i];

		if (c >= 0x80 || (!isalnum(c) && !strchr("._:-", c)))
			return false;
	}
	return true;
}

static struct text keep_text(struct arena *a, const struct buf *b)
{
	char *copy = b->failed ? NULL : arena_alloc(a, b->len + 1);

	if (!copy)
		return (struct text){ NULL, 0 };
	memcpy(copy, b->data ?: "", b->len);
	return (struct text){ copy, b->len };
}

/*
 * A line in which each byte that is no part of a character has become U+FFFD; the same line where
 * there is none.
 */
static struct text clean_line(struct arena *a, struct text line)
{
	_cleanup_buf_ struct buf out = { 0 };
	bool dirty = false;

	for (size_t i = 0; i < line.len;) {
		size_t start = i;
		uint32_t ch = text_next(line.s, line.len, &i);
		bool bad = ch >= 0xd800 && ch <= 0xdfff;

		if (bad && !dirty) {
			dirty = true;
			buf_add(&out, line.s, start);
		}
		if (bad)
			text_put(&out, 0xfffd);
		else if (dirty)
			buf_add(&out, line.s + start, i - start);
	}
	return dirty ? keep_text(a, &out) : line;
}

static struct text hex(struct arena *a, const unsigned char *bytes, size_t len)
{
	char *out = arena_alloc(a, 2 * len + 1);

	if (!out)
		return (struct text){ NULL, 0 };
	sodium_bin2hex(out, 2 * len + 1, bytes, len);
	return (struct text){ out, 2 * len };
}

static int read_id(struct arena *a, const struct json *alert, struct record *r, struct err *err)
{
	const struct json *id = json_at(alert, "id");
	unsigned char hash[crypto_hash_sha256_BYTES];

	if (id && id->type != JSON_NULL) {
		r->id = json_text(a, id);
		if (!record_id_is_valid(r->id))
			return err_set(err, -EINVAL,
				       "id: has to be 1 to %d letters, digits and \"._:-\"",
				       RECORD_ID_MAX);
		return 0;
	}
	crypto_hash_sha256(hash, (const unsigned char *)r->json.s, r->json.len);
	r->id = hex(a, hash, 16);
	return r->id.s ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static struct text column(struct arena *a, const struct json *map, const char *name)
{
	return record_cut(json_text_at(a, map, name), RECORD_TEXT_MAX);
}

static void add_tag(struct record *r, struct text tag)
{
	for (size_t i = 0; i < r->nr_tags; i++) {
		if (text_eq(r->tags[i], tag))
			return;
	}
	if (r->nr_tags < RECORD_TAGS_MAX)
		r->tags[r->nr_tags++] = tag;
}

static void read_tags(struct arena *a, const struct json *tags, struct record *r)
{
	if (!tags || tags->type != JSON_ARRAY)
		return;
	for (const struct json *t = tags->child; t; t = t->next) {
		struct text tag = json_text(a, t);
		char *lower;
		const char *dot;

		if (!tag.len || tag.len > RECORD_TAG_MAX || memchr(tag.s, '\n', tag.len) ||
		    !(lower = arena_alloc(a, tag.len)))
			continue;
		for (size_t i = 0; i < tag.len; i++)
			lower[i] = tolower((unsigned char)tag.s[i]);
		add_tag(r, (struct text){ lower, tag.len });
		/* attack.t1059.006 is found as attack.t1059, too. */
		if (tag.len < 8 || memcmp(lower, "attack.t", 8) != 0)
			continue;
		dot = memchr(lower + 8, '.', tag.len - 8);
		if (dot)
			add_tag(r, (struct text){ lower, dot - lower });
	}
}

/* Alerts that differ in lines and values only are of one group. */
static void read_group(struct arena *a, const struct json *alert, struct record *r)
{
	static const unsigned char key[crypto_generichash_KEYBYTES_MIN] = "group, version 1";
	const struct json *callers = json_at(alert, "callers");
	crypto_generichash_state state;
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash_init(&state, key, sizeof(key), sizeof(hash));
#define ADD(t)                                                                          \
	do {                                                                            \
		struct text t_ = (t);                                                   \
		crypto_generichash_update(&state, (const unsigned char *)t_.s, t_.len); \
		crypto_generichash_update(&state, (const unsigned char *)"", 1);        \
	} while (0)
	ADD(r->app);
	ADD(r->rule);
	ADD(r->function);
	for (const struct json *c = callers ? callers->child : NULL; c; c = c->next) {
		ADD(json_text_at(a, c, "function"));
		ADD(json_text_at(a, c, "file"));
	}
#undef ADD
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(&r->group, hash, sizeof(r->group));
	r->group &= INT64_MAX;
}

static void put_pairs(struct buf *out, struct arena *a, const struct json *map, size_t max)
{
	if (!map || map->type != JSON_OBJECT)
		return;
	for (const struct json *m = map->child; m && out->len < max; m = m->next) {
		struct text value = m->type == JSON_STRING ? json_text(a, m) : m->raw;

		if (out->len)
			buf_adds(out, ", ");
		buf_add(out, m->key.s, m->key.len);
		buf_adds(out, ": ");
		value = record_cut(value, max);
		buf_add(out, value.s, value.len);
	}
}

static int put_what(struct arena *a, struct arena *scratch, const struct json *alert,
		    struct record *r)
{
	_cleanup_buf_ struct buf out = { 0 };

	put_pairs(&out, scratch, json_at(alert, "value"), RECORD_WHAT_MAX);
	if (!out.len)
		put_pairs(&out, scratch, json_at(alert, "args"), RECORD_WHAT_MAX);
	r->what = keep_text(a, &out);
	if (!r->what.s)
		return -ENOMEM;
	if (r->what.len > RECORD_WHAT_MAX) {
		r->what = record_cut(r->what, RECORD_WHAT_MAX - 3);
		memcpy((char *)r->what.s + r->what.len, "…", 3);
		r->what.len += 3;
	}
	return 0;
}

static void put_word(struct buf *out, struct text word)
{
	word = record_cut(word, RECORD_SEARCH_MAX);
	if (out->len < RECORD_SEARCH_MAX && word.len) {
		buf_add(out, word.s, word.len);
		buf_addc(out, '\n');
	}
}

static int put_search(struct arena *a, struct arena *scratch, const struct json *alert,
		      struct record *r)
{
	const struct json *request = json_at(alert, "request");
	_cleanup_buf_ struct buf out = { 0 };

	put_word(&out, r->rule);
	put_word(&out, r->function);
	put_word(&out, r->host);
	put_word(&out, r->path);
	put_word(&out, json_text_at(scratch, request, "query"));
	put_word(&out, json_text_at(scratch, request, "host"));
	put_word(&out, r->agent);
	put_pairs(&out, scratch, json_at(alert, "value"), RECORD_SEARCH_MAX);
	buf_addc(&out, '\n');
	put_pairs(&out, scratch, json_at(alert, "args"), RECORD_SEARCH_MAX);
	r->search = keep_text(a, &out);
	if (!r->search.s)
		return -ENOMEM;
	r->search = record_cut(r->search, RECORD_SEARCH_MAX);
	return 0;
}

static int read_alert(struct arena *a, const struct json *alert, struct record *r, struct err *err)
{
	const struct json *rule = json_at(alert, "rule"), *request = json_at(alert, "request");
	const struct json *function = json_at(alert, "function");

	r->rule = column(a, rule, "name");
	if (!r->rule.len)
		return err_set(err, -EINVAL,
			       "not an alert: rule.name has to be there and not empty");
	if (record_level_parse(json_text_at(a, rule, "level"), &r->level))
		return err_set(err, -EINVAL, "rule.level: has to be info, warn or alert");
	if (when_parse(json_text_at(a, alert, "time"), &r->time))
		return err_set(err, -EINVAL,
			       "time: has to be as 2026-01-02T03:04:05.678901Z, in the years 1970 "
			       "to 2099");
	r->host = column(a, alert, "host");
	r->pod = column(a, json_at(alert, "kubernetes"), "pod");
	r->path = column(a, request, "path");
	r->addr = column(a, request, "remote_addr");
	r->session = column(a, request, "session");
	r->agent = column(a, request, "user_agent");
	r->action = column(a, alert, "action");
	r->function = column(a, function, "qualname");
	if (!r->function.len)
		r->function = column(a, function, "name");
	read_tags(a, json_at(rule, "tags"), r);
	return read_id(a, alert, r, err);
}

int record_parse(struct arena *a, struct arena *scratch, struct text line, const char *app,
		 struct record *out, struct err *err)
{
	struct record r = { 0 };
	struct json *alert;
	int res;

	if (line.len > RECORD_LINE_MAX)
		return err_set(err, -EINVAL, "too long: %zu bytes, %zu are taken", line.len,
			       RECORD_LINE_MAX);
	r.json = clean_line(a, line);
	if (!r.json.s)
		return err_set(err, -ENOMEM, "out of memory");
	res = json_parse(scratch, r.json.s, r.json.len, &alert, err);
	if (res)
		return res;
	if (alert->type != JSON_OBJECT)
		return err_set(err, -EINVAL, "not an alert: has to be an object");
	r.json = alert->raw;
	r.app = app ? (struct text){ app, strlen(app) } : column(a, alert, "target");
	if (!r.app.len)
		r.app = TEXT("unknown");
	res = read_alert(a, alert, &r, err);
	if (res)
		return res;
	read_group(scratch, alert, &r);
	if (put_what(a, scratch, alert, &r) || put_search(a, scratch, alert, &r))
		return err_set(err, -ENOMEM, "out of memory");
	*out = r;
	return 0;
}
