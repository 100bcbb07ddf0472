// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two passes over the nodes of a match: the first one (node_reader_init) checks their sizes, the second one takes the
 * sections apart.  Only then are arguments put in order, as their sections may come in any.
 */
#include "event/event.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/bind.h"
#include "event/node.h"
#include "event/signature.h"

/* An argument of a frame, or a parameter's name, by the index of its slot. */
struct slot {
	unsigned int index;
	struct event_arg arg;
};

/* What the sections held, not yet put together. */
struct parts {
	struct arena *arena;
	struct event *ev;
	bool has_func, has_kwdefaults, stack_end;
	struct ev_func func;
	struct slot params[PHRUDE_ARGS_MAX]; /* SEC_PARAM, in the order sent */
	size_t nr_params;
	struct text names[PHRUDE_ARGS_MAX]; /* SEC_PARAMNAME, by index; .s NULL: not sent */
	size_t nr_names;		    /* one more than the highest index */
	struct value pos[PHRUDE_ARGS_MAX];
	size_t nr_pos;
	struct event_arg kw[PHRUDE_ARGS_MAX];
	size_t nr_kw;
	struct value defaults[PHRUDE_ARGS_MAX]; /* by index from the end; VALUE_UNSET: not sent */
	struct value kwdefaults;
	struct text signature;
	size_t max_frames;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "event: more than its memory allows");
}

static int read_head(const void *record, size_t size, struct ev_match *out, struct err *err)
{
	if (size < sizeof(*out))
		return err_set(err, -EPROTO, "event: %zu bytes are no match", size);
	memcpy(out, record, sizeof(*out));
	if (out->hdr.kind != EV_MATCH || out->hdr.abi != PHRUDE_ABI_VERSION)
		return err_set(err, -EPROTO, "event: kind %u of ABI %u is no match", out->hdr.kind,
			       out->hdr.abi);
	if (out->hdr.size < sizeof(*out) || out->hdr.size > size ||
	    out->hdr.size > PHRUDE_EVENT_MAX)
		return err_set(err, -EPROTO, "event: size %u in a record of %zu", out->hdr.size,
			       size);
	return 0;
}

/* A value that is text; *out is left alone where it is not, or was given already. */
static int read_text(struct node_reader *r, struct event *ev, struct text *out)
{
	static const struct text ellipsis = TEXT("…");
	struct value v;
	char *s;
	int ret;

	ret = node_value(r, &v);
	if (ret)
		return ret;
	if ((v.type != VALUE_STR && v.type != VALUE_BYTES) || out->s)
		return 0;
	*out = v.text;
	if (!v.cut)
		return 0;
	ev->names_cut = true;
	s = arena_alloc(r->arena, v.text.len + ellipsis.len);
	if (!s)
		return no_memory(r->err);
	if (v.text.len)
		memcpy(s, v.text.s, v.text.len);
	memcpy(s + v.text.len, ellipsis.s, ellipsis.len);
	*out = (struct text){ s, v.text.len + ellipsis.len };
	return 0;
}

/* As read_text(), with `position` for a name that could not be read. */
static int read_name(struct node_reader *r, struct event *ev, unsigned int position,
		     struct text *out)
{
	int ret;

	*out = (struct text){ NULL, 0 };
	ret = read_text(r, ev, out);
	if (ret || out->s)
		return ret;
	*out = bind_position_name(r->arena, position);
	return out->s ? 0 : no_memory(r->err);
}

static int read_signature(struct node_reader *r, struct text *out)
{
	struct value v;
	int ret = node_value(r, &v);

	if (!ret && (v.type == VALUE_BYTES || v.type == VALUE_STR))
		*out = v.text;
	return ret;
}

static int read_func(struct node_reader *r, const struct node *n, struct parts *p)
{
	if (n->len < sizeof(p->func))
		return err_set(r->err, -EPROTO, "event: function of %u bytes", n->len);
	memcpy(&p->func, n->payload, sizeof(p->func));
	p->has_func = true;
	p->ev->line = p->func.firstlineno <= INT32_MAX ? (int)p->func.firstlineno : 0;
	return 0;
}

static int read_param(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct slot slot = { .index = n->aux };
	int ret;

	ret = read_name(r, p->ev, n->aux, &slot.arg.name);
	if (!ret)
		ret = node_value(r, &slot.arg.value);
	if (ret)
		return ret;
	if (p->nr_params < PHRUDE_ARGS_MAX)
		p->params[p->nr_params++] = slot;
	else
		p->ev->args_cut = true;
	return 0;
}

static int read_param_name(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct text name;
	int ret;

	ret = read_name(r, p->ev, n->aux, &name);
	if (ret)
		return ret;
	if (n->aux >= PHRUDE_ARGS_MAX) {
		p->ev->args_cut = true;
		return 0;
	}
	p->names[n->aux] = name;
	p->nr_names = MAX(p->nr_names, (size_t)n->aux + 1);
	return 0;
}

static int read_posarg(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct value v;
	int ret;

	ret = node_value(r, &v);
	if (ret)
		return ret;
	if (n->aux >= PHRUDE_ARGS_MAX) {
		p->ev->args_cut = true;
		return 0;
	}
	while (p->nr_pos <= n->aux)
		p->pos[p->nr_pos++] = (struct value){ .type = VALUE_DEEP };
	p->pos[n->aux] = v;
	return 0;
}

static int read_kwarg(struct node_reader *r, struct parts *p)
{
	struct event_arg arg;
	int ret;

	ret = read_name(r, p->ev, (unsigned int)(p->nr_pos + p->nr_kw), &arg.name);
	if (!ret)
		ret = node_value(r, &arg.value);
	if (ret)
		return ret;
	if (p->nr_kw < PHRUDE_ARGS_MAX)
		p->kw[p->nr_kw++] = arg;
	else
		p->ev->args_cut = true;
	return 0;
}

static int read_default(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct value v;
	int ret = node_value(r, &v);

	if (!ret && n->aux < PHRUDE_ARGS_MAX)
		p->defaults[n->aux] = v;
	return ret;
}

static int read_frame(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct event *ev = p->ev;
	struct ev_frame raw;
	struct event_frame f = { .line = 0 };
	int ret;

	if (n->len < sizeof(raw))
		return err_set(r->err, -EPROTO, "event: frame of %u bytes", n->len);
	memcpy(&raw, n->payload, sizeof(raw));
	ret = read_text(r, ev, &f.function);
	if (!ret)
		ret = read_text(r, ev, &f.file);
	if (ret)
		return ret;
	f.code = raw.code;
	f.linetable = raw.linetable;
	f.signature = raw.signature;
	f.lasti = raw.lasti;
	f.firstlineno = raw.firstlineno;
	if (ev->nr_frames < p->max_frames)
		ev->frames[ev->nr_frames++] = f;
	else
		ev->stack_cut = true;
	return 0;
}

/* The section `n`, which has been skipped, and the values that belong to it. */
static int read_section(struct node_reader *r, const struct node *n, struct parts *p)
{
	switch (n->type) {
	case SEC_NAME:
		return read_text(r, p->ev, &p->ev->name);
	case SEC_QUALNAME:
		return read_text(r, p->ev, &p->ev->qualname);
	case SEC_FILE:
		return read_text(r, p->ev, &p->ev->file);
	case SEC_MODULE:
		return read_text(r, p->ev, &p->ev->module);
	case SEC_FUNC:
		return read_func(r, n, p);
	case SEC_PARAM:
		return read_param(r, n, p);
	case SEC_PARAMNAME:
		return read_param_name(r, n, p);
	case SEC_POSARG:
		return read_posarg(r, n, p);
	case SEC_KWARG:
		return read_kwarg(r, p);
	case SEC_DEFAULT:
		return read_default(r, n, p);
	case SEC_KWDEFAULTS:
		p->has_kwdefaults = true;
		return node_value(r, &p->kwdefaults);
	case SEC_SIGNATURE:
		return read_signature(r, &p->signature);
	case SEC_FRAME:
		return read_frame(r, n, p);
	case SEC_STACK_END:
		p->stack_end = true;
		return 0;
	default:
		return err_set(r->err, -EPROTO, "event: a value (%u) outside any section", n->type);
	}
}

static size_t count_sections(const struct node_reader *r, uint8_t type)
{
	struct node_reader copy = *r;
	size_t count = 0;
	struct node n;

	while (node_peek(&copy, &n)) {
		count += n.type == type;
		node_skip(&copy, &n);
	}
	return count;
}

static int read_sections(struct node_reader *r, struct parts *p)
{
	struct node n;
	int ret;

	p->max_frames = MIN(count_sections(r, SEC_FRAME), (size_t)PHRUDE_FRAMES_MAX);
	p->ev->frames = arena_array(p->arena, p->max_frames, sizeof(*p->ev->frames));
	if (!p->ev->frames)
		return no_memory(r->err);
	while (node_peek(r, &n)) {
		node_skip(r, &n);
		ret = read_section(r, &n, p);
		if (ret)
			return ret;
	}
	return 0;
}

/* Where the parameter in slot `index` stands in the signature: *args comes before the keyword-only ones there. */
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

/* The parameters of a Python function in the order of its signature, from the order of its slots. */
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
		ret = signature_parse(p->arena, ev->name, p->signature, list.items, PHRUDE_ARGS_MAX,
				      &list.count);
		if (ret == -ENOENT || ret == -ENOSPC) {
			list.count = 0;
			ret = 0;
		}
	}
	if (!ret)
		ret = bind_call(p->arena, list.items, list.count, &call, ev);
	return ret ? no_memory(err) : 0;
}

static int take_args(struct parts *p, struct err *err)
{
	struct event *ev = p->ev;
	bool frame = p->nr_params ||
		     (ev->head.callee == CALLEE_PYTHON && !p->nr_names && !p->nr_pos && !p->nr_kw);
	int ret = frame ? take_frame_args(p, err) : take_call_args(p, err);

	if (ret)
		return ret;
	if (ev->head.cut & EV_CUT_ARGS)
		ev->args_cut = true;
	for (size_t i = 0; i < ev->nr_args; i++)
		ev->args_cut |= value_is_cut(&ev->args[i].value);
	return 0;
}

/* tp_name says "module.name"; a type without a dot is one of builtins (type_module() in Objects/typeobject.c). */
static void split_type_name(struct event *ev)
{
	const char *dot;

	if (ev->head.callee != CALLEE_TYPE || !ev->name.len)
		return;
	dot = memrchr(ev->name.s, '.', ev->name.len);
	if (!ev->module.s)
		ev->module = dot ? (struct text){ ev->name.s, (size_t)(dot - ev->name.s) }
				 : TEXT("builtins");
	if (dot)
		ev->name = (struct text){ dot + 1, ev->name.len - (size_t)(dot + 1 - ev->name.s) };
}

int event_decode(struct arena *arena, const void *record, size_t size, struct event *out,
		 struct err *err)
{
	struct parts parts = { .arena = arena, .ev = out };
	struct node_reader r;
	int ret;

	*out = (struct event){ .line = 0 };
	ret = read_head(record, size, &out->head, err);
	if (ret)
		return ret;
	ret = node_reader_init(&r, arena, (const uint8_t *)record + sizeof(out->head),
			       out->head.hdr.size - sizeof(out->head), err);
	if (ret)
		return ret;
	r.may_end = out->head.cut & EV_CUT_SPACE;
	for (size_t i = 0; i < ARRAY_SIZE(parts.defaults); i++)
		parts.defaults[i].type = VALUE_UNSET;
	ret = read_sections(&r, &parts);
	if (ret)
		return ret;
	if (!parts.stack_end || out->head.cut & EV_CUT_STACK)
		out->stack_cut = true;
	split_type_name(out);
	return take_args(&parts, err);
}

bool event_is_truncated(const struct event *ev)
{
	return ev->head.cut || ev->stack_cut || ev->args_cut || ev->names_cut;
}
