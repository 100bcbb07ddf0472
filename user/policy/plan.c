// SPDX-License-Identifier: GPL-2.0-only
#include "policy/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kern/kern_feat.h"
#include "py/py_codes.h"

struct planning {
	const struct py_interp *interp;
	const struct plan_choice *choice;
	struct py_view view;
	struct {
		bool asked, has;
		struct err why;
	} kinds[NR_PROBES], imports;
};

static bool kind_sees(const struct probe_kind *kind, const struct rule *rule)
{
	switch (rule->place_kind) {
	case RULE_FILE:
		return kind->python && !kind->partial;
	case RULE_MODULE:
		return kind->c;
	case RULE_AUDIT:
		return kind->audit;
	}
	return false;
}

static const char *subject(const struct rule *rule)
{
	static const char *const names[] = { [RULE_FILE] = "a function written in Python",
					     [RULE_MODULE] = "a function written in C",
					     [RULE_AUDIT] = "an audit event" };

	return names[rule->place_kind];
}

struct plan_choice plan_choice(enum phrude_probe forced, bool no_arm)
{
	struct plan_choice choice = { .forced = forced };

	if (no_arm)
		choice.no_arm = "--no-arm forbids the probe kind arm";
	else if (!kern_feat_sleepable())
		/* A thread that waits to be armed could keep from the CPU whom it waits for. */
		choice.no_arm = "the probe kind arm needs Linux 6.0 or later";
	return choice;
}

uint32_t plan_kinds(const struct rule_set *rules, const struct plan_choice *choice)
{
	uint32_t kinds = 0;

	if (choice->forced != PROBE_NONE)
		return 1u << choice->forced;
	for (size_t i = 0; i < rules->nr_rules; i++) {
		const struct probe_kind *kind;

		for (size_t n = 0; (kind = probe_kind_preferred(n)); n++) {
			if (kind->arms && choice->no_arm)
				continue;
			if (kind_sees(kind, &rules->rules[i])) {
				kinds |= 1u << kind->probe;
				break;
			}
		}
	}
	return kinds;
}

/* Whether the interpreter has the kind's places at all. */
static bool kind_available(struct planning *p, const struct probe_kind *kind, struct err *why)
{
	struct py_site sites[PY_SITES_MAX];
	size_t nr_sites;

	if (kind->arms && p->choice->no_arm) {
		err_set(why, 0, "%s", p->choice->no_arm);
		return false;
	}
	if (!kind->sites)
		return true;
	if (!p->kinds[kind->probe].asked) {
		p->kinds[kind->probe].has =
			kind->sites(p->interp, sites, &nr_sites, &p->kinds[kind->probe].why) == 0;
		p->kinds[kind->probe].asked = true;
	}
	if (!p->kinds[kind->probe].has)
		*why = p->kinds[kind->probe].why;
	return p->kinds[kind->probe].has;
}

/* Whether imports can be seen. */
static bool sees_imports(struct planning *p)
{
	struct py_site sites[PY_SITES_MAX];
	size_t nr_sites;

	if (!p->imports.asked)
		p->imports.has = py_sites_import(p->interp, sites, &nr_sites, &p->imports.why) == 0;
	p->imports.asked = true;
	return p->imports.has;
}

static int find_functions(struct planning *p, const struct rule *rule, struct plan_rule *out,
			  struct err *why)
{
	int ret = py_cfuncs_find(&p->view, rule->place, rule->func, &out->cfuncs, why);

	if (ret != -ENOENT || !sees_imports(p))
		return ret;
	/* What is imported later is found now, in its file, or then. */
	ret = py_cfuncs_ahead(p->interp, &p->view, rule->place, rule->func, &out->cfuncs);
	out->ahead = !ret;
	out->pending = ret;
	return ret == -ENOMEM ? ret : 0;
}

/* 0: the kind does for the rule; -EOPNOTSUPP or -ENOENT with a sentence if not; else -errno. */
static int try_kind(struct planning *p, const struct probe_kind *kind, const struct rule *rule,
		    struct plan_rule *out, struct err *why)
{
	if (!kind_available(p, kind, why))
		return -EOPNOTSUPP;
	return kind->sites ? 0 : find_functions(p, rule, out, why);
}

static void set_why(struct plan_rule *r, const struct err *why)
{
	free(r->why);
	r->why = why->msg[0] ? strdup(why->msg) : NULL;
}

static int choose_kind(struct planning *p, const struct rule *rule, struct plan_rule *out,
		       struct err *err)
{
	struct err first = { "" }, why = { "" };
	const struct probe_kind *kind;

	for (size_t n = 0; (kind = probe_kind_preferred(n)); n++) {
		int ret;

		if (!kind_sees(kind, rule))
			continue;
		ret = try_kind(p, kind, rule, out, &why);
		if (!ret) {
			out->probe = kind->probe;
			if (out->pending)
				first = why;
			if (kind->audit && py_audit_unseen(p->interp))
				err_set(&first, 0, "%s", py_audit_unseen(p->interp));
			break;
		}
		if (ret != -EOPNOTSUPP && ret != -ENOENT) {
			*err = why;
			return ret;
		}
		if (!first.msg[0])
			first = why;
	}
	set_why(out, &first);
	return 0;
}

static int choose_forced(struct planning *p, const struct rule *rule, enum phrude_probe forced,
			 struct plan_rule *out, struct err *err)
{
	const struct probe_kind *kind = probe_kind(forced);
	struct err why = { "" };
	int ret;

	/* Told to use it, it is used even where it sees some calls only. */
	if (!(rule->place_kind == RULE_FILE ? kind->python : kind_sees(kind, rule)))
		return err_set(err, -EINVAL,
			       "%s:%u:%u: rule \"%s\" watches %s, which the probe kind %s does not "
			       "see; leave "
			       "--probe out, or leave the rule out",
			       rule->path, rule->line, rule->column, rule->name, subject(rule),
			       kind->name);
	ret = try_kind(p, kind, rule, out, &why);
	if (ret == -EOPNOTSUPP || ret == -ENOENT)
		return kind->sites
			       ? err_set(err, -EOPNOTSUPP, "%s", why.msg)
			       : err_set(err, -EINVAL,
					 "%s:%u:%u: rule \"%s\" cannot have the probe kind %s: %s",
					 rule->path, rule->line, rule->column, rule->name,
					 kind->name, why.msg);
	if (ret)
		return err_set(err, ret, "%s", why.msg);
	out->probe = forced;
	return 0;
}

/* Finds the places of all C functions at once: going through a file's code takes its time. */
static int locate_functions(const struct py_view *view, struct plan_rule *rules, size_t nr_rules,
			    struct err *err)
{
	_cleanup_free_ struct py_cfunc **list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < nr_rules; i++)
		n += rules[i].cfuncs.count;
	list = calloc(n + 1, sizeof(struct py_cfunc *));
	if (!list)
		return err_set(err, -ENOMEM, "out of memory");
	n = 0;
	for (size_t i = 0; i < nr_rules; i++) {
		for (size_t k = 0; k < rules[i].cfuncs.count; k++)
			list[n++] = &rules[i].cfuncs.list[k];
	}
	return n ? py_cfuncs_locate(view, list, n, err) : 0;
}

/* Where a function cannot be probed, the rules that name it get something else. */
static int locate_all(struct planning *p, struct plan *plan, struct err *err)
{
	int ret = locate_functions(&p->view, plan->rules, plan->nr_rules, err);

	for (size_t i = 0; i < plan->nr_rules && !ret; i++) {
		struct plan_rule *r = &plan->rules[i];
		const char *refused = py_cfuncs_refused(&r->cfuncs);
		struct err why;

		if (!refused)
			continue;
		err_set(&why, 0, "%s", refused);
		if (p->choice->forced != PROBE_NONE)
			return err_set(err, -EOPNOTSUPP, "%s", refused);
		set_why(r, &why);
		py_cfuncs_fini(&r->cfuncs);
		r->refused = true;
		r->probe = kind_available(p, probe_kind(PROBE_CALL), err) ? PROBE_CALL : PROBE_NONE;
	}
	return ret;
}

static void find_partial(const struct py_view *view, struct plan_rule *r)
{
	const struct probe_kind *kind = probe_kind(r->probe);
	struct err why;

	r->partial = kind && kind->partial;
	for (size_t i = 0; i < r->cfuncs.count; i++) {
		const struct py_cfunc *f = &r->cfuncs.list[i];

		r->loaded |= r->ahead || f->file->dev != view->dev || f->file->ino != view->ino;
		if (!f->copied)
			continue;
		err_set(&why, 0,
			"the compiler of %s seems to have put copies of %s where it is called most",
			f->file->path, f->qualname);
		set_why(r, &why);
		r->partial = true;
	}
}

int plan_examine(const struct py_interp *interp, const struct rule_set *rules,
		 const struct plan_choice *choice, struct plan *out, struct err *err)
{
	_cleanup_free_ struct planning *p = calloc(1, sizeof(*p));
	int ret = 0;

	*out = (struct plan){ .rules = calloc(rules->nr_rules + 1, sizeof(*out->rules)),
			      .nr_rules = rules->nr_rules };
	if (!p || !out->rules)
		return err_set(err, -ENOMEM, "out of memory");
	p->interp = interp;
	p->choice = choice;
	py_view_init(&p->view, interp);
	for (size_t i = 0; i < rules->nr_rules && !ret; i++) {
		if (choice->forced != PROBE_NONE)
			ret = choose_forced(p, &rules->rules[i], choice->forced, &out->rules[i],
					    err);
		else
			ret = choose_kind(p, &rules->rules[i], &out->rules[i], err);
	}
	if (!ret)
		ret = locate_all(p, out, err);
	for (size_t i = 0; i < rules->nr_rules && !ret; i++)
		find_partial(&p->view, &out->rules[i]);
	return ret;
}

struct counting {
	const struct rule_set *rules;
	struct plan *plan; /* NULL: only tells whether any rule fits */
};

/* py_code_fn */
static bool count_code(void *ctx, struct text name, struct text file, struct text qualname)
{
	const struct counting *c = ctx;
	bool fits = false;

	for (size_t i = 0; i < c->rules->nr_rules; i++) {
		const struct rule *r = &c->rules->rules[i];

		if (!plan_arms(r, name, file, qualname))
			continue;
		fits = true;
		if (c->plan)
			c->plan->rules[i].nr_codes++;
	}
	return fits;
}

int plan_count_codes(const struct py_interp *interp, const struct rule_set *rules,
		     struct plan *plan, struct err *err)
{
	struct counting find = { rules, NULL }, count = { rules, plan };
	struct py_codes codes = { 0 };
	int ret;

	for (size_t i = 0; i < plan->nr_rules; i++) {
		if (plan->rules[i].probe != PROBE_ARM)
			continue;
		ret = py_codes_find(interp, count_code, &find, &codes, err);
		if (!ret)
			py_codes_each(interp, &codes, count_code, &count);
		py_codes_fini(&codes);
		return ret;
	}
	return 0;
}

bool plan_arms(const struct rule *rule, struct text name, struct text file, struct text qualname)
{
	return rule->place_kind == RULE_FILE && text_eq_str(name, rule_func_name(rule)) &&
	       (!file.s || rule_file_matches(rule->place, file)) &&
	       (!qualname.s || rule_qualname_matches(rule->func, qualname));
}

void plan_fini(struct plan *plan)
{
	for (size_t i = 0; plan->rules && i < plan->nr_rules; i++) {
		py_cfuncs_fini(&plan->rules[i].cfuncs);
		free(plan->rules[i].why);
	}
	free(plan->rules);
	*plan = (struct plan){ 0 };
}

void plan_print(struct buf *out, const enum phrude_probe *probes, size_t nr_rules)
{
	const struct probe_kind *kinds[NR_PROBES];
	const char *sep = "";
	size_t nr_kinds = probe_kinds_by_name(kinds);

	for (size_t i = 0; i < nr_kinds; i++) {
		size_t n = 0;

		for (size_t r = 0; r < nr_rules; r++)
			n += probes[r] == kinds[i]->probe;
		if (!n)
			continue;
		buf_printf(out, "%s%s %zu", sep, kinds[i]->name, n);
		sep = ", ";
	}
}
