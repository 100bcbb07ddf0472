// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration for others to read: comments are gone, and so is what may be a secret.  It need
 * not be one that the tracer takes.
 */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "config/config.h"
#include "yaml/yaml_document.h"

/* Written out, aliases included. */
#define SHOWN_MAX (256 * 1024)
#define KEY_LEN_MAX 24

struct shower {
	struct buf *out;
	struct redact *redact;
	struct arena arena; /* of what was taken out */
};

/* What follows a receiver's name in its address may be a secret, and so may be who one is there. */
static const char *const addresses[] = { "url", "address", "brokers" };
/* What secrets of one's own look like says something of them. */
static const char *const hidden[] = { "patterns" };

static bool is_one_of(struct text key, const char *const *names, size_t nr_names)
{
	for (size_t i = 0; i < nr_names; i++) {
		if (text_eq_str(key, names[i]))
			return true;
	}
	return false;
}

/* "SCHEME://HOST:PORT", without what stands before and behind the host. */
static struct text without_path(struct text address)
{
	const char *host = memmem(address.s, address.len, "://", 3), *at, *end;
	size_t scheme = host ? (size_t)(host + 3 - address.s) : 0;
	struct text t = { address.s + scheme, address.len - scheme };

	end = t.len ? memchr(t.s, '/', t.len) : NULL;
	if (host && end)
		t.len = (size_t)(end - t.s);
	at = t.len ? memrchr(t.s, '@', t.len) : NULL;
	if (at)
		t = (struct text){ at + 1, t.len - (size_t)(at + 1 - t.s) };
	return host ? t : address;
}

static void show_text(struct shower *s, struct text key, const struct yaml_node *node)
{
	struct value value = { .type = VALUE_STR, .text = node->text }, shown;

	if (yaml_is_null(node)) {
		buf_adds(s->out, "null");
		return;
	}
	if (is_one_of(key, hidden, ARRAY_SIZE(hidden)))
		value.text = TEXT("[left out]");
	else if (is_one_of(key, addresses, ARRAY_SIZE(addresses)))
		value.text = without_path(value.text);
	shown = redact_value(s->redact, &s->arena, key, &value);
	text_yaml(s->out, shown.type == VALUE_STR ? shown.text : TEXT("[left out]"));
}

static void begin_line(struct shower *s, unsigned int depth)
{
	if (s->out->len)
		buf_addc(s->out, '\n');
	for (unsigned int i = 0; i < depth; i++)
		buf_adds(s->out, "  ");
}

/* The tree is no deeper than it may be: see yaml_tree.c. */
static void show_node(struct shower *s, struct text key, const struct yaml_node *node,
		      unsigned int depth)
{
	if (s->out->len > SHOWN_MAX)
		return;
	if (node->kind == YAML_TEXT) {
		show_text(s, key, node);
	} else if (!node->first) {
		buf_adds(s->out, node->kind == YAML_MAP ? "{}" : "[]");
	} else if (node->kind == YAML_LIST) {
		yaml_for_each(item, node)
		{
			begin_line(s, depth);
			buf_adds(s->out, "- ");
			show_node(s, key, item, depth + 1);
		}
	} else {
		for (const struct yaml_node *k = node->first; k && k->next; k = k->next->next) {
			begin_line(s, depth);
			/* A key may be anything as well. */
			show_node(s, (struct text){ 0 }, k, depth + 1);
			buf_adds(s->out, ": ");
			show_node(s, k->kind == YAML_TEXT ? k->text : (struct text){ 0 }, k->next,
				  depth + 1);
		}
	}
}

/* Is what a message quotes the name of a key, and not what somebody has written there? */
static bool is_key(const char *s, size_t len)
{
	return len && len <= KEY_LEN_MAX && strspn(s, "abcdefghijklmnopqrstuvwxyz_-") >= len;
}

/* Messages quote what was written, be it in the wrong place: only names of keys are left of it. */
static void show_message(struct shower *s, const char *message, size_t len)
{
	_cleanup_buf_ struct buf line = { 0 };
	struct text text;

	for (size_t i = 0; i < len;) {
		const char *end = message[i] == '`' || message[i] == '"'
					  ? memchr(message + i + 1, message[i], len - i - 1)
					  : NULL;
		size_t quoted = end ? (size_t)(end - message) - i - 1 : 0;

		if (end && !(message[i] == '`' && is_key(message + i + 1, quoted)))
			buf_printf(&line, "%c…%c", message[i], message[i]);
		else
			buf_add(&line, message + i, end ? quoted + 2 : 1);
		i += end ? quoted + 2 : 1;
	}
	text = redact_text(s->redact, &s->arena, (struct text){ line.data ?: "", line.len }, false);
	buf_adds(s->out, "# ");
	text_terminal(s->out, text);
	buf_addc(s->out, '\n');
	s->out->failed |= line.failed;
}

/* What is wrong with it, in comments. */
static int show_messages(struct shower *s, const char *name, const char *text, size_t len)
{
	_cleanup_buf_ struct buf messages = { 0 };
	struct config config;
	int ret = config_parse(name, text, len, &config, &messages);

	config_fini(&config);
	if (ret == -ENOMEM)
		return ret;
	for (size_t at = 0; at < messages.len;) {
		size_t line = strcspn(messages.data + at, "\n");

		show_message(s, messages.data + at, line);
		at += line + 1;
	}
	return messages.failed ? -ENOMEM : 0;
}

int config_show(const char *name, const char *text, size_t len, struct redact *redact,
		struct buf *out)
{
	_cleanup_(yaml_documents_fini) struct yaml_documents docs = { 0 };
	_cleanup_buf_ struct buf body = { 0 };
	struct shower s = { .out = out, .redact = redact };
	const struct yaml_document *doc;
	int ret = yaml_documents_add(&docs, name, text, len) ?: show_messages(&s, name, text, len);

	doc = docs.first;
	s.out = &body;
	/* Of a text that is no YAML nothing says what in it is what. */
	if (!ret && doc && doc->tree.root && !doc->tree.broken)
		show_node(&s, (struct text){ 0 }, doc->tree.root, 0);
	if (!ret) {
		buf_add(out, body.data ?: "", body.len);
		buf_addc(out, '\n');
		if (body.len > SHOWN_MAX)
			buf_adds(out, "# the rest is left out\n");
	}
	arena_fini(&s.arena);
	return ret ?: body.failed || out->failed ? -ENOMEM : 0;
}
