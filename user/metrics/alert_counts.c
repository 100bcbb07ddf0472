// SPDX-License-Identifier: GPL-2.0-only
#include "metrics/alert_counts.h"

#include <errno.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* With more series than this, in all, no more are made that are zero. */
#define SERIES_MAX 2000

struct alert_counts {
	pthread_mutex_t lock;	    /* of all this */
	struct alert_series **list; /* in the order in which they came */
	size_t count;
	void *tree;  /* of the same, for tsearch() */
	void *pairs; /* of those that are the first of their rule and target */
};

struct alert_counts *alert_counts_new(void)
{
	struct alert_counts *c = calloc(1, sizeof(*c));

	if (c)
		pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void series_free(struct alert_series *s)
{
	if (!s)
		return;
	free((char *)s->rule);
	free((char *)s->target);
	free(s);
}
DEFINE_CLEANUP(series_freep, struct alert_series, series_free);

static void leave_node(void *node)
{
}

void alert_counts_free(struct alert_counts *c)
{
	if (!c)
		return;
	tdestroy(c->tree, leave_node);
	tdestroy(c->pairs, leave_node);
	for (size_t i = 0; i < c->count; i++)
		series_free(c->list[i]);
	free(c->list);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct alert_series *x = a, *y = b;

	/* No target is none of any name. */
	return strcmp(x->rule, y->rule) ?: strcmp(x->target ?: "", y->target ?: "");
}

static int compare_series(const void *a, const void *b)
{
	const struct alert_series *x = a, *y = b;

	return compare_pairs(x, y) ?: strcmp(x->level, y->level);
}

static struct alert_series *add_series(struct alert_counts *c, const struct alert_series *like)
{
	_cleanup_(series_freep) struct alert_series *s = calloc(1, sizeof(*s));
	struct alert_series *const *first,
		**list = reallocarray(c->list, c->count + 1, sizeof(struct alert_series *));

	if (list)
		c->list = list;
	if (!s || !list)
		return NULL;
	s->rule = strdup(like->rule);
	s->level = like->level;
	s->target = like->target ? strdup(like->target) : NULL;
	if (!s->rule || !s->target != !like->target)
		return NULL;
	first = tsearch(s, &c->pairs, compare_pairs);
	if (!first)
		return NULL;
	s->is_first = *first == s;
	if (!tsearch(s, &c->tree, compare_series)) {
		if (s->is_first)
			tdelete(s, &c->pairs, compare_pairs);
		return NULL;
	}
	return list[c->count++] = TAKE_PTR(s);
}

static struct alert_series series_like(const struct rule *rule, const char *target)
{
	return (struct alert_series){ .rule = rule->name,
				      .level = rule_level_name(rule->level),
				      .target = target };
}

static struct alert_series *find_series(const struct alert_counts *c,
					const struct alert_series *like)
{
	struct alert_series *const *found = tfind(like, &c->tree, compare_series);

	return found ? *found : NULL;
}

/* NULL: no memory. */
static struct alert_series *find_or_add(struct alert_counts *c, const struct rule *rule,
					const char *target)
{
	const struct alert_series like = series_like(rule, target);

	return find_series(c, &like) ?: add_series(c, &like);
}

/* With those that there are already, whoever has asked for them. */
static bool would_be_too_many(const struct alert_counts *c, const struct rule_set *rules,
			      const char *target)
{
	size_t count = c->count;

	for (size_t i = 0; i < rules->nr_rules && count <= SERIES_MAX; i++) {
		const struct alert_series like = series_like(&rules->rules[i], target);

		count += !find_series(c, &like);
	}
	return count > SERIES_MAX;
}

int alert_counts_expect(struct alert_counts *c, const struct rule_set *rules, const char *target)
{
	size_t wanted;
	int ret = 0;

	pthread_mutex_lock(&c->lock);
	wanted = would_be_too_many(c, rules, target) ? 0 : rules->nr_rules;
	for (size_t i = 0; i < wanted && !ret; i++)
		ret = find_or_add(c, &rules->rules[i], target) ? 0 : -ENOMEM;
	pthread_mutex_unlock(&c->lock);
	return ret;
}

void alert_counts_add(struct alert_counts *c, const struct rule *rule, const char *target)
{
	struct alert_series *s;

	pthread_mutex_lock(&c->lock);
	s = find_or_add(c, rule, target);
	if (s)
		s->alerts++;
	pthread_mutex_unlock(&c->lock);
}

void alert_counts_suppress(struct alert_counts *c, const struct rule *rule, const char *target)
{
	struct alert_series *s, *const *first;

	pthread_mutex_lock(&c->lock);
	s = find_or_add(c, rule, target);
	first = s ? tfind(s, &c->pairs, compare_pairs) : NULL;
	if (first)
		(*first)->suppressed++;
	pthread_mutex_unlock(&c->lock);
}

size_t alert_counts_size(struct alert_counts *c)
{
	size_t count;

	pthread_mutex_lock(&c->lock);
	count = c->count;
	pthread_mutex_unlock(&c->lock);
	return count;
}

void alert_counts_get(struct alert_counts *c, size_t number, struct alert_series *out)
{
	pthread_mutex_lock(&c->lock);
	*out = *c->list[number];
	pthread_mutex_unlock(&c->lock);
}
