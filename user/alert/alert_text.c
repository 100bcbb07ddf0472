// SPDX-License-Identifier: GPL-2.0-only
/*
 * The form for a person: a heading, then paragraphs behind their titles.  Whatever a target, a
 * request or a rule file wrote goes through text_terminal(), so that it can neither move the cursor
 * nor forge a line.
 */
#include "alert/alert.h"

#include <stdio.h>
#include <string.h>

#include "alert/alert_parts.h"
#include "alert/alert_time.h"

struct style {
	const char *level[NR_RULE_LEVELS];
	const char *bold, *dim, *off;
};

static const struct style plain = { { "", "", "" }, "", "", "" };
static const struct style coloured = {
	{ [RULE_LEVEL_INFO] = "\033[36m",
	  [RULE_LEVEL_WARN] = "\033[33m",
	  [RULE_LEVEL_ALERT] = "\033[1;31m" },
	"\033[1m",
	"\033[2m",
	"\033[0m",
};

struct printer {
	struct buf *out;
	const struct style *style;
	struct buf scratch;
	const char *title; /* of the paragraph, until its first line is out */
};

/* Starts a line of the paragraph: behind its title, or below the line before. */
static void start_line(struct printer *p)
{
	if (p->title)
		buf_printf(p->out, "  %s%-9s%s ", p->style->dim, p->title, p->style->off);
	else
		buf_printf(p->out, "%12s", "");
	p->title = NULL;
}

static void put_text(struct printer *p, struct text t)
{
	text_terminal(p->out, t);
}

static void put_string(struct printer *p, const char *s)
{
	put_text(p, (struct text){ s, strlen(s) });
}

static void put_scratch(struct printer *p)
{
	put_text(p, (struct text){ p->scratch.data, p->scratch.len });
	p->out->failed |= p->scratch.failed;
	buf_reset(&p->scratch);
}

static void put_dim(struct printer *p, const char *s)
{
	buf_adds(p->out, p->style->dim);
	put_string(p, s);
	buf_adds(p->out, p->style->off);
}

/* "title value", with two spaces before it unless it is the first on its line. */
static void put_fact(struct printer *p, bool *first, const char *title, const char *value)
{
	if (!value)
		return;
	if (*first)
		start_line(p);
	else
		buf_adds(p->out, "  ");
	*first = false;
	if (*title) {
		put_dim(p, title);
		buf_addc(p->out, ' ');
	}
	put_string(p, value);
}

static void heading(struct printer *p, const struct alert *a)
{
	const struct style *s = p->style;
	char time[ALERT_TIME_MAX], level[16] = "";
	const char *name = rule_level_name(a->rule->level);

	for (size_t i = 0; i + 1 < sizeof(level) && name[i]; i++)
		level[i] = name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i];
	alert_time(time, a->time_ns, ' ');
	buf_printf(p->out, "%s  %s%s%s  %s", time, s->level[a->rule->level], level, s->off,
		   s->bold);
	put_string(p, a->rule->name);
	buf_adds(p->out, s->off);
	if (a->rule->id) {
		buf_adds(p->out, "  ");
		put_dim(p, a->rule->id);
	}
	for (size_t i = 0; i < a->rule->nr_tags; i++) {
		buf_adds(p->out, "  ");
		put_dim(p, a->rule->tags[i]);
	}
	buf_addc(p->out, '\n');
}

/* "file:line", or what of it is known. */
static void put_place(struct printer *p, struct text file, int line)
{
	buf_adds(p->out, p->style->dim);
	put_text(p, file.s ? file : TEXT("?"));
	if (line > 0)
		buf_printf(p->out, ":%d", line);
	buf_adds(p->out, p->style->off);
}

static void function(struct printer *p, const struct event *ev)
{
	struct text name = ev->qualname.s ? ev->qualname : ev->name;

	p->title = "function";
	start_line(p);
	buf_adds(p->out, p->style->bold);
	if (!ev->file.s && ev->module.s) {
		put_text(p, ev->module);
		buf_addc(p->out, '.');
	}
	put_text(p, name.s ? name : TEXT("?"));
	buf_adds(p->out, p->style->off);
	if (ev->file.s) {
		buf_adds(p->out, "  ");
		put_place(p, ev->file, ev->line);
	}
	buf_addc(p->out, '\n');
}

static void arguments(struct printer *p, const struct event *ev)
{
	p->title = "args";
	for (size_t i = 0; i < ev->nr_args; i++) {
		start_line(p);
		put_text(p, ev->args[i].name);
		buf_adds(p->out, " = ");
		value_repr(&p->scratch, &ev->args[i].value);
		put_scratch(p);
		buf_addc(p->out, '\n');
	}
}

static void values(struct printer *p, const struct alert *a)
{
	p->title = "value";
	for (size_t i = 0; i < a->rule->nr_values; i++) {
		start_line(p);
		put_string(p, a->rule->values[i].label);
		buf_adds(p->out, ": ");
		rule_value_expand(&a->rule->values[i], a->event, &p->scratch);
		put_scratch(p);
		buf_addc(p->out, '\n');
	}
}

static void callers(struct printer *p, const struct event *ev)
{
	p->title = "callers";
	for (size_t i = 0; i < ev->nr_frames; i++) {
		const struct event_frame *f = &ev->frames[i];

		if (ev->skipped && i == ev->gap) {
			start_line(p);
			buf_printf(p->out, "… %zu more\n", ev->skipped);
		}
		start_line(p);
		put_text(p, f->function.s ? f->function : TEXT("?"));
		buf_adds(p->out, "  ");
		put_place(p, f->file, f->line);
		buf_addc(p->out, '\n');
	}
	if (ev->stack_cut) {
		start_line(p);
		buf_adds(p->out, "… and others\n");
	}
}

static void request(struct printer *p, const struct alert_request *r)
{
	bool first = true;

	if (!r)
		return;
	p->title = "request";
	put_fact(p, &first, "", r->method);
	put_fact(p, &first, "", r->path);
	if (r->query && *r->query)
		put_fact(p, &first, "query", r->query);
	put_fact(p, &first, "from", r->remote_addr);
	put_fact(p, &first, "forwarded for", r->forwarded);
	put_fact(p, &first, "host", r->host);
	if (!first)
		buf_addc(p->out, '\n');
	first = true;
	put_fact(p, &first, "user agent", r->user_agent);
	put_fact(p, &first, "session", r->session);
	put_fact(p, &first, "trace", r->trace_id);
	if (!first)
		buf_addc(p->out, '\n');
}

static void input(struct printer *p, const struct input_found *found)
{
	struct value value = { .type = VALUE_STR };

	if (!found || !found->source)
		return;
	value.text = found->value;
	p->title = "input";
	start_line(p);
	put_dim(p, input_source_name(found->source));
	if (found->name.s) {
		buf_addc(p->out, ' ');
		put_text(p, found->name);
	}
	buf_adds(p->out, " = ");
	value_repr(&p->scratch, &value);
	put_scratch(p);
	put_dim(p, "  in ");
	put_text(p, found->arg);
	buf_addc(p->out, '\n');
}

static void repeated(struct printer *p, const struct alert *a)
{
	if (!a->repeated.count)
		return;
	p->title = "repeated";
	start_line(p);
	alert_put_repeated(&p->scratch, a);
	put_scratch(p);
	buf_adds(p->out, ", of which this is the first\n");
}

static void process(struct printer *p, const struct alert_process *proc)
{
	char number[16];
	bool first = true;

	p->title = "process";
	snprintf(number, sizeof(number), "%d", proc->pid);
	put_fact(p, &first, "pid", number);
	if (proc->tid != proc->pid) {
		snprintf(number, sizeof(number), "%d", proc->tid);
		put_fact(p, &first, "tid", number);
	}
	if (proc->ppid) {
		snprintf(number, sizeof(number), "%d", proc->ppid);
		put_fact(p, &first, "ppid", number);
	}
	snprintf(number, sizeof(number), "%u", proc->uid);
	put_fact(p, &first, "uid", number);
	put_fact(p, &first, "python", proc->python);
	put_fact(p, &first, "", proc->exe);
	put_fact(p, &first, "container", proc->container);
	buf_addc(p->out, '\n');
	if (!proc->nr_cmdline)
		return;
	start_line(p);
	put_dim(p, "$");
	for (size_t i = 0; i < proc->nr_cmdline; i++) {
		buf_addc(p->out, ' ');
		put_string(p, proc->cmdline[i]);
	}
	buf_addc(p->out, '\n');
}

static void kubernetes(struct printer *p, const struct kube_facts *k)
{
	_cleanup_buf_ struct buf place = { 0 };
	bool first = true;

	if (!k)
		return;
	p->title = "pod";
	alert_pod(&place, k);
	put_fact(p, &first, "", place.data);
	put_fact(p, &first, "uid", k->pod_uid);
	put_fact(p, &first, "node", *k->node ? k->node : NULL);
	buf_addc(p->out, '\n');
	p->out->failed |= place.failed;
}

static void footing(struct printer *p, const struct alert *a)
{
	bool first = true;

	p->title = "seen";
	put_fact(p, &first, "on", a->host);
	put_fact(p, &first, "target", a->target);
	put_fact(p, &first, "by probe", a->probe);
	put_fact(p, &first, "action", a->action);
	put_fact(p, &first, "id", a->id);
	if (!first)
		buf_addc(p->out, '\n');
	if (!alert_is_truncated(a))
		return;
	p->title = "truncated";
	start_line(p);
	buf_adds(p->out, "what ends in … was longer, or could not be read\n");
}

void alert_text(struct buf *out, const struct alert *a, bool color)
{
	struct printer p = { .out = out, .style = color ? &coloured : &plain };

	heading(&p, a);
	function(&p, a->event);
	arguments(&p, a->event);
	values(&p, a);
	callers(&p, a->event);
	request(&p, a->request);
	input(&p, a->input);
	process(&p, &a->process);
	kubernetes(&p, a->kubernetes);
	repeated(&p, a);
	footing(&p, a);
	buf_fini(&p.scratch);
}
