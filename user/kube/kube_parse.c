// SPDX-License-Identifier: GPL-2.0-only
/* Names that the kubelet gives to files, and which of them a process has mounted. */
#include <string.h>

#include "base/util.h"
#include "kube/kube.h"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool kube_is_label(struct text name)
{
	if (!name.len || name.len >= KUBE_LABEL_MAX || !is_alnum(name.s[0]) ||
	    !is_alnum(name.s[name.len - 1]))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_alnum(name.s[i]) && name.s[i] != '-')
			return false;
	}
	return true;
}

bool kube_is_subdomain(struct text name)
{
	char before = '.';

	if (!name.len || name.len >= KUBE_SUBDOMAIN_MAX)
		return false;
	for (size_t i = 0; i < name.len; before = name.s[i++]) {
		char c = name.s[i];

		/* Each part begins and ends with a letter or a digit. */
		if (!is_alnum(c) && !(c == '-' && before != '.') && !(c == '.' && is_alnum(before)))
			return false;
	}
	return is_alnum(before);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool kube_is_uid(struct text t)
{
	bool hyphens = t.len == 36;

	if (!hyphens && t.len != 32)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		bool hyphen = hyphens && (i == 8 || i == 13 || i == 18 || i == 23);

		if (hyphen ? t.s[i] != '-' : !is_hex(t.s[i]))
			return false;
	}
	return true;
}

static void copy(char *out, struct text t)
{
	memcpy(out, t.s, t.len);
	out[t.len] = '\0';
}

/* Takes off what stands before the next separator, or all that is left. */
static struct text next_part(struct text *rest, char separator)
{
	const char *end = rest->len ? memchr(rest->s, separator, rest->len) : NULL;
	struct text part = { rest->s, end ? (size_t)(end - rest->s) : rest->len };

	rest->s += part.len + (end != NULL);
	rest->len -= part.len + (end != NULL);
	return part;
}

bool kube_parse_pod(struct text name, struct kube_facts *out)
{
	struct text namespace = next_part(&name, '_'), pod = next_part(&name, '_');

	if (!kube_is_label(namespace) || !kube_is_subdomain(pod) || !kube_is_uid(name))
		return false;
	copy(out->namespace, namespace);
	copy(out->pod, pod);
	copy(out->pod_uid, name);
	return true;
}

static bool take_suffix(struct text *t, const char *suffix)
{
	size_t len = strlen(suffix);

	if (t->len < len || memcmp(t->s + t->len - len, suffix, len))
		return false;
	t->len -= len;
	return true;
}

bool kube_parse_log(struct text name, const char *container_id, struct kube_facts *out)
{
	struct text pod, namespace;

	if (!take_suffix(&name, ".log") || !take_suffix(&name, container_id) ||
	    !take_suffix(&name, "-"))
		return false;
	pod = next_part(&name, '_');
	namespace = next_part(&name, '_');
	if (!kube_is_subdomain(pod) || !kube_is_label(namespace) || !kube_is_label(name))
		return false;
	copy(out->pod, pod);
	copy(out->namespace, namespace);
	copy(out->container, name);
	return true;
}

/* Takes off the last part of a path. */
static struct text last_part(struct text *path)
{
	const char *slash = path->len ? memrchr(path->s, '/', path->len) : NULL;
	size_t at = slash ? (size_t)(slash - path->s) : 0;
	struct text part = { path->s + at + (slash != NULL), path->len - at - (slash != NULL) };

	path->len = at;
	return part;
}

bool kube_parse_log_target(struct text path, struct kube_facts *out)
{
	struct text file = last_part(&path), container = last_part(&path), pod = last_part(&path);

	if (!take_suffix(&file, ".log") || !kube_is_label(container) || !kube_parse_pod(pod, out))
		return false;
	copy(out->container, container);
	return true;
}

/* The name in a mounted path "...PREFIX NAME/...". */
static struct text name_behind(struct text path, struct text prefix)
{
	const char *at = memmem(path.s, path.len, prefix.s, prefix.len);
	struct text rest, name;

	if (!at)
		return (struct text){ 0 };
	rest.s = at + prefix.len;
	rest.len = path.len - (size_t)(rest.s - path.s);
	name = next_part(&rest, '/');
	return rest.len && kube_is_label(name) ? name : (struct text){ 0 };
}

bool kube_parse_mounts(const char *mountinfo, const char *pod_uid, char name[KUBE_LABEL_MAX])
{
	static const char before[] = "/pods/", behind[] = "/containers/";
	char prefix[sizeof(before) + KUBE_UID_MAX + sizeof(behind)] = "";
	struct text rest = { mountinfo, strlen(mountinfo) }, found = { 0 };

	if (!*pod_uid || strlen(pod_uid) >= KUBE_UID_MAX)
		return false;
	strcat(strcat(strcat(prefix, before), pod_uid), behind);
	while (rest.len) {
		struct text line = next_part(&rest, '\n'), one;

		/* "ID PARENT DEVICE ROOT ...": what of the file system is mounted is the fourth. */
		for (int i = 0; i < 3; i++)
			next_part(&line, ' ');
		one = name_behind(next_part(&line, ' '), (struct text){ prefix, strlen(prefix) });
		if (!one.s)
			continue;
		if (found.s && !text_eq(found, one))
			return false;
		found = one;
	}
	if (found.s)
		copy(name, found);
	return found.s;
}
