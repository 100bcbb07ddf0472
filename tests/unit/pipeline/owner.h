/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pipeline whose owner knows a little and writes down what it is told, and records of live
 * interpreters (tests/unit/event/captures) to feed it with.
 */
#pragma once

#include "pipeline/pipeline.h"

#include <errno.h>
#include <glob.h>

#include "base/util.h"
#include "probe/probe_kind.h"
#include "test.h"

#define FOLDER "tests/unit/event/captures/"
#define RULE(name, func, more)            \
	"- { name: " name ", func: " func \
	", file: captured.py, level: info, value: { a: \"<$func_args[a]>\" }" more " }\n"

/* What the pipeline's owner knows and was told. */
static struct {
	enum phrude_probe probes[8];
	bool any_probe, full, asks, outdated;
	struct buf alerts; /* a line each: rule, function, value, probe */
	struct buf held;   /* a line each: rule, target */
	struct alert_repeated repeated;
	uint64_t time_ns;
	const char *target;
	size_t nr_alerts, views, views_ended, dismissed, forgotten;
	uint64_t digest;
	bool forgot_all;
	int line;				  /* of the first caller */
	char python[16], container[16], word[64]; /* word: the last one of the command line */
	size_t first; /* of the rules, which are the process's own from there on */
	const struct proc_facts *facts;
	const struct kube_facts *kubernetes; /* of the last alert */
} owner;

static struct pipeline pipeline;
static struct rule_set rules;
static struct request_opts request;

static const struct kube_facts pod = { .namespace = "shop" };

static int view(void *ctx, const struct pipeline_match *match, struct target_view *out)
{
	struct event *ev = match->event;

	if (owner.asks && !match->again)
		return -EAGAIN;
	owner.views++;
	out->python = "3.11.2";
	out->rules = &rules;
	out->first = owner.first;
	out->count = rules.nr_rules - owner.first;
	out->outdated = owner.outdated;
	out->probe_of_rule = owner.any_probe ? NULL : owner.probes;
	out->container = "3f2a9c";
	out->target = owner.target;
	out->kubernetes = &pod;
	out->facts = owner.facts;
	if (!ev->qualname.s)
		ev->qualname = text_eq_str(ev->name, "method") ? TEXT("Thing.method") : ev->name;
	return owner.full ? -ENOMEM : 0;
}

static void view_end(void *ctx, struct target_view *out)
{
	owner.views_ended++;
}

static void take(void *ctx, const struct alert *alert)
{
	struct buf value = { 0 };

	owner.nr_alerts++;
	rule_value_expand(&alert->rule->values[0], alert->event, &value);
	buf_printf(&owner.alerts, "%s: %.*s %s %s\n", alert->rule->name,
		   (int)alert->event->name.len, alert->event->name.s, value.data, alert->probe);
	buf_fini(&value);
	if (alert->process.nr_cmdline)
		snprintf(owner.word, sizeof(owner.word), "%s",
			 alert->process.cmdline[alert->process.nr_cmdline - 1]);
	owner.line = alert->event->frames[0].line;
	owner.repeated = alert->repeated;
	owner.time_ns = alert->time_ns;
	snprintf(owner.python, sizeof(owner.python), "%s", alert->process.python);
	snprintf(owner.container, sizeof(owner.container), "%s", alert->process.container);
	owner.kubernetes = alert->kubernetes;
}

static void dismiss(void *ctx, uint64_t digest, pid_t pid)
{
	owner.dismissed++;
	owner.digest = digest;
}

static void forget_table(void *ctx, pid_t pid, uint64_t table)
{
	owner.forgotten++;
}

static void forget_tables(void *ctx)
{
	owner.forgot_all = true;
}

static void view_share(void *ctx, const struct target_view *from, struct target_view *out)
{
	owner.views++;
	*out = *from;
}

static void held_back(void *ctx, const struct rule *rule, const char *target)
{
	buf_printf(&owner.held, "%s: %s\n", rule->name, target ?: "none");
}

static const struct pipeline_ops ops = {
	.view = view,
	.view_end = view_end,
	.view_share = view_share,
	.held_back = held_back,
	.alert = take,
	.dismiss = dismiss,
	.forget_table = forget_table,
	.forget_tables = forget_tables,
};

static void start_limited(const char *yaml, const struct limit_rate *rate)
{
	struct buf messages = { 0 };

	memset(&owner, 0, sizeof(owner));
	if (rule_set_parse("rules.yaml", yaml, strlen(yaml), &rules, &messages)) {
		fputs(messages.data, stderr);
		abort();
	}
	for (size_t i = 0; i < ARRAY_SIZE(owner.probes); i++)
		owner.probes[i] = PROBE_FRAME;
	pipeline = (struct pipeline){ .ops = &ops, .request = &request, .rate = *rate };
	if (pipeline_init(&pipeline))
		abort();
}

static inline void start(const char *yaml)
{
	start_limited(yaml, &(struct limit_rate){ 0 });
}

static void end(void)
{
	pipeline_fini(&pipeline);
	rule_set_fini(&rules);
	buf_fini(&owner.alerts);
	buf_fini(&owner.held);
}

static char records[1 << 20];
static size_t size;

static void load(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		abort();
	size = fread(records, 1, sizeof(records), f);
	fclose(f);
}

/* Feeds what was loaded, with changes; returns what the last record gave. */
static int feed(void (*change)(struct ev_match *head))
{
	int ret = 0;

	for (size_t pos = 0; pos < size;) {
		struct ev_match head;

		memcpy(&head, records + pos, sizeof(head));
		if (change) {
			change(&head);
			memcpy(records + pos, &head, sizeof(head));
		}
		ret = pipeline_match(&pipeline, records + pos, head.hdr.size, false);
		pos += head.hdr.size;
	}
	return ret;
}
