// SPDX-License-Identifier: GPL-2.0-only
/* Command lines: what they mean, and what is said of those that mean nothing. */
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "cli/cli.h"

static struct cli cli;
static struct err err;
static char line[512];

/* The words of the line; "_" is an empty one. */
static int parse(const char *words)
{
	static char *argv[64];
	char *save;
	int argc = 0;

	cli_fini(&cli);
	cli = (struct cli){ 0 };
	err.msg[0] = '\0';
	snprintf(line, sizeof(line), "phrude-trace %s", words);
	for (char *word = strtok_r(line, " ", &save); word && argc < 63;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = str_eq(word, "_") ? word + 1 : word;
	argv[argc] = NULL;
	return cli_parse(&cli, argc, argv, &err);
}

TEST(tracing)
{
	ASSERT_EQ(parse("--pid 12 34 --rules a.yaml dir --format json --output out --count 5 "
			"--duration 1.5"),
		  0);
	ASSERT_EQ(cli.command, CMD_TRACE);
	ASSERT_EQ(cli.config.pids.count, 2);
	ASSERT_EQ(cli.config.pids.list[1], 34);
	ASSERT_EQ(cli.config.rules.count, 2);
	ASSERT_STR(cli.config.rules.list[1], "dir");
	ASSERT_EQ(cli.config.format, SINK_JSON);
	ASSERT_STR(cli.config.output, "out");
	ASSERT_EQ(cli.config.count, 5);
	ASSERT(cli.config.duration == 1.5);
	ASSERT_EQ(cli.config.rate, 25000);
	ASSERT_EQ(cli.config.probe, PROBE_NONE);
	ASSERT_EQ(parse("--pid=1 --pid=2 --rules=x --probe=arm --rate=0 --no-arm"), 0);
	ASSERT_EQ(cli.config.pids.count, 2);
	ASSERT_EQ(cli.config.probe, PROBE_ARM);
	ASSERT_EQ(cli.config.rate, 0);
	ASSERT(cli.config.no_arm);
}

TEST(run)
{
	ASSERT_EQ(parse("run --rules r --user 0 -- python3 --pid 7 -- x"), 0);
	ASSERT_EQ(cli.command, CMD_RUN);
	ASSERT_STR(cli.argv[0], "python3");
	ASSERT_STR(cli.argv[3], "--");
	ASSERT(!cli.argv[5]);
	ASSERT_EQ(cli.config.pids.count, 0);
	ASSERT_STR(cli.config.user, "0");
}

TEST(other_commands)
{
	ASSERT_EQ(parse("check a.yaml b"), 0);
	ASSERT_EQ(cli.config.rules.count, 2);
	ASSERT_EQ(parse("doctor"), 0);
	ASSERT_EQ(cli.command, CMD_DOCTOR);
	ASSERT_EQ(parse("suggest a.jsonl"), 0);
	ASSERT_STR(cli.files[0], "a.jsonl");
	ASSERT_EQ(parse("--help --no-such-option"), 0);
	ASSERT_EQ(cli.command, CMD_HELP);
	ASSERT_EQ(parse("run -h"), 0);
	ASSERT_EQ(cli.command, CMD_HELP);
}

TEST(cases_and_the_rules_beside_them)
{
	ASSERT_EQ(parse("test rules/x.test.yaml y.yaml dir"), 0);
	ASSERT_EQ(cli.nr_cases, 3);
	ASSERT_STR(cli.cases[0], "rules/x.test.yaml");
	ASSERT_STR(cli.cases[1], "y.test.yaml");
	ASSERT_STR(cli.cases[2], "dir");
	ASSERT_EQ(cli.config.rules.count, 3);
	ASSERT_STR(cli.config.rules.list[0], "rules/x.yaml");
	ASSERT_STR(cli.config.rules.list[1], "y.yaml");
	ASSERT_EQ(parse("test x.test.yaml --rules other"), 0);
	ASSERT_EQ(cli.config.rules.count, 1);
	ASSERT_STR(cli.config.rules.list[0], "other");
}

TEST(requests)
{
	ASSERT_EQ(parse("--pid 1 --rules r --trusted-proxies 10.0.0.0/8 ::1 unix --session-cookies "
			"sid token"),
		  0);
	ASSERT_EQ(cli.config.proxies.count, 2);
	ASSERT(cli.config.proxies.unix_sockets);
	ASSERT_EQ(cli.config.cookies.count, 2);
}

TEST(mistakes)
{
	static const struct {
		const char *words, *said;
	} cases[] = {
		{ "", "nothing to trace" },
		{ "--pid 1", "no rules" },
		{ "--rules r", "nothing to trace" },
		{ "run --rules r", "nothing to run" },
		{ "run --rules r --", "nothing to run" },
		{ "run python3 --rules r", "goes behind --" },
		{ "run --pid 1 --rules r -- x", "--pid does not go with this command" },
		{ "check", "nothing to check" },
		{ "check --output x", "--output does not go with this command" },
		{ "test", "nothing to test" },
		{ "suggest", "no alerts" },
		{ "--pid 1 --rules r -- x", "go with `phrude-trace run` only" },
		{ "--pid 1 --rules r --verbose word", "unexpected word" },
		{ "--pids 1", "unknown option --pids" },
		{ "--rules", "--rules needs an argument" },
		{ "--rules --pid 1", "--rules needs an argument" },
		{ "--verbose=1", "takes no argument" },
		{ "--pid 0", "process id" },
		{ "--pid -1", "process id" },
		{ "--pid 1x", "process id" },
		{ "--pid 99999999999", "process id" },
		{ "--pid _", "process id" },
		{ "--rules _", "empty word" },
		{ "--output _", "empty word" },
		{ "--format xml", "ecs, ocsf, cef or otlp" },
		{ "--probe kprobe", "auto" },
		{ "--count 0", "--count takes" },
		{ "--count -3", "--count takes" },
		{ "--count 99999999999999999999", "--count takes" },
		{ "--duration 0", "--duration takes" },
		{ "--duration nan", "--duration takes" },
		{ "--duration 1h", "--duration takes" },
		{ "--rate 1e6", "--rate takes" },
		{ "--rate 10000001", "--rate takes" },
		{ "--trusted-proxies 10.0.0.0/33", "--trusted-proxies takes" },
		{ "--session-cookies a=b", "--session-cookies takes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = parse(cases[i].words);

		if (ret != -EINVAL || !strstr(err.msg, cases[i].said))
			TEST_FAIL("\"%s\" gives %d, \"%s\"", cases[i].words, ret, err.msg);
	}
}

TEST(a_configuration)
{
	/* What is missing on the command line the file may have. */
	ASSERT_EQ(parse("--config c.yaml"), 0);
	ASSERT_STR(cli.config_file, "c.yaml");
	ASSERT_EQ(parse("run --config c.yaml -- x"), 0);
	ASSERT_EQ(parse("check --config c.yaml"), -EINVAL);
	ASSERT_EQ(parse("--config _"), -EINVAL);
}

TEST(the_end)
{
	cli_fini(&cli);
}
