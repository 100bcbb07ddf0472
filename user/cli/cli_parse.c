// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "probe/probe_kind.h"
#include "base/log.h"
#include "base/stamp.h"
#include "base/util.h"

/* Which commands an option goes with. */
#define FOR_TRACE (1u << CMD_TRACE)
#define FOR_RUN (1u << CMD_RUN)
#define FOR_CHECK (1u << CMD_CHECK)
#define FOR_TEST (1u << CMD_TEST)
#define FOR_DOCTOR (1u << CMD_DOCTOR)
#define FOR_STATUS (1u << CMD_STATUS)
#define FOR_TOP (1u << CMD_TOP)
#define FOR_BUGREPORT (1u << CMD_BUGREPORT)
#define FOR_TRACING (FOR_TRACE | FOR_RUN)
#define FOR_ALL ~0u

struct option {
	const char *name;
	const char *arg; /* what --help calls its argument; NULL: none */
	unsigned int commands;
	int (*set)(struct cli *cli, const char *arg,
		   struct err *err); /* NULL: see config_setting() */
	bool many;		     /* takes several arguments: --pid 1 2 3 */
	const char *help;
};

/* Sets what the option has in common with a configuration's key. */
static int set_setting(struct cli *cli, const char *name, const char *arg, struct err *err)
{
	const struct config_setting *setting = config_setting(name);
	_cleanup_buf_ struct buf why = { 0 };
	int ret = config_set(&cli->config, setting, arg);

	if (ret == -EINVAL)
		config_explain(&why, setting, arg);
	if (ret == -ENOMEM || why.failed)
		return err_set(err, -ENOMEM, "out of memory");
	return ret ? err_set(err, ret, "--%s %s", name, why.data) : 0;
}

static int grow(void **array, size_t count, size_t size, struct err *err)
{
	void *more = realloc(*array, (count + 1) * size);

	if (!more)
		return err_set(err, -ENOMEM, "out of memory");
	*array = more;
	return 0;
}

static int add_word(const char ***words, size_t *count, const char *word, struct err *err)
{
	if (grow((void **)words, *count, sizeof(**words), err))
		return -ENOMEM;
	(*words)[(*count)++] = word;
	return 0;
}

static int set_python(struct cli *cli, const char *arg, struct err *err)
{
	return add_word(&cli->pythons, &cli->nr_pythons, arg, err);
}

/*
 * What `test` is given: a directory of rules with their cases, or one file of either, beside which
 * the other stands.
 */
static int set_cases(struct cli *cli, const char *arg, struct err *err)
{
	bool is_case = str_ends(arg, ".test.yaml"), is_rule = !is_case && str_ends(arg, ".yaml");
	const char *cases = arg, *rules = arg;

	if (is_case || is_rule) {
		int stem = strlen(arg) - strlen(is_case ? ".test.yaml" : ".yaml");
		char *other;

		if (asprintf(&other, "%.*s%s", stem, arg, is_case ? ".yaml" : ".test.yaml") < 0)
			return err_set(err, -ENOMEM, "out of memory");
		if (add_word(&cli->derived, &cli->nr_derived, other, err)) {
			free(other);
			return -ENOMEM;
		}
		*(is_case ? &rules : &cases) = other;
	}
	if (add_word(&cli->cases, &cli->nr_cases, cases, err))
		return -ENOMEM;
	return add_word(&cli->case_rules, &cli->nr_case_rules, rules, err);
}

/* The rules beside the cases are taken unless --rules names others. */
static int take_case_rules(struct cli *cli, struct err *err)
{
	bool given = cli->config.rules.count;
	int ret = 0;

	for (size_t i = 0; !ret && !given && i < cli->nr_case_rules; i++)
		ret = set_setting(cli, "rules", cli->case_rules[i], err);
	return ret;
}

static int set_config(struct cli *cli, const char *arg, struct err *err)
{
	if (!*arg)
		return err_set(err, -EINVAL, "--config takes a file, not an empty word");
	cli->config_file = arg;
	return 0;
}

static int set_socket(struct cli *cli, const char *arg, struct err *err)
{
	if (!*arg)
		return err_set(err, -EINVAL, "--socket takes a path, not an empty word");
	cli->socket = arg;
	return 0;
}

static int set_json(struct cli *cli, const char *arg, struct err *err)
{
	cli->json = true;
	return 0;
}

static int set_version(struct cli *cli, const char *arg, struct err *err)
{
	cli->command = CMD_VERSION;
	return 0;
}

static int set_help(struct cli *cli, const char *arg, struct err *err)
{
	cli->command = CMD_HELP;
	return 0;
}

static const struct option options[] = {
	{ "--config", "FILE", FOR_TRACING | FOR_BUGREPORT, set_config, false,
	  "settings from a file, see docs/config.md; options beside it count more" },
	{ "--pid", "PID", FOR_TRACE | FOR_DOCTOR, NULL, true,
	  "process to trace; several may be given" },
	{ "--rules", "FILE|DIR", FOR_TRACING | FOR_TEST | FOR_DOCTOR, NULL, true,
	  "rules; of a directory every *.yaml below it" },
	{ "--disabled", NULL, FOR_TRACING | FOR_DOCTOR | FOR_CHECK, NULL, false,
	  "load rules with `enabled: false` too" },
	{ "--format", "FORMAT", FOR_TRACING, NULL, false,
	  "of alerts: json, text, ecs, ocsf, cef or otlp; text on a terminal, else json, if not "
	  "given" },
	{ "--output", "FILE", FOR_TRACING | FOR_BUGREPORT, NULL, false,
	  "append alerts to FILE instead of standard output; of bugreport: the file to be made" },
	{ "--probe", "KIND", FOR_TRACING | FOR_DOCTOR, NULL, false,
	  "how calls are noticed: auto (the default), or one of the kinds below" },
	{ "--no-arm", NULL, FOR_TRACING | FOR_DOCTOR, NULL, false,
	  "never write anything into the memory of a target" },
	{ "--count", "N", FOR_TRACING, NULL, false, "stop after N alerts" },
	{ "--duration", "SECONDS", FOR_TRACING, NULL, false, "stop after so many seconds" },
	{ "--rate", "N", FOR_TRACING, NULL, false,
	  "matches a second that one process may have reported, 25000 if not given; 0: any "
	  "number" },
	{ "--rate-limit", "RATE", FOR_TRACING, NULL, false,
	  "alerts of one rule for one target, as in 10/s, 5/m or 10/s,burst=100; what is beyond is "
	  "held back, and one stands for it every 10 seconds; any number if not given" },
	{ "--max-cpu-percent", "N", FOR_TRACING, NULL, false,
	  "say so where probes cost a process more than that share of one CPU, over 10 seconds" },
	{ "--shed", "LEVEL", FOR_TRACING, NULL, false,
	  "with --max-cpu-percent: info; spare such a process the dearest rules of that level, "
	  "until they would cost little" },
	{ "--python", "EXE", FOR_TEST, set_python, true,
	  "of test: interpreters to run the cases in; python3 if not given" },
	{ "--user", "NAME|UID", FOR_RUN | FOR_TEST, NULL, false,
	  "whom the program, or the test cases, run as; with run under sudo the user who called "
	  "it, "
	  "else root" },
	{ "--trusted-proxies", "CIDR", FOR_TRACING, NULL, true,
	  "peers that are believed where a request comes from (X-Forwarded-For); unix: those "
	  "without an address" },
	{ "--session-cookies", "NAME", FOR_TRACING, NULL, true, "cookies that hold a session" },
	{ "--plain-session", NULL, FOR_TRACING, NULL, false,
	  "show sessions as they are, not hashed" },
	{ "--no-redact", NULL, FOR_TRACING, NULL, false,
	  "leave secrets in alerts, as they were captured" },
	{ "--metrics", "ADDRESS", FOR_TRACING, NULL, false,
	  "answer /metrics, /healthz and /readyz over HTTP, at 127.0.0.1:9464 or unix:PATH" },
	{ "--control", "PATH", FOR_TRACING, NULL, false,
	  "listen at this socket for `phrude-trace status` and `top`" },
	{ "--kubernetes-logs", "DIR", FOR_TRACE, NULL, false,
	  "where the kubelet names its pods, /var/log if not given" },
	{ "--kubernetes-node", "NAME", FOR_TRACE, NULL, false,
	  "the node that alerts name; $PHRUDE_HOST if not given" },
	{ "--kubernetes-account", "DIR", FOR_TRACE, NULL, false,
	  "where the service account's token and certificate are, for `labels`; as in a pod if "
	  "not given" },
	{ "--socket", "PATH", FOR_STATUS | FOR_TOP | FOR_BUGREPORT, set_socket, false,
	  "of status, top and bugreport: where the tracer listens; " CONTROL_SOCKET
	  " if not given" },
	{ "--json", NULL, FOR_STATUS, set_json, false, "of status: all of it, as JSON" },
	{ "--verbose", NULL, FOR_ALL, NULL, false, "say more on standard error" },
	{ "--version", NULL, FOR_ALL, set_version, false, "print the version" },
	{ "--help", NULL, FOR_ALL, set_help, false, "print this" },
};

static const struct {
	const char *name;
	enum cli_command command;
} commands[] = {
	{ "run", CMD_RUN },   { "check", CMD_CHECK },	      { "doctor", CMD_DOCTOR },
	{ "test", CMD_TEST }, { "suggest", CMD_SUGGEST },     { "status", CMD_STATUS },
	{ "top", CMD_TOP },   { "bugreport", CMD_BUGREPORT },
};

static void print_kinds(void)
{
	const struct probe_kind *kind;

	printf("\nProbe kinds, in the order in which auto prefers them:\n");
	for (size_t n = 0; (kind = probe_kind_preferred(n)); n++)
		printf("  %-17s sees %s%s%s%s; costs %s\n", kind->name,
		       kind->partial ? "some calls of " : "",
		       kind->python ? "functions written in Python" : "",
		       kind->python && kind->c ? " or C"
		       : kind->c	       ? "functions written in C"
					       : "",
		       kind->audit ? "audit events" : "", kind->cost);
}

void cli_print_help(void)
{
	printf("phrude-trace watches what running Python programs do inside, from outside, and "
	       "raises alerts by rules.\n"
	       "\n"
	       "  phrude-trace --pid PID... --rules FILE|DIR... [options]   attach, and stream "
	       "alerts until ^C or the end\n"
	       "  phrude-trace run --rules FILE|DIR... [options] -- CMD     start a program, "
	       "traced from its first call on\n"
	       "  phrude-trace check FILE|DIR...                            check rules, "
	       "and configurations\n"
	       "  phrude-trace doctor [--pid PID...] [--rules FILE|DIR...]  what works here, and "
	       "why not the rest\n"
	       "  phrude-trace test FILE|DIR... [--python EXE...]           run the test cases "
	       "beside rules\n"
	       "  phrude-trace suggest ALERTS.jsonl...                      propose exceptions for "
	       "recorded alerts\n"
	       "  phrude-trace status [--json] [--socket PATH]              how the running "
	       "tracer is\n"
	       "  phrude-trace top [--socket PATH]                          what it does a second, "
	       "and what that takes\n"
	       "  phrude-trace bugreport [--config FILE] [--output FILE]    what whoever is to "
	       "find a fault needs, without secrets\n"
	       "\n"
	       "Options:\n");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		printf("  %-17s %-10s %s\n", options[i].name, options[i].arg ?: "",
		       options[i].help);
	print_kinds();
	printf("\n"
	       "Exit status: 0 ended as asked; 1 failure at run time, or a tracer that is not "
	       "well (status); 2 bad usage or\n"
	       "bad rules; 3 a target that cannot be traced, or no tracer to ask; 4 not enough "
	       "privilege, or a kernel without\n"
	       "what is needed.\n");
}

static const struct option *find_option(const char *word, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].name) == len && strncmp(options[i].name, word, len) == 0)
			return &options[i];
	}
	return NULL;
}

static int set_option(struct cli *cli, const struct option *o, const char *arg, struct err *err)
{
	return o->set ? o->set(cli, arg, err) : set_setting(cli, o->name + strlen("--"), arg, err);
}

/* Handles the option argv[*i]; leaves *i at the last word that belongs to it. */
static int parse_option(struct cli *cli, char **argv, int argc, int *i, struct err *err)
{
	const char *word = str_eq(argv[*i], "-h")   ? "--help"
			   : str_eq(argv[*i], "-v") ? "--verbose"
						    : argv[*i];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o = find_option(word, len);
	const char *arg = equals ? equals + 1 : NULL;
	int ret;

	if (!o)
		return err_set(err, -EINVAL, "unknown option %.*s; --help lists the options",
			       (int)len, word);
	if (!(o->commands & 1u << cli->command))
		return err_set(err, -EINVAL,
			       "%s does not go with this command; --help shows what does", o->name);
	if (!o->arg) {
		if (arg)
			return err_set(err, -EINVAL, "%s takes no argument", o->name);
		return set_option(cli, o, NULL, err);
	}
	if (!arg && *i + 1 < argc && !str_starts(argv[*i + 1], "--"))
		arg = argv[++*i];
	if (!arg)
		return err_set(err, -EINVAL, "%s needs an argument: %s %s", o->name, o->name,
			       o->arg);
	ret = set_option(cli, o, arg, err);
	while (!ret && o->many && !equals && *i + 1 < argc && argv[*i + 1][0] != '-')
		ret = set_option(cli, o, argv[++*i], err);
	return ret;
}

static int check_complete(const struct cli *cli, struct err *err)
{
	const char *lacking;

	if (cli->config.sheds && !(cli->config.max_cpu > 0))
		return err_set(err, -EINVAL,
			       "`shed` says what is given up where probes cost too much: "
			       "`max_cpu_percent` has to say how much that is");
	switch (cli->command) {
	case CMD_TRACE:
		if (cli->config.user)
			return err_set(err, -EINVAL, "`user` goes with `phrude-trace run` only");
		if (!cli->config.pids.count && !cli->config.selection.nr_targets)
			return err_set(
				err, -EINVAL,
				"nothing to trace: give --pid PID, a --config with `targets`, "
				"or use `phrude-trace run`; --help shows how");
		break;
	case CMD_RUN:
		if (cli->config.pids.count)
			return err_set(err, -EINVAL, "`pid` does not go with `phrude-trace run`");
		if (!cli->argv)
			return err_set(err, -EINVAL,
				       "nothing to run: give the program behind --, as in "
				       "`phrude-trace run --rules rules.yaml -- python3 app.py`");
		break;
	case CMD_CHECK:
		if (!cli->config.rules.count)
			return err_set(err, -EINVAL,
				       "nothing to check: give rule files or directories, as in "
				       "`phrude-trace check rules.yaml`");
		return 0;
	case CMD_TEST:
		if (!cli->nr_cases)
			return err_set(
				err, -EINVAL,
				"nothing to test: give a directory of rules and test cases, as in "
				"`phrude-trace test rules/`");
		return 0;
	case CMD_SUGGEST:
		if (!cli->nr_files)
			return err_set(err, -EINVAL,
				       "no alerts: give what --output recorded, as in "
				       "`phrude-trace suggest alerts.jsonl`");
		return 0;
	default:
		return 0;
	}
	lacking = config_lacks_rules(&cli->config,
				     cli->command == CMD_TRACE && !cli->config.pids.count);
	if (lacking && *lacking)
		return err_set(err, -EINVAL,
			       "target \"%s\" has no `rules`, and there are none for all: give "
			       "--rules FILE or --rules DIR",
			       lacking);
	if (lacking)
		return err_set(err, -EINVAL, "no rules: give --rules FILE or --rules DIR");
	return 0;
}

int cli_parse(struct cli *cli, int argc, char **argv, struct err *err)
{
	int i = 1, ret;

	config_init(&cli->config);
	cli->argc = argc;
	cli->args = argv;
	cli->socket = CONTROL_SOCKET;
	for (size_t c = 0; argc > 1 && c < ARRAY_SIZE(commands); c++) {
		if (str_eq(argv[1], commands[c].name)) {
			cli->command = commands[c].command;
			i = 2;
		}
	}
	for (; i < argc; i++) {
		if (str_eq(argv[i], "--")) {
			if (cli->command == CMD_RUN && i + 1 < argc)
				cli->argv = argv + i + 1;
			else if (i + 1 < argc)
				return err_set(err, -EINVAL,
					       "words behind -- go with `phrude-trace run` only");
			break;
		}
		if (argv[i][0] == '-' && argv[i][1])
			ret = parse_option(cli, argv, argc, &i, err);
		else if (cli->command == CMD_CHECK)
			ret = set_setting(cli, "rules", argv[i], err);
		else if (cli->command == CMD_TEST)
			ret = set_cases(cli, argv[i], err);
		else if (cli->command == CMD_SUGGEST)
			ret = add_word(&cli->files, &cli->nr_files, argv[i], err);
		else
			ret = err_set(err, -EINVAL, "unexpected word \"%s\"%s", argv[i],
				      cli->command == CMD_RUN
					      ? "; the program to run goes behind --"
					      : "; --help shows the usage");
		if (ret)
			return ret;
		if (cli->command == CMD_HELP || cli->command == CMD_VERSION)
			return 0;
	}
	if (cli->config_file)
		return 0; /* for cli_take_config() to see */
	return take_case_rules(cli, err) ?: check_complete(cli, err);
}

int cli_take_config(struct cli *cli)
{
	_cleanup_buf_ struct buf messages = { 0 };
	struct config config;
	struct err err;
	int ret;

	cli->config_stamp = stamp_of(&cli->config_file, 1);
	ret = config_load(cli->config_file, &config, &messages);

	if (ret) {
		fputs(messages.data ?: "phrude-trace: out of memory\n", stderr);
		return ret;
	}
	config_take(&cli->config, &config);
	config_fini(&config);
	ret = check_complete(cli, &err);
	if (ret)
		log_error("%s", err.msg);
	return ret;
}

void cli_fini(struct cli *cli)
{
	for (size_t i = 0; i < cli->nr_derived; i++)
		free((char *)cli->derived[i]);
	free(cli->derived);
	free(cli->cases);
	free(cli->case_rules);
	free(cli->pythons);
	free(cli->files);
	config_fini(&cli->config);
}
