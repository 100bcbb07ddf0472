// SPDX-License-Identifier: GPL-2.0-only
#include "console/score.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/when.h"

#define ALL (-1)

static const char *const by_names[NR_SCORE_BY] = { "address", "session" };
static const char *const kind_names[NR_SCORE_KINDS] = { "level:", "tag:", "rule:" };

void score_settings_init(struct score_settings *s)
{
	*s = (struct score_settings){ .limit = 10, .window = WHEN_MINUTE, .keep = WHEN_HOUR };
	score_parse(SCORE_POINTS_DEFAULT, s, NULL);
}

const char *score_by_name(enum score_by by)
{
	return by_names[by < NR_SCORE_BY ? by : SCORE_BY_ADDRESS];
}

int score_by_parse(struct text name, enum score_by *out)
{
	for (enum score_by by = 0; by < NR_SCORE_BY; by++) {
		if (text_eq_str(name, by_names[by])) {
			*out = by;
			return 0;
		}
	}
	return -EINVAL;
}

/* A number of digits alone, no larger than `max`; takes it off the text. */
static bool take_number(struct text *t, int64_t max, int64_t *out)
{
	size_t i = 0;
	int64_t n = 0;

	for (; i < t->len && t->s[i] >= '0' && t->s[i] <= '9'; i++) {
		if (n > (max - (t->s[i] - '0')) / 10)
			return false;
		n = n * 10 + (t->s[i] - '0');
	}
	*t = (struct text){ t->s + i, t->len - i };
	*out = n;
	return i;
}

static int parse_points(struct text value, int64_t *out)
{
	if (text_eq_str(value, "all")) {
		*out = ALL;
		return 0;
	}
	return take_number(&value, SCORE_LIMIT_MAX, out) && !value.len ? 0 : -EINVAL;
}

static int parse_entry(struct text entry, struct score_rule *out, struct err *err)
{
	const char *equals = memrchr(entry.s, '=', entry.len);
	enum score_kind kind = 0;
	enum record_level level;
	size_t len = 0;

	for (; kind < NR_SCORE_KINDS; kind++) {
		len = strlen(kind_names[kind]);
		if (entry.len > len && memcmp(entry.s, kind_names[kind], len) == 0)
			break;
	}
	if (!equals || kind == NR_SCORE_KINDS ||
	    parse_points((struct text){ equals + 1, entry.s + entry.len - (equals + 1) },
			 &out->points))
		return err_set(err, -EINVAL,
			       "\"%.*s\" has to be level:NAME=POINTS, tag:NAME=POINTS or "
			       "rule:NAME=POINTS, up to %d, or \"all\" for as many as are needed",
			       (int)entry.len, entry.s, SCORE_LIMIT_MAX);
	out->kind = kind;
	out->name = (struct text){ entry.s + len, equals - (entry.s + len) };
	if (!out->name.len || (kind == SCORE_LEVEL && record_level_parse(out->name, &level)))
		return err_set(err, -EINVAL, "\"%.*s\": there is no such level or name",
			       (int)entry.len, entry.s);
	return 0;
}

int score_parse(const char *text, struct score_settings *s, struct err *err)
{
	const char *at = text;

	s->nr_rules = 0;
	s->points = text;
	while (*at) {
		size_t len = strcspn(at, ",");
		struct text entry = { at, len };
		int res;

		at += len + (at[len] == ',');
		for (; entry.len && isspace((unsigned char)*entry.s); entry.len--)
			entry.s++;
		while (entry.len && isspace((unsigned char)entry.s[entry.len - 1]))
			entry.len--;
		if (!entry.len)
			continue;
		if (s->nr_rules == SCORE_RULES_MAX)
			return err_set(err, -EINVAL, "more than %d entries", SCORE_RULES_MAX);
		res = parse_entry(entry, &s->rules[s->nr_rules++], err);
		if (res)
			return res;
	}
	return 0;
}

/* Tags of records are in lower case. */
static bool has_tag(const struct record *r, struct text name)
{
	for (size_t i = 0; i < r->nr_tags; i++) {
		if (r->tags[i].len == name.len && strncasecmp(r->tags[i].s, name.s, name.len) == 0)
			return true;
	}
	return false;
}

static bool is_about(const struct score_rule *rule, const struct record *r)
{
	switch (rule->kind) {
	case SCORE_LEVEL:
		return text_eq_str(rule->name, record_level_name(r->level));
	case SCORE_TAG:
		return has_tag(r, rule->name);
	default:
		return text_eq(rule->name, r->rule);
	}
}

int64_t score_of(const struct score_settings *s, const struct record *r)
{
	int64_t most = 0;

	for (size_t i = 0; i < s->nr_rules; i++) {
		const struct score_rule *rule = &s->rules[i];
		int64_t points = rule->points == ALL ? s->limit : MIN(rule->points, s->limit);

		if (points > most && is_about(rule, r))
			most = points;
	}
	return most;
}

static void drop_first(struct score_window *w, size_t nr)
{
	w->nr -= nr;
	memmove(w->hits, w->hits + nr, w->nr * sizeof(w->hits[0]));
}

static int64_t sum_of(const struct score_window *w)
{
	int64_t sum = 0;

	for (size_t i = 0; i < w->nr; i++)
		sum += w->hits[i].points;
	return sum;
}

int64_t score_add(struct score_window *w, const struct score_settings *s, struct score_hit hit)
{
	size_t at = w->nr, old = 0;
	int64_t sum;

	/* There is a place: with each hit a point at least, those beyond the limit were dropped. */
	if (w->nr > SCORE_LIMIT_MAX)
		drop_first(w, 1);
	at = w->nr;
	for (; at && w->hits[at - 1].time > hit.time; at--)
		w->hits[at] = w->hits[at - 1];
	w->hits[at] = hit;
	w->nr++;
	while (w->hits[old].time <= w->hits[w->nr - 1].time - s->window)
		old++;
	drop_first(w, old);
	sum = sum_of(w);
	for (old = 0; sum - w->hits[old].points >= s->limit; old++)
		sum -= w->hits[old].points;
	drop_first(w, old);
	return MIN(sum, s->limit);
}

void score_put(struct buf *out, const struct score_window *w)
{
	for (size_t i = 0; i < w->nr; i++)
		buf_printf(out, "%s%lld %lld", i ? " " : "", (long long)w->hits[i].time,
			   (long long)w->hits[i].points);
}

static bool take_blank(struct text *t)
{
	if (!t->len || *t->s != ' ')
		return false;
	*t = (struct text){ t->s + 1, t->len - 1 };
	return true;
}

void score_read(struct text t, struct score_window *out)
{
	out->nr = 0;
	while (out->nr < SCORE_LIMIT_MAX) {
		struct score_hit hit;

		if ((out->nr && !take_blank(&t)) || !take_number(&t, INT64_MAX, &hit.time) ||
		    !take_blank(&t) || !take_number(&t, SCORE_LIMIT_MAX, &hit.points) ||
		    !hit.points || (out->nr && hit.time < out->hits[out->nr - 1].time))
			return;
		out->hits[out->nr++] = hit;
	}
}
