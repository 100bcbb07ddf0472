// SPDX-License-Identifier: GPL-2.0-only
/* The key `rate_limit` and its option; mistakes are in test_config_file.c. */
#include "config/config.h"

#include "base/util.h"
#include "test.h"

static struct config config;
static struct buf messages;

static int parse(const char *text)
{
	config_fini(&config);
	buf_reset(&messages);
	return config_parse("/etc/p/c.yaml", text, strlen(text), &config, &messages);
}

TEST(rate_limits)
{
	static const struct {
		const char *text;
		uint64_t interval_ns, burst;
	} cases[] = {
		{ "rate_limit: { per_rule: 10/s, burst: 100 }\n", 100000000, 100 },
		{ "rate_limit: { burst: 3, per_rule: 5/m }\n", 12000000000, 3 },
		{ "rate_limit: { per_rule: 100/h }\n", 36000000000, 100 },
		{ "rate_limit: { per_rule: 1000000/s, burst: 1000000 }\n", 1000, 1000000 },
		{ "verbose: true\n", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(parse(cases[i].text), 0);
		ASSERT_EQ(config.limit.interval_ns, cases[i].interval_ns);
		ASSERT_EQ(config.limit.burst, cases[i].burst);
	}
}

/* The option counts more, and as a whole. */
TEST(a_rate_limit_beside_the_option)
{
	struct config own;

	config_init(&own);
	ASSERT_EQ(parse("rate_limit: { per_rule: 10/s, burst: 100 }\n"), 0);
	config_take(&own, &config);
	ASSERT_EQ(own.limit.burst, 100);
	config_fini(&own);
	config_init(&own);
	ASSERT_EQ(config_set(&own, config_setting("rate-limit"), "5/m"), 0);
	config_take(&own, &config);
	ASSERT_EQ(own.limit.interval_ns, 12000000000);
	ASSERT_EQ(own.limit.burst, 5);
	config_fini(&own);
}

TEST(the_end)
{
	config_fini(&config);
	buf_fini(&messages);
}
