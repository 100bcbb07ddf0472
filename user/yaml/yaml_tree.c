// SPDX-License-Identifier: GPL-2.0-only
#include "yaml/yaml_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/util.h"

/* A rule needs 5 levels, a configuration no more. */
#define DEPTH_MAX 32
#define ANCHORS_MAX 1024
#define WEIGHT_MAX ((size_t)64 << 20)

struct anchor {
	struct anchor *next;
	const char *name;
	const struct yaml_node *node;
};

struct builder {
	struct arena *arena;
	struct yaml_diag *diag;
	struct {
		struct yaml_node *node;
		struct yaml_node **tail; /* where its next child goes */
	} open[DEPTH_MAX];
	size_t depth;
	struct yaml_node *root;
	struct anchor *anchors;
	size_t nr_anchors;
	unsigned int nr_documents;
};

static void cleanup_event(yaml_event_t *event)
{
	yaml_event_delete(event);
}

static void cleanup_parser(yaml_parser_t *parser)
{
	yaml_parser_delete(parser);
}

__attribute__((format(printf, 3, 4))) static int fail_at(struct builder *b, const yaml_mark_t *mark,
							 const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	yaml_diag_add(b->diag, mark->line + 1, mark->column + 1, "%s", message);
	return -EINVAL;
}

static char *copy_text(struct builder *b, const void *s, size_t len)
{
	char *copy = arena_alloc(b->arena, len + 1);

	return copy ? memcpy(copy, s, len) : NULL;
}

static struct yaml_node *new_node(struct builder *b, enum yaml_kind kind, const yaml_mark_t *mark)
{
	struct yaml_node *node = arena_alloc(b->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	node->weight = sizeof(*node);
	return node;
}

/* Puts a node that is complete where it belongs.  The weight goes up level by level, so a bomb is
 * found when its first level beyond the bound closes, before anything walks it. */
static int place_node(struct builder *b, struct yaml_node *node, const yaml_mark_t *mark)
{
	struct yaml_node *parent;

	if (!b->depth) {
		b->root = node;
		return 0;
	}
	parent = b->open[b->depth - 1].node;
	parent->weight += node->weight;
	if (parent->weight > WEIGHT_MAX)
		return fail_at(b, mark, "too much data, aliases written out: more than %zu MiB",
			       WEIGHT_MAX >> 20);
	*b->open[b->depth - 1].tail = node;
	b->open[b->depth - 1].tail = &node->next;
	return 0;
}

static int add_anchor(struct builder *b, const yaml_char_t *name, const struct yaml_node *node,
		      const yaml_mark_t *mark)
{
	struct anchor *a;

	if (!name)
		return 0;
	if (b->nr_anchors++ == ANCHORS_MAX)
		return fail_at(b, mark, "more than %d anchors", ANCHORS_MAX);
	a = arena_alloc(b->arena, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->name = copy_text(b, name, strlen((const char *)name));
	if (!a->name)
		return -ENOMEM;
	a->node = node;
	a->next = b->anchors;
	b->anchors = a;
	return 0;
}

static int on_alias(struct builder *b, const yaml_event_t *ev)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct yaml_node *copy;

	for (const struct anchor *a = b->anchors; a; a = a->next) {
		if (!str_eq(a->name, name))
			continue;
		for (size_t i = 0; i < b->depth; i++) {
			if (b->open[i].node == a->node)
				return fail_at(b, &ev->start_mark,
					       "alias `*%.100s` stands inside its own anchor",
					       name);
		}
		copy = arena_alloc(b->arena, sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		*copy = *a->node;
		copy->next = NULL;
		copy->line = ev->start_mark.line + 1;
		copy->column = ev->start_mark.column + 1;
		return place_node(b, copy, &ev->start_mark);
	}
	return fail_at(b, &ev->start_mark, "alias `*%.100s` has no anchor before it", name);
}

/*
 * Only YAML's own types mean anything here; a tag of an application would be passed over in
 * silence.
 */
static bool tag_is_known(const char *tag)
{
	static const char *const known[] = { "str", "int", "float", "bool", "null", "seq", "map" };
	static const char prefix[] = "tag:yaml.org,2002:";

	if (!tag || str_eq(tag, "!"))
		return true;
	if (!str_starts(tag, prefix))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (str_eq(tag + sizeof(prefix) - 1, known[i]))
			return true;
	}
	return false;
}

static void check_tag(struct builder *b, const yaml_char_t *tag, const yaml_mark_t *mark)
{
	const char *s = (const char *)tag;

	if (!tag_is_known(s))
		fail_at(b, mark, "YAML tag %s is not supported",
			YAML_QUOTE(((struct text){ s, strlen(s) })));
}

static int on_scalar(struct builder *b, const yaml_event_t *ev)
{
	const char *tag = (const char *)ev->data.scalar.tag;
	size_t len = ev->data.scalar.length;
	struct yaml_node *node;
	int err;

	check_tag(b, ev->data.scalar.tag, &ev->start_mark);
	node = new_node(b, YAML_TEXT, &ev->start_mark);
	if (!node)
		return -ENOMEM;
	node->text.s = copy_text(b, ev->data.scalar.value, len);
	if (!node->text.s)
		return -ENOMEM;
	node->text.len = len;
	node->weight += len;
	node->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		      !(tag && (str_eq(tag, "!") || str_eq(tag, YAML_STR_TAG)));
	err = add_anchor(b, ev->data.scalar.anchor, node, &ev->start_mark);
	return err ? err : place_node(b, node, &ev->start_mark);
}

static int open_node(struct builder *b, enum yaml_kind kind, const yaml_char_t *anchor,
		     const yaml_char_t *tag, const yaml_mark_t *mark)
{
	struct yaml_node *node;

	check_tag(b, tag, mark);
	if (b->depth == DEPTH_MAX)
		return fail_at(b, mark, "nested more than %d levels deep", DEPTH_MAX);
	node = new_node(b, kind, mark);
	if (!node)
		return -ENOMEM;
	if (!b->depth)
		b->root = node;
	b->open[b->depth].node = node;
	b->open[b->depth].tail = &node->first;
	b->depth++;
	return add_anchor(b, anchor, node, mark);
}

static int close_node(struct builder *b, const yaml_event_t *ev)
{
	b->depth--;
	return place_node(b, b->open[b->depth].node, &ev->start_mark);
}

static int on_event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->nr_documents++)
			return fail_at(b, &ev->start_mark,
				       "a second YAML document: there may be one in a file");
		return 0;
	case YAML_ALIAS_EVENT:
		return on_alias(b, ev);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(b, YAML_LIST, ev->data.sequence_start.anchor,
				 ev->data.sequence_start.tag, &ev->start_mark);
	case YAML_MAPPING_START_EVENT:
		return open_node(b, YAML_MAP, ev->data.mapping_start.anchor,
				 ev->data.mapping_start.tag, &ev->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(b, ev);
	default:
		return 0;
	}
}

static int fail_syntax(struct builder *b, const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	/* Without a context there is no second place to name. */
	if (!p->context)
		return fail_at(b, &p->problem_mark, "invalid YAML: %s", p->problem);
	return fail_at(b, &p->problem_mark, "invalid YAML: %s, %s that starts at line %zu",
		       p->problem, p->context, p->context_mark.line + 1);
}

/* Feeds the events of the text to the builder; -EINVAL if an error ended it. */
static int build_tree(struct builder *b, const char *text, size_t len)
{
	_cleanup_(cleanup_parser) yaml_parser_t parser = { 0 };
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!err && !end) {
		_cleanup_(cleanup_event) yaml_event_t ev = { 0 };

		if (!yaml_parser_parse(&parser, &ev))
			return fail_syntax(b, &parser);
		end = ev.type == YAML_STREAM_END_EVENT;
		err = on_event(b, &ev);
	}
	return err;
}

/* The characters that YAML allows (libyaml would not say at which line it found another one). */
static bool is_allowed(uint32_t ch)
{
	return ch == '\t' || ch == '\n' || ch == '\r' || (ch >= 0x20 && ch <= 0x7e) || ch == 0x85 ||
	       (ch >= 0xa0 && ch <= 0xd7ff) || (ch >= 0xe000 && ch <= 0xfffd && ch != 0xfeff) ||
	       ch >= 0x10000;
}

/*
 * Returns how much of the text is characters that can be in a file, and adds an error for the first
 * one that cannot.
 */
static size_t check_characters(const char *text, size_t len, struct yaml_diag *diag)
{
	unsigned int line = 1, column = 1;
	size_t pos = 0;

	while (pos < len) {
		size_t start = pos;
		uint32_t ch = text_next(text, len, &pos);

		if (ch >= 0xd800 && ch <= 0xdfff) {
			yaml_diag_add(diag, line, column, "not valid UTF-8: byte 0x%02x",
				      (unsigned char)text[start]);
			return start;
		}
		if (!is_allowed(ch)) {
			yaml_diag_add(diag, line, column, "character U+%04X is not allowed in YAML",
				      ch);
			return start;
		}
		column++;
		if (ch == '\n' || (ch == '\r' && !(pos < len && text[pos] == '\n'))) {
			line++;
			column = 1;
		}
	}
	return len;
}

/* The text was cut in the middle of its last item, which therefore says nothing. */
static void drop_last_child(struct yaml_node *list)
{
	struct yaml_node **p = &list->first;

	if (!*p)
		return;
	while ((*p)->next)
		p = &(*p)->next;
	*p = NULL;
}

int yaml_tree_read(struct arena *arena, const char *text, size_t len, struct yaml_diag *diag,
		   struct yaml_tree *out)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct yaml_diag unshown = { 0 };
	struct builder b = { .arena = arena, .diag = diag };
	size_t good;
	int err;

	if (len >= 3 && memcmp(text, bom, 3) == 0) {
		text += 3;
		len -= 3;
	}
	good = check_characters(text, len, diag);
	/* The cut makes errors of its own. */
	if (good < len)
		b.diag = &unshown;
	err = build_tree(&b, text, good);
	if (unshown.nomem)
		err = -ENOMEM;
	yaml_diag_fini(&unshown);
	if (err && err != -EINVAL)
		return err;
	out->broken = err || good < len;
	out->root = b.root;
	if (out->broken && b.root && b.root->kind != YAML_LIST)
		out->root = NULL;
	else if (!err && good < len && b.root)
		drop_last_child(b.root);
	return 0;
}

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (node->kind != YAML_TEXT || !node->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_eq_str(node->text, words[i]))
			return true;
	}
	return false;
}

const char *yaml_kind_name(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_LIST:
		return "a list";
	case YAML_MAP:
		return "a mapping";
	default:
		return yaml_is_null(node) ? "empty" : "text";
	}
}

#define HASH_PRIME 0x100000001b3ULL /* FNV-1a */

uint64_t yaml_hash(const struct yaml_node *node)
{
	uint64_t h = (0xcbf29ce484222325ULL ^ node->kind ^ (uint64_t)node->plain << 8) * HASH_PRIME;

	for (size_t i = 0; i < node->text.len; i++)
		h = (h ^ (unsigned char)node->text.s[i]) * HASH_PRIME;
	yaml_for_each(child, node) h = (h ^ yaml_hash(child)) * HASH_PRIME;
	return h;
}
