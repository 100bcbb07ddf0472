// SPDX-License-Identifier: GPL-2.0-only
/* When are two outputs the same one? */
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "sink/sink.h"
#include "sink/sink_config.h"

/* A configuration with everything in it. */
static const struct sink_ops ops, other_ops;
static const struct sink_config whole = {
	.ops = &ops,
	.path = "/path",
	.rotation = { 1, 2, 3 },
	.address = "tcp://address:1",
	.ca_file = "/ca",
	.url = "https://url",
	.brokers = "brokers",
	.topic = "topic",
	.key = SINK_BY_RULE,
	.sasl = { "PLAIN", "user", "/password" },
	.headers_file = "/headers",
	.template = "/template",
	.key_file = "/key",
	.name = "name",
	.spool = { .path = "/spool", .size = 4, .sender = &ops },
	.format = SINK_ECS,
	.level = RULE_LEVEL_WARN,
	.queue = 5,
};

TEST(a_copy_is_equal)
{
	struct sink_config copy;

	ASSERT_EQ(sink_config_copy(&whole, &copy), 0);
	ASSERT(copy.path != whole.path && str_eq(copy.path, "/path"));
	ASSERT(sink_config_equal(&whole, &copy));
	sink_config_fini(&copy);
	ASSERT(!copy.path && !copy.spool.path && !copy.sasl.password_file);
}

/* Each member for itself: another one, or none. */
#define DIFFERS(member, value)                          \
	do {                                            \
		struct sink_config c = whole;           \
                                                        \
		c.member = value;                       \
		ASSERT(!sink_config_equal(&whole, &c)); \
		ASSERT(!sink_config_equal(&c, &whole)); \
	} while (0)

TEST(each_setting_counts)
{
	DIFFERS(ops, &other_ops);
	DIFFERS(path, "/other");
	DIFFERS(path, NULL);
	DIFFERS(rotation.size, 9);
	DIFFERS(rotation.age_s, 9);
	DIFFERS(rotation.keep, 9);
	DIFFERS(address, "tcp://other:1");
	DIFFERS(ca_file, NULL);
	DIFFERS(url, "https://other");
	DIFFERS(brokers, "other");
	DIFFERS(topic, "other");
	DIFFERS(key, SINK_BY_HOST);
	DIFFERS(sasl.mechanism, "SCRAM-SHA-512");
	DIFFERS(sasl.mechanism, NULL);
	DIFFERS(sasl.user, "other");
	DIFFERS(sasl.password_file, "/other");
	DIFFERS(headers_file, NULL);
	DIFFERS(template, "slack");
	DIFFERS(key_file, "/other");
	DIFFERS(name, "other");
	DIFFERS(name, NULL);
	DIFFERS(spool.path, "/other");
	DIFFERS(spool.path, NULL);
	DIFFERS(spool.size, 9);
	DIFFERS(spool.sender, &other_ops);
	DIFFERS(format, SINK_JSON);
	DIFFERS(level, RULE_LEVEL_ALERT);
	DIFFERS(queue, 0);
}

/* How it is opened is none of its settings. */
TEST(a_spool_that_is_awaited)
{
	struct sink_config c = whole;

	c.spool.awaited = true;
	ASSERT(sink_config_equal(&whole, &c));
}

TEST(files_that_it_names)
{
	char path[] = "/tmp/phrude-trace-unit-XXXXXX";
	int fd = mkstemp(path);
	struct sink_config c = { .headers_file = path };
	uint64_t stamp = sink_config_stamp(&c);

	ASSERT(fd >= 0);
	ASSERT_EQ(sink_config_stamp(&c), stamp);
	ASSERT_EQ(write(fd, "x", 1), 1);
	ASSERT(sink_config_stamp(&c) != stamp);
	close(fd);
	unlink(path);
	/* One that is built in is no file. */
	c = (struct sink_config){ .template = "slack" };
	stamp = sink_config_stamp(&c);
	c.template = NULL;
	ASSERT_EQ(sink_config_stamp(&c), stamp);
}
