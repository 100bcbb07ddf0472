// SPDX-License-Identifier: GPL-2.0-only
/* Settings: what they take, and what is said of what they do not. */
#include "config/config.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

static struct config config;

static int set(const char *name, const char *text)
{
	const struct config_setting *s = config_setting(name);

	return s ? config_set(&config, s, text) : -ENOENT;
}

TEST(values)
{
	config_init(&config);
	ASSERT_EQ(config.rate, 25000);
	ASSERT_EQ(set("pid", "12"), 0);
	ASSERT_EQ(set("pid", "2147483647"), 0);
	ASSERT_EQ(config.pids.count, 2);
	ASSERT_EQ(config.pids.list[1], 2147483647);
	ASSERT_EQ(set("rules", "a"), 0);
	ASSERT_EQ(set("rules", "b"), 0);
	ASSERT_STR(config.rules.list[1], "b");
	ASSERT_EQ(set("output", "x"), 0);
	ASSERT_EQ(set("output", "y"), 0);
	ASSERT_STR(config.output, "y");
	ASSERT_EQ(set("probe", "frame"), 0);
	ASSERT_EQ(config.probe, PROBE_FRAME);
	ASSERT_EQ(set("probe", "auto"), 0);
	ASSERT_EQ(config.probe, PROBE_NONE);
	ASSERT_EQ(set("count", "18446744073709551615"), 0);
	ASSERT(config.count == UINT64_MAX);
	ASSERT_EQ(set("duration", "1e-3"), 0);
	ASSERT_EQ(set("trusted-proxies", "10.0.0.0/8"), 0);
	ASSERT_EQ(set("trusted-proxies", "unix"), 0);
	ASSERT_EQ(set("session-cookies", "sid"), 0);
	ASSERT_EQ(set("plain-session", NULL), 0);
	ASSERT_EQ(set("metrics", "127.0.0.1:9464"), 0);
	ASSERT_EQ(set("metrics", "unix:/run/x"), 0);
	ASSERT_STR(config.metrics, "unix:/run/x");
	ASSERT_EQ(set("control", "/run/y"), 0);
	ASSERT_STR(config.control, "/run/y");
	ASSERT_EQ(set("kubernetes-logs", "/host/var/log"), 0);
	ASSERT_STR(config.kube_logs, "/host/var/log");
	ASSERT_EQ(set("kubernetes-node", "node-1.example"), 0);
	ASSERT_STR(config.kube_node, "node-1.example");
	ASSERT_EQ(config_request(&config).nr_proxies, 1);
	ASSERT(config_request(&config).trust_unix && config_request(&config).plain_session);
	ASSERT_STR(config_request(&config).cookies[0], "sid");
	ASSERT_EQ(set("fax", "1"), -ENOENT);
	config_fini(&config);
	config_init(&config);
	ASSERT(!config_request(&config).cookies);
	config_fini(&config);
}

TEST(mistakes)
{
	static const struct {
		const char *name, *text, *said;
	} cases[] = {
		{ "pid", "0", "takes a process id, not \"0\"" },
		{ "pid", "2147483648", "takes a process id, not \"2147483648\"" },
		{ "pid", " 1", "takes a process id, not \" 1\"" },
		{ "rules", "", "takes a file or a directory, not an empty word" },
		{ "user", "", "takes a user's name or number, not an empty word" },
		{ "probe", "x", "takes one of auto, direct" },
		{ "rate", "-1", "takes matches a second" },
		{ "rate-limit", "10", "takes alerts in a second, minute or hour, as in 10/s" },
		{ "rate-limit", "0/s", "takes alerts" },
		{ "rate-limit", "1000001/s", "takes alerts" },
		{ "rate-limit", "/s", "takes alerts" },
		{ "rate-limit", "1/ss", "takes alerts" },
		{ "rate-limit", "1/s,", "takes alerts" },
		{ "rate-limit", "1/s,burst=", "takes alerts" },
		{ "rate-limit", "1/s,burst=0", "takes alerts" },
		{ "rate-limit", "1/s,burst=1,", "takes alerts" },
		{ "rate-limit", "", "takes alerts" },
		{ "metrics", "9464", "takes an address" },
		{ "metrics", "unix:x", "takes an address" },
		{ "control", "", "takes the path of a socket" },
		{ "kubernetes-logs", "", "takes a folder, not an empty word" },
		{ "kubernetes-node", "Node_1", "takes the name of a node, not \"Node_1\"" },
		{ "count", "0", "takes a number of alerts" },
		{ "duration", "inf", "takes seconds" },
		{ "trusted-proxies", "10.0.0.0/99", "takes addresses" },
		{ "session-cookies", "a;b", "takes names of cookies" },
	};

	config_init(&config);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf why = { 0 };

		ASSERT_EQ(set(cases[i].name, cases[i].text), -EINVAL);
		config_explain(&why, config_setting(cases[i].name), cases[i].text);
		if (!str_starts(why.data, cases[i].said))
			TEST_FAIL("%s: %s", cases[i].name, why.data);
		buf_fini(&why);
	}
	config_fini(&config);
}
