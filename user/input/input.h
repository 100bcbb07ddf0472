/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What came with a request, and what it does in a call's argument: is the client's text in it, and
 * does that text change what the argument means?  Both are hostile.  Pure: no I/O, no globals; time
 * is linear in the argument, and bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "event/event.h"

enum input_source {
	INPUT_FROM_QUERY = 1,
	INPUT_FROM_PATH,
	INPUT_FROM_HEADER,
	INPUT_FROM_COOKIE,
	INPUT_FROM_FORM,
	INPUT_FROM_JSON,
	INPUT_FROM_FILE, /* an upload's name */
	INPUT_FROM_BODY, /* as a whole */
};

/* What the argument is, and so what changes its meaning. */
enum input_kind {
	INPUT_ANY, /* nothing in particular: the text only has to be there */
	/* a str or bytes: a command line of a shell; a list or tuple: the words of a program */
	INPUT_SHELL,
	INPUT_SQL,
	INPUT_PATH,
	INPUT_URL,  /* or a host alone */
	INPUT_CODE, /* of Python */
	INPUT_TEMPLATE,
	INPUT_HTML,
	INPUT_FORMAT, /* of str.format() */
	NR_INPUT_KINDS,
};

/* A piece of the client's text: a value of the query, a segment of the path, ... */
struct input_leaf {
	enum input_source source;
	struct text name; /* .s NULL: it has none; of JSON "user.name", "items[0].host" */
	struct text value;
	bool cut; /* its end is missing */
};

/* A way in which a leaf may stand in an argument: as it came, or decoded once more. */
struct input_needle {
	struct text text;
	size_t leaf;
};

struct input_leaves {
	struct input_leaf *items;
	size_t nr_items;
	struct input_needle *needles;
	size_t nr_needles;
	bool cut; /* something of the request is missing */
};

/* What of the request reached which argument. */
struct input_found {
	enum input_source source; /* 0: nothing */
	struct text name;	  /* .s NULL: it has none */
	struct text value;	  /* as it stands in the argument */
	struct text arg;	  /* the argument's name */
};

/*
 * The client's text of the request in which a match happened, taken apart when it is asked for
 * first.
 */
struct inputs {
	struct arena *arena;
	const struct event *event;
	bool made;
	struct input_leaves leaves;
	struct input_found found; /* by inputs_judge(), the last one that said yes */
};

/* `event` and `arena` outlive it, and own all text that comes of it. */
void inputs_init(struct inputs *in, struct arena *arena, const struct event *event);

enum input_fit {
	INPUT_FITS_NOT,
	INPUT_MAY_FIT, /* what is missing of the request or the argument would tell */
	INPUT_FITS,
};

/*
 * Is the client's text in the value, and changes what that is? Says in in->found what it was, if
 * so.
 */
enum input_fit inputs_judge(struct inputs *in, enum input_kind kind, struct text arg,
			    const struct value *value);
/* Looks for the client's text in each argument of the event until it is found: in->found. */
void inputs_look(struct inputs *in);
/* Is none of it in any argument for certain? */
bool inputs_are_absent(struct inputs *in);

/* The name of a kind as rules have it, and of a source as alerts have it. */
const char *input_kind_name(enum input_kind kind);
const char *input_source_name(enum input_source source);
