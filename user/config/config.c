// SPDX-License-Identifier: GPL-2.0-only
/* Settings: a row each. */
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config_priv.h"
#include "kube/kube.h"
#include "metrics/metrics.h"
#include "probe/probe_kind.h"

/* Matches a second that a process may send: the tracer gets through more on two processors. */
#define RATE_DEFAULT 25000

int config_add_word(struct config_words *words, const char *word)
{
	char **list = reallocarray(words->list, words->count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	words->list = list;
	list[words->count] = strdup(word);
	if (!list[words->count])
		return -ENOMEM;
	words->count++;
	return 0;
}

static int replace(char **at, const char *text)
{
	char *copy = *text ? strdup(text) : NULL;

	if (!copy)
		return *text ? -ENOMEM : -EINVAL;
	free(*at);
	*at = copy;
	return 0;
}

/* A number and nothing else. */
static int read_number(const char *text, uint64_t most, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end || !isdigit((unsigned char)*text) || *out > most ? -EINVAL : 0;
}

static int set_pid(struct config *c, const char *text)
{
	uint64_t pid;
	pid_t *list;

	if (read_number(text, INT_MAX, &pid) || !pid)
		return -EINVAL;
	list = reallocarray(c->pids.list, c->pids.count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->pids.list = list;
	list[c->pids.count++] = (pid_t)pid;
	return 0;
}

static int set_rules(struct config *c, const char *text)
{
	return *text ? config_add_word(&c->rules, text) : -EINVAL;
}

static int set_user(struct config *c, const char *text)
{
	return replace(&c->user, text);
}

static int set_output(struct config *c, const char *text)
{
	return replace(&c->output, text);
}

static int set_format(struct config *c, const char *text)
{
	for (enum sink_format f = SINK_AUTO + 1; f < NR_SINK_FORMATS; f++) {
		if (str_eq(text, sink_format_names[f])) {
			c->format = f;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_probe(struct config *c, const char *text)
{
	const struct probe_kind *kind = probe_kind_by_name(text);

	c->probe = kind ? kind->probe : PROBE_NONE;
	return kind || str_eq(text, "auto") ? 0 : -EINVAL;
}

static void explain_probe(struct buf *out)
{
	const struct probe_kind *kind;

	buf_adds(out, "one of auto");
	for (size_t n = 0; (kind = probe_kind_preferred(n)); n++)
		buf_printf(out, ", %s", kind->name);
}

static int set_count(struct config *c, const char *text)
{
	return read_number(text, UINT64_MAX, &c->count) || !c->count ? -EINVAL : 0;
}

static int set_duration(struct config *c, const char *text)
{
	char *end;

	c->duration = strtod(text, &end);
	return *end || end == text || !isfinite(c->duration) || c->duration < 1e-3 ||
			       c->duration > 1e9
		       ? -EINVAL
		       : 0;
}

static int set_rate(struct config *c, const char *text)
{
	uint64_t rate;

	if (read_number(text, 10000000, &rate))
		return -EINVAL;
	c->rate = (uint32_t)rate;
	return 0;
}

static int set_max_cpu(struct config *c, const char *text)
{
	char *end;

	c->max_cpu = strtod(text, &end);
	return *end || !isdigit((unsigned char)*text) || !(c->max_cpu >= 0.1) || c->max_cpu > 1e4
		       ? -EINVAL
		       : 0;
}

static int set_shed(struct config *c, const char *text)
{
	c->sheds = str_eq(text, "info");
	return c->sheds ? 0 : -EINVAL;
}

static int set_proxy(struct config *c, const char *text)
{
	struct text word = { text, strlen(text) };
	struct ip_network net, *list;

	if (str_eq(text, "unix")) {
		c->proxies.unix_sockets = true;
		return 0;
	}
	if (!ip_address_parse(word, &net) && !ip_network_parse(word, &net))
		return -EINVAL;
	list = reallocarray(c->proxies.list, c->proxies.count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->proxies.list = list;
	list[c->proxies.count++] = net;
	return 0;
}

static int set_cookie(struct config *c, const char *text)
{
	return !*text || strpbrk(text, "=;, \t") ? -EINVAL : config_add_word(&c->cookies, text);
}

static int set_metrics(struct config *c, const char *text)
{
	return metrics_check_address(text, NULL) ?: replace(&c->metrics, text);
}

static int set_control(struct config *c, const char *text)
{
	return replace(&c->control, text);
}

static int set_kube_logs(struct config *c, const char *text)
{
	return replace(&c->kube_logs, text);
}

static int set_kube_account(struct config *c, const char *text)
{
	return replace(&c->kube_account, text);
}

static int set_kube_node(struct config *c, const char *text)
{
	return kube_is_subdomain((struct text){ text, strlen(text) }) ? replace(&c->kube_node, text)
								      : -EINVAL;
}

#define MEMBER(m) .at = offsetof(struct config, m), .size = sizeof(((struct config *)NULL)->m)
#define TAKES(what, how) .takes = what, .set = how

const struct config_setting config_settings[NR_CONFIG_SETTINGS] = {
	{ .name = "pid", TAKES("a process id", set_pid), MEMBER(pids), .many = true },
	{ .name = "rules",
	  TAKES("a file or a directory", set_rules),
	  MEMBER(rules),
	  .many = true,
	  .is_path = true },
	{ .name = "disabled", MEMBER(disabled) },
	{ .name = "format",
	  TAKES("json, text, ecs, ocsf, cef or otlp", set_format),
	  MEMBER(format) },
	{ .name = "output", TAKES("a file", set_output), MEMBER(output), .is_path = true },
	{ .name = "probe", .set = set_probe, .explain = explain_probe, MEMBER(probe) },
	{ .name = "no-arm", MEMBER(no_arm) },
	{ .name = "count", TAKES("a number of alerts, 1 or more", set_count), MEMBER(count) },
	{ .name = "duration", TAKES("seconds (0.001 or more)", set_duration), MEMBER(duration) },
	{ .name = "rate",
	  TAKES("matches a second, up to 10000000, or 0 for no limit", set_rate),
	  MEMBER(rate) },
	{ .name = "rate-limit",
	  .in_file = "rate_limit",
	  TAKES("alerts in a second, minute or hour, as in 10/s, 5/m or 10/s,burst=100",
		config_set_limit),
	  MEMBER(limit),
	  .read = config_read_limit },
	{ .name = "max-cpu-percent",
	  .in_file = "max_cpu_percent",
	  TAKES("percent of one CPU, from 0.1 to 10000", set_max_cpu),
	  MEMBER(max_cpu) },
	{ .name = "shed",
	  TAKES("info, the level of rules that may be given up", set_shed),
	  MEMBER(sheds) },
	{ .name = "user", TAKES("a user's name or number", set_user), MEMBER(user) },
	{ .name = "trusted-proxies",
	  TAKES("addresses, ranges as in 10.0.0.0/8, or unix", set_proxy),
	  MEMBER(proxies),
	  .many = true },
	{ .name = "session-cookies",
	  TAKES("names of cookies", set_cookie),
	  MEMBER(cookies),
	  .many = true },
	{ .name = "plain-session", MEMBER(plain_session) },
	{ .name = "no-redact", MEMBER(no_redact) },
	{ .name = "metrics",
	  TAKES("an address, as 127.0.0.1:9464, or unix:PATH", set_metrics),
	  MEMBER(metrics),
	  .key = "listen" },
	{ .name = "control",
	  TAKES("the path of a socket", set_control),
	  MEMBER(control),
	  .is_path = true,
	  .key = "socket" },
	{ .name = "kubernetes-logs",
	  TAKES("a folder", set_kube_logs),
	  MEMBER(kube_logs),
	  .is_path = true },
	{ .name = "kubernetes-node",
	  TAKES("the name of a node", set_kube_node),
	  MEMBER(kube_node) },
	{ .name = "kubernetes-account",
	  TAKES("a folder", set_kube_account),
	  MEMBER(kube_account),
	  .is_path = true },
	{ .name = "verbose", MEMBER(verbose) },
};

const struct config_setting *config_setting(const char *name)
{
	for (size_t i = 0; i < NR_CONFIG_SETTINGS; i++) {
		if (str_eq(config_settings[i].name, name))
			return &config_settings[i];
	}
	return NULL;
}

void config_set_flag(struct config *c, const struct config_setting *s, bool value)
{
	*(bool *)((char *)c + s->at) = value;
	c->given |= 1u << (s - config_settings);
}

int config_set(struct config *c, const struct config_setting *s, const char *text)
{
	int ret;

	if (!s->set) {
		config_set_flag(c, s, true);
		return 0;
	}
	ret = s->set(c, text);
	if (!ret)
		c->given |= 1u << (s - config_settings);
	return ret;
}

static void swap_bytes(char *a, char *b, size_t size)
{
	while (size--) {
		char byte = *a;

		*a++ = *b;
		*b++ = byte;
	}
}

void config_take(struct config *c, struct config *from)
{
	bool own_output = c->given & 1u << (config_setting("output") - config_settings);

	for (size_t i = 0; i < NR_CONFIG_SETTINGS; i++) {
		const struct config_setting *s = &config_settings[i];

		if (from->given & ~c->given & 1u << i)
			swap_bytes((char *)c + s->at, (char *)from + s->at, s->size);
	}
	if (!own_output)
		swap_bytes((char *)&c->outputs, (char *)&from->outputs, sizeof(c->outputs));
	swap_bytes((char *)&c->redact, (char *)&from->redact, sizeof(c->redact));
	swap_bytes((char *)&c->selection, (char *)&from->selection, sizeof(c->selection));
	c->fixed = from->fixed;
	c->from_file = from->from_file;
	c->given |= from->given;
}

void config_explain(struct buf *out, const struct config_setting *s, const char *text)
{
	buf_adds(out, "takes ");
	if (s->explain)
		s->explain(out);
	else
		buf_adds(out, s->takes);
	if (*text)
		buf_printf(out, ", not \"%s\"", text);
	else
		buf_adds(out, ", not an empty word");
}

void config_init(struct config *c)
{
	*c = (struct config){ .rate = RATE_DEFAULT };
}

void config_words_fini(struct config_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
	*words = (struct config_words){ 0 };
}

void config_fini(struct config *c)
{
	config_words_fini(&c->rules);
	config_words_fini(&c->cookies);
	config_words_fini(&c->redact.patterns);
	free(c->redact.key_file);
	free(c->pids.list);
	free(c->proxies.list);
	free(c->user);
	free(c->output);
	free(c->metrics);
	free(c->control);
	free(c->kube_logs);
	free(c->kube_node);
	free(c->kube_account);
	config_outputs_fini(c);
	selection_fini(&c->selection);
	*c = (struct config){ 0 };
}

struct request_opts config_request(const struct config *c)
{
	return (struct request_opts){
		.proxies = c->proxies.list,
		.nr_proxies = c->proxies.count,
		.trust_unix = c->proxies.unix_sockets,
		.cookies = c->cookies.count ? (const char *const *)c->cookies.list : NULL,
		.nr_cookies = c->cookies.count,
		.plain_session = c->plain_session,
	};
}
