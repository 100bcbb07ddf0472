// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "console/console.h"
#include "console/options.h"
#include "console/report.h"
#include "console/store.h"
#include "console/when.h"

#define FOR(command) (1u << (command))
#define FOR_ALL ~0u
#define FOR_ALERTS (FOR(CMD_SERVE) | FOR(CMD_IMPORT))

/* The file was read before all else: see read_files(). */
static int set_nothing(struct options *o, const char *value, struct err *err)
{
	return 0;
}

static int set_store(struct options *o, const char *value, struct err *err)
{
	o->store = value;
	return 0;
}

static int set_listen(struct options *o, const char *value, struct err *err)
{
	o->http.listen = value;
	return 0;
}

static int set_tls_cert(struct options *o, const char *value, struct err *err)
{
	o->http.tls_cert = value;
	return 0;
}

static int set_tls_key(struct options *o, const char *value, struct err *err)
{
	o->http.tls_key = value;
	return 0;
}

static int set_behind_proxy(struct options *o, const char *value, struct err *err)
{
	o->http.behind_proxy = true;
	return 0;
}

static int set_auth_header(struct options *o, const char *value, struct err *err)
{
	return proxy_login_set_header(&o->proxy_login, value, err);
}

static int set_auth_from(struct options *o, const char *value, struct err *err)
{
	return proxy_login_set_from(&o->proxy_login, value, err);
}

static int set_app(struct options *o, const char *value, struct err *err)
{
	o->app = value;
	return access_check_name(value, err);
}

static int set_role(struct options *o, const char *value, struct err *err)
{
	if (role_parse((struct text){ value, strlen(value) }, &o->role))
		return err_set(err, -EINVAL, "--role takes viewer, analyst or admin, not \"%s\"",
			       value);
	return 0;
}

static int set_keep(struct options *o, const char *value, struct err *err)
{
	if (str_eq(value, "0"))
		o->keep = 0;
	else if (when_parse_span((struct text){ value, strlen(value) }, &o->keep))
		return err_set(err, -EINVAL,
			       "--keep takes a span of time, as 90d, or 0, not \"%s\"", value);
	return 0;
}

static int set_keep_size(struct options *o, const char *value, struct err *err)
{
	char *end;
	const char *unit;
	unsigned long long n = strtoull(value, &end, 10);
	static const char units[] = "kMGT";

	unit = *end ? strchr(units, *end) : NULL;
	if (*value < '0' || *value > '9' || (*end && (!unit || end[1])) || n > INT64_MAX >> 40)
		return err_set(err, -EINVAL,
			       "--keep-size takes a size, as 500M or 10G, or 0, not \"%s\"", value);
	o->keep_size = unit ? n << 10 * (unit - units + 1) : n;
	return 0;
}

static int set_since(struct options *o, const char *value, struct err *err)
{
	if (when_parse_span((struct text){ value, strlen(value) }, &o->since) || !o->since)
		return err_set(err, -EINVAL,
			       "--since takes a span of time, as 24h or 7d, not \"%s\"", value);
	o->since_given = true;
	return 0;
}

static int set_report_format(struct options *o, const char *value, struct err *err)
{
	const struct report_form *form = report_form_find((struct text){ value, strlen(value) });

	if (!form)
		return err_set(err, -EINVAL, "--format takes text, html or json, not \"%s\"",
			       value);
	o->report = form->put;
	return 0;
}

static int set_format(struct options *o, const char *value, struct err *err)
{
	if (o->command == CMD_EXPORT)
		return set_corpus_format(o, value, err);
	if (o->command != CMD_ATTACKERS_EXPORT)
		return set_report_format(o, value, err);
	if (export_format_parse((struct text){ value, strlen(value) }, &o->export))
		return err_set(err, -EINVAL, "--format takes text, nginx or haproxy, not \"%s\"",
			       value);
	return 0;
}

/* Those of a file first, up to the end of them. */
static const struct option options[] = {
	{ "--store", "STORE", FOR_ALL, false, set_store,
	  "sqlite:PATH or postgresql://...; a file in the user's folder of state if not given" },
	{ "--listen", "ADDRESS:PORT", FOR(CMD_SERVE), false, set_listen,
	  "127.0.0.1:8600 if not given" },
	{ "--tls-cert", "FILE", FOR(CMD_SERVE), true, set_tls_cert,
	  "certificate (PEM), those that it is signed by behind it" },
	{ "--tls-key", "FILE", FOR(CMD_SERVE), true, set_tls_key, "its private key (PEM)" },
	{ "--behind-proxy", NULL, FOR(CMD_SERVE), false, set_behind_proxy,
	  "a proxy in front does TLS: other addresses than loopback may be listened at without" },
	{ "--auth-header", "NAME", FOR(CMD_SERVE), false, set_auth_header,
	  "header in which a proxy in front names the user; off if not given" },
	{ "--auth-from", "NETWORKS", FOR(CMD_SERVE), false, set_auth_from,
	  "addresses of such proxies, with commas between them; from others it means nothing" },
	{ "--keep", "SPAN", FOR(CMD_SERVE), false, set_keep,
	  "what came longer ago is forgotten: 90d if not given, 0: nothing" },
	{ "--keep-size", "SIZE", FOR(CMD_SERVE), false, set_keep_size,
	  "beyond it the oldest are forgotten: 10G if not given, 0: any size" },
	{ "--attacker-by", "WHAT", FOR_ALERTS, false, set_attacker_by,
	  "whose alerts are counted together: address (if not given) or session" },
	{ "--attacker-score", "POINTS", FOR_ALERTS, false, set_attacker_score,
	  "so many points make an attacker; 10 if not given" },
	{ "--attacker-window", "SPAN", FOR_ALERTS, false, set_attacker_window,
	  "within so long; 60s if not given" },
	{ "--attacker-keep", "SPAN", FOR_ALERTS, false, set_attacker_keep,
	  "who makes no more points for so long is let go; 1h if not given" },
	{ "--attacker-points", "LIST", FOR_ALERTS, false, set_attacker_points,
	  "what counts: " SCORE_POINTS_DEFAULT " if not given; rule:NAME=N, too" },
	{ "--attacker-webhook", "URL", FOR(CMD_SERVE), false, set_attacker_webhook,
	  "where new attackers are told" },
	{ "--attacker-form", "FORM", FOR(CMD_SERVE), false, set_attacker_form,
	  "of that: json (if not given) or slack" },
	{ "--attacker-headers-file", "FILE", FOR(CMD_SERVE), true, set_attacker_headers_file,
	  "headers that go along, a line each; nobody else may read it" },
	{ "--transitions", "FILE", FOR(CMD_SERVE), true, set_transitions,
	  "which page may follow which within a session (YAML); what does not is reported" },
	{ "--transitions-grace", "SPAN", FOR(CMD_SERVE), false, set_transitions_grace,
	  "so long is waited for what other servers send late; 30s if not given" },
	{ "--report-every", "SPAN", FOR(CMD_SERVE), false, set_report_every,
	  "a report is sent each time that so much is over, as 1d or 7d; see those below" },
	{ "--report-to", "ADDRESSES", FOR(CMD_SERVE), false, set_report_to,
	  "who gets it by mail; commas between them" },
	{ "--report-from", "ADDRESS", FOR(CMD_SERVE), false, set_report_from, "whose mail it is" },
	{ "--report-webhook", "URL", FOR(CMD_SERVE), false, set_report_webhook,
	  "where it is posted to" },
	{ "--report-form", "FORM", FOR(CMD_SERVE), false, set_report_form,
	  "of what is posted: json (if not given) or slack" },
	{ "--report-headers-file", "FILE", FOR(CMD_SERVE), true, set_report_headers_file,
	  "headers that go along, a line each; nobody else may read it" },
	{ "--smtp", "URL", FOR(CMD_SERVE), false, set_smtp,
	  "mail server, smtp://HOST:587 (with STARTTLS) or smtps://HOST:465" },
	{ "--smtp-user", "NAME", FOR(CMD_SERVE), false, set_smtp_user, "who signs in there" },
	{ "--smtp-password-file", "FILE", FOR(CMD_SERVE), true, set_smtp_password_file,
	  "has the password in its first line; nobody else may read it" },
	{ "--send-ca-file", "FILE", FOR(CMD_SERVE), true, set_send_ca_file,
	  "who may sign those servers' certificates (PEM); the system's if not given" },
	{ .name = NULL },
};

/* What stands on the command line alone. */
static const struct option own_options[] = {
	{ "--config", "FILE", FOR_ALL, true, set_nothing,
	  "what the options above say, as keys without their dashes; options count more" },
	{ "--app", "APP", FOR(CMD_IMPORT) | FOR(CMD_EXPORT) | FOR(CMD_TRANSITIONS_LEARN), false,
	  set_app,
	  "whose alerts they are; of import each alert's own target if not given, else all" },
	{ "--since", "SPAN", FOR(CMD_REPORT) | FOR(CMD_EXPORT) | FOR(CMD_TRANSITIONS_LEARN), false,
	  set_since, "as 24h or 7d; if not given 7d, of export everything" },
	{ "--format", "FORMAT", FOR(CMD_REPORT) | FOR(CMD_ATTACKERS_EXPORT) | FOR(CMD_EXPORT),
	  false, set_format,
	  "text (if not given), html or json; of attackers text, nginx or haproxy; of export har "
	  "(if not given) or params" },
	{ "--corpus", NULL, FOR(CMD_EXPORT), false, set_corpus,
	  "the requests of alerts that are incidents, without secrets" },
	{ "--to", "URL", FOR(CMD_REPLAY), false, set_to,
	  "a test instance on this machine, as http://127.0.0.1:8000" },
	{ "--anywhere", NULL, FOR(CMD_REPLAY), false, set_anywhere,
	  "it may be another machine: these are attacks" },
	{ "--alerts", "FILE", FOR(CMD_REPLAY), false, set_alerts,
	  "where phrude-trace writes that instance's alerts; if not given they are in the store" },
	{ "--wait", "SPAN", FOR(CMD_REPLAY), false, set_wait,
	  "for alerts, once all is sent; 5s if not given" },
	{ "--role", "ROLE", FOR(CMD_USER_ADD), false, set_role,
	  "viewer (if not given), analyst or admin" },
	{ .name = NULL },
};

static const struct option *const tables[] = { options, own_options };

const struct option *options_of_file(void)
{
	return options;
}

static const struct {
	const char *words[2];
	const char *argument;
	const char *help;
} commands[NR_COMMANDS] = {
	[CMD_SERVE] = { { "serve", NULL }, NULL, "take alerts and show them, until ^C" },
	[CMD_IMPORT] = { { "import", NULL }, "ALERTS.jsonl", "store recorded alerts" },
	[CMD_KEY_ADD] = { { "key", "add" }, "APP", "print a new key, with which APP sends alerts" },
	[CMD_KEY_LIST] = { { "key", "list" }, NULL, "list the applications that have a key" },
	[CMD_KEY_REVOKE] = { { "key", "revoke" }, "APP", "revoke all keys of APP" },
	[CMD_USER_ADD] = { { "user", "add" },
			   "NAME",
			   "print a link by which NAME sets a password, once, within 30 minutes" },
	[CMD_REPORT] = { { "report", NULL }, NULL, "count what there was in the last days" },
	[CMD_FORGET] = { { "forget", NULL }, "SESSION", "forget all alerts of a session" },
	[CMD_TRANSITIONS_LEARN] = { { "transitions", "learn" },
				    NULL,
				    "print what sessions did, as a file for --transitions" },
	[CMD_EXPORT] = { { "export", NULL }, NULL, "print the requests of confirmed attacks" },
	[CMD_REPLAY] = { { "replay", NULL },
			 "FILE",
			 "send them to a test instance, and say which alerts still come" },
	[CMD_ATTACKERS_EXPORT] = { { "attackers", "export" },
				   NULL,
				   "print the addresses of attackers, for a proxy" },
	[CMD_ATTACKERS_ALLOW] = { { "attackers", "allow" },
				  "NETWORK",
				  "take nobody in NETWORK for an attacker" },
	[CMD_ATTACKERS_DISALLOW] = { { "attackers", "disallow" }, "NETWORK", "undo that" },
	[CMD_HELP] = { { "--help", NULL }, NULL, "print this" },
	[CMD_VERSION] = { { "--version", NULL }, NULL, "print the version" },
};

void options_fini(struct options *o)
{
	transitions_fini(&o->transitions);
	arena_fini(&o->arena);
}

void options_print_help(void)
{
	printf("phrude-console takes the alerts of phrude-trace, keeps and shows them.\n\n");
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		char line[64];

		snprintf(line, sizeof(line), "%s%s%s%s%s", commands[i].words[0],
			 commands[i].words[1] ? " " : "", commands[i].words[1] ?: "",
			 commands[i].argument ? " " : "", commands[i].argument ?: "");
		printf("  phrude-console %-27s %s\n", line, commands[i].help);
	}
	printf("\nOptions:\n");
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct option *one = tables[t]; one->name; one++) {
			char line[64];

			snprintf(line, sizeof(line), "%s%s%s", one->name, one->argument ? " " : "",
				 one->argument ?: "");
			printf("  %-30s %s\n", line, one->help);
		}
	}
	printf("\nExit status: 0 ended as asked; 1 failure at run time; 2 bad usage.\n");
}

/* Takes the command's words off the arguments. */
static int find_command(struct options *o, int *argc, char ***argv, struct err *err)
{
	for (size_t i = 0; i < NR_COMMANDS && *argc; i++) {
		int n = commands[i].words[1] ? 2 : 1;

		if (*argc < n || !str_eq((*argv)[0], commands[i].words[0]) ||
		    (n == 2 && !str_eq((*argv)[1], commands[i].words[1])))
			continue;
		o->command = i;
		*argc -= n;
		*argv += n;
		return 0;
	}
	if (!*argc)
		return err_set(err, -EINVAL, "what to do? see phrude-console --help");
	return err_set(err, -EINVAL, "there is no command \"%s\": see phrude-console --help",
		       (*argv)[0]);
}

static const struct option *find_option(const char *argument)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		for (const struct option *one = tables[t]; one->name; one++) {
			size_t len = strlen(one->name);

			if (str_starts(argument, one->name) &&
			    (!argument[len] || argument[len] == '='))
				return one;
		}
	}
	return NULL;
}

/* Finds the option and its value; returns how many arguments these are, or -EINVAL. */
static int read_option(int argc, char **argv, const struct option **option, const char **value,
		       struct err *err)
{
	const struct option *one = find_option(argv[0]);
	const char *equals = strchr(argv[0], '=');
	int n = 1;

	if (!one)
		return err_set(err, -EINVAL, "there is no option \"%s\": see phrude-console --help",
			       argv[0]);
	*option = one;
	*value = equals ? equals + 1 : NULL;
	if (!equals && one->argument && argc > 1)
		*value = argv[n++];
	if (!*value != !one->argument)
		return err_set(err, -EINVAL, "%s takes %s%s", one->name,
			       one->argument ? "one argument: " : "no argument",
			       one->argument ?: "");
	return n;
}

/* Returns how many arguments it took, or -EINVAL. */
static int take_option(struct options *o, int argc, char **argv, struct err *err)
{
	const struct option *option;
	const char *value;
	int n = read_option(argc, argv, &option, &value, err);

	if (n < 0)
		return n;
	if (!(option->commands & FOR(o->command)))
		return err_set(err, -EINVAL, "%s does not go with this command", option->name);
	return option->set(o, value, err) ? -EINVAL : n;
}

/* Before the options, which count more. */
static int read_files(struct options *o, int argc, char **argv, struct err *err)
{
	int res = 0, n;

	for (; argc && !res; argc -= n, argv += n) {
		const struct option *option = NULL;
		const char *value;

		n = 1;
		if (argv[0][0] != '-' || !argv[0][1])
			continue;
		/* What is wrong with it is said when it is taken. */
		n = read_option(argc, argv, &option, &value, NULL);
		if (n < 0)
			return 0;
		if (option->set == set_nothing)
			res = options_read_file(o, value, err);
	}
	return res;
}

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	int res;

	*o = (struct options){ .role = ROLE_VIEWER,
			       .keep = 90 * WHEN_DAY,
			       .keep_size = (int64_t)10 << 30,
			       .since = 7 * WHEN_DAY,
			       .transitions_grace = 30 * WHEN_SECOND,
			       .wait = 5 * WHEN_SECOND,
			       .report = report_text,
			       .http = { .listen = "127.0.0.1:8600" } };
	score_settings_init(&o->scoring);
	argc--;
	argv++;
	res = find_command(o, &argc, &argv, err);
	if (!res)
		res = read_files(o, argc, argv, err);
	while (!res && argc) {
		int n = 1;

		if (argv[0][0] == '-' && argv[0][1])
			n = take_option(o, argc, argv, err);
		else if (!commands[o->command].argument || o->argument)
			return err_set(err, -EINVAL, "\"%s\" is one argument too many", argv[0]);
		else
			o->argument = argv[0];
		if (n < 0)
			return n;
		argc -= n;
		argv += n;
	}
	if (!res && commands[o->command].argument && !o->argument)
		return err_set(err, -EINVAL, "%s is missing: see phrude-console --help",
			       commands[o->command].argument);
	if (!res && o->command == CMD_SERVE)
		res = options_check_sending(o, err);
	return res;
}

int options_store(const struct options *o, struct store **out, struct err *err)
{
	_cleanup_buf_ struct buf name = { 0 };
	int res;

	if (o->store)
		return store_open(o->store, out, err);
	res = store_default(&name, err);
	return res ?: store_open(name.data, out, err);
}
