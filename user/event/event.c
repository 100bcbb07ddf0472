// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two passes over the nodes of a match: the first one (node_reader_init) checks their sizes, the
 * second one takes the sections apart.  Only then are arguments put in order, as their sections may
 * come in any.
 */
#include "event/event.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/bind.h"
#include "event/node.h"
#include "event/parts.h"

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

static int read_signature(struct node_reader *r, struct parts *p)
{
	struct value v;
	int ret = node_value(r, &v);

	if (!ret && (v.type == VALUE_BYTES || v.type == VALUE_STR)) {
		p->signature = v.text;
		p->signature_cut = v.cut;
	}
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

static int read_between(struct node_reader *r, struct parts *p)
{
	struct event *ev = p->ev;
	struct event_frame f = { .line = 0 };
	int ret;

	ret = read_text(r, ev, &f.function);
	if (!ret)
		ret = read_text(r, ev, &f.file);
	if (ret)
		return ret;
	if (ev->nr_between < p->max_between)
		ev->between[ev->nr_between++] = f;
	else
		ev->stack_cut = true;
	return 0;
}

/* Values that an alert does not show may be cut without anything being missing from it. */
static bool is_shown(unsigned int field)
{
	return field == EV_REQ_METHOD || field == EV_REQ_PATH || field == EV_REQ_ROOT ||
	       field == EV_REQ_QUERY || field == EV_REQ_HOST || field == EV_REQ_USER_AGENT;
}

static bool has_structure(unsigned int field)
{
	return field >= EV_REQ_FORM && field <= EV_REQ_HEADER;
}

static int read_request_value(struct node_reader *r, const struct node *n, struct parts *p)
{
	struct event_request *request = &p->ev->request;
	struct value v;
	int ret;

	ret = node_value(r, &v);
	if (ret || n->aux >= NR_EV_REQ || request->nr_values >= p->max_request_values)
		return ret;
	if (has_structure(n->aux)) {
		struct value *copy = arena_alloc(p->arena, sizeof(*copy));

		if (!copy)
			return no_memory(r->err);
		*copy = v;
		request->values[request->nr_values++] = (struct event_request_value){
			.field = n->aux, .cut = value_is_cut(copy), .value = copy
		};
		return 0;
	}
	if (v.type != VALUE_STR && v.type != VALUE_BYTES)
		return 0;
	request->values[request->nr_values++] = (struct event_request_value){
		.field = n->aux, .bytes = v.type == VALUE_BYTES, .cut = v.cut, .text = v.text
	};
	if (v.cut && is_shown(n->aux))
		p->ev->names_cut = true;
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
	case SEC_TYPENAME:
		return read_text(r, p->ev, &p->type_name);
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
	case SEC_SELF:
		return node_value(r, &p->self);
	case SEC_SIGNATURE:
		return read_signature(r, p);
	case SEC_FRAME:
		return read_frame(r, n, p);
	case SEC_BETWEEN:
		return read_between(r, p);
	case SEC_GAP:
		p->ev->gap = p->ev->nr_frames;
		p->ev->skipped = p->ev->head.skipped;
		return 0;
	case SEC_REQUEST:
		if (n->aux == REQUEST_WSGI || n->aux == REQUEST_ASGI || n->aux == REQUEST_RAW)
			p->ev->request.kind = n->aux;
		return 0;
	case SEC_REQFIELD:
		return read_request_value(r, n, p);
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
	p->max_between = MIN(count_sections(r, SEC_BETWEEN), (size_t)PHRUDE_BETWEEN_MAX);
	p->ev->between = arena_array(p->arena, p->max_between, sizeof(*p->ev->between));
	p->max_request_values =
		MIN(count_sections(r, SEC_REQFIELD), (size_t)(NR_EV_REQ + PHRUDE_HEADERS_MAX));
	p->ev->request.values =
		arena_array(p->arena, p->max_request_values, sizeof(*p->ev->request.values));
	if (!p->ev->frames || !p->ev->between || !p->ev->request.values)
		return no_memory(r->err);
	while (node_peek(r, &n)) {
		node_skip(r, &n);
		ret = read_section(r, &n, p);
		if (ret)
			return ret;
	}
	return 0;
}

/* "connect" of "_socket.socket" is "socket.connect" to Python. */
static int join_qualname(struct parts *p, struct text type)
{
	struct event *ev = p->ev;
	size_t len = type.len + 1 + ev->name.len;
	char *s = arena_alloc(p->arena, len);

	if (!s)
		return -ENOMEM;
	memcpy(s, type.s, type.len);
	s[type.len] = '.';
	if (ev->name.len)
		memcpy(s + type.len + 1, ev->name.s, ev->name.len);
	ev->qualname = (struct text){ s, len };
	return 0;
}

/*
 * The names of a C function, as far as they follow from what was sent.  A tp_name is "module.name";
 * a type without a dot is one of builtins (type_module() in Objects/typeobject.c).
 */
static int complete_c_names(struct parts *p)
{
	struct event *ev = p->ev;
	struct text type = p->type_name;
	const char *dot;

	if (ev->head.callee == CALLEE_PYTHON)
		return 0;
	if (ev->head.callee == CALLEE_TYPE && !type.s)
		type = ev->name;
	if (!type.len) {
		if (!ev->qualname.s && ev->module.s)
			ev->qualname = ev->name;
		return 0;
	}
	dot = memrchr(type.s, '.', type.len);
	if (!ev->module.s)
		ev->module =
			dot ? (struct text){ type.s, (size_t)(dot - type.s) } : TEXT("builtins");
	if (dot)
		type = (struct text){ dot + 1, type.len - (size_t)(dot + 1 - type.s) };
	if (ev->head.callee == CALLEE_TYPE) {
		ev->name = type;
		if (!ev->qualname.s)
			ev->qualname = type;
		return 0;
	}
	return ev->qualname.s ? 0 : join_qualname(p, type);
}

int event_decode(struct arena *arena, const void *record, size_t size, struct event *out,
		 struct err *err)
{
	struct parts parts = { .arena = arena, .ev = out, .self = { .type = VALUE_UNSET } };
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
	if (complete_c_names(&parts))
		return no_memory(err);
	return parts_take_args(&parts, err);
}

bool event_is_truncated(const struct event *ev)
{
	return ev->head.cut || ev->stack_cut || ev->args_cut || ev->names_cut;
}
