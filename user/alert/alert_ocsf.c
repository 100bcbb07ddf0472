// SPDX-License-Identifier: GPL-2.0-only
/* The Open Cybersecurity Schema Framework: class 2004, Detection Finding. */
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/alert_time.h"
#include "alert/json_out.h"
#include "base/util.h"
#include "kube/labels.h"

#define OCSF_VERSION "1.4.0"
#define NS_PER_MS 1000000

static void class(struct json_out *j, const struct alert *a)
{
	static const char *const severities[] = {
		[1] = "Informational", [3] = "Medium", [4] = "High"
	};
	int severity = alert_severity(a->rule->level)->ocsf;
	_cleanup_buf_ struct buf line = { 0 };

	json_out_int(j, "class_uid", 2004);
	json_out_str(j, "class_name", "Detection Finding");
	json_out_int(j, "category_uid", 2);
	json_out_str(j, "category_name", "Findings");
	json_out_int(j, "activity_id", 1);
	json_out_str(j, "activity_name", "Create");
	json_out_int(j, "type_uid", 200401);
	json_out_str(j, "type_name", "Detection Finding: Create");
	json_out_int(j, "time", (int64_t)(a->time_ns / NS_PER_MS));
	json_out_int(j, "severity_id", severity);
	json_out_str(j, "severity", severities[severity]);
	json_out_int(j, "status_id", 1);
	json_out_str(j, "status", "New");
	json_out_bool(j, "is_alert", true);
	alert_line(&line, a);
	json_out_buf(j, "message", &line);
}

static void repeated(struct json_out *j, const struct alert_repeated *r)
{
	if (!r->count)
		return;
	json_out_int(j, "count", (int64_t)MIN(r->count, (uint64_t)INT32_MAX));
	json_out_int(j, "start_time", (int64_t)(r->since_ns / NS_PER_MS));
	json_out_int(j, "end_time", (int64_t)(r->until_ns / NS_PER_MS));
}

/* What became of the call: profile security_control. */
static void disposition(struct json_out *j, const char *action)
{
	static const struct {
		const char *action;
		int action_id, disposition_id;
	} table[] = {
		{ "denied", 2, 2 },
		{ "killed", 2, 2 },
		{ "failed-open", 1, 27 },
	};
	int action_id = 1, disposition_id = 15;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (str_eq(action, table[i].action)) {
			action_id = table[i].action_id;
			disposition_id = table[i].disposition_id;
		}
	}
	json_out_int(j, "action_id", action_id);
	json_out_int(j, "disposition_id", disposition_id);
}

static void metadata(struct json_out *j, const struct alert *a)
{
	char time[ALERT_TIME_MAX];

	alert_time(time, a->time_ns, 'T');
	json_out_begin(j, "metadata");
	json_out_str(j, "version", OCSF_VERSION);
	json_out_begin(j, "product");
	json_out_str(j, "name", ALERT_PRODUCT);
	json_out_str(j, "vendor_name", ALERT_VENDOR);
	json_out_str(j, "version", PHRUDE_VERSION);
	json_out_end(j);
	json_out_begin_list(j, "profiles");
	json_out_str(j, NULL, "security_control");
	json_out_str(j, NULL, "host");
	if (a->process.container)
		json_out_str(j, NULL, "container");
	json_out_end(j);
	json_out_str(j, "uid", a->id);
	json_out_str(j, "original_time", time);
	json_out_str(j, "correlation_uid", a->request ? a->request->trace_id : NULL);
	json_out_end(j);
}

static void attacks(struct json_out *j, const struct rule *rule)
{
	json_out_begin_list(j, "attacks");
	for (size_t i = 0; i < rule->nr_tags; i++) {
		size_t base;
		struct text t = alert_technique(rule->tags[i], &base);

		json_out_begin(j, NULL);
		if (t.s) {
			json_out_begin(j, "technique");
			json_out_text(j, "uid", (struct text){ t.s, base });
			json_out_end(j);
		}
		if (t.s && t.len > base) {
			json_out_begin(j, "sub_technique");
			json_out_text(j, "uid", t);
			json_out_end(j);
		}
		json_out_end(j);
	}
	json_out_end(j);
}

static void finding(struct json_out *j, const struct alert *a)
{
	const struct rule *rule = a->rule;
	_cleanup_buf_ struct buf uid = { 0 };

	json_out_begin(j, "finding_info");
	json_out_str(j, "uid", a->id ?: "unknown");
	json_out_str(j, "title", rule->name);
	json_out_str(j, "desc", rule->description);
	json_out_int(j, "created_time", (int64_t)(a->time_ns / NS_PER_MS));
	json_out_begin(j, "analytic");
	json_out_int(j, "type_id", 1);
	json_out_str(j, "type", "Rule");
	json_out_str(j, "name", rule->name);
	alert_put_rule(&uid, rule);
	json_out_buf(j, "uid", &uid);
	json_out_end(j);
	attacks(j, rule);
	json_out_begin_list(j, "tags");
	for (size_t i = 0; i < rule->nr_tags; i++) {
		json_out_begin(j, NULL);
		json_out_str(j, "name", "tag");
		json_out_str(j, "value", rule->tags[i]);
		json_out_end(j);
	}
	json_out_end(j);
	json_out_end(j);
}

static void container(struct json_out *j, const struct alert *a)
{
	const struct kube_facts *k = a->kubernetes;

	json_out_begin(j, "container");
	json_out_str(j, "uid", a->process.container);
	if (k && (a->process.container || *k->container)) {
		json_out_str(j, "name", *k->container ? k->container : NULL);
		/* Of a static pod it is none. */
		json_out_str(j, "pod_uuid", strchr(k->pod_uid, '-') ? k->pod_uid : NULL);
	}
	json_out_end(j);
}

static void number_text(struct json_out *j, const char *key, unsigned int n)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, "%u", n);
	json_out_buf(j, key, &text);
}

static void process(struct json_out *j, const struct alert *a)
{
	const struct alert_process *p = &a->process;
	const char *slash = p->exe ? strrchr(p->exe, '/') : NULL;
	_cleanup_buf_ struct buf line = { 0 };

	if (p->pid <= 0)
		return;
	json_out_begin(j, "process");
	json_out_known(j, "pid", p->pid);
	json_out_known(j, "tid", p->tid);
	for (size_t i = 0; i < p->nr_cmdline; i++)
		buf_printf(&line, "%s%s", i ? " " : "", p->cmdline[i]);
	json_out_buf(j, "cmd_line", &line);
	if (p->exe) {
		json_out_str(j, "name", slash ? slash + 1 : p->exe);
		json_out_begin(j, "file");
		json_out_str(j, "name", slash ? slash + 1 : p->exe);
		json_out_str(j, "path", p->exe);
		json_out_int(j, "type_id", 1);
		json_out_end(j);
	}
	json_out_begin(j, "parent_process");
	json_out_known(j, "pid", p->ppid);
	json_out_end(j);
	json_out_begin(j, "user");
	number_text(j, "uid", p->uid);
	json_out_end(j);
	container(j, a);
	json_out_end(j);
}

static void request(struct json_out *j, const struct alert_request *r)
{
	json_out_begin(j, "src_endpoint");
	json_out_str(j, "ip", alert_ip_version(r->remote_addr) ? r->remote_addr : NULL);
	json_out_end(j);
	json_out_begin(j, "http_request");
	json_out_str(j, "http_method", r->method);
	json_out_str(j, "user_agent", r->user_agent);
	if (r->path) {
		json_out_begin(j, "url");
		json_out_str(j, "path", r->path);
		json_out_str(j, "query_string", r->query && *r->query ? r->query : NULL);
		json_out_str(j, "hostname", r->host);
		json_out_end(j);
	}
	json_out_end(j);
	json_out_begin(j, "actor");
	json_out_begin(j, "session");
	json_out_str(j, "uid", r->session);
	json_out_end(j);
	json_out_end(j);
}

static void evidence(struct json_out *j, const struct alert *a)
{
	const struct event *ev = a->event;

	json_out_begin_list(j, "evidences");
	json_out_begin(j, NULL);
	json_out_begin(j, "api");
	json_out_text(j, "operation",
		      ev->qualname.s ? ev->qualname
		      : ev->name.s   ? ev->name
				     : TEXT("?"));
	json_out_begin(j, "service");
	json_out_text(j, "name", ev->module);
	json_out_end(j);
	json_out_end(j);
	process(j, a);
	container(j, a);
	if (a->request)
		request(j, a->request);
	json_out_begin(j, "data");
	json_out_text(j, "file", ev->file);
	json_out_known(j, "line", ev->line);
	alert_json_args(j, "args", ev);
	alert_json_values(j, "value", a);
	alert_json_callers(j, "callers", ev);
	alert_json_input(j, "input", a->input);
	json_out_end(j);
	json_out_end(j);
	json_out_end(j);
}

/* OCSF has no place for them. */
static void kubernetes(struct json_out *j, const struct kube_facts *k)
{
	json_out_begin(j, "kubernetes");
	json_out_str(j, "namespace", *k->namespace ? k->namespace : NULL);
	json_out_str(j, "pod", *k->pod ? k->pod : NULL);
	json_out_str(j, "pod_uid", *k->pod_uid ? k->pod_uid : NULL);
	json_out_str(j, "node", *k->node ? k->node : NULL);
	json_out_begin(j, "labels");
	for (size_t i = 0; k->labels && i < k->labels->count; i++)
		json_out_str(j, k->labels->list[i].key, k->labels->list[i].value);
	json_out_end(j);
	json_out_end(j);
}

void alert_ocsf(struct buf *out, const struct alert *a)
{
	struct json_out j = { .buf = out };

	json_out_begin(&j, NULL);
	class(&j, a);
	repeated(&j, &a->repeated);
	disposition(&j, a->action);
	metadata(&j, a);
	finding(&j, a);
	if (a->host) {
		json_out_begin(&j, "device");
		json_out_int(&j, "type_id", 1);
		json_out_str(&j, "hostname", a->host);
		json_out_end(&j);
	}
	evidence(&j, a);
	json_out_begin(&j, "unmapped");
	json_out_str(&j, "action", a->action);
	json_out_str(&j, "probe", a->probe);
	json_out_str(&j, "python", a->process.python);
	if (a->kubernetes)
		kubernetes(&j, a->kubernetes);
	json_out_bool(&j, "truncated", alert_is_truncated(a));
	json_out_end(&j);
	json_out_end(&j);
}
