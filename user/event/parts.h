/* SPDX-License-Identifier: GPL-2.0-only */
/* What the sections of a match held, before arguments meet parameters.  Private to user/event. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "bpf/abi/event.h"
#include "bpf/abi/limits.h"
#include "event/event.h"

/* An argument of a frame, or a parameter's name, by the index of its slot. */
struct slot {
	unsigned int index;
	struct event_arg arg;
};

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
	struct value self; /* VALUE_UNSET: not sent */
	struct text signature, type_name;
	bool signature_cut;
	size_t max_frames, max_between, max_request_values;
};

/*
 * Makes ev->args of them: binds the arguments of a call, or orders those of a frame. Returns 0 or
 * -ENOMEM.
 */
int parts_take_args(struct parts *p, struct err *err);
