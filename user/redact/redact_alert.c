// SPDX-License-Identifier: GPL-2.0-only
/* Which texts of an alert may hold secrets, and what is known of them by where they stand. */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "redact/commands.h"
#include "redact/redact_priv.h"

static const char ellipsis[] = "…";

static bool is_text(const struct value *v)
{
	return v->type == VALUE_STR || v->type == VALUE_BYTES;
}

static struct text name_of(const struct value *v)
{
	return is_text(v) && !v->cut ? v->text : (struct text){ 0 };
}

/* A folder in PWD, as a shell has it, is no password. */
static bool is_folder(struct text name, struct text text)
{
	return text.len && text.s[0] == '/' && name.len >= 3 &&
	       memcmp(name.s + name.len - 3, "PWD", 3) == 0;
}

static struct text redact_named(struct redact *r, struct arena *arena, struct text name,
				struct text text, bool cut)
{
	if (redact_is_name(r, name) && !is_folder(name, text))
		return redact_whole(r, arena, REDACT_NAMED, text);
	return redact_text(r, arena, text, cut);
}

/* The word behind an option (`--password X`) is known by it. */
static struct text option_before(struct text word, struct text next)
{
	bool is_option = word.len && word.s[0] == '-' && !(next.len && next.s[0] == '-');

	return is_option ? word : (struct text){ 0 };
}

/* Whose values are secrets whatever their names are. */
static bool is_of_cookies(struct text name)
{
	static const char word[] = "cookies";
	size_t len = strlen(word);

	return name.len >= len && strncasecmp(name.s + name.len - len, word, len) == 0;
}

/* What an element is known by, within a container that is known by `name`. */
static struct text name_within(const struct value *v, size_t i, struct text name)
{
	const struct value *items = v->seq.items;
	struct text before;

	if (v->type == VALUE_DICT && i % 2 == 0)
		return (struct text){ 0 };
	if (v->type == VALUE_SET || v->type == VALUE_FROZENSET || !i || is_of_cookies(name))
		return name;
	before = name_of(&items[i - 1]);
	if (v->type == VALUE_DICT || (v->seq.count == 2 && !v->cut))
		return before.len ? before : name;
	before = option_before(before, name_of(&items[i]));
	return before.len ? before : name;
}

static bool is_same(const struct value *a, const struct value *b)
{
	return a->type == b->type &&
	       (is_text(a) ? a->text.s == b->text.s
			   : a->seq.items == b->seq.items && a->seq.count == b->seq.count);
}

/* A word of a command, in a list that may be one. */
static struct value redact_item(struct redact *r, struct arena *arena, struct text name,
				const struct value *v, struct command *command)
{
	struct value done = *v;
	struct regex_span secret;

	if (r->defaults && is_text(v) && command_word(command, v->text, &secret)) {
		done.text = redact_part(r, arena, v->text, secret);
		return done;
	}
	return redact_value(r, arena, name, v);
}

static void redact_items(struct redact *r, struct arena *arena, struct text name, struct value *v)
{
	const struct value *items = v->seq.items;
	struct value *copy = NULL;
	struct command command = { .state = v->type == VALUE_LIST || v->type == VALUE_TUPLE
						    ? COMMAND_BEGINS
						    : COMMAND_OTHER };

	for (size_t i = 0; i < v->seq.count; i++) {
		struct value item =
			redact_item(r, arena, name_within(v, i, name), &items[i], &command);

		if (!copy && is_same(&item, &items[i]))
			continue;
		if (!copy) {
			copy = arena_array(arena, v->seq.count, sizeof(*copy));
			if (!copy) {
				r->unread++;
				*v = (struct value){ .type = VALUE_DEEP };
				return;
			}
			memcpy(copy, items, v->seq.count * sizeof(*copy));
			v->seq.items = copy;
		}
		copy[i] = item;
	}
}

struct value redact_value(struct redact *r, struct arena *arena, struct text name,
			  const struct value *value)
{
	struct value v = *value;

	switch (v.type) {
	case VALUE_STR:
	case VALUE_BYTES:
		v.text = redact_named(r, arena, name, v.text, v.cut);
		break;
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_DICT:
	case VALUE_SET:
	case VALUE_FROZENSET:
		redact_items(r, arena, name, &v);
		break;
	default:
		break;
	}
	return v;
}

/*
 * A string in which a cut shows as an ellipsis at its end.  NULL: none.  `command`: it is a word of
 * that one.
 */
static const char *redact_word(struct redact *r, struct arena *arena, struct text name,
			       const char *s, struct command *command)
{
	struct text text = { s, s ? strlen(s) : 0 }, done;
	bool cut = s && str_ends(s, ellipsis);
	struct regex_span secret;
	char *copy;

	if (!s)
		return NULL;
	if (cut)
		text.len -= strlen(ellipsis);
	if (command && r->defaults && command_word(command, text, &secret))
		done = redact_part(r, arena, text, secret);
	else
		done = redact_named(r, arena, name, text, cut);
	if (done.s == text.s)
		return s;
	copy = arena_alloc(arena, done.len + sizeof(ellipsis));
	if (!copy) {
		r->unread++;
		return "[redacted]";
	}
	memcpy(copy, done.s, done.len);
	strcpy(copy + done.len, cut ? ellipsis : "");
	return copy;
}

static const char *redact_string(struct redact *r, struct arena *arena, const char *s)
{
	return redact_word(r, arena, (struct text){ 0 }, s, NULL);
}

static void redact_args(struct redact *r, struct arena *arena, struct event *event)
{
	struct event_arg *args = arena_array(arena, event->nr_args ?: 1, sizeof(*args));

	if (!args) {
		r->unread++;
		event->nr_args = 0;
		event->args_cut = true;
	}
	for (size_t i = 0; i < event->nr_args; i++) {
		args[i].name = event->args[i].name;
		args[i].value = redact_value(r, arena, args[i].name, &event->args[i].value);
	}
	event->args = args;
}

static void redact_request(struct redact *r, struct arena *arena, struct alert_request *request)
{
	const char **const fields[] = { &request->path, &request->query, &request->host,
					&request->user_agent, &request->forwarded };

	/* These are what the client chose, as it came. */
	request->inputs = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		*fields[i] = redact_string(r, arena, *fields[i]);
}

static void redact_input(struct redact *r, struct arena *arena, struct input_found *input, bool cut)
{
	struct text name = input->name;

	input->value = redact_named(r, arena, name, input->value, cut);
	/* The name is the client's as well. */
	input->name = redact_text(r, arena, name, cut);
}

static void redact_cmdline(struct redact *r, struct arena *arena, struct alert_process *p)
{
	const char **copy = arena_array(arena, p->nr_cmdline ?: 1, sizeof(*copy));
	struct command command = { 0 };

	for (size_t i = 0; copy && i < p->nr_cmdline; i++) {
		struct text name = { 0 };

		if (i)
			name = option_before(
				(struct text){ p->cmdline[i - 1], strlen(p->cmdline[i - 1]) },
				(struct text){ p->cmdline[i], strlen(p->cmdline[i]) });
		copy[i] = redact_word(r, arena, name, p->cmdline[i], &command);
	}
	if (!copy)
		r->unread++;
	p->cmdline = copy;
	p->nr_cmdline = copy ? p->nr_cmdline : 0;
}

const struct alert *redact_alert(struct redact *r, struct arena *arena, const struct alert *alert,
				 struct redacted *out)
{
	const struct inputs *inputs = alert->request ? alert->request->inputs : NULL;
	bool cut = event_is_truncated(alert->event) || (inputs && inputs->leaves.cut);

	if (!r)
		return alert;
	r->budget = (struct redact_budget){ .on = true };
	out->alert = *alert;
	out->event = *alert->event;
	out->alert.event = &out->event;
	redact_args(r, arena, &out->event);
	if (alert->request) {
		out->request = *alert->request;
		out->alert.request = &out->request;
		redact_request(r, arena, &out->request);
	}
	if (alert->input && alert->input->source) {
		out->input = *alert->input;
		out->alert.input = &out->input;
		redact_input(r, arena, &out->input, cut);
	}
	if (alert->process.cmdline)
		redact_cmdline(r, arena, &out->alert.process);
	r->budget.on = false;
	return &out->alert;
}
