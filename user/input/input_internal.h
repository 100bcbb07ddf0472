/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of user/input share. */
#pragma once

#include <stdint.h>

#include "input/input.h"

#define INPUT_LEAVES_MAX 512
#define INPUT_NEEDLES_MAX (4 * INPUT_LEAVES_MAX)
#define INPUT_SPANS_MAX 256

/* Makes the leaves of a request. */
void input_leaves_make(struct arena *arena, const struct event_request *request,
		       struct input_leaves *out);

/* Bytes [start, end) of a sink that came with the request. */
struct input_span {
	size_t start, end;
	bool plain; /* letters, digits and `_` only: these change nothing by themselves */
};

/* How a statement in SQL is read. */
enum input_dialect {
	INPUT_ANY_DIALECT, /* not known: an attack in one of them is one */
	INPUT_SQLITE,
	INPUT_POSTGRES,
	INPUT_MYSQL,
};

/* A text that a function was given, and what of it is the client's. */
struct input_sink {
	struct text text;
	const struct input_span *spans; /* ascending, none touches another */
	size_t nr_spans;
	enum input_dialect dialect; /* for SQL */
};

/* Is the span all of the sink but blanks? */
bool input_span_is_whole(const struct input_sink *sink, const struct input_span *span);

/* Goes through the spans of a sink, from its beginning to its end. */
struct input_cursor {
	const struct input_sink *sink;
	size_t next;
};

/* The span that holds the byte at `pos`, which never goes back; NULL: it is the application's. */
static inline const struct input_span *input_cursor_at(struct input_cursor *c, size_t pos)
{
	const struct input_sink *sink = c->sink;

	while (c->next < sink->nr_spans && sink->spans[c->next].end <= pos)
		c->next++;
	return c->next < sink->nr_spans && sink->spans[c->next].start <= pos ? &sink->spans[c->next]
									     : NULL;
}

enum input_verdict {
	INPUT_CLEAN,
	INPUT_SUSPECT, /* the client owns a whole value, which may be what it is for */
	INPUT_ATTACK,
};

/* Judges a text; `at` is a byte of the client's that makes it an attack. */
typedef enum input_verdict (*input_judge_fn)(const struct input_sink *sink, size_t *at);

enum input_verdict input_judge_shell(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_sql(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_path(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_url(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_code(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_template(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_format(const struct input_sink *sink, size_t *at);
enum input_verdict input_judge_html(const struct input_sink *sink, size_t *at);

/* How needles are looked for. */
struct input_search {
	size_t min; /* the least length of one */
	/* plain words of the path, too: routes are often called like what they run */
	bool path_words;
	bool caseless;
	/* not what headers say: a host or an address there is the application's own */
	bool no_headers;
};

/* A needle in a sink. */
struct input_hit {
	size_t start, end;
	size_t needle;
};

struct input_hits {
	struct input_hit items[INPUT_SPANS_MAX];
	size_t nr_items;
	struct input_span spans[INPUT_SPANS_MAX];
	size_t nr_spans;
	bool cut; /* there may be more, or the text of a leaf went on */
};

/* Finds all needles in the text. False: there is no memory. */
bool input_find(const struct input_leaves *leaves, const struct input_search *search,
		struct arena *arena, struct text text, struct input_hits *out);
/* Letters, digits and `_` only? */
bool input_is_plain(struct text s);
/* The longest needle at a place of the text. */
const struct input_hit *input_hit_at(const struct input_hits *hits, size_t at);
