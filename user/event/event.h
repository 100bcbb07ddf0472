/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a record of the ring buffer to a match in words.  Nothing in the record is trusted: it holds
 * what a target's memory held.  Pure: no I/O, no clock, no globals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "bpf/abi/event.h"
#include "event/value.h"

struct event_arg {
	struct text name;
	struct value value;
};

struct event_frame {
	struct text function; /* co_name */
	struct text file;     /* co_filename */
	uint64_t code, linetable, signature;
	int32_t lasti; /* in bytes */
	uint32_t firstlineno;
	int line; /* 0: not known (filled in by whoever holds the line tables) */
};

/* What was sent of the request being handled; user/request makes sense of it. */
struct event_request {
	enum ev_request_kind kind; /* 0: there is none */
	struct event_request_value {
		unsigned int field; /* enum ev_request_field */
		bool bytes, cut;
		struct text text; /* str: decoded; bytes: raw */
		/* of what is no text: a form, what JSON became, uploads; NULL: it is one */
		const struct value *value;
	} * values;
	size_t nr_values;
};

struct event {
	struct ev_match head;			  /* copied: the record need not be aligned */
	struct text name, qualname, file, module; /* .s is NULL where unknown */
	int line;				  /* co_firstlineno; 0 for C functions */
	struct event_arg *args;			  /* in the function's order, defaults included */
	size_t nr_args;
	struct event_frame *frames; /* from the immediate caller outwards */
	size_t nr_frames;
	/*
	 * Of a deep stack the callers in the middle are no frames: they would stand before
	 * frames[gap], where skipped is not 0. Each of their functions is in between[] once, in the
	 * order in which they come first.
	 */
	size_t gap, skipped;
	struct event_frame *between; /* function and file only */
	size_t nr_between;
	struct event_request request;
	bool stack_cut; /* there may be callers of which nothing is known */
	bool args_cut;	/* an argument is missing or cut */
	bool names_cut; /* one of the names or files is cut: it ends in "…" */
};

/*
 * Decodes an EV_MATCH record of `size` bytes, at any alignment.  Call layouts (SEC_POSARG...) are
 * bound to parameters as the interpreter would: by position, by keyword, defaults, *args, **kwargs;
 * a C function's from its signature, else by position.  The bound object of a C method ($self,
 * $module, $type in its signature) is no argument: it must not have been sent as one.  `out` points
 * into the arena only (not into the record).  Returns 0, -EPROTO for a malformed record, -ENOMEM.
 */
int event_decode(struct arena *arena, const void *record, size_t size, struct event *out,
		 struct err *err);

/* True if anything of the match was cut. */
bool event_is_truncated(const struct event *ev);
