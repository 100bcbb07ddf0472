// SPDX-License-Identifier: GPL-2.0-only
/* The Elastic Common Schema.  What it has no field for is under `phrude`. */
#include "alert/alert_parts.h"
#include "alert/alert_time.h"
#include "alert/json_out.h"
#include "kube/labels.h"

#define ECS_VERSION "8.11.0"

static void list_of_one(struct json_out *j, const char *key, const char *word)
{
	json_out_begin_list(j, key);
	json_out_str(j, NULL, word);
	json_out_end(j);
}

/* ECS has no number of events that one stands for. */
static void repeated_times(struct json_out *j, const struct alert_repeated *r)
{
	char time[ALERT_TIME_MAX];

	if (!r->count)
		return;
	alert_time(time, r->since_ns, 'T');
	json_out_str(j, "start", time);
	alert_time(time, r->until_ns, 'T');
	json_out_str(j, "end", time);
}

static void event(struct json_out *j, const struct alert *a)
{
	json_out_begin(j, "event");
	json_out_str(j, "id", a->id);
	json_out_str(j, "kind", "alert");
	list_of_one(j, "category", "intrusion_detection");
	list_of_one(j, "type", alert_is_denied(a) ? "denied" : "info");
	json_out_str(j, "action", a->action);
	if (alert_is_denied(a))
		json_out_str(j, "outcome", "failure");
	json_out_int(j, "severity", alert_severity(a->rule->level)->cef);
	json_out_str(j, "module", "phrude");
	json_out_str(j, "dataset", "phrude.alert");
	repeated_times(j, &a->repeated);
	json_out_end(j);
}

static void rule(struct json_out *j, const struct rule *rule)
{
	_cleanup_buf_ struct buf uid = { 0 };

	json_out_begin(j, "rule");
	alert_put_rule(&uid, rule);
	json_out_buf(j, "id", &uid);
	json_out_str(j, "name", rule->name);
	json_out_str(j, "description", rule->description);
	json_out_end(j);
	json_out_begin_list(j, "tags");
	for (size_t i = 0; i < rule->nr_tags; i++)
		json_out_str(j, NULL, rule->tags[i]);
	json_out_end(j);
}

/* Of each technique of the rule: its own number, or its sub-technique's. */
static void techniques(struct json_out *j, const struct rule *rule, bool sub)
{
	struct text t;
	size_t base;

	json_out_begin_list(j, "id");
	for (size_t i = 0; i < rule->nr_tags; i++) {
		t = alert_technique(rule->tags[i], &base);
		if (t.s && (!sub || t.len > base))
			json_out_text(j, NULL, (struct text){ t.s, sub ? t.len : base });
	}
	json_out_end(j);
}

static void threat(struct json_out *j, const struct rule *rule)
{
	size_t base, n = 0;

	for (size_t i = 0; i < rule->nr_tags; i++)
		n += alert_technique(rule->tags[i], &base).s != NULL;
	if (!n)
		return;
	json_out_begin(j, "threat");
	json_out_str(j, "framework", "MITRE ATT&CK");
	json_out_begin(j, "technique");
	techniques(j, rule, false);
	json_out_begin(j, "subtechnique");
	techniques(j, rule, true);
	json_out_end(j);
	json_out_end(j);
	json_out_end(j);
}

static void request(struct json_out *j, const struct alert_request *r)
{
	bool ip = alert_ip_version(r->remote_addr);

	json_out_begin(j, "client");
	json_out_str(j, "address", r->remote_addr);
	json_out_str(j, "ip", ip ? r->remote_addr : NULL);
	json_out_end(j);
	json_out_begin(j, "related");
	if (ip)
		list_of_one(j, "ip", r->remote_addr);
	json_out_end(j);
	json_out_begin(j, "http");
	json_out_begin(j, "request");
	json_out_str(j, "method", r->method);
	json_out_end(j);
	json_out_end(j);
	json_out_begin(j, "url");
	json_out_str(j, "domain", r->host);
	json_out_str(j, "path", r->path);
	json_out_str(j, "query", r->query && *r->query ? r->query : NULL);
	json_out_end(j);
	json_out_begin(j, "user_agent");
	json_out_str(j, "original", r->user_agent);
	json_out_end(j);
	json_out_begin(j, "trace");
	json_out_str(j, "id", r->trace_id);
	json_out_end(j);
}

static void user(struct json_out *j, uid_t uid)
{
	_cleanup_buf_ struct buf number = { 0 };

	buf_printf(&number, "%u", uid);
	json_out_begin(j, "user");
	json_out_buf(j, "id", &number);
	json_out_end(j);
}

static void command_line(struct json_out *j, const struct alert_process *p)
{
	_cleanup_buf_ struct buf line = { 0 };

	json_out_begin_list(j, "args");
	for (size_t i = 0; i < p->nr_cmdline; i++) {
		if (i)
			buf_addc(&line, ' ');
		buf_adds(&line, p->cmdline[i]);
		json_out_str(j, NULL, p->cmdline[i]);
	}
	json_out_end(j);
	json_out_buf(j, "command_line", &line);
}

/* Nothing is left of what is not known. */
static void name(struct json_out *j, const char *key, const char *s)
{
	json_out_str(j, key, *s ? s : NULL);
}

static void pod(struct json_out *j, const struct kube_facts *k)
{
	_cleanup_buf_ struct buf label = { 0 };

	json_out_begin(j, "orchestrator");
	json_out_str(j, "type", "kubernetes");
	name(j, "namespace", k->namespace);
	json_out_begin(j, "resource");
	json_out_str(j, "type", "pod");
	name(j, "name", k->pod);
	name(j, "id", k->pod_uid);
	json_out_begin_list(j, "label");
	for (size_t i = 0; k->labels && i < k->labels->count; i++) {
		buf_printf(&label, "%s:%s", k->labels->list[i].key, k->labels->list[i].value);
		json_out_buf(j, NULL, &label);
	}
	json_out_end(j);
	json_out_end(j);
	json_out_end(j);
	j->buf->failed |= label.failed;
}

static void process(struct json_out *j, const struct alert_process *p)
{
	json_out_begin(j, "process");
	json_out_known(j, "pid", p->pid);
	json_out_begin(j, "thread");
	json_out_known(j, "id", p->tid);
	json_out_end(j);
	json_out_begin(j, "parent");
	json_out_known(j, "pid", p->ppid);
	json_out_end(j);
	user(j, p->uid);
	json_out_str(j, "executable", p->exe);
	command_line(j, p);
	json_out_end(j);
	user(j, p->uid);
}

static void container(struct json_out *j, const struct alert *a)
{
	json_out_begin(j, "container");
	json_out_str(j, "id", a->process.container);
	if (a->kubernetes)
		name(j, "name", a->kubernetes->container);
	json_out_end(j);
	if (a->kubernetes)
		pod(j, a->kubernetes);
}

static void own(struct json_out *j, const struct alert *a)
{
	const struct event *ev = a->event;

	json_out_begin(j, "phrude");
	json_out_begin(j, "function");
	json_out_text(j, "name", ev->name);
	json_out_text(j, "qualname", ev->qualname);
	json_out_text(j, "module", ev->module);
	json_out_text(j, "file", ev->file);
	json_out_known(j, "line", ev->line);
	json_out_end(j);
	alert_json_args(j, "args", ev);
	alert_json_values(j, "value", a);
	alert_json_callers(j, "callers", ev);
	alert_json_input(j, "input", a->input);
	json_out_str(j, "session", a->request ? a->request->session : NULL);
	json_out_str(j, "python", a->process.python);
	if (a->kubernetes)
		name(j, "node", a->kubernetes->node);
	json_out_str(j, "probe", a->probe);
	json_out_bool(j, "truncated", alert_is_truncated(a));
	json_out_begin(j, "repeated");
	json_out_known(j, "count", (int64_t)a->repeated.count);
	json_out_end(j);
	json_out_end(j);
}

void alert_ecs(struct buf *out, const struct alert *a)
{
	struct json_out j = { .buf = out };
	_cleanup_buf_ struct buf line = { 0 };
	char time[ALERT_TIME_MAX];

	alert_time(time, a->time_ns, 'T');
	json_out_begin(&j, NULL);
	json_out_str(&j, "@timestamp", time);
	json_out_begin(&j, "ecs");
	json_out_str(&j, "version", ECS_VERSION);
	json_out_end(&j);
	alert_line(&line, a);
	json_out_buf(&j, "message", &line);
	event(&j, a);
	json_out_begin(&j, "observer");
	json_out_str(&j, "vendor", ALERT_VENDOR);
	json_out_str(&j, "product", ALERT_PRODUCT);
	json_out_str(&j, "version", PHRUDE_VERSION);
	json_out_end(&j);
	json_out_begin(&j, "host");
	json_out_str(&j, "name", a->host);
	json_out_end(&j);
	json_out_begin(&j, "log");
	json_out_str(&j, "level", rule_level_name(a->rule->level));
	json_out_end(&j);
	rule(&j, a->rule);
	threat(&j, a->rule);
	if (a->request)
		request(&j, a->request);
	process(&j, &a->process);
	container(&j, a);
	own(&j, a);
	json_out_end(&j);
}
