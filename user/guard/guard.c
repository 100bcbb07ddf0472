// SPDX-License-Identifier: GPL-2.0-only
#include "guard/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "guard/trap_price.h"

/* Functions that are named where a process pays too much. */
#define NAMED_MAX 3
/* Of one rule, as user/policy/watched.c has it. */
#define KEYS_MAX 8

struct guard {
	struct kern *kern;
	struct targets *targets;
	struct cost_book book;
	int64_t now_ns;
	size_t near; /* processes whose functions are wanted */
};

struct guard *guard_new(struct kern *kern, struct targets *targets, double max_cpu, bool sheds)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->kern = kern;
	g->targets = targets;
	g->book.limits = (struct cost_limits){ max_cpu, sheds, trap_price(kern) };
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	cost_book_fini(&g->book);
	free(g);
}

const struct cost_book *guard_costs(const struct guard *g)
{
	return &g->book;
}

static bool is_of(const struct rule *rule, uint32_t watch)
{
	struct phrude_target_key keys[KEYS_MAX];
	size_t n = rule_target_keys(rule, keys, KEYS_MAX);

	for (size_t i = 0; i < n; i++) {
		if (PHRUDE_WATCH_ID(watched_watch(&keys[i], 0)) == watch)
			return true;
	}
	return false;
}

/* Are all rules of a function of level info?  cost_may_shed_fn */
static bool may_be_shed(const void *ctx, uint32_t watch)
{
	const struct watched *w = &((const struct policy *)ctx)->watched;
	bool found = false;

	for (size_t i = 0; i < w->nr_targets; i++) {
		uint32_t own = PHRUDE_TARGET_WATCH(w->targets[i].value);

		if (PHRUDE_WATCH_ID(own) != watch)
			continue;
		if (PHRUDE_WATCH_LEVEL(own) != PHRUDE_LEVEL_INFO)
			return false;
		found = true;
	}
	return found;
}

/* Appends the names of all rules that watch it. */
static void add_rules(struct buf *out, const struct policy *policy, uint32_t watch)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->rules.nr_rules; i++) {
		const struct rule *rule = &policy->rules.rules[i];

		if (is_of(rule, watch) && n++ < NAMED_MAX)
			buf_printf(out, "%s\"%s\"", n > 1 ? ", " : "", rule->name);
	}
	if (n > NAMED_MAX)
		buf_printf(out, " and %zu more", n - NAMED_MAX);
	if (!n)
		buf_adds(out, "rules that name it otherwise");
}

static void add_process(struct buf *out, const struct cost_process *p)
{
	buf_printf(out, "pid %d", p->pid);
	if (p->target[0])
		buf_printf(out, " (target %s)", p->target);
}

static void say_over(struct guard *g, struct cost_process *p)
{
	const struct policy *policy = targets_policy(g->targets);
	_cleanup_buf_ struct buf text = { 0 };
	size_t n = cost_process_sort(p);

	add_process(&text, p);
	buf_printf(&text,
		   ": its probes cost it %.1f%% of a CPU over the last %d s, more than "
		   "max_cpu_percent (%g)",
		   100 * p->cpu, COST_WINDOW, 100 * g->book.limits.max_cpu);
	for (size_t i = 0; i < MIN(n, (size_t)NAMED_MAX); i++) {
		buf_adds(&text, i ? ", " : "; most of it by ");
		add_rules(&text, policy, p->functions[i].watch);
		buf_printf(&text, " %.1f%%", 100 * cost_function_cpu(&p->functions[i]));
	}
	log_warn("%s", text.data ?: "out of memory");
}

static void say_shed(struct guard *g, const struct cost_process *p, const struct cost_function *f)
{
	_cleanup_buf_ struct buf text = { 0 };

	add_process(&text, p);
	buf_adds(&text, ": not watched any more in it, until that would cost little: ");
	add_rules(&text, targets_policy(g->targets), f->watch);
	buf_printf(&text, ", which took %.1f%% of a CPU; lost_shed counts what is missed",
		   100 * f->shed_cpu);
	log_warn("%s", text.data ?: "out of memory");
}

static void take_back(struct guard *g, struct cost_process *p, struct cost_function *f)
{
	_cleanup_buf_ struct buf text = { 0 };

	kern_unshed(g->kern, p->pid, f->watch);
	add_process(&text, p);
	buf_adds(&text, ": watched again in it: ");
	add_rules(&text, targets_policy(g->targets), f->watch);
	buf_printf(&text, "; %llu matches were missed meanwhile", (unsigned long long)f->refused);
	log_warn("%s", text.data ?: "out of memory");
	cost_process_unshed(p, f);
}

static void shed(struct guard *g, struct cost_process *p)
{
	const struct policy *policy = targets_policy(g->targets);
	struct cost_function *f;
	bool any = false;

	if (!cost_process_is_dear(&g->book, p))
		return;
	while ((f = cost_process_shed(&g->book, p, may_be_shed, policy))) {
		any = true;
		if (kern_shed(g->kern, p->pid, f->watch)) {
			log_warn("pid %d: there is no room for more of what it is to be spared",
				 p->pid);
			cost_process_unshed(p, f);
			break;
		}
		say_shed(g, p, f);
	}
	if (any) {
		cost_process_wait(p);
	} else if (!p->said_empty) {
		p->said_empty = true;
		log_warn("pid %d: its probes still cost it %.1f%% of a CPU, and no rule of level "
			 "info is left that it could be spared",
			 p->pid, 100 * p->cpu);
	}
}

static bool take(void *ctx, const struct targets_seen *seen)
{
	struct guard *g = ctx;
	enum cost_change change;
	struct cost_process *p;
	struct py_proc proc;

	if (!seen->python || kern_proc_get(g->kern, seen->pid, &proc))
		return true;
	p = cost_book_take(&g->book, seen->pid, seen->since_ns, seen->target, &proc.cost, g->now_ns,
			   &change);
	if (!p)
		return true;
	g->near += p->near;
	if (change == COST_OVER)
		say_over(g, p);
	else if (change == COST_CALM)
		log_info("pid %d: its probes cost it %.1f%% of a CPU by now", p->pid, 100 * p->cpu);
	return true;
}

/* kern_cost_fn */
static void add_cost(void *ctx, pid_t pid, uint32_t watch, const struct phrude_cost *cost)
{
	struct guard *g = ctx;
	struct cost_process *p = cost_book_find(&g->book, pid);

	if (p && p->near)
		cost_process_add(&g->book, p, watch, cost);
}

/* What it was spared may be no rule's any more, or that of a higher level. */
static void look_at_shed(struct guard *g, struct cost_process *p)
{
	struct cost_function *f;

	for (size_t i = 0; i < p->nr_functions; i++) {
		f = &p->functions[i];
		if (!f->shed)
			continue;
		cost_process_refused(f, kern_shed_count(g->kern, p->pid, f->watch));
		if (!may_be_shed(targets_policy(g->targets), f->watch))
			take_back(g, p, f);
	}
}

static void step(struct guard *g)
{
	kern_costs_take(g->kern, add_cost, g);
	for (size_t i = 0; i < g->book.count; i++) {
		struct cost_process *p = g->book.list[i];
		struct cost_function *f;

		if (!p->near)
			continue;
		look_at_shed(g, p);
		cost_process_step(p);
		if (g->book.limits.sheds)
			shed(g, p);
		f = cost_process_take_back(&g->book, p);
		if (f) {
			take_back(g, p, f);
			cost_process_wait(p);
		}
	}
}

void guard_set(struct guard *g, double max_cpu, bool sheds)
{
	g->book.limits.max_cpu = max_cpu;
	g->book.limits.sheds = sheds;
	for (size_t i = 0; !sheds && i < g->book.count; i++) {
		struct cost_process *p = g->book.list[i];

		for (size_t k = 0; k < p->nr_functions; k++) {
			if (p->functions[k].shed)
				take_back(g, p, &p->functions[k]);
		}
	}
}

static void on_gone(void *ctx, struct cost_process *p)
{
	struct guard *g = ctx;

	for (size_t i = 0; i < p->nr_functions; i++) {
		if (p->functions[i].shed)
			kern_unshed(g->kern, p->pid, p->functions[i].watch);
	}
}

void guard_tick(struct guard *g)
{
	bool guarded = g->near;

	g->now_ns = clock_now_ns();
	g->near = 0;
	if (guarded)
		step(g);
	cost_book_begin(&g->book);
	targets_list(g->targets, take, g);
	cost_book_end(&g->book, on_gone, g);
	kern_guard(g->kern, g->near);
}
