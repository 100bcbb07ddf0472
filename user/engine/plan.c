// SPDX-License-Identifier: GPL-2.0-only
#include "engine/plan.h"

#include <errno.h>

#include "base/util.h"

/* In the order of preference: the first that this interpreter has and that sees the function is taken.  frame costs a
 * third less a call than usdt: CPython prepares the probe's arguments, and a second branch leads to it. */
static const enum phrude_probe preference[] = { PROBE_FRAME, PROBE_USDT, PROBE_CALL };

static bool sees(const struct attach_kind *kind, const struct rule *rule)
{
	return rule->place_kind == RULE_FILE ? kind->python : rule->place_kind == RULE_MODULE ? kind->c : false;
}

/* May auto choose this kind?  What sees some calls only is taken for what nothing else sees. */
static bool suits(const struct attach_kind *kind, const struct rule *rule)
{
	return sees(kind, rule) && (!kind->partial || rule->place_kind == RULE_MODULE);
}

uint32_t plan_kinds(const struct rule_set *rules, enum phrude_probe forced)
{
	uint32_t kinds = 0;

	if (forced != PROBE_NONE)
		return 1u << forced;
	for (size_t i = 0; i < rules->nr_rules; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(preference); j++) {
			if (suits(attach_kind(preference[j]), &rules->rules[i]))
				kinds |= 1u << preference[j];
		}
	}
	return kinds;
}

static bool available(const struct py_interp *interp, const struct attach_kind *kind, struct err *err)
{
	struct py_site sites[PY_SITES_MAX];
	size_t nr_sites;

	return kind->sites(interp, sites, &nr_sites, err) == 0;
}

static int plan_forced(const struct py_interp *interp, const struct rule_set *rules, enum phrude_probe forced,
		       enum phrude_probe *probes, struct err *err)
{
	const struct attach_kind *kind = attach_kind(forced);

	if (!available(interp, kind, err))
		return -EOPNOTSUPP;
	for (size_t i = 0; i < rules->nr_rules; i++) {
		const struct rule *r = &rules->rules[i];

		if (!sees(kind, r))
			return err_set(err, -EINVAL,
				       "%s:%u:%u: rule \"%s\" watches a function written in %s, which the probe kind "
				       "%s does not see; leave --probe out, or leave the rule out",
				       r->path, r->line, r->column, r->name,
				       r->place_kind == RULE_MODULE ? "C" : "Python", kind->name);
		probes[i] = forced;
	}
	return 0;
}

int plan_make(const struct py_interp *interp, const struct rule_set *rules, enum phrude_probe forced,
	      enum phrude_probe *probes, struct err *err)
{
	bool has[NR_PROBES] = { false };
	struct err why = { "" };

	if (forced != PROBE_NONE)
		return plan_forced(interp, rules, forced, probes, err);
	for (size_t i = 0; i < ARRAY_SIZE(preference); i++)
		has[preference[i]] = available(interp, attach_kind(preference[i]), &why);
	for (size_t i = 0; i < rules->nr_rules; i++) {
		const struct rule *r = &rules->rules[i];

		probes[i] = PROBE_NONE;
		for (size_t j = 0; j < ARRAY_SIZE(preference) && !probes[i]; j++) {
			if (has[preference[j]] && suits(attach_kind(preference[j]), r))
				probes[i] = preference[j];
		}
		if (!probes[i])
			return err_set(err, -EOPNOTSUPP, "rule \"%s\" cannot be watched in pid %d: %s", r->name,
				       interp->pid, why.msg);
	}
	return 0;
}

void plan_print(struct buf *out, const enum phrude_probe *probes, size_t nr_rules)
{
	/* alphabetical, as the kinds' names are */
	static const enum phrude_probe order[] = { PROBE_ARM,	 PROBE_AUDIT, PROBE_CALL,
						   PROBE_DIRECT, PROBE_FRAME, PROBE_USDT };
	const char *sep = "";

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		size_t n = 0;

		for (size_t r = 0; r < nr_rules; r++)
			n += probes[r] == order[i];
		if (!n)
			continue;
		buf_printf(out, "%s%s %zu", sep, attach_kind(order[i])->name, n);
		sep = ", ";
	}
}
