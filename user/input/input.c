// SPDX-License-Identifier: GPL-2.0-only
/* From a captured argument to the verdict on the client's text in it. */
#include "input/input.h"

#include <string.h>

#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/value.h"
#include "input/input_internal.h"
#include "input/input_shell.h"

/* Texts of one argument that are judged, and words of one program. */
#define TEXTS_MAX 1024
#define WORDS_MAX 256

static const struct kind {
	const char *name;
	input_judge_fn judge; /* NULL: the client's text has to be there */
	struct input_search search;
} kinds[NR_INPUT_KINDS] = {
	[INPUT_ANY] = { "any", NULL, { .min = 3, .path_words = true } },
	[INPUT_SQL] = { "sql", input_judge_sql, { .min = 2, .caseless = true } },
	[INPUT_PATH] = { "path", input_judge_path, { .min = 3, .caseless = true } },
	[INPUT_URL] = { "url",
			input_judge_url,
			{ .min = 1, .path_words = true, .caseless = true, .no_headers = true } },
	[INPUT_CODE] = { "code", input_judge_code, { .min = 3 } },
	[INPUT_TEMPLATE] = { "template", input_judge_template, { .min = 3 } },
	[INPUT_HTML] = { "html", input_judge_html, { .min = 4 } },
	[INPUT_FORMAT] = { "format", input_judge_format, { .min = 3 } },
	[INPUT_SHELL] = { "shell", input_judge_shell, { .min = 2 } },
};

const char *input_kind_name(enum input_kind kind)
{
	return kinds[kind].name;
}

const char *input_source_name(enum input_source source)
{
	static const char *const names[] = {
		[INPUT_FROM_QUERY] = "query",	[INPUT_FROM_PATH] = "path",
		[INPUT_FROM_HEADER] = "header", [INPUT_FROM_COOKIE] = "cookie",
		[INPUT_FROM_FORM] = "form",	[INPUT_FROM_JSON] = "json",
		[INPUT_FROM_FILE] = "file",	[INPUT_FROM_BODY] = "body",
	};

	return names[source];
}

void inputs_init(struct inputs *in, struct arena *arena, const struct event *event)
{
	*in = (struct inputs){ .arena = arena, .event = event };
}

static const struct input_leaves *leaves_of(struct inputs *in)
{
	if (!in->made)
		input_leaves_make(in->arena, &in->event->request, &in->leaves);
	in->made = true;
	return &in->leaves;
}

/* A judgement in progress: of one argument, by one kind. */
struct judgement {
	struct inputs *in;
	const struct input_leaves *leaves;
	const struct kind *kind;
	struct text arg;
	struct input_hits *hits; /* scratch */
	bool open;
};

static void note_hit(struct judgement *j, const struct input_hits *hits, struct text text,
		     size_t at)
{
	const struct input_hit *hit = input_hit_at(hits, at);
	const struct input_leaf *leaf;

	if (!hit)
		return;
	leaf = &j->leaves->items[j->leaves->needles[hit->needle].leaf];
	j->in->found = (struct input_found){
		.source = leaf->source,
		.name = leaf->name,
		.value = { text.s + hit->start, hit->end - hit->start },
		.arg = j->arg,
	};
}

static bool holds(struct text text, const char *part)
{
	return text.len && memmem(text.s, text.len, part, strlen(part));
}

/* The dialect of a driver, by where the function that runs the statement is. */
static enum input_dialect dialect_of(const struct event *ev)
{
	static const struct {
		const char *part;
		enum input_dialect dialect;
	} drivers[] = {
		{ "sqlite", INPUT_SQLITE },    { "psycopg", INPUT_POSTGRES },
		{ "asyncpg", INPUT_POSTGRES }, { "pg8000", INPUT_POSTGRES },
		{ "mysql", INPUT_MYSQL },      { "MySQL", INPUT_MYSQL },
		{ "mariadb", INPUT_MYSQL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (holds(ev->module, drivers[i].part) || holds(ev->file, drivers[i].part))
			return drivers[i].dialect;
	}
	return INPUT_ANY_DIALECT;
}

/*
 * Finds the client's text in `text`; NULL: there is none, or no memory, which leaves the verdict
 * open.
 */
static const struct input_hits *search_text(struct judgement *j, struct text text)
{
	if (!input_find(j->leaves, &j->kind->search, j->in->arena, text, j->hits))
		j->open = true;
	j->open |= j->hits->cut;
	return j->hits->nr_spans ? j->hits : NULL;
}

static bool judge_text(struct judgement *j, struct text text)
{
	const struct input_hits *hits = search_text(j, text);
	struct input_sink sink;
	size_t at;

	if (!hits)
		return false;
	sink = (struct input_sink){ text, hits->spans, hits->nr_spans, dialect_of(j->in->event) };
	at = hits->spans[0].start;
	if (j->kind->judge && j->kind->judge(&sink, &at) != INPUT_ATTACK)
		return false;
	note_hit(j, hits, text, at);
	return true;
}

static bool is_text(const struct value *v)
{
	return v->type == VALUE_STR || v->type == VALUE_BYTES;
}

/* The words of a program, each with its own client's text. */
static bool judge_words(struct judgement *j, const struct value *v)
{
	size_t n = MIN(v->seq.count, (size_t)WORDS_MAX), word, at = 0;
	struct input_sink *words = arena_array(j->in->arena, n, sizeof(*words));

	if (!words) {
		j->open = true;
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct input_hits *hits;
		struct input_span *spans;

		if (!is_text(&v->seq.items[i]))
			continue;
		words[i].text = v->seq.items[i].text;
		hits = search_text(j, words[i].text);
		if (!hits)
			continue;
		spans = arena_array(j->in->arena, hits->nr_spans, sizeof(*spans));
		if (!spans) {
			j->open = true;
			return false;
		}
		memcpy(spans, hits->spans, hits->nr_spans * sizeof(*spans));
		words[i].spans = spans;
		words[i].nr_spans = hits->nr_spans;
	}
	if (input_judge_words(words, n, &word, &at) != INPUT_ATTACK)
		return false;
	if (search_text(j, words[word].text))
		note_hit(j, j->hits, words[word].text, at);
	return true;
}

struct level {
	const struct value *items;
	size_t left;
};

/* Judges each text in the value. */
static bool judge_texts(struct judgement *j, const struct value *v)
{
	struct level stack[PHRUDE_DEPTH_MAX + 1] = { { v, 1 } };
	size_t depth = 1, texts = 0;

	while (depth) {
		struct level *top = &stack[depth - 1];

		if (!top->left) {
			depth--;
			continue;
		}
		v = top->items++;
		top->left--;
		if (is_text(v)) {
			if (texts++ == TEXTS_MAX) {
				j->open = true;
				return false;
			}
			if (judge_text(j, v->text))
				return true;
		} else if (v->type >= VALUE_LIST && v->type <= VALUE_FROZENSET) {
			if (depth < ARRAY_SIZE(stack))
				stack[depth++] = (struct level){ v->seq.items, v->seq.count };
		}
	}
	return false;
}

enum input_fit inputs_judge(struct inputs *in, enum input_kind kind, struct text arg,
			    const struct value *value)
{
	struct judgement j = { in, leaves_of(in), &kinds[kind], arg, NULL, false };
	bool attack;

	if (!j.leaves->nr_items)
		return j.leaves->cut ? INPUT_MAY_FIT : INPUT_FITS_NOT;
	j.hits = arena_alloc(in->arena, sizeof(*j.hits));
	if (!j.hits)
		return INPUT_MAY_FIT;
	if (kind == INPUT_SHELL && (value->type == VALUE_LIST || value->type == VALUE_TUPLE))
		attack = judge_words(&j, value);
	else
		attack = judge_texts(&j, value);
	if (attack)
		return INPUT_FITS;
	return j.open || j.leaves->cut ? INPUT_MAY_FIT : INPUT_FITS_NOT;
}

void inputs_look(struct inputs *in)
{
	const struct event *ev = in->event;

	for (size_t i = 0; i < ev->nr_args && !in->found.source; i++)
		inputs_judge(in, INPUT_ANY, ev->args[i].name, &ev->args[i].value);
}

bool inputs_are_absent(struct inputs *in)
{
	const struct event *ev = in->event;
	bool absent = !ev->args_cut;

	for (size_t i = 0; i < ev->nr_args && absent; i++)
		absent = inputs_judge(in, INPUT_ANY, ev->args[i].name, &ev->args[i].value) ==
			 INPUT_FITS_NOT;
	return absent;
}
