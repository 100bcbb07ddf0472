// SPDX-License-Identifier: GPL-2.0-only
#include "event/bind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/limits.h"

/* The work in progress: one slot for each parameter, then room for what fits none. */
struct binder {
	struct arena *arena;
	const struct param *params;
	size_t nr_params;
	const struct call *call;
	struct event_arg *args;
	size_t nr_args; /* parameters included */
	bool bound[PHRUDE_ARGS_MAX];
	bool dropped;
};

struct text bind_position_name(struct arena *arena, unsigned int position)
{
	char *s = arena_alloc(arena, 12);

	if (!s)
		return (struct text){ NULL, 0 };
	return (struct text){ s, (size_t)snprintf(s, 12, "%u", position) };
}

/*
 * An argument beyond the parameters. One that has a name already taken is left out: names are keys.
 */
static void add_extra(struct binder *b, struct text name, const struct value *v)
{
	if (b->nr_args == PHRUDE_ARGS_MAX) {
		b->dropped = true;
		return;
	}
	for (size_t i = 0; i < b->nr_args; i++)
		if (text_eq(b->args[i].name, name))
			return;
	b->args[b->nr_args++] = (struct event_arg){ name, *v };
}

static const struct param *find_kind(const struct binder *b, enum param_kind kind)
{
	for (size_t i = 0; i < b->nr_params; i++)
		if (b->params[i].kind == kind)
			return &b->params[i];
	return NULL;
}

/* Makes the slot of *args or **kwargs a container with room for `count` items. */
static struct value *open_container(struct binder *b, const struct param *p, enum value_type type,
				    size_t count)
{
	size_t i = (size_t)(p - b->params);
	struct value *v = &b->args[i].value;

	*v = (struct value){ .type = type };
	v->seq.items = arena_array(b->arena, count, sizeof(struct value));
	b->bound[i] = true;
	return v->seq.items ? v : NULL;
}

static int bind_positional(struct binder *b)
{
	const struct param *rest = find_kind(b, PARAM_VARARGS);
	const struct call *c = b->call;
	struct value *tuple = NULL;
	size_t taken = 0;

	for (size_t i = 0; i < b->nr_params && taken < c->nr_pos; i++) {
		if (b->params[i].kind > PARAM_POSITIONAL)
			break;
		b->args[i].value = c->pos[taken++];
		b->bound[i] = true;
	}
	if (rest) {
		tuple = open_container(b, rest, VALUE_TUPLE, c->nr_pos - taken);
		if (!tuple)
			return -ENOMEM;
		tuple->cut = c->cut && c->nr_pos == PHRUDE_ARGS_MAX;
	}
	for (; taken < c->nr_pos; taken++) {
		struct text name;

		if (tuple) {
			tuple->seq.items[tuple->seq.count++] = c->pos[taken];
			continue;
		}
		name = bind_position_name(b->arena, taken);
		if (!name.s)
			return -ENOMEM;
		add_extra(b, name, &c->pos[taken]);
	}
	return 0;
}

/* The index of the parameter that the keyword `name` is for, nr_params if there is none. */
static size_t find_keyword(const struct binder *b, struct text name, bool posonly_too)
{
	for (size_t i = 0; i < b->nr_params; i++) {
		enum param_kind kind = b->params[i].kind;

		if (kind != PARAM_POSITIONAL && kind != PARAM_KWONLY &&
		    !(kind == PARAM_POSONLY && posonly_too))
			continue;
		if (text_eq(b->params[i].name, name))
			return i;
	}
	return b->nr_params;
}

static int bind_keywords(struct binder *b)
{
	const struct param *rest = find_kind(b, PARAM_VARKW);
	const struct call *c = b->call;
	struct value *dict = NULL;

	if (rest) {
		dict = open_container(b, rest, VALUE_DICT, 2 * c->nr_kw);
		if (!dict)
			return -ENOMEM;
		dict->cut = c->cut && c->nr_kw == PHRUDE_ARGS_MAX;
	}
	for (size_t i = 0; i < c->nr_kw; i++) {
		const struct event_arg *kw = &c->kw[i];
		size_t at = find_keyword(b, kw->name, !rest);

		if (at < b->nr_params) {
			/* Given twice, it is a TypeError: the first one is shown. */
			if (!b->bound[at])
				b->args[at].value = kw->value;
			b->bound[at] = true;
		} else if (dict) {
			dict->seq.items[dict->seq.count++] =
				(struct value){ .type = VALUE_STR, .text = kw->name };
			dict->seq.items[dict->seq.count++] = kw->value;
		} else {
			add_extra(b, kw->name, &kw->value);
		}
	}
	return 0;
}

int bind_call(struct arena *arena, const struct param *params, size_t nr_params,
	      const struct call *call, struct event *ev)
{
	struct binder b = {
		.arena = arena, .params = params, .nr_params = nr_params, .call = call
	};
	size_t room;
	int ret;

	if (nr_params > PHRUDE_ARGS_MAX) {
		b.nr_params = PHRUDE_ARGS_MAX;
		b.dropped = true;
	}
	room = MIN(b.nr_params + call->nr_pos + call->nr_kw, (size_t)PHRUDE_ARGS_MAX);
	b.nr_args = b.nr_params;
	b.args = arena_array(arena, room, sizeof(*b.args));
	if (!b.args)
		return -ENOMEM;
	for (size_t i = 0; i < b.nr_params; i++) {
		b.args[i].name = params[i].name;
		b.args[i].value = (struct value){ .type = VALUE_UNSET };
	}
	ret = bind_positional(&b);
	if (!ret)
		ret = bind_keywords(&b);
	if (ret)
		return ret;
	for (size_t i = 0; i < b.nr_params; i++)
		if (!b.bound[i] && params[i].has_value)
			b.args[i].value = params[i].value;
	ev->args = b.args;
	ev->nr_args = b.nr_args;
	ev->args_cut |= b.dropped;
	return 0;
}
