// SPDX-License-Identifier: GPL-2.0-only
#include "event/parts.h"

#include <errno.h>

#include "base/util.h"
#include "event/bind.h"
#include "event/signature.h"

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "event: more than its memory allows");
}

/*
 * Where the parameter in slot `index` stands in the signature: *args comes before the keyword-only
 * ones there.
 */
static uint64_t slot_rank(const struct parts *p, uint64_t index)
{
	uint64_t positional = p->func.argcount, named = positional + p->func.kwonlyargcount;

	if (!p->has_func || !(p->func.flags & EV_FUNC_VARARGS) || index < positional ||
	    index > named)
		return index;
	return index == named ? positional : index + 1;
}

/* The arguments of a frame, which has bound them already, into the order of the signature. */
static int take_frame_args(struct parts *p, struct err *err)
{
	struct event *ev = p->ev;
	struct slot *s = p->params;

	for (size_t i = 1; i < p->nr_params; i++) {
		struct slot slot = s[i];
		size_t j = i;

		for (; j && slot_rank(p, s[j - 1].index) > slot_rank(p, slot.index); j--)
			s[j] = s[j - 1];
		s[j] = slot;
	}
	ev->args = arena_array(p->arena, p->nr_params, sizeof(*ev->args));
	if (!ev->args)
		return no_memory(err);
	ev->nr_args = p->nr_params;
	for (size_t i = 0; i < p->nr_params; i++)
		ev->args[i] = s[i].arg;
	return 0;
}

static void default_of(const struct parts *p, size_t index, struct param *out)
{
	uint64_t from_end = (uint64_t)p->func.argcount - 1 - index;

	if (from_end >= PHRUDE_ARGS_MAX || p->defaults[from_end].type == VALUE_UNSET)
		return;
	out->has_value = true;
	out->value = p->defaults[from_end];
}

static void kwdefault_of(const struct parts *p, struct param *out)
{
	const struct value *dict = &p->kwdefaults;

	if (!p->has_kwdefaults || dict->type != VALUE_DICT)
		return;
	for (size_t i = 0; i + 1 < dict->seq.count; i += 2) {
		const struct value *key = &dict->seq.items[i];

		if (key->type != VALUE_STR || !text_eq(key->text, out->name))
			continue;
		out->has_value = true;
		out->value = key[1];
		return;
	}
}

struct param_list {
	struct param items[PHRUDE_ARGS_MAX];
	size_t count;
};

/* Appends the parameter in slot `index`. */
static int add_param(struct parts *p, uint64_t index, enum param_kind kind, struct param_list *list)
{
	struct param *param = &list->items[list->count];

	*param = (struct param){ .kind = kind };
	if (index < p->nr_names)
		param->name = p->names[index];
	if (!param->name.s)
		param->name = bind_position_name(p->arena, index);
	if (!param->name.s)
		return -ENOMEM;
	if (kind <= PARAM_POSITIONAL)
		default_of(p, index, param);
	if (kind == PARAM_KWONLY)
		kwdefault_of(p, param);
	list->count++;
	return 0;
}

/*
 * The parameters of a Python function in the order of its signature, from the order of its slots.
 */
static int python_params(struct parts *p, struct param_list *list)
{
	uint64_t positional = p->func.argcount, named = positional + p->func.kwonlyargcount;
	bool varargs = p->func.flags & EV_FUNC_VARARGS, varkw = p->func.flags & EV_FUNC_VARKEYWORDS;
	uint64_t total = named + varargs + varkw;
	enum param_kind kind;
	uint64_t index;
	int ret;

	if (total > PHRUDE_ARGS_MAX)
		p->ev->args_cut = true;
	for (uint64_t rank = 0; rank < MIN(total, (uint64_t)PHRUDE_ARGS_MAX); rank++) {
		if (rank < positional) {
			kind = rank < p->func.posonlyargcount ? PARAM_POSONLY : PARAM_POSITIONAL;
			index = rank;
		} else if (varargs && rank == positional) {
			kind = PARAM_VARARGS;
			index = named;
		} else if (rank < named + varargs) {
			kind = PARAM_KWONLY;
			index = rank - varargs;
		} else {
			kind = PARAM_VARKW;
			index = rank;
		}
		ret = add_param(p, index, kind, list);
		if (ret)
			return ret;
	}
	return 0;
}

/* The arguments of a call that has not been bound yet. */
static int take_call_args(struct parts *p, struct err *err)
{
	struct event *ev = p->ev;
	struct param_list list = { .count = 0 };
	struct call call = { .pos = p->pos,
			     .nr_pos = p->nr_pos,
			     .kw = p->kw,
			     .nr_kw = p->nr_kw,
			     .cut = ev->head.cut & (EV_CUT_ARGS | EV_CUT_SPACE) };
	int ret;

	if (ev->head.callee == CALLEE_PYTHON) {
		if (!p->has_func)
			p->func.argcount = p->nr_names;
		ret = python_params(p, &list);
	} else {
		ret = signature_parse(p->arena, ev->name, p->signature, p->signature_cut,
				      list.items, PHRUDE_ARGS_MAX, &list.count);
		if (ret == -ENOENT || ret == -ENOSPC) {
			list.count = 0;
			ret = 0;
		}
	}
	if (!ret)
		ret = bind_call(p->arena, list.items, list.count, &call, ev);
	return ret ? no_memory(err) : 0;
}

/* What a method is called on comes first, as it does in Python. */
static int take_self(struct parts *p, struct err *err)
{
	static const struct text name = TEXT("self");
	struct event *ev = p->ev;
	struct event_arg *args;

	if (p->self.type == VALUE_UNSET)
		return 0;
	/* A signature that has it among the parameters: it was passed as one of them. */
	for (size_t i = 0; i < ev->nr_args; i++) {
		if (text_eq(ev->args[i].name, name))
			return 0;
	}
	if (ev->nr_args == PHRUDE_ARGS_MAX) {
		ev->args_cut = true;
		ev->nr_args--;
	}
	args = arena_array(p->arena, ev->nr_args + 1, sizeof(*args));
	if (!args)
		return no_memory(err);
	args[0] = (struct event_arg){ name, p->self };
	for (size_t i = 0; i < ev->nr_args; i++)
		args[i + 1] = ev->args[i];
	ev->args = args;
	ev->nr_args++;
	return 0;
}

int parts_take_args(struct parts *p, struct err *err)
{
	struct event *ev = p->ev;
	bool frame = p->nr_params ||
		     (ev->head.callee == CALLEE_PYTHON && !p->nr_names && !p->nr_pos && !p->nr_kw);
	int ret = frame ? take_frame_args(p, err) : take_call_args(p, err);

	if (!ret)
		ret = take_self(p, err);
	if (ret)
		return ret;
	if (ev->head.cut & EV_CUT_ARGS)
		ev->args_cut = true;
	for (size_t i = 0; i < ev->nr_args; i++)
		ev->args_cut |= value_is_cut(&ev->args[i].value);
	return 0;
}
