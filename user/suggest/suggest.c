// SPDX-License-Identifier: GPL-2.0-only
#include "suggest/suggest.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "rule/rule.h"

/* Less often than this is not recurring. */
#define COUNT_MIN 3
/* A common beginning shorter than this says nothing. */
#define PREFIX_MIN 4
#define ARG_MAX_LEN 512
#define ELLIPSIS "…"
/* What stands where a secret was. */
#define REDACTED "[redacted"

/* So many different values of an argument are listed. */
#define VALUES_MAX 8

/* What the alerts of a group have in common in one argument. */
struct common {
	struct common *next;
	char *name;
	char *values[VALUES_MAX]; /* the different ones, as far as there is room */
	size_t nr_values;
	bool more;    /* there were others */
	size_t len;   /* of their common beginning */
	bool dropped; /* absent, cut or no text in one of the alerts */
	size_t seen;
};

/* The alerts of one rule that one function of the application caused. */
struct group {
	struct group *next;
	char *function, *file; /* of the application; NULL: none in sight */
	size_t count;
	bool generated; /* code made at run time among the callers */
	char *first, *last;
	struct common *args;
};

struct suggested_rule {
	struct suggested_rule *next;
	char *name, *id, *level, *func, *file, *module;
	struct group *groups;
};

struct suggest {
	struct suggested_rule *rules;
	bool nomem;
};

DEFINE_CLEANUP(json_freep, cJSON, cJSON_Delete);

struct suggest *suggest_new(void)
{
	return calloc(1, sizeof(struct suggest));
}

static void group_free(struct group *g)
{
	struct common *next;

	for (struct common *c = g->args; c; c = next) {
		next = c->next;
		free(c->name);
		for (size_t i = 0; i < c->nr_values; i++)
			free(c->values[i]);
		free(c);
	}
	free(g->function);
	free(g->file);
	free(g->first);
	free(g->last);
	free(g);
}

static void rule_free(struct suggested_rule *r)
{
	struct group *next;

	for (struct group *g = r->groups; g; g = next) {
		next = g->next;
		group_free(g);
	}
	free(r->name);
	free(r->id);
	free(r->level);
	free(r->func);
	free(r->file);
	free(r->module);
	free(r);
}

void suggest_free(struct suggest *s)
{
	struct suggested_rule *next;

	for (struct suggested_rule *r = s ? s->rules : NULL; r; r = next) {
		next = r->next;
		rule_free(r);
	}
	free(s);
}

static const cJSON *at(const cJSON *map, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(map, name);
}

static const char *string_at(const cJSON *map, const char *name)
{
	return cJSON_GetStringValue(at(map, name));
}

static char *copy_text(struct suggest *s, const char *text)
{
	char *c = text ? strdup(text) : NULL;

	if (text && !c)
		s->nomem = true;
	return c;
}

static struct suggested_rule *find_rule(struct suggest *s, const cJSON *alert)
{
	const cJSON *rule = at(alert, "rule"), *function = at(alert, "function");
	const char *name = string_at(rule, "name");
	struct suggested_rule **r = &s->rules;

	while (*r && !str_eq((*r)->name, name))
		r = &(*r)->next;
	if (*r)
		return *r;
	*r = calloc(1, sizeof(**r));
	if (!*r) {
		s->nomem = true;
		return NULL;
	}
	(*r)->name = copy_text(s, name);
	(*r)->id = copy_text(s, string_at(rule, "id"));
	(*r)->level = copy_text(s, string_at(rule, "level"));
	(*r)->func = copy_text(s, string_at(function, "qualname") ?: string_at(function, "name"));
	(*r)->file = copy_text(s, string_at(function, "file"));
	(*r)->module = copy_text(s, string_at(function, "module"));
	return *r;
}

static bool same(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

static struct group *find_group(struct suggest *s, struct suggested_rule *r, const char *function,
				const char *file)
{
	struct group **g = &r->groups;

	while (*g && (!same((*g)->function, function) || !same((*g)->file, file)))
		g = &(*g)->next;
	if (!*g) {
		*g = calloc(1, sizeof(**g));
		if (!*g) {
			s->nomem = true;
			return NULL;
		}
		(*g)->function = copy_text(s, function);
		(*g)->file = copy_text(s, file);
	}
	return *g;
}

/* An argument as conditions see it; NULL where nothing can be said of it. */
static char *arg_text(const cJSON *arg)
{
	if (cJSON_IsNumber(arg))
		return cJSON_PrintUnformatted(arg);
	if (!cJSON_IsString(arg) || !*arg->valuestring || str_starts(arg->valuestring, "CLASS:") ||
	    strstr(arg->valuestring, ELLIPSIS) || strstr(arg->valuestring, REDACTED) ||
	    strlen(arg->valuestring) > ARG_MAX_LEN)
		return NULL;
	return strdup(arg->valuestring);
}

static struct common *find_common(struct suggest *s, struct group *g, const char *name)
{
	struct common **c = &g->args;

	while (*c && !str_eq((*c)->name, name))
		c = &(*c)->next;
	if (!*c) {
		*c = calloc(1, sizeof(**c));
		if (*c)
			(*c)->name = copy_text(s, name);
		else
			s->nomem = true;
	}
	return *c;
}

static void add_value(struct suggest *s, struct common *c, const char *text)
{
	size_t n = 0;

	char *value = copy_text(s, text);

	if (!value)
		return;
	if (!c->nr_values) {
		c->values[c->nr_values++] = value;
		c->len = strlen(text);
		return;
	}
	while (n < c->len && text[n] == c->values[0][n])
		n++;
	/* Not within a character. */
	while (n && n < c->len && (c->values[0][n] & 0xc0) == 0x80)
		n--;
	c->len = n;
	for (size_t i = 0; i < c->nr_values; i++) {
		if (str_eq(c->values[i], text)) {
			free(value);
			return;
		}
	}
	if (c->nr_values < VALUES_MAX) {
		c->values[c->nr_values++] = value;
		return;
	}
	c->more = true;
	free(value);
}

static void add_arg(struct suggest *s, struct group *g, const cJSON *arg)
{
	_cleanup_free_ char *text = arg_text(arg);
	struct common *c = find_common(s, g, arg->string);

	if (!c)
		return;
	c->seen++;
	if (text)
		add_value(s, c, text);
	else
		c->dropped = true;
}

static void add_to_group(struct suggest *s, struct group *g, const cJSON *alert)
{
	const char *time = string_at(alert, "time");
	const cJSON *arg, *caller;

	g->count++;
	if (!g->first)
		g->first = copy_text(s, time);
	free(g->last);
	g->last = copy_text(s, time);
	cJSON_ArrayForEach(caller, at(alert, "callers"))
	{
		const char *file = string_at(caller, "file");

		if (file && file[0] == '<' && !str_starts(file, "<frozen "))
			g->generated = true;
	}
	cJSON_ArrayForEach(arg, at(alert, "args")) add_arg(s, g, arg);
}

int suggest_add(struct suggest *s, const char *line, size_t len)
{
	_cleanup_(json_freep) cJSON *alert = cJSON_ParseWithLength(line, len);
	const char *function = NULL, *file = NULL;
	const cJSON *rule = at(alert, "rule"), *caller;
	struct suggested_rule *r;
	struct group *g;

	if (!string_at(rule, "name") || !cJSON_IsObject(at(alert, "args")))
		return -EINVAL;
	cJSON_ArrayForEach(caller, at(alert, "callers"))
	{
		const char *f = string_at(caller, "file");

		if (f && rule_file_is_application((struct text){ f, strlen(f) })) {
			function = string_at(caller, "function");
			file = f;
			break;
		}
	}
	r = find_rule(s, alert);
	g = r ? find_group(s, r, function, file) : NULL;
	if (g)
		add_to_group(s, g, alert);
	return s->nomem ? -ENOMEM : 0;
}

static void write_quoted(struct buf *out, const char *s, size_t len)
{
	text_yaml(out, (struct text){ s, len });
}

/* Why no case is made of the group; NULL if one is. */
static const char *group_objection(const struct group *g)
{
	if (g->count < COUNT_MIN)
		return "too few to be recurring";
	if (!g->file || !g->function)
		return "no function of the application among the callers";
	if (g->generated)
		return "code made at run time among the callers, as in template injections";
	return NULL;
}

/* In a comment: one line whatever it holds. */
static void write_place(struct buf *out, const struct group *g)
{
	if (!g->file || !g->function)
		return;
	buf_adds(out, " from ");
	text_terminal(out, (struct text){ g->function, strlen(g->function) });
	buf_addc(out, '@');
	text_terminal(out, (struct text){ g->file, strlen(g->file) });
}

static void write_count(struct buf *out, const struct group *g)
{
	buf_printf(out, "%zu alert%s", g->count, g->count == 1 ? "" : "s");
	write_place(out, g);
	if (g->first && g->last && !same(g->first, g->last)) {
		buf_adds(out, ", ");
		text_terminal(out, (struct text){ g->first, strlen(g->first) });
		buf_adds(out, " to ");
		text_terminal(out, (struct text){ g->last, strlen(g->last) });
	}
}

static bool is_name(const char *s)
{
	return *s && !s[strcspn(s, " []\t\r\n\"'")];
}

static void write_arg(struct buf *out, const struct group *g, const struct common *c)
{
	bool listed = !c->more && c->nr_values * 2 <= g->count;
	_cleanup_buf_ struct buf key = { 0 };

	if (c->dropped || c->seen != g->count || !is_name(c->name))
		return;
	if (!listed && c->len < PREFIX_MIN) {
		buf_adds(out, "        # argument ");
		text_terminal(out, (struct text){ c->name, strlen(c->name) });
		buf_adds(out, " varies\n");
		return;
	}
	buf_printf(&key, "arg.%s", c->name);
	buf_adds(out, "        ");
	write_quoted(out, key.data, key.len);
	buf_adds(out, ":\n");
	out->failed |= key.failed;
	if (!listed) {
		buf_adds(out, "          - { prefix: ");
		write_quoted(out, c->values[0], c->len);
		buf_adds(out, " }\n");
		return;
	}
	for (size_t i = 0; i < c->nr_values; i++) {
		buf_adds(out, "          - { exact: ");
		write_quoted(out, c->values[i], strlen(c->values[i]));
		buf_adds(out, " }\n");
	}
}

static void write_case(struct buf *out, const struct group *g)
{
	buf_adds(out, "      # ");
	write_count(out, g);
	buf_adds(out, "\n      - app_caller:\n          - function: { exact: ");
	write_quoted(out, g->function, strlen(g->function));
	buf_adds(out, " }\n            file: { exact: ");
	write_quoted(out, g->file, strlen(g->file));
	buf_adds(out, " }\n");
	for (const struct common *c = g->args; c; c = c->next)
		write_arg(out, g, c);
}

static void write_key(struct buf *out, const char *key, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "  %s: ", key);
	write_quoted(out, text, strlen(text));
	buf_addc(out, '\n');
}

static void write_rule(struct buf *out, const struct suggested_rule *r)
{
	size_t proposed = 0;

	for (const struct group *g = r->groups; g; g = g->next) {
		if (!group_objection(g)) {
			proposed++;
			continue;
		}
		buf_adds(out, "# ");
		text_terminal(out, (struct text){ r->name, strlen(r->name) });
		buf_adds(out, ": ");
		write_count(out, g);
		buf_printf(out, ": not proposed, %s\n", group_objection(g));
	}
	if (!proposed)
		return;
	buf_adds(out, "- name: ");
	write_quoted(out, r->name, strlen(r->name));
	buf_addc(out, '\n');
	write_key(out, "id", r->id);
	write_key(out, "level", r->level);
	if (r->file || r->module)
		write_key(out, "func", r->func);
	write_key(out,
		  r->file     ? "file"
		  : r->module ? "module"
			      : "audit",
		  r->file     ? r->file
		  : r->module ? r->module
			      : r->func);
	buf_adds(out, "  condition:\n    except:\n");
	for (const struct group *g = r->groups; g; g = g->next) {
		if (!group_objection(g))
			write_case(out, g);
	}
	buf_addc(out, '\n');
}

void suggest_write(struct suggest *s, struct buf *out)
{
	buf_adds(out, "# Exceptions proposed for recorded alerts.  Each case describes calls that "
		      "will no longer be reported:\n"
		      "# keep those that you know to be the application's own work, and move them "
		      "into the `condition` of\n"
		      "# your rule of that name.\n\n");
	for (const struct suggested_rule *r = s->rules; r; r = r->next)
		write_rule(out, r);
}
