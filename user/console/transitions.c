// SPDX-License-Identifier: GPL-2.0-only
#include "console/transitions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "console/when.h"
#include "yaml/yaml_read.h"

#define WINDOW (30 * WHEN_MINUTE)

struct reading {
	struct yaml_reader reader;
	struct transitions *out;
	struct transitions_app *app; /* that is being read */
};

static struct text copy(struct reading *r, struct text t)
{
	char *s = arena_alloc(&r->out->arena, t.len + 1);

	if (!s) {
		r->reader.nomem = true;
		return (struct text){ NULL, 0 };
	}
	if (t.len)
		memcpy(s, t.s, t.len);
	return (struct text){ s, t.len };
}

static bool is_path(struct text t)
{
	return t.len && (*t.s == '/' || *t.s == '*');
}

static void read_before(struct reading *r, const struct yaml_node *node, struct transition *page)
{
	if (node->kind != YAML_TEXT || (!is_path(node->text) && !text_eq_str(node->text, "start") &&
					!text_eq_str(node->text, "any")))
		yaml_error(&r->reader, node,
			   "what came before is a path that begins with /, start, or any");
	else if (text_eq_str(node->text, "start"))
		page->start = true;
	else if (text_eq_str(node->text, "any"))
		page->any = true;
	else if (page->nr_before == TRANSITIONS_BEFORE_MAX)
		yaml_error(&r->reader, node, "more than %d", TRANSITIONS_BEFORE_MAX);
	else
		page->before[page->nr_before++] = copy(r, node->text);
}

static void read_page(struct reading *r, const struct yaml_node *key, const struct yaml_node *value)
{
	struct transition *page = &r->app->pages[r->app->nr];
	size_t nr = 0;

	if (key->kind != YAML_TEXT || !is_path(key->text)) {
		yaml_error(&r->reader, key, "a page is a path that begins with /");
		return;
	}
	if (value->kind == YAML_MAP || (value->kind == YAML_LIST && !value->first)) {
		yaml_error(&r->reader, value, "a page has a list of what may come before");
		return;
	}
	yaml_for_each(child, value) nr++;
	*page = (struct transition){ .path = copy(r, key->text) };
	page->before = arena_array(&r->out->arena, MIN(nr, (size_t)TRANSITIONS_BEFORE_MAX) + 1,
				   sizeof(*page->before));
	if (!page->before) {
		r->reader.nomem = true;
		return;
	}
	if (value->kind == YAML_TEXT)
		read_before(r, value, page);
	yaml_for_each(child, value) read_before(r, child, page);
	r->app->nr++;
}

static size_t count_pairs(const struct yaml_node *map)
{
	size_t n = 0;

	yaml_for_each(child, map) n++;
	return n / 2;
}

static void read_app(struct reading *r, const struct yaml_node *key, const struct yaml_node *value)
{
	if (key->kind != YAML_TEXT || !key->text.len || value->kind != YAML_MAP ||
	    count_pairs(value) > TRANSITIONS_PATHS_MAX) {
		yaml_error(&r->reader, key, "an application has a mapping of pages, %d at the most",
			   TRANSITIONS_PATHS_MAX);
		return;
	}
	r->app = &r->out->apps[r->out->nr_apps++];
	*r->app = (struct transitions_app){ .name = copy(r, key->text) };
	r->app->pages = arena_array(&r->out->arena, count_pairs(value) + 1, sizeof(*r->app->pages));
	if (!r->app->pages) {
		r->reader.nomem = true;
		return;
	}
	for (const struct yaml_node *page = value->first; page; page = page->next->next)
		read_page(r, page, page->next);
}

static void read_apps(struct reading *r, const struct yaml_entry *e)
{
	size_t nr;

	if (!yaml_read_container(&r->reader, e, YAML_MAP))
		return;
	nr = count_pairs(e->value);
	if (nr > TRANSITIONS_APPS_MAX) {
		yaml_error(&r->reader, e->value, "more than %d applications", TRANSITIONS_APPS_MAX);
		return;
	}
	r->out->apps = arena_array(&r->out->arena, nr, sizeof(*r->out->apps));
	if (!r->out->apps) {
		r->reader.nomem = true;
		return;
	}
	for (const struct yaml_node *app = e->value->first; app; app = app->next->next)
		read_app(r, app, app->next);
}

static void read_key(void *ctx, size_t row, const struct yaml_entry *e)
{
	struct reading *r = ctx;
	struct text span;

	if (row == 1)
		read_apps(r, e);
	else if (yaml_read_text(&r->reader, e, &span) &&
		 (when_parse_span(span, &r->out->window) || !r->out->window))
		yaml_error(&r->reader, e->value, "a span of time, as 30m");
}

static int read_documents(struct yaml_documents *docs, struct transitions *out,
			  struct buf *messages)
{
	static const char *const keys[] = { "window", "apps" };
	struct yaml_document *doc = docs->first;
	struct reading r = { .reader = { .doc = doc }, .out = out };
	const struct yaml_node *seen[ARRAY_SIZE(keys)] = { NULL };

	*out = (struct transitions){ .window = WINDOW };
	if (!doc->tree.root || doc->tree.root->kind != YAML_MAP)
		yaml_diag_add(&doc->diag, 1, 1, "it has to be a mapping with the key apps");
	else
		yaml_read_map(&r.reader, doc->tree.root, "allowed transitions", keys,
			      ARRAY_SIZE(keys), seen, read_key, &r);
	return r.reader.nomem ? -ENOMEM : yaml_documents_show(docs, messages);
}

int transitions_parse(const char *name, const char *text, size_t len, struct transitions *out,
		      struct buf *messages)
{
	struct yaml_documents docs = { 0 };
	int res = yaml_documents_add(&docs, name, text, len);

	*out = (struct transitions){ 0 };
	if (!res)
		res = read_documents(&docs, out, messages);
	yaml_documents_fini(&docs);
	return res;
}

int transitions_load(const char *path, struct transitions *out, struct err *err)
{
	struct yaml_documents docs = { 0 };
	_cleanup_buf_ struct buf messages = { 0 };
	struct stat st;
	int res = yaml_documents_load(&docs, path, &st);

	*out = (struct transitions){ 0 };
	if (!res)
		res = read_documents(&docs, out, &messages);
	else if (docs.first)
		yaml_documents_show(&docs, &messages);
	yaml_documents_fini(&docs);
	if (messages.len && !messages.failed)
		fputs(messages.data, stderr);
	return res ? err_set(err, -EINVAL, "%s cannot be used: nothing was done", path) : 0;
}

void transitions_fini(struct transitions *t)
{
	arena_fini(&t->arena);
}

/* A star of a pattern, and where its text ends so far. */
struct star {
	size_t rest, end; /* rest: SIZE_MAX: there is none */
};

/* Lets a star's text have one character more; false: it cannot. */
static bool grow(struct star *star, bool deep, struct text path, size_t *p, size_t *at)
{
	if (star->rest == SIZE_MAX || star->end >= path.len || (!deep && path.s[star->end] == '/'))
		return false;
	*p = star->rest;
	*at = ++star->end;
	return true;
}

bool transitions_fits(struct text pattern, struct text path)
{
	/* The last star of either kind is what is tried next if the rest differs. */
	struct star shallow = { SIZE_MAX, 0 }, deep = { SIZE_MAX, 0 };
	size_t p = 0, at = 0;

	for (;;) {
		if (p < pattern.len && pattern.s[p] == '*') {
			bool is_deep = p + 1 < pattern.len && pattern.s[p + 1] == '*';

			p += 1 + is_deep;
			*(is_deep ? &deep : &shallow) = (struct star){ p, at };
			if (is_deep)
				shallow.rest = SIZE_MAX;
			continue;
		}
		if (p == pattern.len && at == path.len)
			return true;
		if (p < pattern.len && at < path.len && pattern.s[p] == path.s[at]) {
			p++;
			at++;
			continue;
		}
		if (grow(&shallow, false, path, &p, &at))
			continue;
		shallow.rest = SIZE_MAX;
		if (!grow(&deep, true, path, &p, &at))
			return false;
	}
}

const struct transition *transitions_find(const struct transitions *t, struct text app,
					  struct text path)
{
	for (size_t i = 0; i < t->nr_apps; i++) {
		if (!text_eq(t->apps[i].name, app))
			continue;
		for (size_t n = 0; n < t->apps[i].nr; n++) {
			if (transitions_fits(t->apps[i].pages[n].path, path))
				return &t->apps[i].pages[n];
		}
	}
	return NULL;
}

bool transition_follows(const struct transition *page, struct text before)
{
	for (size_t i = 0; i < page->nr_before; i++) {
		if (transitions_fits(page->before[i], before))
			return true;
	}
	return page->any;
}

static void put_page(struct buf *out, const struct transition *page)
{
	const char *separator = "";

	text_json(out, page->path);
	buf_adds(out, ":[");
	if (page->start) {
		buf_adds(out, "\"start\"");
		separator = ",";
	}
	if (page->any) {
		buf_printf(out, "%s\"any\"", separator);
		separator = ",";
	}
	for (size_t i = 0; i < page->nr_before; i++) {
		buf_adds(out, separator);
		text_json(out, page->before[i]);
		separator = ",";
	}
	buf_addc(out, ']');
}

void transitions_put(struct buf *out, const struct transitions *t)
{
	buf_printf(out, "{\"window_s\":%lld,\"apps\":{", (long long)(t->window / WHEN_SECOND));
	for (size_t i = 0; i < t->nr_apps; i++) {
		buf_adds(out, i ? "," : "");
		text_json(out, t->apps[i].name);
		buf_adds(out, ":{");
		for (size_t n = 0; n < t->apps[i].nr; n++) {
			buf_adds(out, n ? "," : "");
			put_page(out, &t->apps[i].pages[n]);
		}
		buf_addc(out, '}');
	}
	buf_adds(out, "}}");
}
