// SPDX-License-Identifier: GPL-2.0-only
#include "kube/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kube/kube.h"

#define NAME_MAX_ 63

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name(struct text t)
{
	if (!t.len || t.len > NAME_MAX_ || !is_alnum(t.s[0]) || !is_alnum(t.s[t.len - 1]))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (!is_alnum(t.s[i]) && t.s[i] != '-' && t.s[i] != '_' && t.s[i] != '.')
			return false;
	}
	return true;
}

bool kube_is_label_key(struct text key)
{
	const char *slash = key.len ? memchr(key.s, '/', key.len) : NULL;
	size_t prefix = slash ? (size_t)(slash - key.s) : 0;

	if (!slash)
		return is_name(key);
	return kube_is_subdomain((struct text){ key.s, prefix }) &&
	       is_name((struct text){ slash + 1, key.len - prefix - 1 });
}

bool kube_is_label_value(struct text value)
{
	return !value.len || is_name(value);
}

struct kube_labels *kube_labels_new(void)
{
	struct kube_labels *labels = calloc(1, sizeof(*labels));

	if (labels)
		labels->refs = 1;
	return labels;
}

int kube_labels_add(struct kube_labels *labels, struct text key, struct text value)
{
	struct kube_pair *more, pair;
	int ret;

	if (!kube_is_label_key(key) || !kube_is_label_value(value))
		return -EINVAL;
	if (labels->count == KUBE_LABELS_MAX)
		return -E2BIG;
	more = reallocarray(labels->list, labels->count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	labels->list = more;
	pair.key = strndup(key.s, key.len);
	pair.value = value.len ? strndup(value.s, value.len) : strdup("");
	if (!pair.key || !pair.value)
		ret = -ENOMEM;
	else
		ret = kube_labels_get(labels, pair.key) ? -EINVAL : 0;
	if (!ret) {
		more[labels->count++] = pair;
		return 0;
	}
	free(pair.key);
	free(pair.value);
	return ret;
}

const char *kube_labels_get(const struct kube_labels *labels, const char *key)
{
	for (size_t i = 0; labels && i < labels->count; i++) {
		if (str_eq(labels->list[i].key, key))
			return labels->list[i].value;
	}
	return NULL;
}

bool kube_labels_equal(const struct kube_labels *a, const struct kube_labels *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!str_eq(a->list[i].key, b->list[i].key) ||
		    !str_eq(a->list[i].value, b->list[i].value))
			return false;
	}
	return true;
}

struct kube_labels *kube_labels_ref(struct kube_labels *labels)
{
	if (labels)
		atomic_fetch_add(&labels->refs, 1);
	return labels;
}

void kube_labels_unref(struct kube_labels *labels)
{
	if (!labels || atomic_fetch_sub(&labels->refs, 1) > 1)
		return;
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->list[i].key);
		free(labels->list[i].value);
	}
	free(labels->list);
	free(labels);
}
