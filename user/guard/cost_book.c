// SPDX-License-Identifier: GPL-2.0-only
#include "guard/cost_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

/* From this part of the limit on it is asked what functions cost. */
#define NEAR 0.5
/* Below this part of it a process is calm, and may have back what it was spared. */
#define CALM 0.7

static void ring_add(struct cost_ring *r, double value)
{
	r->sum += value - r->seconds[r->at];
	r->seconds[r->at] = value;
	r->at = (r->at + 1) % COST_WINDOW;
	r->filled = MIN(r->filled + 1, (unsigned int)COST_WINDOW);
}

static void process_free(struct cost_process *p)
{
	free(p->functions);
	free(p);
}

void cost_book_fini(struct cost_book *b)
{
	for (size_t i = 0; i < b->count; i++)
		process_free(b->list[i]);
	free(b->list);
	*b = (struct cost_book){ 0 };
}

/* Where it stands, or has to. */
static size_t place_of(const struct cost_book *b, pid_t pid)
{
	size_t low = 0, high = b->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (b->list[mid]->pid < pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct cost_process *cost_book_find(const struct cost_book *b, pid_t pid)
{
	size_t at = place_of(b, pid);

	return at < b->count && b->list[at]->pid == pid ? b->list[at] : NULL;
}

static struct cost_process *add_process(struct cost_book *b, pid_t pid)
{
	size_t at = place_of(b, pid);
	struct cost_process *p = calloc(1, sizeof(*p));
	struct cost_process **list =
		p ? reallocarray(b->list, b->count + 1, sizeof(struct cost_process *)) : NULL;

	if (!list) {
		free(p);
		return NULL;
	}
	b->list = list;
	memmove(&list[at + 1], &list[at], (b->count - at) * sizeof(struct cost_process *));
	list[at] = p;
	b->count++;
	p->pid = pid;
	return p;
}

/* The last place is for all that have none. */
static struct cost_target *target_of(struct cost_book *b, const char *name)
{
	struct cost_target *t;

	for (size_t i = 0; i < b->nr_targets; i++) {
		if (str_eq(b->targets[i].name, name))
			return &b->targets[i];
	}
	if (b->nr_targets == COST_TARGETS_MAX)
		return &b->targets[COST_TARGETS_MAX - 1];
	t = &b->targets[b->nr_targets++];
	snprintf(t->name, sizeof(t->name), "%s",
		 b->nr_targets == COST_TARGETS_MAX ? "(others)" : name);
	return t;
}

void cost_book_begin(struct cost_book *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->list[i]->seen = false;
}

static void count_process(struct cost_book *b, const struct cost_process *p)
{
	struct cost_target *t = target_of(b, p->target);

	t->cpu += p->cpu;
	t->over += p->over;
	t->shed += p->nr_shed;
}

void cost_book_end(struct cost_book *b, void (*gone)(void *ctx, struct cost_process *p), void *ctx)
{
	size_t left = 0;

	for (size_t i = 0; i < b->nr_targets; i++) {
		b->targets[i].cpu = 0;
		b->targets[i].over = b->targets[i].shed = 0;
	}
	for (size_t i = 0; i < b->count; i++) {
		struct cost_process *p = b->list[i];

		if (p->seen) {
			count_process(b, p);
			b->list[left++] = p;
		} else {
			gone(ctx, p);
			process_free(p);
		}
	}
	b->count = left;
}

/* Counters that a look, or a fork, has begun anew. */
static uint64_t since(uint64_t before, uint64_t now)
{
	return now >= before ? now - before : now;
}

static double spent(const struct cost_book *b, struct cost_process *p, const struct py_cost *now)
{
	bool anew = now->hits < p->last.hits;
	uint64_t hits = since(p->last.hits, now->hits);
	uint64_t timed = anew ? now->timed : since(p->last.timed, now->timed);
	uint64_t timed_ns = anew ? now->timed_ns : since(p->last.timed_ns, now->timed_ns);

	if (timed)
		p->hit_ns = (double)b->limits.trap_ns + (double)timed_ns / (double)timed;
	p->last = *now;
	return (double)hits * (p->hit_ns > 0 ? p->hit_ns : (double)b->limits.trap_ns);
}

void cost_process_wait(struct cost_process *p)
{
	p->ring = p->elapsed = (struct cost_ring){ 0 };
}

static enum cost_change judge(const struct cost_book *b, struct cost_process *p)
{
	double most = b->limits.max_cpu;
	bool was_near = p->near;

	p->near = p->cpu > NEAR * most || p->nr_shed;
	if (p->ring.filled < COST_WINDOW)
		return p->near && !was_near ? COST_NEAR : COST_SAME;
	if (!p->over && p->cpu > most) {
		p->over = true;
		return COST_OVER;
	}
	if (p->over && p->cpu < CALM * most) {
		p->over = p->said_empty = false;
		return COST_CALM;
	}
	return p->near && !was_near ? COST_NEAR : COST_SAME;
}

struct cost_process *cost_book_take(struct cost_book *b, pid_t pid, int64_t since_ns,
				    const char *target, const struct py_cost *cost, int64_t now_ns,
				    enum cost_change *change)
{
	struct cost_process *p = cost_book_find(b, pid) ?: add_process(b, pid);
	double ns;

	*change = COST_SAME;
	if (!p)
		return NULL;
	p->seen = true;
	snprintf(p->target, sizeof(p->target), "%s", target ?: "");
	if (p->since_ns != since_ns) {
		p->since_ns = since_ns;
		p->last = *cost;
		p->taken_ns = now_ns;
		p->over = false;
		p->cpu = 0;
		cost_process_wait(p);
		target_of(b, p->target);
		return p;
	}
	ns = spent(b, p, cost);
	ring_add(&p->ring, ns);
	target_of(b, p->target)->spent_ns += ns;
	ring_add(&p->elapsed, (double)(now_ns - p->taken_ns));
	p->taken_ns = now_ns;
	if (p->elapsed.sum > 0)
		p->cpu = p->ring.sum / p->elapsed.sum;
	*change = judge(b, p);
	return p;
}

static double per_second(const struct cost_function *f)
{
	return f->ring.sum / MAX(f->ring.filled, 1u);
}

/* Of those that are watched the cheapest, if it costs less than so much a second. */
static struct cost_function *cheaper_than(struct cost_process *p, double ns)
{
	struct cost_function *cheapest = NULL;

	for (size_t i = 0; i < p->nr_functions; i++) {
		struct cost_function *f = &p->functions[i];
		double cost = MAX(per_second(f), f->second);

		if (!f->shed && cost < ns) {
			cheapest = f;
			ns = cost;
		}
	}
	return cheapest;
}

/* One that has cost `ns` in this second; NULL: others that cost more have all places. */
static struct cost_function *function_of(struct cost_process *p, uint32_t watch, double ns)
{
	struct cost_function *more;

	for (size_t i = 0; i < p->nr_functions; i++) {
		if (p->functions[i].watch == watch)
			return &p->functions[i];
	}
	if (p->nr_functions == COST_FUNCTIONS_MAX) {
		more = cheaper_than(p, ns);
		if (more)
			*more = (struct cost_function){ .watch = watch };
		return more;
	}
	more = reallocarray(p->functions, p->nr_functions + 1, sizeof(*more));
	if (!more)
		return NULL;
	p->functions = more;
	more[p->nr_functions] = (struct cost_function){ .watch = watch };
	return &more[p->nr_functions++];
}

void cost_process_add(const struct cost_book *b, struct cost_process *p, uint32_t watch,
		      const struct phrude_cost *cost)
{
	double ns = (double)cost->ns + (double)cost->matches * (double)b->limits.trap_ns;
	struct cost_function *f = cost->matches ? function_of(p, watch, ns) : NULL;

	/* What was on its way when it was shed. */
	if (!f || f->shed)
		return;
	f->match_ns = ns / (double)cost->matches;
	f->second += ns;
}

void cost_process_refused(struct cost_function *f, uint64_t refused)
{
	f->second += (double)since(f->refused, refused);
	f->refused = refused;
}

void cost_process_step(struct cost_process *p)
{
	for (size_t i = 0; i < p->nr_functions; i++) {
		ring_add(&p->functions[i].ring, p->functions[i].second);
		p->functions[i].second = 0;
	}
}

double cost_function_cpu(const struct cost_function *f)
{
	return per_second(f) * (f->shed ? f->match_ns : 1) / NSEC_PER_SEC;
}

static int dearest_first(const void *a, const void *b)
{
	double x = cost_function_cpu(a), y = cost_function_cpu(b);

	return x < y ? 1 : x > y ? -1 : 0;
}

size_t cost_process_sort(struct cost_process *p)
{
	size_t n = 0;

	if (p->nr_functions)
		qsort(p->functions, p->nr_functions, sizeof(*p->functions), dearest_first);
	while (n < p->nr_functions && cost_function_cpu(&p->functions[n]) > 0)
		n++;
	return n;
}

bool cost_process_is_dear(const struct cost_book *b, const struct cost_process *p)
{
	return p->over && p->ring.filled == COST_WINDOW && p->cpu > b->limits.max_cpu;
}

struct cost_function *cost_process_shed(const struct cost_book *b, struct cost_process *p,
					cost_may_shed_fn may, const void *ctx)
{
	size_t n;

	if (!cost_process_is_dear(b, p))
		return NULL;
	n = cost_process_sort(p);
	for (size_t i = 0; i < n; i++) {
		struct cost_function *f = &p->functions[i];

		if (f->shed || !may(ctx, f->watch))
			continue;
		f->shed_cpu = cost_function_cpu(f);
		p->cpu -= f->shed_cpu;
		f->shed = true;
		f->ring = (struct cost_ring){ 0 };
		f->second = 0;
		f->refused = 0;
		p->nr_shed++;
		p->near = true;
		return f;
	}
	return NULL;
}

struct cost_function *cost_process_take_back(const struct cost_book *b, struct cost_process *p)
{
	struct cost_function *cheapest = NULL;

	if (p->ring.filled < COST_WINDOW)
		return NULL;
	for (size_t i = 0; i < p->nr_functions; i++) {
		struct cost_function *f = &p->functions[i];

		if (f->shed && f->ring.filled == COST_WINDOW &&
		    (!cheapest || cost_function_cpu(f) < cost_function_cpu(cheapest)))
			cheapest = f;
	}
	return cheapest && p->cpu + cost_function_cpu(cheapest) < CALM * b->limits.max_cpu
		       ? cheapest
		       : NULL;
}

void cost_process_unshed(struct cost_process *p, struct cost_function *f)
{
	f->shed = false;
	f->ring = (struct cost_ring){ 0 };
	f->second = 0;
	p->nr_shed--;
}
