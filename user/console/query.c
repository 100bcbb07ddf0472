// SPDX-License-Identifier: GPL-2.0-only
/*
 * One condition, the one that the fewest alerts fit as a rule, leads: its index has the alerts in
 * order of time.  Each other one is asked of each alert, and kept from leading, so that nothing has
 * to be sorted.  A file is asked for its index, where an alert takes a fortieth of the room that it
 * has among the alerts: where few of many fit, the others are not read at all.
 */
#include "console/query.h"

#include "base/util.h"
#include "console/state.h"

enum lead {
	LEAD_TEXT,
	LEAD_GROUP,
	LEAD_WORDS,
	LEAD_TECHNIQUE,
	LEAD_CWE,
	LEAD_STATE,
	LEAD_LEVEL,
	LEAD_SESSIONS, /* all that have one */
	LEAD_NONE
};

static const struct {
	enum lead lead;
	enum filter_text text;
} precedence[] = {
	{ LEAD_TEXT, FILTER_SESSION },
	{ LEAD_TEXT, FILTER_ADDR },
	{ LEAD_GROUP, 0 },
	{ LEAD_WORDS, 0 },
	{ LEAD_TEXT, FILTER_PATH },
	{ LEAD_TEXT, FILTER_POD },
	{ LEAD_TEXT, FILTER_AGENT },
	{ LEAD_TEXT, FILTER_HOST },
	{ LEAD_TEXT, FILTER_FUNCTION },
	{ LEAD_TEXT, FILTER_RULE },
	{ LEAD_TECHNIQUE, 0 },
	{ LEAD_CWE, 0 },
	{ LEAD_STATE, 0 },
	{ LEAD_TEXT, FILTER_APP },
	{ LEAD_LEVEL, 0 },
};

static const struct {
	const char *column, *index;
} texts[NR_FILTER_TEXTS] = {
	[FILTER_SESSION] = { "session", "alerts_session" },
	[FILTER_ADDR] = { "addr", "alerts_addr" },
	[FILTER_PATH] = { "path", "alerts_path" },
	[FILTER_POD] = { "pod", "alerts_pod" },
	[FILTER_AGENT] = { "agent", "alerts_agent" },
	[FILTER_HOST] = { "host", "alerts_host" },
	[FILTER_FUNCTION] = { "function", "alerts_function" },
	[FILTER_RULE] = { "rule", "alerts_rule" },
	[FILTER_APP] = { "app", "alerts_app" },
	[FILTER_ACTION] = { "action", NULL },
};

/*
 * What the databases call differently.  SQLite goes through the tables of a CROSS JOIN in that
 * order.
 */
static const struct {
	const char *from_words, *words_seq, *and_words, *from_tags, *from_sessions;
} dialects[NR_DB_KINDS] = {
	[DB_SQLITE] = {
		"words CROSS JOIN alerts AS a ON a.seq = words.rowid WHERE words MATCH ?",
		"words.rowid",
		" AND EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND rowid = a.seq)",
		"tags AS t CROSS JOIN alerts AS a ON a.seq = t.seq WHERE t.tag = ?",
		"alerts AS a INDEXED BY alerts_with_session WHERE a.session IS NOT NULL",
	},
	[DB_POSTGRES] = {
		"words JOIN alerts AS a ON a.seq = words.seq"
		" WHERE words.text @@ to_tsquery('simple', ?)",
		"words.seq",
		" AND EXISTS (SELECT 1 FROM words WHERE text @@ to_tsquery('simple', ?)"
		" AND seq = a.seq)",
		"tags AS t JOIN alerts AS a ON a.seq = t.seq WHERE t.tag = ?",
		"alerts AS a WHERE a.session IS NOT NULL",
	},
};

static void put_text(struct query *q, const char *sql, struct text value)
{
	buf_adds(&q->sql, sql);
	q->values[q->nr_values++] = (struct db_value){ .is_text = true, .text = value };
}

static void put_number(struct query *q, const char *sql, int64_t value)
{
	buf_adds(&q->sql, sql);
	q->values[q->nr_values++] = (struct db_value){ .number = value };
}

static bool can_lead(const struct filter *f, enum lead lead, enum filter_text text)
{
	switch (lead) {
	case LEAD_TEXT:
		return f->text[text].s;
	case LEAD_GROUP:
		return f->group;
	case LEAD_WORDS:
		return f->words[0].s;
	case LEAD_TECHNIQUE:
		return f->technique.s;
	case LEAD_CWE:
		return f->cwe.s;
	case LEAD_STATE:
		/* Nearly all are new, and there is no index of those. */
		return f->state > STATE_NEW;
	case LEAD_LEVEL:
		return f->level >= 0;
	case LEAD_SESSIONS:
	case LEAD_NONE:
		break;
	}
	return false;
}

/* Puts the FROM and the leading condition; returns how the place in time is called there. */
static const char *put_lead(struct query *q, const struct filter *f, enum lead lead,
			    enum filter_text text)
{
	switch (lead) {
	case LEAD_WORDS:
		put_text(q, dialects[q->kind].from_words, f->words[q->kind]);
		return dialects[q->kind].words_seq;
	case LEAD_TECHNIQUE:
	case LEAD_CWE:
		put_text(q, dialects[q->kind].from_tags, lead == LEAD_CWE ? f->cwe : f->technique);
		return "t.seq";
	case LEAD_TEXT:
		buf_printf(&q->sql, "alerts AS a WHERE a.%s", texts[text].column);
		put_text(q, " = ?", f->text[text]);
		return "a.seq";
	case LEAD_GROUP:
		put_number(q, "alerts AS a WHERE a.grp = ?", f->group);
		return "a.seq";
	case LEAD_STATE:
		put_number(q, "alerts AS a WHERE a.state <> 0 AND a.state = ?", f->state);
		return "a.seq";
	case LEAD_LEVEL:
		put_number(q, "alerts AS a WHERE a.level = ?", f->level);
		return "a.seq";
	case LEAD_SESSIONS:
		buf_adds(&q->sql, dialects[q->kind].from_sessions);
		return "a.seq";
	case LEAD_NONE:
		break;
	}
	buf_adds(&q->sql, "alerts AS a WHERE 1 = 1");
	return "a.seq";
}

/*
 * A condition that does not lead.  The literals are of this file; `nothing` keeps a database from
 * leading by its index.
 */
static void put_other(struct query *q, const char *seq, const char *column, const char *index,
		      const char *nothing)
{
	if (q->kind == DB_SQLITE && index)
		buf_printf(&q->sql,
			   " AND EXISTS (SELECT 1 FROM alerts AS other INDEXED BY %s"
			   " WHERE other.seq = %s AND other.%s = ?)",
			   index, seq, column);
	else
		buf_printf(&q->sql, " AND (a.%s %s) = ?", column, nothing);
}

/* All conditions but those of time and the one that leads; `seq`: the place in time. */
static void put_others(struct query *q, const struct filter *f, enum lead lead,
		       enum filter_text text, const char *seq)
{
	for (size_t i = 0; i < NR_FILTER_TEXTS; i++) {
		if (!f->text[i].s || (lead == LEAD_TEXT && text == i))
			continue;
		put_other(q, seq, texts[i].column, texts[i].index, "|| ''");
		put_text(q, "", f->text[i]);
	}
	if (f->group && lead != LEAD_GROUP) {
		put_other(q, seq, "grp", "alerts_group", "+ 0");
		put_number(q, "", f->group);
	}
	if (f->state >= 0 && lead != LEAD_STATE)
		put_number(q, " AND (a.state + 0) = ?", f->state);
	if (f->level >= 0 && lead != LEAD_LEVEL) {
		put_other(q, seq, "level", "alerts_level", "+ 0");
		put_number(q, "", f->level);
	}
	if (f->words[0].s && lead != LEAD_WORDS)
		put_text(q, dialects[q->kind].and_words, f->words[q->kind]);
	if (f->technique.s && lead != LEAD_TECHNIQUE)
		put_text(q, " AND EXISTS (SELECT 1 FROM tags WHERE tag = ? AND seq = a.seq)",
			 f->technique);
	if (f->cwe.s && lead != LEAD_CWE)
		put_text(q, " AND EXISTS (SELECT 1 FROM tags WHERE tag = ? AND seq = a.seq)",
			 f->cwe);
}

static void put_bound(struct query *q, const char *seq, const char *comparison, int64_t value)
{
	buf_printf(&q->sql, " AND %s ", seq);
	put_number(q, comparison, value);
}

static void build(struct query *q, enum db_kind kind, const struct filter *f, const char *columns,
		  bool sessions, enum query_order order, unsigned int limit)
{
	enum lead lead = LEAD_NONE;
	enum filter_text text = 0;
	const char *seq;

	*q = (struct query){ .kind = kind };
	for (size_t i = 0; i < ARRAY_SIZE(precedence) && lead == LEAD_NONE; i++) {
		if (can_lead(f, precedence[i].lead, precedence[i].text)) {
			lead = precedence[i].lead;
			text = precedence[i].text;
		}
	}
	if (lead == LEAD_NONE && sessions)
		lead = LEAD_SESSIONS;
	buf_printf(&q->sql, "SELECT %s FROM ", columns);
	seq = put_lead(q, f, lead, text);
	put_others(q, f, lead, text, seq);
	if (sessions && lead != LEAD_SESSIONS)
		buf_adds(&q->sql, " AND a.session IS NOT NULL");
	if (f->before)
		put_bound(q, seq, "< ?", f->before);
	if (f->after)
		put_bound(q, seq, "> ?", f->after);
	if (f->since)
		put_bound(q, seq, ">= ?", f->since * SEQ_A_MICROSECOND);
	if (f->until)
		put_bound(q, seq, "< ?", f->until * SEQ_A_MICROSECOND);
	buf_printf(&q->sql, " ORDER BY %s %s LIMIT %u", seq,
		   order == QUERY_OLDEST_FIRST ? "ASC" : "DESC", limit);
}

void query_build(struct query *q, enum db_kind kind, const struct filter *f, const char *columns,
		 enum query_order order, unsigned int limit)
{
	build(q, kind, f, columns, false, order, limit);
}

void query_build_sessions(struct query *q, enum db_kind kind, const struct filter *f,
			  const char *columns, unsigned int limit)
{
	build(q, kind, f, columns, true, QUERY_NEWEST_FIRST, limit);
}

void query_fini(struct query *q)
{
	buf_fini(&q->sql);
}
