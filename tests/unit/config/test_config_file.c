// SPDX-License-Identifier: GPL-2.0-only
/* Configurations in files: what they mean.  Mistakes: test_config_mistakes.c. */
#include "config/config.h"

#include <errno.h>
#include <unistd.h>

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

TEST(settings)
{
	ASSERT_EQ(parse("rules: [rules, /abs]\n"
			"pid: [1, 23]\n"
			"probe: frame\n"
			"no-arm: yes\n"
			"verbose: false\n"
			"count: 7\n"
			"duration: 1.5\n"
			"rate: 0\n"
			"format: json\n"
			"output: alerts.jsonl\n"
			"user: nobody\n"
			"mode: detect\n"
			"trusted-proxies: 10.0.0.0/8\n"
			"session-cookies: [a, b]\n"
			"kubernetes-logs: log\n"
			"kubernetes-node: node-1\n"
			"plain-session: on\n"),
		  0);
	ASSERT(!messages.len);
	/* Relative to the file's folder. */
	ASSERT_EQ(config.rules.count, 2);
	ASSERT_STR(config.rules.list[0], "/etc/p/rules");
	ASSERT_STR(config.rules.list[1], "/abs");
	ASSERT_STR(config.output, "/etc/p/alerts.jsonl");
	ASSERT_EQ(config.pids.list[1], 23);
	ASSERT_EQ(config.probe, PROBE_FRAME);
	ASSERT(config.no_arm && !config.verbose && config.plain_session);
	ASSERT_EQ(config.count, 7);
	ASSERT(config.duration == 1.5);
	ASSERT_EQ(config.rate, 0);
	ASSERT_EQ(config.format, SINK_JSON);
	ASSERT_STR(config.user, "nobody");
	ASSERT_STR(config.kube_logs, "/etc/p/log");
	ASSERT_STR(config.kube_node, "node-1");
	ASSERT_EQ(config.proxies.count, 1);
	ASSERT_STR(config.cookies.list[1], "b");
}

TEST(targets)
{
	const struct select_process other = { .uid = 1000 }, root = { .exe = "/bin/x" };
	struct config own;

	ASSERT_EQ(parse("targets:\n"
			"  - name: shop\n"
			"    match: { exe: '/usr/bin/python3*', user: [33, 1000], cmdline: 'x' }\n"
			"    mode: detect\n"
			"  - { name: rest, match: {} }\n"
			"exclude: [{ user: root, exe: /bin/* }]\n"),
		  0);
	ASSERT_EQ(config.selection.nr_targets, 2);
	ASSERT_STR(selection_choose(&config.selection, &other)->name, "rest");
	ASSERT(!selection_choose(&config.selection, &root));
	config_init(&own);
	config_take(&own, &config);
	ASSERT_EQ(own.selection.nr_targets, 2);
	ASSERT_EQ(config.selection.nr_targets, 0);
	config_fini(&own);
}

TEST(redact)
{
	struct config own;

	ASSERT_EQ(parse("rules: x\n"), 0);
	ASSERT(!config.redact.no_defaults);
	config_fini(&config);
	ASSERT_EQ(parse("redact: { defaults: false, patterns: ['(?i)x-[a-z]+', y] }\n"), 0);
	ASSERT(config.redact.no_defaults);
	config_init(&own);
	config_take(&own, &config);
	ASSERT(own.redact.no_defaults);
	ASSERT_EQ(own.redact.patterns.count, 2);
	ASSERT_STR(own.redact.patterns.list[1], "y");
	config_fini(&own);
	ASSERT_EQ(parse("redact: { patterns: 'x*' }\n"), -EINVAL);
	ASSERT_STR(messages.data, "/etc/p/c.yaml:1:21: this matches even where there is nothing\n");
	ASSERT_EQ(parse("redact: { patterns: one }\n"), 0);
	ASSERT_EQ(config.redact.patterns.count, 1);
	ASSERT(!config.redact.no_defaults);
	ASSERT(!config.no_redact && !config.redact.key_file);
	ASSERT_EQ(parse("redact: { key_file: key }\n"), 0);
	ASSERT_STR(config.redact.key_file, "/etc/p/key");
	ASSERT_EQ(parse("redact: false\n"), 0);
	ASSERT(config.no_redact);
	ASSERT_EQ(parse("redact: true\n"), 0);
	ASSERT(!config.no_redact);
	/* The command line counts more. */
	config_init(&own);
	ASSERT_EQ(config_set(&own, config_setting("no-redact"), NULL), 0);
	config_take(&own, &config);
	ASSERT(own.no_redact);
	config_fini(&own);
	config_fini(&config);
}

TEST(outputs)
{
	struct sink_config sinks[CONFIG_OUTPUTS_MAX];

	ASSERT_EQ(parse("format: text\n"
			"outputs:\n"
			"- { type: file, path: a, name: all, format: json, queue: 5 }\n"
			"- { type: stdout, level: alert }\n"),
		  0);
	ASSERT_EQ(config_sinks(&config, sinks), 2);
	ASSERT_STR(sinks[0].ops->type, "file");
	ASSERT_STR(sinks[0].path, "/etc/p/a");
	ASSERT_STR(sinks[0].name, "all");
	ASSERT_EQ(sinks[0].format, SINK_JSON);
	ASSERT_EQ(sinks[0].level, RULE_LEVEL_INFO);
	ASSERT_EQ(sinks[0].queue, 5);
	ASSERT_STR(sinks[1].ops->type, "stdout");
	ASSERT_EQ(sinks[1].format, SINK_TEXT);
	ASSERT_EQ(sinks[1].level, RULE_LEVEL_ALERT);
	ASSERT(!sinks[1].name && !sinks[1].path && !sinks[1].queue);
	/* Without any there is one. */
	ASSERT_EQ(parse("rules: x"), 0);
	ASSERT_EQ(config_sinks(&config, sinks), 1);
	ASSERT_STR(sinks[0].ops->type, "stdout");
	ASSERT_EQ(sinks[0].format, SINK_AUTO);
}

TEST(rotation)
{
	struct sink_config sinks[CONFIG_OUTPUTS_MAX];

	ASSERT_EQ(parse("outputs:\n"
			"- { type: file, path: a, rotate: { size: 100M, age: 12h, keep: 3 } }\n"
			"- { type: file, path: b, rotate: { size: 1k } }\n"
			"- { type: file, path: c, rotate: { age: 90s } }\n"
			"- { type: file, path: a.x }\n"),
		  0);
	ASSERT_EQ(config_sinks(&config, sinks), 4);
	ASSERT_EQ(sinks[0].rotation.size, 100 << 20);
	ASSERT_EQ(sinks[0].rotation.age_s, 12 * 3600);
	ASSERT_EQ(sinks[0].rotation.keep, 3);
	ASSERT_EQ(sinks[1].rotation.size, 1024);
	ASSERT_EQ(sinks[1].rotation.age_s, 0);
	ASSERT_EQ(sinks[1].rotation.keep, 7);
	ASSERT_EQ(sinks[2].rotation.age_s, 90);
	ASSERT_EQ(sinks[3].rotation.keep, 0);
	/* What the command line names is not rotated. */
	ASSERT_EQ(parse("output: x"), 0);
	ASSERT_EQ(config_sinks(&config, sinks), 1);
	ASSERT_EQ(sinks[0].rotation.keep, 0);
}

static void set(struct config *c, const char *name, const char *text)
{
	if (config_set(c, config_setting(name), text))
		abort();
}

/* What the command line says counts more. */
TEST(command_line_and_file)
{
	struct sink_config sinks[CONFIG_OUTPUTS_MAX];
	struct config c;

	ASSERT_EQ(parse("rules: [a, b]\nrate: 5\nno-arm: false\nverbose: true\n"
			"outputs: [{ type: file, path: /x }, { type: stdout }]\n"),
		  0);
	config_init(&c);
	set(&c, "rules", "own");
	set(&c, "pid", "1");
	set(&c, "no-arm", NULL);
	config_take(&c, &config);
	ASSERT_EQ(c.rules.count, 1);
	ASSERT_STR(c.rules.list[0], "own");
	ASSERT_EQ(c.pids.count, 1);
	ASSERT_EQ(c.rate, 5);
	ASSERT(c.no_arm && c.verbose);
	ASSERT_EQ(config_sinks(&c, sinks), 2);
	config_fini(&c);
	ASSERT_EQ(parse("outputs: [{ type: file, path: /x }, { type: stdout }]\n"), 0);
	config_init(&c);
	set(&c, "output", "/y");
	config_take(&c, &config);
	ASSERT_EQ(config_sinks(&c, sinks), 1);
	ASSERT_STR(sinks[0].path, "/y");
	config_fini(&c);
}

static uint64_t fixed(const char *text)
{
	return parse(text) ? 0 : config.fixed;
}

/* What a reload does not change is told from what it does, in whatever order and form it stands. */
TEST(what_is_fixed)
{
	uint64_t one = fixed("rules: a.yaml\nformat: json\nverbose: true\nrate: 9\n");

	ASSERT(one);
	ASSERT_EQ(fixed("# other rules\nrate: 9\nverbose:   true\nrules: [b.yaml]\n"), one);
	ASSERT_EQ(fixed("rate: 9\nverbose: true\ndisabled: true\nrules: a.yaml\n"
			"targets: [{ name: t, match: {} }]\nexclude: [{ user: root }]\n"),
		  one);
	ASSERT_EQ(fixed("rate: 9\nverbose: true\noutputs: [{ type: file, path: /a }]\n"
			"redact: { defaults: false }\nrate_limit: { per_rule: 1/s }\n"
			"shed: info\nrules: a.yaml\nformat: text\n"),
		  one);
	ASSERT_EQ(fixed("rate: 9\nverbose: true\noutput: /a\nredact: false\n"), one);
	ASSERT(fixed("rules: a.yaml\nformat: json\nrate: 9\n") != one);
	ASSERT(fixed("rules: a.yaml\nverbose: true\nrate: 8\n") != one);
	ASSERT(fixed("rate: 9\nverbose: true\nmetrics: { listen: \"127.0.0.1:1\" }\n") != one);
	/* Whether costs are looked at is, and how much they may be is not. */
	ASSERT(fixed("rate: 9\nverbose: true\nmax_cpu_percent: 5\n") != one);
	ASSERT_EQ(fixed("max_cpu_percent: 5\n"), fixed("max_cpu_percent: 6\n"));
}

TEST(files)
{
	static const struct {
		const char *text;
		bool is_config;
	} cases[] = { { "rules: x\n", true },
		      { "- name: x\n", false },
		      { "func: f\nname: x\n", false },
		      { "", false } };
	char path[64];

	snprintf(path, sizeof(path), "/tmp/phrude-trace-unit-config-%d", getpid());
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		FILE *f = fopen(path, "w");

		fputs(cases[i].text, f);
		fclose(f);
		ASSERT_EQ(config_is_one(path), cases[i].is_config);
		config_fini(&config);
		buf_reset(&messages);
		ASSERT_EQ(config_load(path, &config, &messages), cases[i].is_config ? 0 : -EINVAL);
	}
	unlink(path);
	ASSERT(!config_is_one(path) && !config_is_one("/tmp"));
	config_fini(&config);
	buf_reset(&messages);
	ASSERT_EQ(config_load(path, &config, &messages), -EINVAL);
	ASSERT(strstr(messages.data, "cannot be read: No such file"));
}

TEST(the_end)
{
	config_fini(&config);
	buf_fini(&messages);
}
