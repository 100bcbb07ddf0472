/* SPDX-License-Identifier: GPL-2.0-only */
/* Binds the arguments of a call to parameters, as the interpreter would.  Private to user/event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "event/event.h"

enum param_kind {
	PARAM_POSONLY,
	PARAM_POSITIONAL, /* by position or by keyword */
	PARAM_VARARGS,
	PARAM_KWONLY,
	PARAM_VARKW,
};

struct param {
	struct text name;
	enum param_kind kind;
	bool has_value; /* its default */
	struct value value;
};

struct call {
	const struct value *pos;
	size_t nr_pos;
	const struct event_arg *kw;
	size_t nr_kw;
	bool cut; /* there may have been more of them */
};

/*
 * Writes ev->args and ev->nr_args: one for each parameter, in their order, then what fits no
 * parameter (the call will be a TypeError, or the parameters are not known), by position or
 * keyword.  No more than PHRUDE_ARGS_MAX in all; ev->args_cut is set where that leaves some out.
 * Returns 0 or -ENOMEM.
 */
int bind_call(struct arena *arena, const struct param *params, size_t nr_params,
	      const struct call *call, struct event *ev);

/* The name of an argument that has only a position. {NULL, 0}: no memory. */
struct text bind_position_name(struct arena *arena, unsigned int position);
