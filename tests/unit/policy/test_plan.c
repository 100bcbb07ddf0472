// SPDX-License-Identifier: GPL-2.0-only
/* Which probe kinds rules call for, before there is an interpreter to look at. */
#include "test.h"

#include "base/util.h"
#include "policy/plan.h"
#include "kern/kern_feat.h"

static bool sleepable = true;

bool kern_feat_sleepable(void)
{
	return sleepable;
}

static struct rule rules[3] = {
	{ .name = (char *)"python",
	  .place_kind = RULE_FILE,
	  .place = (char *)"os.py",
	  .func = (char *)"getenv" },
	{ .name = (char *)"c",
	  .place_kind = RULE_MODULE,
	  .place = (char *)"posix",
	  .func = (char *)"system" },
	{ .name = (char *)"audit", .place_kind = RULE_AUDIT, .place = (char *)"os.system" },
};

static uint32_t kinds_of(size_t first, size_t count, enum phrude_probe forced, bool no_arm)
{
	const struct rule_set set = { .rules = rules + first, .nr_rules = count };
	const struct plan_choice choice = plan_choice(forced, no_arm);

	return plan_kinds(&set, &choice);
}

#define BIT(probe) (1u << PROBE_##probe)

TEST(what_is_tried_first)
{
	ASSERT_EQ(kinds_of(0, 1, PROBE_NONE, false), BIT(ARM));
	ASSERT_EQ(kinds_of(1, 1, PROBE_NONE, false), BIT(DIRECT));
	ASSERT_EQ(kinds_of(2, 1, PROBE_NONE, false), BIT(AUDIT));
	ASSERT_EQ(kinds_of(0, 3, PROBE_NONE, false), BIT(ARM) | BIT(DIRECT) | BIT(AUDIT));
	ASSERT_EQ(kinds_of(0, 0, PROBE_NONE, false), 0);
}

TEST(without_arming)
{
	struct plan_choice choice;

	ASSERT_EQ(kinds_of(0, 3, PROBE_NONE, true), BIT(FRAME) | BIT(DIRECT) | BIT(AUDIT));
	ASSERT_HAS(plan_choice(PROBE_NONE, true).no_arm, "--no-arm");
	sleepable = false;
	choice = plan_choice(PROBE_NONE, false);
	ASSERT_HAS(choice.no_arm, "Linux 6.0");
	ASSERT_EQ(kinds_of(0, 1, PROBE_NONE, false), BIT(FRAME));
	sleepable = true;
	ASSERT(!plan_choice(PROBE_NONE, false).no_arm);
}

TEST(forced)
{
	ASSERT_EQ(kinds_of(0, 3, PROBE_CALL, false), BIT(CALL));
	ASSERT_EQ(kinds_of(0, 3, PROBE_USDT, true), BIT(USDT));
}

static bool arms(const struct rule *rule, const char *name, const char *file, const char *qualname)
{
	return plan_arms(rule, (struct text){ name, strlen(name) },
			 (struct text){ file, file ? strlen(file) : 0 },
			 (struct text){ qualname, qualname ? strlen(qualname) : 0 });
}

TEST(what_is_armed)
{
	const struct rule method = { .place_kind = RULE_FILE,
				     .place = (char *)"b.py",
				     .func = (char *)"Class.method" };

	ASSERT(arms(&rules[0], "getenv", "/usr/lib/python3.11/os.py", "getenv"));
	ASSERT(arms(&rules[0], "getenv", "<frozen os>", NULL));
	ASSERT(arms(&rules[0], "getenv", NULL, NULL)); /* asked by name first */
	ASSERT(!arms(&rules[0], "getenvb", "/usr/lib/python3.11/os.py", NULL));
	ASSERT(!arms(&rules[0], "getenv", "/srv/pos.py", NULL));
	ASSERT(!arms(&rules[1], "system", "posix", NULL));
	ASSERT(arms(&method, "method", "/a/b.py", "Outer.Class.method"));
	ASSERT(!arms(&method, "method", "/a/b.py", "Other.method"));
	ASSERT(!arms(&method, "Class.method", "/a/b.py", NULL));
}

TEST(printed)
{
	static const enum phrude_probe probes[] = { PROBE_USDT, PROBE_NONE, PROBE_ARM, PROBE_USDT,
						    PROBE_CALL };
	_cleanup_buf_ struct buf out = { 0 };

	plan_print(&out, probes, ARRAY_SIZE(probes));
	ASSERT_STR(out.data, "arm 1, call 1, usdt 2");
}
