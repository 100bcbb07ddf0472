// SPDX-License-Identifier: GPL-2.0-only
#include "limit/limit.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Places that are as new are looked for this often at the most. */
#define SWEEP_NS NSEC_PER_SEC

struct limit_place {
	struct limit_key key; /* comes first, for compare_places(); text is owned */
	struct bucket bucket;
	struct limit_held held; /* count 0: nothing is */
	size_t size;
	int64_t due_ns;
	struct limit_place *older, *newer; /* of those that hold something back */
};

struct limit {
	struct limit_rate rate;
	void (*let_go)(void *first);
	void *tree; /* of all places, for tsearch() */
	size_t nr_own;
	/* of one rule and target each; the others are one for each rule at the most */
	struct limit_place *own[LIMIT_PLACES_MAX];
	uint64_t swept_ns;
	struct limit_place *oldest, *newest;
	size_t bytes;
};

struct limit *limit_new(const struct limit_rate *rate, void (*let_go)(void *first))
{
	struct limit *l = calloc(1, sizeof(*l));

	if (l) {
		l->rate = *rate;
		l->let_go = let_go;
	}
	return l;
}

/* What was taken of the former limit is nothing to this one. */
static void fill_bucket(const void *node, VISIT visit, int level)
{
	struct limit_place *p = *(struct limit_place *const *)node;

	if (visit == preorder || visit == leaf)
		p->bucket = (struct bucket){ 0 };
}

void limit_set(struct limit *l, const struct limit_rate *rate)
{
	if (l->rate.interval_ns == rate->interval_ns && l->rate.burst == rate->burst)
		return;
	l->rate = *rate;
	twalk(l->tree, fill_bucket);
}

static void free_place(void *node)
{
	struct limit_place *p = node;

	free((char *)p->key.rule);
	free((char *)p->key.target);
	free(p);
}

static void free_new_place(struct limit_place *p)
{
	if (p)
		free_place(p);
}
DEFINE_CLEANUP(free_new_placep, struct limit_place, free_new_place);

void limit_free(struct limit *l)
{
	struct limit_held held;

	if (!l)
		return;
	while (limit_take(l, INT64_MAX, &held))
		l->let_go(held.first);
	tdestroy(l->tree, free_place);
	free(l);
}

static int compare_places(const void *a, const void *b)
{
	const struct limit_key *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);

	if (!order)
		order = strcmp(x->target ?: "", y->target ?: "");
	if (!order)
		order = !x->target - !y->target;
	return order ?: (x->pid > y->pid) - (x->pid < y->pid);
}

/* One that nothing is held back in and that has all to give is no other than a new one. */
static void sweep(struct limit *l, uint64_t time_ns)
{
	size_t kept = 0;

	l->swept_ns = time_ns;
	for (size_t i = 0; i < l->nr_own; i++) {
		struct limit_place *p = l->own[i];

		if (p->held.count || !bucket_is_full(&p->bucket, time_ns)) {
			l->own[kept++] = p;
			continue;
		}
		tdelete(p, &l->tree, compare_places);
		free_place(p);
	}
	l->nr_own = kept;
}

static struct limit_place *add_place(struct limit *l, const struct limit_key *key)
{
	_cleanup_(free_new_placep) struct limit_place *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->key.rule = strdup(key->rule);
	p->key.target = key->target ? strdup(key->target) : NULL;
	p->key.pid = key->pid;
	if (!p->key.rule || !p->key.target != !key->target || !tsearch(p, &l->tree, compare_places))
		return NULL;
	return TAKE_PTR(p);
}

static struct limit_place *find_place(const struct limit *l, const struct limit_key *key)
{
	struct limit_place *const *found = tfind(key, &l->tree, compare_places);

	return found ? *found : NULL;
}

/* The place that those of a rule have together for which there is no room; NULL: no memory. */
static struct limit_place *others_of(struct limit *l, const char *rule)
{
	struct limit_key others = { .rule = rule };

	return find_place(l, &others) ?: add_place(l, &others);
}

/* NULL: no memory. */
static struct limit_place *find_or_add(struct limit *l, const struct limit_key *key,
				       uint64_t time_ns)
{
	struct limit_place *p = find_place(l, key);

	if (p)
		return p;
	if (l->nr_own == LIMIT_PLACES_MAX && time_ns >= l->swept_ns + SWEEP_NS)
		sweep(l, time_ns);
	if (l->nr_own == LIMIT_PLACES_MAX)
		return others_of(l, key->rule);
	p = add_place(l, key);
	if (p)
		l->own[l->nr_own++] = p;
	return p;
}

struct limit_place *limit_refuse(struct limit *l, const struct limit_key *key, uint64_t time_ns)
{
	struct limit_key known = { key->rule, key->target, key->target ? 0 : key->pid };
	struct limit_place *p = l->rate.interval_ns ? find_or_add(l, &known, time_ns) : NULL;

	if (!p || bucket_take(&p->bucket, &l->rate, time_ns))
		return NULL;
	return p->held.count || l->bytes < LIMIT_BYTES_MAX ? p : others_of(l, key->rule);
}

bool limit_holds(const struct limit_place *place)
{
	return place->held.count;
}

static void enqueue(struct limit *l, struct limit_place *p)
{
	p->older = l->newest;
	p->newer = NULL;
	*(l->newest ? &l->newest->newer : &l->oldest) = p;
	l->newest = p;
}

static void dequeue(struct limit *l, struct limit_place *p)
{
	*(p->older ? &p->older->newer : &l->oldest) = p->newer;
	*(p->newer ? &p->newer->older : &l->newest) = p->older;
}

void limit_hold(struct limit *l, struct limit_place *place, void *first, size_t size,
		uint64_t time_ns, int64_t now_ns)
{
	struct limit_held *h = &place->held;

	if (!h->count) {
		*h = (struct limit_held){ .first = first, .since_ns = time_ns };
		place->size = size;
		place->due_ns = now_ns + LIMIT_SPAN_NS;
		l->bytes += size;
		enqueue(l, place);
	}
	/* Records of several processors may come out of order. */
	h->since_ns = MIN(h->since_ns, time_ns);
	h->until_ns = MAX(h->until_ns, time_ns);
	h->count++;
}

bool limit_take(struct limit *l, int64_t now_ns, struct limit_held *out)
{
	struct limit_place *p = l->oldest;

	if (!p || p->due_ns > now_ns)
		return false;
	*out = p->held;
	p->held = (struct limit_held){ 0 };
	l->bytes -= p->size;
	dequeue(l, p);
	return true;
}

void limit_hurry(struct limit *l)
{
	for (struct limit_place *p = l->oldest; p; p = p->newer)
		p->due_ns = 0;
}

void limit_hurry_process(struct limit *l, pid_t pid)
{
	struct limit_place *p = l->oldest, *next;

	for (; p; p = next) {
		next = p->newer;
		if (p->key.target || p->key.pid != pid || !p->due_ns)
			continue;
		/* It goes before those that have to wait. */
		p->due_ns = 0;
		dequeue(l, p);
		p->older = NULL;
		p->newer = l->oldest;
		*(l->oldest ? &l->oldest->older : &l->newest) = p;
		l->oldest = p;
	}
}

bool limit_is_empty(const struct limit *l)
{
	return !l->oldest;
}
