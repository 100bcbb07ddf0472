// SPDX-License-Identifier: GPL-2.0-only
#include "select/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/user.h"
#include "base/util.h"
#include "base/regex.h"
#include "kube/kube.h"

/* Longer globs are a mistake; what they are applied to comes from targets. */
#define GLOB_MAX 1024
#define STARS_MAX 8

struct select_pattern {
	char *text;
	struct regex *regex; /* of SELECT_CMDLINE */
	uid_t uid;	     /* of SELECT_USER */
	struct select_labels labels;
};

const char *const select_key_names[NR_SELECT_KEYS] = {
	[SELECT_EXE] = "exe",
	[SELECT_CMDLINE] = "cmdline",
	[SELECT_USER] = "user",
	[SELECT_UNIT] = "unit",
	[SELECT_CGROUP] = "cgroup",
	[SELECT_CONTAINER] = "container",
	[SELECT_NAMESPACE] = "namespace",
	[SELECT_POD] = "pod",
	[SELECT_CONTAINER_NAME] = "container_name",
	[SELECT_LABELS] = "labels",
};

/* With many stars a glob that does not fit takes very long to find out. */
static int add_glob(struct select_pattern *p, char *message, size_t size)
{
	size_t stars = 0;

	for (const char *c = p->text; *c; c++)
		stars += *c == '*';
	if (strlen(p->text) <= GLOB_MAX && stars <= STARS_MAX)
		return 0;
	snprintf(message, size, "a pattern has %d characters and %d stars at the most", GLOB_MAX,
		 STARS_MAX);
	return -EINVAL;
}

static int add_regex(struct select_pattern *p, char *message, size_t size)
{
	int ret = 0;

	p->regex = regex_new((struct text){ p->text, strlen(p->text) }, &ret, message, size);
	return p->regex ? 0 : ret;
}

static int add_user(struct select_pattern *p, char *message, size_t size)
{
	_cleanup_(user_freep) struct user *user = NULL;
	char *end;
	unsigned long number;
	struct err err;

	/* Those of containers need not be known here. */
	errno = 0;
	number = strtoul(p->text, &end, 10);
	if (p->text[0] >= '0' && p->text[0] <= '9' && !*end && !errno && number < (uid_t)-1) {
		p->uid = (uid_t)number;
		return 0;
	}
	if (user_find(p->text, &user, &err)) {
		snprintf(message, size, "%s: a user who is unknown here is named by number",
			 err.msg);
		return -EINVAL;
	}
	p->uid = user->uid;
	return 0;
}

static int add_container(struct select_pattern *p, char *message, size_t size)
{
	if (!p->text[strspn(p->text, "0123456789abcdef")])
		return 0;
	snprintf(message, size, "the id of a container is of the digits 0 to 9 and a to f");
	return -EINVAL;
}

/* Names of Kubernetes have no other signs: what has is a mistake, and would fit nothing. */
static int add_label(struct select_pattern *p, char *message, size_t size)
{
	if (kube_is_label((struct text){ p->text, strlen(p->text) }))
		return 0;
	snprintf(message, size,
		 "a name in Kubernetes is of small letters, digits and hyphens, %d at the most, "
		 "and no pattern",
		 KUBE_LABEL_MAX - 1);
	return -EINVAL;
}

static int add_pod(struct select_pattern *p, char *message, size_t size)
{
	if (*p->text && !p->text[strspn(p->text, "abcdefghijklmnopqrstuvwxyz0123456789-.*?[]!")])
		return add_glob(p, message, size);
	snprintf(message, size,
		 "the name of a pod is of small letters, digits, hyphens and dots; *, ? and [] are "
		 "understood");
	return -EINVAL;
}

static bool fits_glob(const struct select_pattern *p, const char *text)
{
	return text && !fnmatch(p->text, text, 0);
}

static bool fits_exe(const struct select_pattern *p, const struct select_process *process)
{
	return fits_glob(p, process->exe);
}

static bool fits_cmdline(const struct select_pattern *p, const struct select_process *process)
{
	_cleanup_buf_ struct buf line = { 0 };

	for (size_t i = 0; i < process->nr_cmdline; i++) {
		if (i)
			buf_addc(&line, ' ');
		buf_adds(&line, process->cmdline[i]);
	}
	return process->cmdline && !line.failed &&
	       regex_match(p->regex, (struct text){ line.data ?: "", line.len }) == 1;
}

static bool fits_user(const struct select_pattern *p, const struct select_process *process)
{
	return p->uid == process->uid;
}

static bool fits_unit(const struct select_pattern *p, const struct select_process *process)
{
	struct text unit = process->cgroup ? select_unit(process->cgroup) : (struct text){ 0 };
	_cleanup_free_ char *name = unit.len ? strndup(unit.s, unit.len) : NULL;

	return fits_glob(p, name);
}

static bool fits_cgroup(const struct select_pattern *p, const struct select_process *process)
{
	return fits_glob(p, process->cgroup);
}

static bool fits_container(const struct select_pattern *p, const struct select_process *process)
{
	return process->container && str_starts(process->container, p->text);
}

static bool is_name(const struct select_pattern *p, const char *name)
{
	return name && str_eq(p->text, name);
}

static bool fits_namespace(const struct select_pattern *p, const struct select_process *process)
{
	return is_name(p, process->namespace);
}

static bool fits_pod(const struct select_pattern *p, const struct select_process *process)
{
	return process->pod && *process->pod && fits_glob(p, process->pod);
}

static bool fits_container_name(const struct select_pattern *p,
				const struct select_process *process)
{
	return is_name(p, process->container_name);
}

static bool fits_labels(const struct select_pattern *p, const struct select_process *process)
{
	return select_labels_fit(&p->labels, process->labels);
}

/* A row for each key: how a pattern is understood, and what it fits. */
static const struct {
	int (*add)(struct select_pattern *p, char *message, size_t size);
	bool (*fits)(const struct select_pattern *p, const struct select_process *process);
} keys[NR_SELECT_KEYS] = {
	[SELECT_EXE] = { add_glob, fits_exe },
	[SELECT_CMDLINE] = { add_regex, fits_cmdline },
	[SELECT_USER] = { add_user, fits_user },
	[SELECT_UNIT] = { add_glob, fits_unit },
	[SELECT_CGROUP] = { add_glob, fits_cgroup },
	[SELECT_CONTAINER] = { add_container, fits_container },
	[SELECT_NAMESPACE] = { add_label, fits_namespace },
	[SELECT_POD] = { add_pod, fits_pod },
	[SELECT_CONTAINER_NAME] = { add_label, fits_container_name },
	[SELECT_LABELS] = { NULL, fits_labels },
};

static void pattern_fini(struct select_pattern *p)
{
	regex_free(p->regex);
	free(p->text);
	select_labels_fini(&p->labels);
}

/* Takes over `p`.  0 or -ENOMEM. */
static int add_pattern(struct select_patterns *ps, struct select_pattern *p)
{
	struct select_pattern *more = reallocarray(ps->list, ps->count + 1, sizeof(*more));

	if (!more) {
		pattern_fini(p);
		return -ENOMEM;
	}
	ps->list = more;
	ps->list[ps->count++] = *p;
	return 0;
}

int select_match_add(struct select_match *match, enum select_key key, struct text pattern,
		     char *message, size_t size)
{
	struct select_pattern p = { .text = strndup(pattern.s, pattern.len) };
	int ret;

	if (!p.text)
		return -ENOMEM;
	if (strlen(p.text) != pattern.len) {
		snprintf(message, size, "it has a NUL");
		ret = -EINVAL;
	} else {
		ret = keys[key].add(&p, message, size);
	}
	if (!ret)
		return add_pattern(&match->keys[key], &p);
	pattern_fini(&p);
	return ret;
}

int select_match_add_labels(struct select_match *match, struct select_labels *labels)
{
	struct select_pattern p = { .labels = *labels };

	*labels = (struct select_labels){ 0 };
	return add_pattern(&match->keys[SELECT_LABELS], &p);
}

static bool fits_key(const struct select_match *match, enum select_key key,
		     const struct select_process *process)
{
	const struct select_patterns *ps = &match->keys[key];

	for (size_t i = 0; i < ps->count; i++) {
		if (keys[key].fits(&ps->list[i], process))
			return true;
	}
	return !ps->count;
}

static bool match_fits(const struct select_match *match, const struct select_process *process)
{
	bool all = true;

	for (size_t i = 0; i < NR_SELECT_KEYS && all; i++)
		all = fits_key(match, i, process);
	return all;
}

const struct select_target *selection_choose(const struct selection *s,
					     const struct select_process *p)
{
	for (size_t i = 0; i < s->nr_exclude; i++) {
		if (match_fits(&s->exclude[i], p))
			return NULL;
	}
	for (size_t i = 0; i < s->nr_targets; i++) {
		if (match_fits(&s->targets[i].match, p))
			return &s->targets[i];
	}
	return NULL;
}

bool selection_goes_by(const struct selection *s, enum select_key key)
{
	bool found = false;

	for (size_t i = 0; i < s->nr_exclude && !found; i++)
		found = s->exclude[i].keys[key].count;
	for (size_t i = 0; i < s->nr_targets && !found; i++)
		found = s->targets[i].match.keys[key].count;
	return found;
}

void select_match_fini(struct select_match *match)
{
	for (size_t i = 0; i < NR_SELECT_KEYS; i++) {
		for (size_t k = 0; k < match->keys[i].count; k++)
			pattern_fini(&match->keys[i].list[k]);
		free(match->keys[i].list);
	}
	*match = (struct select_match){ 0 };
}

void selection_fini(struct selection *s)
{
	for (size_t i = 0; i < s->nr_targets; i++) {
		select_match_fini(&s->targets[i].match);
		free(s->targets[i].name);
		for (size_t k = 0; k < s->targets[i].nr_rules; k++)
			free(s->targets[i].rules[k]);
		free(s->targets[i].rules);
	}
	for (size_t i = 0; i < s->nr_exclude; i++)
		select_match_fini(&s->exclude[i]);
	free(s->targets);
	free(s->exclude);
	*s = (struct selection){ 0 };
}

static bool ends_in(struct text t, const char *suffix)
{
	size_t len = strlen(suffix);

	return t.len > len && !memcmp(t.s + t.len - len, suffix, len);
}

struct text select_unit(const char *cgroup)
{
	struct text unit = { 0 };

	for (const char *part = cgroup; *part;) {
		size_t len = strcspn(part, "/");
		struct text t = { part, len };

		if (ends_in(t, ".service") || ends_in(t, ".scope"))
			unit = t;
		part += len + (part[len] == '/');
	}
	return unit;
}
