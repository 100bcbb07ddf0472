// SPDX-License-Identifier: GPL-2.0-only
/* Which target a process belongs to. */
#include "select/select.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "test.h"

static const char *const words[] = { "/usr/bin/python3", "-m", "gunicorn", "shop:app" };

#define ID "3f2a9c0000000000000000000000000000000000000000000000000000000001"

static const struct select_process shop = {
	.exe = "/usr/bin/python3.11",
	.cmdline = words,
	.nr_cmdline = ARRAY_SIZE(words),
	.uid = 33,
	.cgroup = "/system.slice/shop-1.service/workers",
	.container = ID,
	.namespace = "shop",
	.pod = "shop-6c4f.a",
	.container_name = "app",
};
static const struct select_process unknown = { .uid = (uid_t)-1 };

static int add(struct select_match *m, enum select_key key, const char *pattern)
{
	char why[256] = "";
	int ret = select_match_add(m, key, (struct text){ pattern, strlen(pattern) }, why,
				   sizeof(why));

	/* Why is said. */
	return ret == -EINVAL && !*why ? -EPROTO : ret;
}

static bool is_chosen(enum select_key key, const char *pattern, const struct select_process *p)
{
	struct select_target target = { .name = NULL };
	const struct selection s = { .targets = &target, .nr_targets = 1 };
	bool chosen = !add(&target.match, key, pattern) && selection_choose(&s, p);

	select_match_fini(&target.match);
	return chosen;
}

TEST(what_it_goes_by)
{
	struct select_target target = { .name = NULL };
	struct select_match excluded = { 0 };
	const struct selection s = {
		.targets = &target, .nr_targets = 1, .exclude = &excluded, .nr_exclude = 1
	};

	for (size_t key = 0; key < NR_SELECT_KEYS; key++)
		ASSERT(!selection_goes_by(&s, key));
	ASSERT_EQ(add(&target.match, SELECT_UNIT, "shop*"), 0);
	ASSERT_EQ(add(&excluded, SELECT_USER, "33"), 0);
	for (size_t key = 0; key < NR_SELECT_KEYS; key++)
		ASSERT_EQ(selection_goes_by(&s, key), key == SELECT_UNIT || key == SELECT_USER);
	select_match_fini(&target.match);
	select_match_fini(&excluded);
}

TEST(each_key)
{
	static const struct {
		enum select_key key;
		const char *fits, *fits_not;
	} cases[] = {
		{ SELECT_EXE, "/usr/bin/python3*", "/usr/bin/python2*" },
		{ SELECT_EXE, "/usr/bin/python3.11", "/usr/bin/python3" },
		{ SELECT_EXE, "*/python3.1[01]", "python3.11" },
		{ SELECT_CMDLINE, "gunicorn .*shop", "^gunicorn" },
		{ SELECT_CMDLINE, "python3 -m gunicorn", "python3-m" },
		{ SELECT_USER, "33", "0" },
		{ SELECT_UNIT, "shop*.service",
		  "shop*"
		  ".scope" },
		{ SELECT_CGROUP, "/system.slice/*", "/kubepods*" },
		{ SELECT_CONTAINER, "3f2a9c", "2a9c" },
		{ SELECT_NAMESPACE, "shop", "sho" },
		{ SELECT_POD, "shop-*", "hop-*" },
		{ SELECT_POD, "*.[a-c]", "shop" },
		{ SELECT_CONTAINER_NAME, "app", "apps" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT(is_chosen(cases[i].key, cases[i].fits, &shop));
		ASSERT(!is_chosen(cases[i].key, cases[i].fits_not, &shop));
		ASSERT(!is_chosen(cases[i].key, cases[i].fits, &unknown));
	}
}

TEST(one_of_a_list_and_all_of_the_keys)
{
	struct select_target targets[2] = { { .name = "first" }, { .name = "rest" } };
	struct select_match excluded = { 0 };
	struct selection s = { .targets = targets, .nr_targets = 2 };
	struct select_match *first = &targets[0].match;

	ASSERT_EQ(add(first, SELECT_USER, "0"), 0);
	ASSERT_EQ(add(first, SELECT_USER, "33"), 0);
	ASSERT_EQ(add(first, SELECT_EXE, "*/python3*"), 0);
	ASSERT(selection_choose(&s, &shop) == &targets[0]);
	ASSERT(selection_choose(&s, &unknown) == &targets[1]);
	ASSERT_EQ(add(first, SELECT_CGROUP, "/kubepods*"), 0);
	ASSERT(selection_choose(&s, &shop) == &targets[1]);

	s.exclude = &excluded;
	s.nr_exclude = 1;
	ASSERT_EQ(add(&excluded, SELECT_UNIT, "shop-1.service"), 0);
	ASSERT(!selection_choose(&s, &shop));
	ASSERT(selection_choose(&s, &unknown) == &targets[1]);
	select_match_fini(&excluded);
	select_match_fini(first);
}

TEST(what_is_no_pattern)
{
	struct select_match m = { 0 };

	ASSERT_EQ(add(&m, SELECT_CMDLINE, "("), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_USER, "nobody-of-that-name"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_USER, "-1"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_USER, "4294967295"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_CONTAINER, "3F2A"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_EXE, "*********a"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_NAMESPACE, "shop-*"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_NAMESPACE, ""), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_POD, "shop_1"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_POD, "*********a"), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_POD, ""), -EINVAL);
	ASSERT_EQ(add(&m, SELECT_CONTAINER_NAME, "a.b"), -EINVAL);
	ASSERT_EQ(select_match_add(&m, SELECT_EXE, TEXT("a\0b"), (char[64]){ 0 }, 64), -EINVAL);
	for (size_t i = 0; i < NR_SELECT_KEYS; i++)
		ASSERT(!m.keys[i].count);
	ASSERT_EQ(add(&m, SELECT_USER, "root"), 0);
	select_match_fini(&m);
}

/* Of a process in no pod, or in one that is not known, names of Kubernetes say nothing. */
TEST(in_no_pod)
{
	static const struct select_process partly = { .namespace = "",
						      .pod = "",
						      .container_name = "" };

	ASSERT(!is_chosen(SELECT_POD, "*", &partly));
	ASSERT(!is_chosen(SELECT_POD, "*", &unknown));
	ASSERT(is_chosen(SELECT_POD, "*", &shop));
}

static void check_unit(const char *cgroup, const char *expected)
{
	struct text unit = select_unit(cgroup);

	ASSERT_EQ(unit.len, strlen(expected));
	ASSERT(!memcmp(unit.s ?: "", expected, unit.len));
}

TEST(units)
{
	check_unit("/system.slice/shop.service", "shop.service");
	check_unit("/system.slice/shop.service/a/b", "shop.service");
	check_unit("/user.slice/user-0.slice/user@0.service/app.slice/me.service", "me.service");
	check_unit("/machine.slice/libpod-1.scope/container", "libpod-1.scope");
	check_unit("/kubepods/burstable/pod1", "");
	check_unit("/.service/", "");
	check_unit("/", "");
	check_unit("", "");
}

static int want(struct select_labels *labels, const char *key, const char *value)
{
	char why[256] = "";
	int ret = select_labels_add(labels, (struct text){ key, strlen(key) },
				    (struct text){ value, strlen(value) }, why, sizeof(why));

	return ret == -EINVAL && !*why ? -EPROTO : ret;
}

/* All labels of one pattern, or all of another one. */
TEST(by_labels)
{
	struct select_target target = { .name = NULL };
	const struct selection s = { .targets = &target, .nr_targets = 1 };
	struct select_labels first = { 0 }, second = { 0 };
	struct kube_labels *labels = kube_labels_new();
	struct select_process p = { .labels = labels };

	ASSERT_EQ(want(&first, "app", "shop"), 0);
	ASSERT_EQ(want(&first, "app", "till"), 0);
	ASSERT_EQ(want(&first, "tier", ""), 0);
	ASSERT_EQ(want(&second, "canary", "true"), 0);
	ASSERT_EQ(select_match_add_labels(&target.match, &first), 0);
	ASSERT_EQ(select_match_add_labels(&target.match, &second), 0);
	ASSERT(selection_goes_by(&s, SELECT_LABELS));
	ASSERT(!selection_choose(&s, &unknown));
	ASSERT(!selection_choose(&s, &p));
	ASSERT_EQ(kube_labels_add(labels, TEXT("app"), TEXT("till")), 0);
	ASSERT(!selection_choose(&s, &p));
	ASSERT_EQ(kube_labels_add(labels, TEXT("tier"), TEXT("")), 0);
	ASSERT(selection_choose(&s, &p));
	kube_labels_unref(labels);
	p.labels = labels = kube_labels_new();
	ASSERT_EQ(kube_labels_add(labels, TEXT("canary"), TEXT("true")), 0);
	ASSERT(selection_choose(&s, &p));
	kube_labels_unref(labels);
	select_match_fini(&target.match);
}

TEST(labels_that_are_none)
{
	struct select_labels labels = { 0 };
	char key[16];

	ASSERT_EQ(want(&labels, "a b", "x"), -EINVAL);
	ASSERT_EQ(want(&labels, "", "x"), -EINVAL);
	ASSERT_EQ(want(&labels, "a", "x*"), -EINVAL);
	ASSERT_EQ(labels.count, 0);
	for (int i = 0; i < 64; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		ASSERT_EQ(want(&labels, key, "x"), 0);
	}
	ASSERT_EQ(want(&labels, "more", "x"), -EINVAL);
	ASSERT_EQ(want(&labels, "k1", "y"), 0);
	select_labels_fini(&labels);
}
