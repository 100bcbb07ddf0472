// SPDX-License-Identifier: GPL-2.0-only
/* From a match to the verdict of its rule's conditions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/event.h"
#include "event/request.h"
#include "rule/rule.h"
#include "rule/rule_condition.h"

#define ELEMENTS_MAX (PHRUDE_FRAMES_MAX + PHRUDE_BETWEEN_MAX + PHRUDE_ARGS_MAX + 1)

/* The elements of one subject. */
struct elements {
	struct rule_element items[ELEMENTS_MAX];
	size_t n;
	struct buf texts[PHRUDE_ARGS_MAX]; /* what spellings point to */
	size_t nr_texts;
	struct inputs *inputs; /* of the request; NULL: there is none */
	bool input_open;
};

static void elements_fini(struct elements *e)
{
	for (size_t i = 0; i < e->nr_texts; i++)
		buf_fini(&e->texts[i]);
}

static struct rule_element *add_element(struct elements *e)
{
	struct rule_element *item;

	/*
	 * Bounds of the event keep it within; a frame more would decide nothing that is_cut does
	 * not.
	 */
	if (e->n == ELEMENTS_MAX)
		e->n--;
	item = &e->items[e->n++];
	*item = (struct rule_element){ .nr_spellings = 0 };
	return item;
}

/* Stands for what was not captured: every question about it is open. */
static void add_unknown(struct elements *e)
{
	*add_element(e) = (struct rule_element){ { TEXT("") },
						 1,
						 .cut = true,
						 .cut_inside = true,
						 .inputs = e->inputs,
						 .input_open = e->input_open,
						 .file = TEXT(""),
						 .file_cut = true,
						 .outer = RULE_OUTER_OPEN };
}

static void add_spelling(struct rule_element *item, const char *s, size_t len)
{
	item->spellings[item->nr_spellings++] = (struct text){ s ? s : "", len };
}

static void add_text(struct elements *e, const char *s)
{
	add_spelling(add_element(e), s, strlen(s));
}

static bool is_missing(const struct value *v)
{
	return v->type == VALUE_UNREADABLE || v->type == VALUE_DEEP || v->type == VALUE_UNSET;
}

/* A str is its text.  Bytes are their text, and written as in Python; so is all else. */
static void add_value(struct elements *e, struct text arg, const struct value *v)
{
	struct rule_element *item;
	struct buf *text;

	if (is_missing(v)) {
		add_unknown(e);
		return;
	}
	item = add_element(e);
	item->value = v;
	item->arg = arg;
	item->inputs = e->inputs;
	item->input_open = e->input_open;
	item->cut = v->cut;
	if (v->type == VALUE_STR || v->type == VALUE_BYTES)
		add_spelling(item, v->text.s, v->text.len);
	else
		item->cut_inside = value_is_cut(v);
	if (v->type == VALUE_STR || (v->type == VALUE_BYTES && v->cut) ||
	    e->nr_texts == ARRAY_SIZE(e->texts))
		return;
	text = &e->texts[e->nr_texts++];
	value_str(text, v);
	if (text->failed)
		item->cut = item->cut_inside = true;
	add_spelling(item, text->data, text->len);
}

/*
 * The item of a container by index or key.  *unknown is set if it may be there and was not
 * captured.
 */
static const struct value *find_item(const struct value *v, const char *key, bool *unknown)
{
	unsigned long index;
	char *end;

	*unknown = is_missing(v) || v->cut;
	if (v->type == VALUE_DICT) {
		for (size_t i = 0; i + 1 < v->seq.count; i += 2) {
			if (v->seq.items[i].type == VALUE_STR &&
			    text_eq_str(v->seq.items[i].text, key))
				return &v->seq.items[i + 1];
		}
		return NULL;
	}
	if ((v->type != VALUE_LIST && v->type != VALUE_TUPLE) || !isdigit((unsigned char)*key))
		return NULL;
	index = strtoul(key, &end, 10);
	return !*end && index < v->seq.count ? &v->seq.items[index] : NULL;
}

/* One named argument.  False if the call has none of that name. */
static bool add_named(struct elements *e, const struct rule_subject *s, const struct event *ev)
{
	const struct value *v = NULL;
	bool unknown = ev->args_cut;

	for (size_t i = 0; i < ev->nr_args && !v; i++) {
		if (text_eq_str(ev->args[i].name, s->name))
			v = &ev->args[i].value;
	}
	if (v && s->item)
		v = find_item(v, s->item, &unknown);
	if (v)
		add_value(e, (struct text){ s->name, strlen(s->name) }, v);
	else if (unknown)
		add_unknown(e);
	return v || unknown;
}

static bool add_args(struct elements *e, const struct rule_subject *s, const struct event *ev)
{
	if (s->name)
		return add_named(e, s, ev);
	for (size_t i = 0; i < ev->nr_args; i++)
		add_value(e, ev->args[i].name, &ev->args[i].value);
	if (!ev->nr_args && ev->args_cut)
		add_unknown(e);
	return true;
}

/* Takes the mark of a cut name away; true if there was one. */
static bool take_mark(const struct event *ev, struct text *t)
{
	static const struct text mark = TEXT("…");

	if (!ev->names_cut || t->len < mark.len ||
	    memcmp(t->s + t->len - mark.len, mark.s, mark.len) != 0)
		return false;
	t->len -= mark.len;
	return true;
}

static bool has_part(struct text file, struct text part)
{
	return file.len && memmem(file.s, file.len, part.s, part.len);
}

/* Behind "/lib", or "/lib64" and the like. */
static bool is_behind_lib(const char *start, const char *pos)
{
	static const char *const libs[] = { "/lib", "/lib64", "/lib32" };

	for (size_t i = 0; i < ARRAY_SIZE(libs); i++) {
		size_t n = strlen(libs[i]);

		if ((size_t)(pos - start) >= n && memcmp(pos - n, libs[i], n) == 0)
			return true;
	}
	return false;
}

/* ".../lib/python3.11/...", ".../lib/python3.14t/...", ".../lib/python311.zip/..." */
static bool is_in_stdlib(struct text file)
{
	static const char name[] = "/python", zip[] = ".zip/";
	const char *pos = file.s, *end = file.s + file.len;

	while (pos < end && (pos = memmem(pos, end - pos, name, sizeof(name) - 1))) {
		bool behind_lib = is_behind_lib(file.s, pos);
		const char *p = pos += sizeof(name) - 1;

		while (p < end && (isdigit((unsigned char)*p) || *p == '.'))
			p++;
		if (!behind_lib || p == pos)
			continue;
		if (p[-1] == '.')
			p--;
		else if (p < end && *p == 't')
			p++;
		if (p < end && *p == '/')
			return true;
		if ((size_t)(end - p) >= sizeof(zip) - 1 && memcmp(p, zip, sizeof(zip) - 1) == 0)
			return true;
	}
	return false;
}

/*
 * Neither of the standard library nor installed as a package.  Code made at run time, as of a
 * template, is the application's.
 */
bool rule_file_is_application(struct text file)
{
	return file.len && !has_part(file, TEXT("<frozen ")) &&
	       !has_part(file, TEXT("/site-packages/")) &&
	       !has_part(file, TEXT("/dist-packages/")) && !is_in_stdlib(file);
}

static void set_outer(struct rule_element *item, const struct event *ev,
		      const struct event_frame *frame)
{
	item->outer_function = frame->function;
	item->outer_file = frame->file;
	item->outer = RULE_OUTER_KNOWN;
	if (take_mark(ev, &item->outer_function) || take_mark(ev, &item->outer_file))
		item->outer = RULE_OUTER_OPEN;
}

/*
 * Adds those of the callers that the subject is; true if that settles it.  `outermost`: who
 * called the last of them.
 */
static bool add_frames(struct elements *e, const struct rule_subject *s, const struct event *ev,
		       const struct event_frame *frames, size_t n, enum rule_outer outermost)
{
	for (size_t i = 0; i < n; i++) {
		struct text function = frames[i].function, file = frames[i].file;
		struct rule_element *item;

		if (s->what == RULE_APP_CALLER && !rule_file_is_application(file))
			continue;
		item = add_element(e);
		item->cut = take_mark(ev, &function);
		item->file_cut = take_mark(ev, &file);
		item->file = file;
		add_spelling(item, function.s, function.len);
		item->outer = outermost;
		if (i + 1 < n && frames != ev->between)
			set_outer(item, ev, &frames[i + 1]);
		if (s->what != RULE_CALLERS)
			return true;
	}
	return false;
}

static bool add_callers(struct elements *e, const struct rule_subject *s, const struct event *ev)
{
	size_t inner = ev->skipped ? ev->gap : ev->nr_frames;
	enum rule_outer end = ev->stack_cut ? RULE_OUTER_OPEN : RULE_OUTER_NONE;

	if (!add_frames(e, s, ev, ev->frames, inner, ev->skipped ? RULE_OUTER_OPEN : end) &&
	    !add_frames(e, s, ev, ev->between, ev->nr_between, RULE_OUTER_OPEN) &&
	    !add_frames(e, s, ev, ev->frames + inner, ev->nr_frames - inner, end) && ev->stack_cut)
		add_unknown(e);
	return true;
}

/* The elements of the subject; false if it is not known, so that no list on it applies. */
static bool elements_find(struct elements *e, const struct rule_subject *s, const struct event *ev,
			  const struct alert_request *request)
{
	const char *text = NULL;

	switch (s->what) {
	case RULE_ARG:
		return add_args(e, s, ev);
	case RULE_CALLERS:
	case RULE_CALLER:
	case RULE_APP_CALLER:
		return add_callers(e, s, ev);
	case RULE_REMOTE_ADDR:
		text = request ? request->remote_addr : NULL;
		break;
	case RULE_REQUEST_PATH:
		text = request ? request->path : NULL;
		break;
	}
	if (text)
		add_text(e, text);
	return text;
}

struct verdicts {
	bool excluded, allowed, disallowed;
};

/* input_open: what of the request is in the arguments is not to be asked. */
static void judge_term(const struct rule_term *t, const struct event *ev,
		       const struct alert_request *request, bool input_open, struct verdicts *v)
{
	_cleanup_(elements_fini) struct elements e;

	e.n = e.nr_texts = 0;
	e.inputs = request ? request->inputs : NULL;
	e.input_open = input_open;
	memset(e.texts, 0, sizeof(e.texts));
	if (!elements_find(&e, &t->subject, ev, request))
		return;
	if (t->only && rule_patterns_match(t->only, e.items, e.n) == RULE_NO)
		v->excluded = true;
	if (t->disallow && rule_patterns_match(t->disallow, e.items, e.n) != RULE_NO)
		v->disallowed = true;
	if (t->allow && rule_patterns_match(t->allow, e.items, e.n) == RULE_YES)
		v->allowed = true;
}

static unsigned int basis_of(const struct rule_term *t)
{
	if (t->inputs)
		return RULE_BASIS_INPUT;
	switch (t->subject.what) {
	case RULE_ARG:
		return RULE_BASIS_ARGS;
	case RULE_CALLERS:
	case RULE_CALLER:
	case RULE_APP_CALLER:
		return RULE_BASIS_CALLERS;
	default:
		return RULE_BASIS_REQUEST;
	}
}

/*
 * What a term's verdict goes by.  A statement means what it says, whoever hands it over; a path or
 * a host that is an application's own in one place is not in another.
 */
static unsigned int asked_by(const struct rule_term *t)
{
	return basis_of(t) | (t->inputs & ~(1U << INPUT_SQL) ? RULE_BASIS_CALLERS : 0);
}

/* True if all terms of the case hold. */
static bool is_excepted(const struct rule_exception *x, const struct event *ev,
			const struct alert_request *request, unsigned int *basis)
{
	for (size_t i = 0; i < x->nr_terms; i++) {
		struct verdicts v = { false };

		*basis |= asked_by(&x->terms[i]);
		judge_term(&x->terms[i], ev, request, false, &v);
		if (!v.allowed)
			return false;
	}
	return x->nr_terms;
}

/*
 * Judges the terms of one basis.  True if they and those before leave nothing open: the match is
 * not reported.
 */
static bool is_settled(const struct rule_condition *c, unsigned int basis, const struct event *ev,
		       const struct alert_request *request, struct verdicts *v, unsigned int *asked)
{
	bool may_disallow = false;

	for (size_t i = 0; i < c->nr_terms; i++) {
		if (basis_of(&c->terms[i]) == basis) {
			*asked |= asked_by(&c->terms[i]);
			judge_term(&c->terms[i], ev, request, false, v);
		} else if (c->terms[i].inputs && basis == RULE_BASIS_ARGS) {
			/*
			 * The rest of its patterns may exclude the arguments, whatever came with
			 * the request.
			 */
			struct verdicts early = { false };

			*asked |= basis;
			judge_term(&c->terms[i], ev, request, true, &early);
			v->excluded |= early.excluded;
			may_disallow |= c->terms[i].disallow != NULL;
		} else if (basis_of(&c->terms[i]) > basis && c->terms[i].disallow) {
			may_disallow = true;
		}
	}
	return v->excluded || (v->allowed && !v->disallowed && !may_disallow);
}

bool rule_condition_allows(const struct rule *rule, const struct event *ev,
			   const struct alert_request *request, unsigned int *basis)
{
	const struct rule_condition *c = rule->condition;
	struct verdicts v = { false };

	if (request && request->inputs)
		request->inputs->found = (struct input_found){ 0 };
	if (!c)
		return true;
	/*
	 * What can be told by the arguments alone need not be told again for each way the function
	 * is reached.
	 */
	for (unsigned int b = RULE_BASIS_ARGS; b <= RULE_BASIS_REQUEST; b <<= 1) {
		if (is_settled(c, b, ev, request, &v, basis))
			return false;
	}
	if (v.disallowed)
		return true;
	for (size_t i = 0; i < c->nr_exceptions; i++) {
		if (is_excepted(&c->exceptions[i], ev, request, basis))
			return false;
	}
	return true;
}
