// SPDX-License-Identifier: GPL-2.0-only
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static struct config_rules rules;
static struct config config;

static void load(const char *text)
{
	_cleanup_buf_ struct buf messages = { 0 };

	config_init(&config);
	rules = (struct config_rules){ 0 };
	if (rule_set_parse("rules.yaml", text, strlen(text), &rules.all, &messages)) {
		fputs(messages.data, stderr);
		abort();
	}
	rules.common.count = rules.all.nr_rules;
}

static struct policy *policy_of(const char *text)
{
	struct policy *p;

	load(text);
	if (policy_new(&rules, &config, 7, &p))
		abort();
	return p;
}

static size_t nr_of_kind(const struct watched *w, uint32_t kind)
{
	size_t n = 0;

	for (size_t i = 0; i < w->nr_targets; i++)
		n += w->targets[i].key.kind == kind;
	return n;
}

TEST(takes_over_and_goes_when_nobody_is_left)
{
	struct policy *p = policy_of("- { name: one, func: f, module: m, level: info }\n");

	ASSERT(!rules.all.nr_rules && !rules.all.rules);
	ASSERT_EQ(p->rules.nr_rules, 1);
	ASSERT_EQ(p->stamp, 7);
	ASSERT(policy_ref(p) == p);
	policy_unref(p);
	ASSERT_EQ(p->rules.nr_rules, 1);
	policy_unref(p);
	policy_unref(NULL);
	ASSERT(!policy_ref(NULL));
}

/* Named twice: any class, and the highest level. */
TEST(each_function_once)
{
	struct policy *p = policy_of("- { name: a, func: f, module: m, level: info }\n"
				     "- { name: b, func: f, module: m, level: alert }\n"
				     "- { name: c, func: C.run, file: x.py, level: warn }\n"
				     "- { name: d, func: run, file: x.py, level: info }\n");
	const struct watched *w = &p->watched;
	size_t files = 0;

	ASSERT_EQ(nr_of_kind(w, PHRUDE_PLACE_MODULE), 1);
	ASSERT(nr_of_kind(w, PHRUDE_PLACE_QUALNAME) > 0);
	for (size_t i = 0; i < w->nr_targets; i++) {
		uint32_t value = w->targets[i].value,
			 level = PHRUDE_WATCH_LEVEL(PHRUDE_TARGET_WATCH(value));

		ASSERT(!i || watched_compare(&w->targets[i - 1], &w->targets[i]) < 0);
		if (w->targets[i].key.kind == PHRUDE_PLACE_MODULE)
			ASSERT_EQ(level, PHRUDE_LEVEL_ALERT);
		if (w->targets[i].key.kind != PHRUDE_PLACE_FILE)
			continue;
		files++;
		ASSERT_EQ(PHRUDE_TARGET_KIND(value), PHRUDE_TARGET_ANY);
		ASSERT_EQ(level, PHRUDE_LEVEL_WARN);
	}
	ASSERT(files > 0);
	policy_unref(p);
}

TEST(of_one_class)
{
	struct policy *p = policy_of("- { name: c, func: C.run, file: x.py, level: warn }\n");

	for (size_t i = 0; i < p->watched.nr_targets; i++) {
		const struct watched_target *t = &p->watched.targets[i];

		if (t->key.kind == PHRUDE_PLACE_FILE)
			ASSERT_EQ(PHRUDE_TARGET_KIND(t->value), PHRUDE_TARGET_CLASS);
	}
	policy_unref(p);
}

TEST(names_at_a_glance)
{
	struct policy *p = policy_of("- { name: a, func: unlikely_name, module: m, level: info }\n"
				     "- { name: b, audit: \"socket.*\", level: info }\n");
	const struct watched *w = &p->watched;
	size_t others = 0;

	ASSERT(watched_may_be(w, TEXT("unlikely_name")));
	ASSERT(watched_may_be(w, TEXT("n\xc3\xa9")));
	for (char c = 'a'; c <= 'z'; c++)
		others += watched_may_be(w, (struct text){ &c, 1 });
	ASSERT(others < 3);
	ASSERT(!w->non_ascii && !w->conditions && w->prefixes);
	ASSERT(w->prefix_lens[0] & 1ULL << strlen("socket."));
	policy_unref(p);
}

TEST(conditions_and_other_names)
{
	struct policy *p =
		policy_of("- { name: a, func: \"\xc3\xa9t\xc3\xa9\", file: m.py, level: info,\n"
			  "    condition: { arg.a: { allow: [{ exact: \"1\" }] } } }\n");

	ASSERT(p->watched.non_ascii && p->watched.conditions && !p->watched.prefixes);
	policy_unref(p);
}

/* Of another policy it is the target of that name, and who is no target's has the common ones. */
TEST(a_list_for_each_target)
{
	struct select_target *targets = calloc(2, sizeof(*targets));
	struct select_target other = { .name = (char *)"shop" }, unknown = { .name = (char *)"x" };
	struct config_list list;
	struct policy *p;

	load("- { name: one, func: f, module: m, level: info }\n"
	     "- { name: two, func: g, module: m, level: info }\n"
	     "- { name: three, func: h, module: m, level: info }\n");
	ASSERT(targets);
	targets[0].name = strdup("rest");
	targets[1].name = strdup("shop");
	targets[1].rules = calloc(1, sizeof(*targets[1].rules));
	ASSERT(targets[1].rules);
	targets[1].rules[targets[1].nr_rules++] = strdup("/nowhere/shop.yaml");
	config.selection = (struct selection){ .targets = targets, .nr_targets = 2 };
	rules.of_target = calloc(2, sizeof(*rules.of_target));
	ASSERT(rules.of_target);
	rules.common.count = 1;
	rules.of_target[0] = rules.common;
	rules.of_target[1] = (struct config_list){ 1, 2 };
	ASSERT(!policy_new(&rules, &config, 0, &p));
	list = policy_list(p, &p->selection.targets[1]);
	ASSERT(list.first == 1 && list.count == 2);
	list = policy_list(p, &other);
	ASSERT_EQ(list.first, 1);
	for (size_t i = 0; i < 3; i++) {
		const struct select_target *who[] = { NULL, &unknown, &p->selection.targets[0] };

		list = policy_list(p, who[i]);
		ASSERT(list.first == 0 && list.count == 1);
	}
	ASSERT_EQ(p->files.count, 1);
	ASSERT_STR(p->files.list[0], "/nowhere/shop.yaml");
	policy_unref(p);
}

TEST(nothing_at_all)
{
	struct watched w;

	rules = (struct config_rules){ 0 };
	ASSERT(!watched_make(&rules.all, &w));
	ASSERT(!w.nr_targets && !watched_may_be(&w, TEXT("f")) && !watched_may_be(&w, TEXT("")));
	watched_fini(&w);
}
